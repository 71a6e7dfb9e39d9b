"""The harness's side of `launcher.py --serve`: runs of the program that start within milliseconds."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from faults import Plan

LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Ended:
    """A run that is over. `code` is negative for a signal; `late`: it hung and had to be killed."""

    code: int
    out: str
    seconds: float
    late: bool = False

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def complaint(self) -> str:
        """What it said that was no good news, in one line."""
        bad = [line for line in self.out.splitlines() if line.startswith(("❌", "⚠️", "Traceback"))]
        return " | ".join(bad or self.out.splitlines()[-3:])


class Programs:
    """Runs of the program, one after the other, each a fork of one process that has imported everything."""

    def __init__(self, folder: Path) -> None:
        self._out = folder / "program.out"
        self._server = subprocess.Popen(
            [sys.executable, LAUNCHER, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reply()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server; runs that are still going on are its children and were waited for."""
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait()

    def run(
        self,
        env: dict[str, str],
        *options: str,
        plan: Plan | None = None,
        kill_after: float | None = None,
        timeout: float = 60,
    ) -> Ended:
        """Run to the end, to the kill of the plan, or to one after `kill_after` seconds."""
        started = time.monotonic()
        reply = self._ask({**self._order(env, options, plan), "kill_after": kill_after, "timeout": timeout})
        return self._ended(reply, started)

    def start(self, env: dict[str, str], *options: str, plan: Plan | None = None) -> int:
        """Start a run that goes on by itself; its pid."""
        return int(self._ask({**self._order(env, options, plan), "detached": True})["pid"])

    def signal(self, pid: int, number: int) -> None:
        self._ask({"pid": pid, "signal": number})

    def wait(self, pid: int, timeout: float = 20) -> Ended:
        """Wait for the end of a started run."""
        return self._ended(self._ask({"pid": pid, "timeout": timeout}), time.monotonic())

    @property
    def said(self) -> str:
        """What the last run has said so far."""
        return self._out.read_text("utf-8", errors="replace")

    def _order(self, env: dict[str, str], options: tuple[str, ...], plan: Plan | None) -> dict[str, Any]:
        self._out.write_bytes(b"")
        if plan is not None:
            env = {**env, "CRASH_PLAN": json.dumps(asdict(plan))}
        return {"env": env, "options": list(options), "out": str(self._out)}

    def _ended(self, reply: dict[str, Any], started: float) -> Ended:
        return Ended(reply["code"], self.said, time.monotonic() - started, reply["late"])

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._server.stdin
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self._server.stdout
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError("the launcher ended")
        reply: dict[str, Any] = json.loads(line)
        return reply
