import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from support import Clock

from console import RULE, Console, Progress
from logs import Redactor

ROOT = Path(__file__).resolve().parent.parent
SAY = "from console import Console; from logs import Redactor; console = Console(Redactor())\n"


class Broken(io.StringIO):
    """A stream that fails with `error` as long as it is set."""

    def __init__(self, error: OSError | None) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        if self.error is not None:
            self._fail()
        return super().write(text)

    def _fail(self) -> NoReturn:
        assert self.error is not None
        raise self.error


def run(code: str, command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`code` as a process of its own, started by the shell line `command` with `$RUN` in it."""
    return subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PY": sys.executable, "CODE": SAY + code, **env},
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=False,
    )


def test_a_text_is_printed_as_a_line_at_once() -> None:
    stream = io.StringIO()
    Console(Redactor(), stream).say("🎬 Heat (1995)")
    assert stream.getvalue() == "🎬 Heat (1995)\n"


def test_stdout_is_looked_up_when_something_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Console(Redactor()).say("hello")
    assert capsys.readouterr().out == "hello\n"


def test_a_rule_is_seventy_wide(capsys: pytest.CaptureFixture[str]) -> None:
    Console(Redactor()).rule()
    assert capsys.readouterr().out == "=" * 70 + "\n" == RULE + "\n"


def test_a_secret_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    redactor = Redactor()
    redactor.learn(["0123456789abcdef"])
    Console(redactor).say("passkey 0123456789abcdef, link ?passkey=unknown")
    assert capsys.readouterr().out == "passkey [hidden], link ?passkey=[hidden]\n"


def test_a_name_from_outside_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Console(Redactor()).say("Heat\x1b[2J\r\x07 (1995)\n\tsecond line")
    assert capsys.readouterr().out == "Heat?[2J?? (1995)\n\tsecond line\n"


def test_a_name_of_undecodable_bytes_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Console(Redactor()).say(b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert capsys.readouterr().out == "caf?\n"


@pytest.mark.parametrize("code", [errno.EPIPE, errno.EIO])
def test_a_reader_that_went_away_silences_the_console_for_good(code: int) -> None:
    stream = Broken(OSError(code, os.strerror(code)))
    console = Console(Redactor(), stream)
    console.say("first")
    stream.error = None
    console.say("second")
    assert stream.getvalue() == ""


def test_a_full_disk_loses_a_line_but_not_the_later_ones() -> None:
    stream = Broken(OSError(errno.ENOSPC, "No space left on device"))
    console = Console(Redactor(), stream)
    console.say("first")
    stream.error = None
    console.say("second")
    assert stream.getvalue() == "second\n"


def test_a_closed_stream_does_not_raise() -> None:
    stream = io.StringIO()
    stream.close()
    Console(Redactor(), stream).say("hello")


def test_a_program_without_stdout_does_not_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    Console(Redactor()).say("hello")


def test_a_closed_pipe_changes_neither_exit_code_nor_stderr() -> None:
    code = "[console.say('line') for _ in range(100000)]; raise SystemExit(5)"
    ended = run(code, '"$PY" -c "$CODE" | head -n 1; exit ${PIPESTATUS[0]}')
    assert (ended.returncode, ended.stdout, ended.stderr) == (5, "line\n", "")


def test_a_stdout_closed_from_the_start_changes_neither_exit_code_nor_stderr() -> None:
    ended = run("console.say('line'); raise SystemExit(5)", '"$PY" -c "$CODE" >&-')
    assert (ended.returncode, ended.stderr) == (5, "")


def test_an_ascii_terminal_gets_question_marks_for_what_it_cannot_show() -> None:
    ended = run("console.say('📋 Amélie')", '"$PY" -c "$CODE"', PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "? Am?lie\n", "")


def test_the_c_locale_does_not_end_the_program() -> None:
    code = r"console.say('\U0001f4cb')"
    ended = run(code, '"$PY" -c "$CODE"', LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "?\n", "")


# --- a line that changes in place


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(stream: io.StringIO) -> list[str]:
    """What stands on the terminal: each line after the last time it was erased."""
    return [line.rpartition("\r\x1b[K")[2] for line in stream.getvalue().split("\n")]


def test_the_changing_line_stays_below_what_is_said() -> None:
    stream = Terminal()
    console = Console(Redactor(), stream)
    console.show("1 of 9")
    console.say("✓ Added: Heat (1995)")
    console.show("2 of 9")
    assert screen(stream) == ["✓ Added: Heat (1995)", "2 of 9"]
    console.show("")
    assert screen(stream) == ["✓ Added: Heat (1995)", ""]


def test_the_changing_line_fits_the_width_and_holds_no_control_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    Console(Redactor(), stream).show("a\x1b" + "b" * 50)
    assert screen(stream) == ["a?" + "b" * 16]


def test_no_line_changes_in_place_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    console = Console(Redactor(), stream)
    console.show("1 of 9")
    console.say("done")
    assert stream.getvalue() == "done\n"


def test_progress_is_in_place_at_a_terminal() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress(Console(Redactor(), stream), clock)
    progress.tell("1 of 9", 1 / 9)
    progress.tell("2 of 9", 2 / 9)
    assert screen(stream) == ["[##--------] 2 of 9"]
    progress.tell("8 of 9", 8 / 9)
    assert screen(stream) == ["[########--] 8 of 9"]
    progress.tell("", 1.0)
    assert screen(stream) == [""]


def test_progress_is_a_line_a_minute_elsewhere() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Progress(Console(Redactor(), stream), clock)
    for number in range(1, 10):
        progress.tell(f"{number} of 9", number / 9)
        clock.time += 20
    progress.tell("", 1.0)
    assert stream.getvalue() == "   4 of 9\n   7 of 9\n"
