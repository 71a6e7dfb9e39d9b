"""Starts the program under a plan of faults, in this process, or in forks of it that cost a few milliseconds.

    python launcher.py OPTIONS          main.py with these options, steered by CRASH_PLAN and CRASH_CLOCK
    python launcher.py --serve          orders as JSON lines on stdin, ends of runs as JSON lines on stdout

CRASH_PLAN is a JSON object with the fields of `faults.Plan`; CRASH_CLOCK is added to the program's clock, so
that a day passes without waiting; CRASH_IDLE replaces the minute that a worker waits at most, CRASH_SOON the
seconds until cleanup looks again at what qBittorrent does.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_real_time = time.time
_ahead = [0.0]


def load_program() -> None:
    """Import all that a run imports; its clock is set first, for default arguments keep it."""
    time.time = lambda: _real_time() + _ahead[0]
    sys.path.insert(0, str(ROOT))
    import qbittorrentapi  # noqa: F401

    import cleaning  # noqa: F401
    import cleanup_command  # noqa: F401
    import commands  # noqa: F401
    import emptying  # noqa: F401
    import main  # noqa: F401
    import running  # noqa: F401
    import trash  # noqa: F401
    import wizard  # noqa: F401


def run_program(options: list[str]) -> int:
    """`main.py` with these options in this process, as the environment says."""
    _ahead[0] = float(os.environ.pop("CRASH_CLOCK", "0"))
    plan = os.environ.pop("CRASH_PLAN", None)
    idle, soon = os.environ.pop("CRASH_IDLE", None), os.environ.pop("CRASH_SOON", None)
    import loop
    import main
    import trash
    import trash_back

    if idle is not None:
        loop.IDLE = float(idle)
    if soon is not None:
        for module in (trash, trash_back):
            module.__dict__["SOON"] = float(soon)
    if plan is not None:
        # Imported here: what it finds in `os` now is what it puts its watch over.
        sys.path.insert(0, str(Path(__file__).parent))
        from faults import Plan, install

        install(Plan(**json.loads(plan)))
    try:
        return main.main(options)
    except SystemExit as ended:
        return int(ended.code or 0)


def serve() -> None:
    """Fork a run for each order. `kill_after` seconds end it with SIGKILL, `signal` is sent to a pid."""
    load_program()
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        reply = _answer(order)
        _say(reply)


def _say(reply: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    if "signal" in order:
        with contextlib.suppress(ProcessLookupError):
            os.kill(order["pid"], order["signal"])
        return {}
    pid = order["pid"] if "pid" in order else _fork(order)
    if order.get("detached"):
        return {"pid": pid}
    return _await(pid, order.get("kill_after"), order["timeout"])


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        _become(order)
        code = run_program(order["options"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _become(order: dict[str, Any]) -> None:
    """A process of its own: environment, folder, and output into a file."""
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["env"]["HOME"])
    nowhere = os.open(os.devnull, os.O_RDONLY)
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nowhere, 0), (out, 1), (out, 2)):
        os.dup2(source, target)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - for the life of the process
    sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1)  # noqa: SIM115


def _await(pid: int, kill_after: float | None, timeout: float) -> dict[str, Any]:
    """Wait for the end; "code" is negative for a signal, as in `subprocess`."""
    late = False
    descriptor = os.pidfd_open(pid)
    try:
        seconds = timeout if kill_after is None else kill_after
        if not select.select([descriptor], [], [], seconds)[0]:
            late = kill_after is None
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    finally:
        os.close(descriptor)
    return {"code": os.waitstatus_to_exitcode(status), "late": late}


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        load_program()
        sys.exit(run_program(sys.argv[1:]))
