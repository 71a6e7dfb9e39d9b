"""Credentials: encrypted, overridable, never shown, and never silently gone."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from credentials_manager import Credentials, CredentialsManager
from errors import ConfigError, StateError

LOGIN = Credentials("me", "pass-key-1")
FILELIST_NAME = "MOVIE_SYNC_FILELIST_USERNAME"
FILELIST_PASSKEY = "MOVIE_SYNC_FILELIST_PASSKEY"
QBT_NAME = "MOVIE_SYNC_QBITTORRENT_USERNAME"
QBT_PASSWORD = "MOVIE_SYNC_QBITTORRENT_PASSWORD"
QBT_KEY = "MOVIE_SYNC_QBITTORRENT_API_KEY"


def manager(folder: Path, **environ: str) -> CredentialsManager:
    return CredentialsManager(folder, environ)


def answers(*texts: str) -> Callable[[str], str]:
    """Gives one text for each question; the input ends after the last."""
    left = list(texts)

    def answer(question: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return answer


def test_what_was_saved_is_read_by_another_manager(tmp_path: Path) -> None:
    manager(tmp_path).save("filelist", Credentials(" me ", "\tpass-key-1\n"))
    assert manager(tmp_path).get("filelist") == LOGIN


def test_nothing_saved_is_none_and_leaves_no_file(tmp_path: Path) -> None:
    assert manager(tmp_path).get("filelist") is None
    assert list(tmp_path.iterdir()) == []


def test_one_file_keeps_both_services_and_reset_drops_only_one(tmp_path: Path) -> None:
    here = manager(tmp_path)
    here.save("filelist", LOGIN)
    here.save("qbittorrent", Credentials("admin", "word", "qbt_key"))
    assert here.reset("filelist")
    assert not here.reset("filelist")
    assert here.get("filelist") is None
    assert manager(tmp_path).get("qbittorrent") == Credentials("admin", "word", "qbt_key")


def test_the_files_are_for_the_owner_alone_and_hold_nothing_readable(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    manager(folder).save("filelist", LOGIN)
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"pass-key-1" not in path.read_bytes()


def test_the_key_is_kept_from_one_save_to_the_next(tmp_path: Path) -> None:
    manager(tmp_path).save("filelist", LOGIN)
    key = (tmp_path / ".key").read_bytes()
    manager(tmp_path).save("qbittorrent", LOGIN)
    assert (tmp_path / ".key").read_bytes() == key


def test_savers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    services = ("filelist", "qbittorrent")
    threads = [threading.Thread(target=manager(tmp_path).save, args=(name, LOGIN)) for name in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [manager(tmp_path).get(service) for service in services] == [LOGIN, LOGIN]


def test_a_change_by_another_process_is_seen(tmp_path: Path) -> None:
    here = manager(tmp_path)
    here.save("filelist", LOGIN)
    assert here.get("filelist") == LOGIN
    manager(tmp_path).save("filelist", Credentials("me", "pass-key-2"))
    assert here.get("filelist") == Credentials("me", "pass-key-2")


def test_no_secret_is_in_the_printed_form() -> None:
    assert "word" not in repr(Credentials("me", "word", "word")) + str(Credentials("me", "word", "word"))


def truncate(folder: Path) -> None:
    store = folder / "credentials.enc"
    store.write_bytes(store.read_bytes()[:-10])


def empty(folder: Path) -> None:
    (folder / "credentials.enc").write_bytes(b"")


def foreign(folder: Path) -> None:
    (folder / "credentials.enc").write_bytes(bytes(range(256)))


def other_key(folder: Path) -> None:
    from cryptography.fernet import Fernet

    (folder / ".key").write_bytes(Fernet.generate_key())


def no_key(folder: Path) -> None:
    (folder / ".key").unlink()


def empty_key(folder: Path) -> None:
    (folder / ".key").write_bytes(b"")


def other_content(folder: Path) -> None:
    from cryptography.fernet import Fernet

    store = folder / "credentials.enc"
    store.write_bytes(Fernet((folder / ".key").read_bytes()).encrypt(b"[1]"))


BREAKS = [truncate, empty, foreign, other_key, no_key, empty_key, other_content]


@pytest.mark.parametrize("damage", BREAKS)
def test_a_store_that_does_not_open_is_an_error_with_the_mend(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    manager(tmp_path).save("filelist", LOGIN)
    damage(tmp_path)
    before = (tmp_path / "credentials.enc").read_bytes()
    for act in (manager(tmp_path).secrets, lambda: manager(tmp_path).save("qbittorrent", LOGIN)):
        with pytest.raises(StateError, match=r"delete credentials\.enc and enter .* main\.py --config"):
            act()
    assert (tmp_path / "credentials.enc").read_bytes() == before
    assert len(list(tmp_path.glob("credentials.enc.corrupt-*"))) == 1


@pytest.mark.parametrize("damage", BREAKS)
def test_after_deleting_the_store_credentials_can_be_entered_again(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    manager(tmp_path).save("filelist", LOGIN)
    damage(tmp_path)
    manager(tmp_path).start_over()
    manager(tmp_path).save("filelist", LOGIN)
    assert manager(tmp_path).get("filelist") == LOGIN


def test_the_environment_wins_over_the_file_value_by_value(tmp_path: Path) -> None:
    manager(tmp_path).save("filelist", LOGIN)
    assert manager(tmp_path, **{FILELIST_PASSKEY: " other \n"}).get("filelist") == Credentials("me", "other")
    assert manager(tmp_path, **{FILELIST_PASSKEY: "other"}).stored("filelist") == LOGIN


def test_a_login_in_the_environment_sets_a_stored_api_key_aside(tmp_path: Path) -> None:
    manager(tmp_path).save("qbittorrent", Credentials(api_key="qbt_key"))
    here = manager(tmp_path, **{QBT_NAME: "admin", QBT_PASSWORD: "word"})
    assert here.get("qbittorrent") == Credentials("admin", "word", None)


def test_an_api_key_alone_is_enough(tmp_path: Path) -> None:
    here = manager(tmp_path, **{QBT_KEY: "qbt_key"})
    assert here.get("qbittorrent") == Credentials("", "", "qbt_key")
    assert here.missing("qbittorrent") is None


def test_a_variable_may_name_a_file_that_is_read_again_at_each_use(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("  pass-key-1\n")
    here = manager(tmp_path, **{FILELIST_NAME: "me", f"{FILELIST_PASSKEY}_FILE": str(secret)})
    assert here.get("filelist") == LOGIN
    secret.write_text("pass-key-2")
    assert here.get("filelist") == Credentials("me", "pass-key-2")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({FILELIST_NAME: "a", f"{FILELIST_NAME}_FILE": "/x"}, "both set"),
        ({f"{FILELIST_NAME}_FILE": "/no/such/file"}, "cannot be read"),
        ({f"{FILELIST_NAME}_FILE": "/"}, "cannot be read"),
        ({f"{FILELIST_NAME}_FILE": "/dev/null"}, "empty value"),
        ({FILELIST_NAME: "  "}, "empty value"),
        ({FILELIST_NAME: "a\nb"}, "more than one line"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    here = manager(tmp_path, **environ)
    with pytest.raises(ConfigError, match=f"{FILELIST_NAME}.*{words}"):
        here.get("filelist")
    assert len(here.problems()) == 1
    assert here.missing("filelist") is None


def test_a_secret_file_that_is_no_text_is_named_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"pass\xff")
    here = manager(tmp_path, **{f"{QBT_PASSWORD}_FILE": str(tmp_path / "secret")})
    (problem,) = here.problems()
    assert f"{QBT_PASSWORD}_FILE" in problem
    assert "pass\\" not in problem


def test_missing_filelist_credentials_name_each_way_to_set_them(tmp_path: Path) -> None:
    sentence = manager(tmp_path).missing("filelist")
    assert sentence is not None
    for words in ("python main.py --config", FILELIST_NAME, FILELIST_PASSKEY, "passkey", "_FILE"):
        assert words in sentence


def test_only_the_missing_half_is_asked_for(tmp_path: Path) -> None:
    sentence = manager(tmp_path, **{FILELIST_NAME: "me"}).missing("filelist")
    assert sentence is not None
    assert FILELIST_PASSKEY in sentence
    assert FILELIST_NAME not in sentence


def test_qbittorrent_without_credentials_is_nothing_missing_but_half_a_login_is(tmp_path: Path) -> None:
    assert manager(tmp_path).missing("qbittorrent") is None
    sentence = manager(tmp_path, **{QBT_NAME: "admin"}).missing("qbittorrent")
    assert sentence is not None
    assert QBT_PASSWORD in sentence


def test_every_secret_known_is_listed_for_redaction_longest_first(tmp_path: Path) -> None:
    manager(tmp_path).save("filelist", LOGIN)
    here = manager(tmp_path, **{FILELIST_PASSKEY: "other-pass-key", QBT_KEY: "qbt"})
    assert here.secrets() == ("other-pass-key", "pass-key-1", "qbt")


def test_the_fingerprint_changes_with_the_credentials_only(tmp_path: Path) -> None:
    here = manager(tmp_path)
    assert here.fingerprint("filelist") == ""
    here.save("filelist", LOGIN)
    first = here.fingerprint("filelist")
    assert manager(tmp_path).fingerprint("filelist") == first
    assert len(first) == 12
    here.save("qbittorrent", LOGIN)
    assert here.fingerprint("qbittorrent") != first
    here.save("filelist", Credentials("me", "pass-key-2"))
    assert here.fingerprint("filelist") != first


def test_asking_stores_the_answers_and_asks_again_for_an_empty_one(tmp_path: Path) -> None:
    here = manager(tmp_path)
    assert here.needs_asking("filelist")
    assert here.ask("filelist", answers("", " me "), answers("", "pass-key-1")) == LOGIN
    assert manager(tmp_path).get("filelist") == LOGIN
    assert not here.needs_asking("filelist")


def test_the_question_for_the_passkey_says_where_it_is_found(tmp_path: Path) -> None:
    questions: list[str] = []

    def secret(question: str) -> str:
        questions.append(question)
        return "pass-key-1"

    manager(tmp_path).ask("filelist", answers("me"), secret)
    assert "passkey" in questions[0]
    assert "filelist.io/usercp.php?action=passkey" in questions[0]


def test_an_empty_user_name_for_qbittorrent_is_remembered_as_no_login(tmp_path: Path) -> None:
    here = manager(tmp_path)
    assert here.needs_asking("qbittorrent")
    assert here.ask("qbittorrent", answers(""), answers()) is None
    assert not manager(tmp_path).needs_asking("qbittorrent")
    assert manager(tmp_path).get("qbittorrent") is None


def test_without_a_terminal_filelist_is_an_error_and_qbittorrent_is_tried_without(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=FILELIST_PASSKEY):
        manager(tmp_path).ask("filelist", answers(), answers(), terminal=False)
    assert manager(tmp_path).ask("qbittorrent", answers(), answers(), terminal=False) is None
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_ends_is_an_error_and_stores_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config"):
        manager(tmp_path).ask("filelist", answers("me"), answers())
    assert manager(tmp_path).stored("filelist") is None


def test_an_unknown_service_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="filelist, qbittorrent"):
        manager(tmp_path).reset("trakt")


def test_without_a_store_cryptography_is_not_imported(tmp_path: Path) -> None:
    """It is the largest import by far, and a run by environment variables does not need it."""
    environ = {FILELIST_NAME: "a", FILELIST_PASSKEY: "b"}
    code = (
        "import sys, pathlib, credentials_manager as module;"
        f"module.CredentialsManager(pathlib.Path({str(tmp_path)!r}), {environ!r}).fingerprint('filelist');"
        "sys.exit('cryptography' in sys.modules)"
    )
    root = Path(__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
