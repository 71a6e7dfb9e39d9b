import base64
import io
import json
import logging
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from support import full_disk

import logs
from errors import StateWriteError
from logs import Redactor, log_path, set_up_logging

SECRET = "pä ss/w+rd&'\\1"
PASSKEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.learn([SECRET, PASSKEY], [("somebody", SECRET)])
    return made


@pytest.fixture
def log_to(folder: Path, redactor: Redactor) -> Iterator[Callable[..., Path]]:
    """Sets logging up for this test's folder and puts it back afterwards."""
    root = logging.getLogger()
    level, others = root.level, list(root.handlers)

    def set_up(*, verbose: bool = False) -> Path:
        set_up_logging(folder, redactor, verbose=verbose)
        return log_path(folder)

    yield set_up
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in others:
        root.addHandler(handler)
    root.setLevel(level)


# --- what is taken out


@pytest.mark.parametrize(
    "form",
    [
        PASSKEY,
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        urlencode({"password": SECRET}),
        repr(SECRET)[1:-1],
        json.dumps(SECRET)[1:-1],
        base64.b64encode(f"somebody:{SECRET}".encode()).decode(),
    ],
)
def test_a_known_secret_is_hidden_in_each_form_it_travels_in(redactor: Redactor, form: str) -> None:
    cleaned = redactor.clean(f"before {form} after")
    assert form not in cleaned
    assert (cleaned[:7], cleaned[-6:]) == ("before ", " after")


@pytest.mark.parametrize(
    "text",
    [
        "https://filelist.io/download.php?id=1&passkey=UNKNOWN",
        "https://filelist.io/download.php?passkey=UNKNOWN&id=1",
        "to=%2Fdownload.php%3Fpasskey%3DUNKNOWN",
        "{'id': '1', 'passkey': 'UNKNOWN'}",
        '{"password": "UNKNOWN", "username": "x"}',
        "username=x&password=UNKNOWN",
        "Cookie: SID=UNKNOWN; path=/",
        "Cookie: QBT_SID_8080=UNKNOWN; path=/",
        "Authorization: Basic UNKNOWN==",
        "{'Authorization': 'Bearer UNKNOWN'}",
        "api_key=UNKNOWN",
    ],
)
def test_what_looks_like_a_secret_is_hidden_unknown_as_it_is(text: str) -> None:
    assert "UNKNOWN" not in Redactor().clean(text)


def test_the_rest_of_an_address_stays_readable() -> None:
    cleaned = Redactor().clean("GET /download.php?passkey=abc&id=77 failed")
    assert cleaned == "GET /download.php?passkey=[hidden]&id=77 failed"


@pytest.mark.parametrize(
    "text", ["Enter your passkey: it is on your profile", "Login failed: check the password", "SIDE=left"]
)
def test_plain_sentences_are_left_alone(text: str) -> None:
    assert Redactor().clean(text) == text


def test_a_very_short_secret_does_not_blank_out_everything() -> None:
    redactor = Redactor()
    redactor.learn(["a", ""])
    assert redactor.clean("a banana") == "a banana"


def test_of_two_secrets_the_longer_is_hidden_whole() -> None:
    redactor = Redactor()
    redactor.learn(["secret"])
    redactor.learn(["secret-and-more"])
    assert redactor.clean("secret-and-more") == "[hidden]"


# --- the log file


def test_the_log_hides_secrets_in_message_arguments_and_traceback(log_to: Callable[..., Path]) -> None:
    path = log_to()
    try:
        try:
            raise OSError(f"GET /?passkey={PASSKEY}")
        except OSError as cause:
            raise RuntimeError(f"with {SECRET}") from cause
    except RuntimeError:
        logging.getLogger("room").exception("asked with %s and %s", PASSKEY, {"passkey": PASSKEY})
    text = path.read_text(encoding="utf-8")
    assert PASSKEY not in text
    assert SECRET not in text
    assert "RuntimeError" in text
    assert "OSError" in text


def test_a_line_names_time_level_thread_and_room(log_to: Callable[..., Path]) -> None:
    path = log_to()
    logging.getLogger("room").warning("film=%s", "Heat")
    assert path.read_text(encoding="utf-8").rstrip().endswith(" WARNING MainThread room: film=Heat")


def test_log_and_folder_are_for_the_owner_alone(log_to: Callable[..., Path]) -> None:
    path = log_to()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_rotated_logs_are_for_the_owner_alone_too(
    log_to: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 500)
    path = log_to()
    for number in range(100):
        logging.getLogger("room").info("line %s", number)
    found = sorted(path.parent.iterdir())
    assert len(found) == logs.BACKUPS + 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in found} == {0o600}


def test_debug_lines_are_kept_only_with_verbose(log_to: Callable[..., Path]) -> None:
    path = log_to()
    logging.getLogger("room").debug("quiet")
    log_to(verbose=True)
    logging.getLogger("room").debug("loud")
    text = path.read_text(encoding="utf-8")
    assert "quiet" not in text
    assert "loud" in text


def test_nothing_is_logged_to_the_terminal_without_verbose(
    log_to: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    log_to()
    logging.getLogger("room").error("trouble")
    assert capsys.readouterr() == ("", "")


def test_verbose_logs_to_stderr_and_leaves_stdout_alone(
    log_to: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    log_to(verbose=True)
    logging.getLogger("room").info("asked with %s", PASSKEY)
    out, err = capsys.readouterr()
    assert out == ""
    assert "asked with [hidden]" in err


def test_chatty_libraries_are_kept_out(log_to: Callable[..., Path]) -> None:
    path = log_to(verbose=True)
    logging.getLogger("urllib3.connectionpool").debug("every request")
    assert "every request" not in path.read_text(encoding="utf-8")


def test_a_name_of_undecodable_bytes_is_logged_all_the_same(log_to: Callable[..., Path]) -> None:
    path = log_to()
    logging.getLogger("room").info("file=%s", b"caf\xe9.mkv".decode("utf-8", "surrogateescape"))
    assert "caf\\udce9.mkv" in path.read_text(encoding="utf-8")


# --- a log that cannot be written


def test_a_log_that_cannot_be_opened_is_said_with_its_path(folder: Path, redactor: Redactor) -> None:
    log_path(folder).mkdir(parents=True)
    with pytest.raises(StateWriteError, match=r"movie_sync\.log"):
        set_up_logging(folder, redactor, verbose=False)


def test_a_full_disk_does_not_raise_and_logging_goes_on_afterwards(
    log_to: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = log_to()
    with full_disk():
        logging.getLogger("room").info("lost or late")
    logging.getLogger("room").info("there again")
    assert "there again" in path.read_text(encoding="utf-8")
    assert capsys.readouterr().err == ""


def test_a_deleted_folder_does_not_raise(
    log_to: Callable[..., Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 200)
    log_to()
    shutil.rmtree(folder)
    for number in range(20):
        logging.getLogger("room").info("line %s", number)
    assert not folder.exists()


def test_a_closed_stderr_does_not_raise(log_to: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    gone = io.StringIO()
    monkeypatch.setattr(sys, "stderr", gone)
    path = log_to(verbose=True)
    gone.close()
    logging.getLogger("room").info("still kept")
    assert "still kept" in path.read_text(encoding="utf-8")


def test_a_record_that_cannot_be_formatted_does_not_leak_its_arguments(
    log_to: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    log_to(verbose=True)
    logging.getLogger("room").info("%d films", PASSKEY)
    assert PASSKEY not in capsys.readouterr().err


def test_a_second_set_up_replaces_the_first(log_to: Callable[..., Path]) -> None:
    log_to()
    path = log_to()
    logging.getLogger("room").info("once")
    assert path.read_text(encoding="utf-8").count("once") == 1
