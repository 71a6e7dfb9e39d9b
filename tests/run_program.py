"""The program as a process, as a user starts it; shared by the end-to-end tests."""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

MAIN = Path(__file__).resolve().parent.parent / "main.py"


@dataclass(frozen=True)
class Run:
    """A finished run. `peak` is the most memory it held, in MiB, as the kernel counted it."""

    code: int
    out: str
    err: str
    seconds: float
    peak: float = 0.0


def run_main(env: dict[str, str], *options: str, timeout: float = 60) -> Run:
    """Run to the end, without a terminal."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            [sys.executable, MAIN, *options],
            env=env,
            cwd=env["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        try:
            peak = _peak_until_the_end(process, started + timeout)
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        err.seek(0)
        return Run(process.returncode, out.read(), err.read(), time.monotonic() - started, peak)


def _peak_until_the_end(process: subprocess.Popen[bytes], deadline: float) -> float:
    """Watch VmHWM, which counts from exec on; `ru_maxrss` would start with the size of this test run."""
    peak = 0
    status = Path(f"/proc/{process.pid}/status")
    while time.monotonic() < deadline:
        marks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        peak = max([peak, *(int(mark.split()[1]) for mark in marks)])
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        break
    else:
        raise TimeoutError("the program did not end in time")
    return peak / 1024


class Daemon:
    """A running program whose output can be waited for."""

    def __init__(self, env: dict[str, str], *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, MAIN, *options],
            env=env,
            cwd=env["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.out = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, text: str, seconds: float = 20) -> str:
        """Read on until `text` was printed; all output so far."""
        deadline = time.monotonic() + seconds
        while text not in self.out:
            left = deadline - time.monotonic()
            line = self._lines.get(timeout=max(left, 0.001)) if left > 0 else None
            assert line is not None, f"{text!r} did not come; the program said:\n{self.out}"
            self.out += line
        return self.out

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.process.pid, number)

    def stop(self, number: signal.Signals = signal.SIGINT, seconds: float = 15) -> Run:
        """Send a signal and wait for the end."""
        started = time.monotonic()
        self.send(number)
        code = self.process.wait(seconds)
        took = time.monotonic() - started
        self._reader.join()
        while (line := self._lines.get_nowait()) is not None:
            self.out += line
        return Run(code, self.out, "", took)
