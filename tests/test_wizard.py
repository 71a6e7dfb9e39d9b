"""The wizard: asks, checks each answer, shows no secret, and writes all or nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Config
from credentials_manager import Credentials, CredentialsManager
from errors import ConfigError, StateError
from wizard import run_wizard


class Person:
    """Answers questions by a word in them, each in turn; any other with Enter. Keeps all that was shown."""

    def __init__(self, *answers: tuple[str, str | BaseException], secrets: tuple[str, ...] = ()) -> None:
        self.answers = list(answers)
        self.secrets = list(secrets)
        self.shown: list[str] = []

    def ask(self, question: str) -> str:
        self.shown.append(question)
        for number, (word, answer) in enumerate(self.answers):
            if word in question:
                del self.answers[number]
                if isinstance(answer, BaseException):
                    raise answer
                return answer
        return ""

    def ask_secret(self, question: str) -> str:
        self.shown.append(question)
        return self.secrets.pop(0) if self.secrets else ""

    def run(self, folder: Path, **environ: str) -> int:
        return run_wizard(folder, self.ask, self.ask_secret, self.shown.append, environ=environ)

    @property
    def text(self) -> str:
        return "\n".join(self.shown)


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose default download directory exists."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Downloads").mkdir()
    return tmp_path / "films"


@pytest.fixture
def folder(tmp_path: Path, films: Path) -> Path:
    return tmp_path / "state"


USERNAME = ("Letterboxd user name", "me")


def read(path: Path) -> object:
    return json.loads(path.read_text())


def test_the_answers_are_written_and_can_be_loaded(folder: Path, films: Path) -> None:
    films.mkdir()
    person = Person(
        USERNAME,
        ("watchlist", "1800"),
        ("Directory", str(films)),
        ("giving a film up", "3"),
        ("FileList user", "fl-me"),
        ("Port", "8081"),
        ("qBittorrent user", "admin"),
        secrets=("pass-key-1", "word"),
    )
    assert person.run(folder) == 0
    assert read(folder / "config.json") == {
        "username": "me",
        "check_interval": 1800,
        "download_directory": str(films),
        "max_retries": 3,
    }
    assert Config.load(folder, {})["qbittorrent"]["port"] == 8081
    stored = CredentialsManager(folder, {})
    assert stored.get("filelist") == Credentials("fl-me", "pass-key-1")
    assert stored.get("qbittorrent") == Credentials("admin", "word")
    assert "pass-key-1" not in person.text
    assert "word" not in person.text.replace("password", "")


def test_enter_keeps_everything_and_shows_what_stands_there(folder: Path) -> None:
    Config.save(folder, {"username": "me", "retry_interval": 7, "qbittorrent.host": "nas", "trash_period": 3})
    CredentialsManager(folder, {}).save("filelist", Credentials("fl-me", "pass-key-1"))
    CredentialsManager(folder, {}).save("qbittorrent", Credentials("admin", "word"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    person = Person()
    assert person.run(folder) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    for brackets in ("[me]", "[7]", "[nas]", "[fl-me]", "[stored]", "[2.0]", "[yes]", "[admin]"):
        assert brackets in person.text
    assert "pass-key-1" not in person.text


@pytest.mark.parametrize(
    ("word", "wrong", "right"),
    [
        ("Letterboxd user name", "two words", "me"),
        ("Letterboxd user name", "", "me"),
        ("watchlist", "5", "60"),
        ("watchlist", "soon", "60"),
        ("Directory", "films", "~/Downloads"),
        ("factor", "0.5", "3"),
        ("left your list", "perhaps", "yes"),
        ("Port", "70000", "8081"),
        ("Host", "http://nas", "nas"),
        ("Hand torrents", "perhaps", "no"),
    ],
)
def test_a_wrong_answer_is_asked_again_with_the_reason(
    folder: Path, word: str, wrong: str, right: str
) -> None:
    person = Person((word, wrong), (word, right), USERNAME)
    assert person.run(folder) == 0
    asked = [place for place, line in enumerate(person.shown) if word in line and line.endswith(": ")]
    assert len(asked) == 2
    assert "rite " in person.shown[asked[0] + 1]


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt(), 130), (EOFError(), 1)])
def test_an_interrupt_changes_nothing_and_says_so(
    folder: Path, films: Path, stop: BaseException, code: int
) -> None:
    person = Person(USERNAME, ("Directory", str(films)), ("qBittorrent user", stop))
    assert person.run(folder) == code
    assert "Nothing was changed" in person.text
    assert not folder.exists()
    assert not films.exists()


def test_a_missing_directory_is_created_if_wanted(folder: Path, films: Path) -> None:
    Person(USERNAME, ("Directory", str(films))).run(folder)
    assert films.is_dir()


def test_a_missing_directory_is_left_alone_if_not_wanted(folder: Path, films: Path) -> None:
    person = Person(USERNAME, ("Directory", str(films)), ("Create", "no"))
    assert person.run(folder) == 0
    assert not films.exists()
    assert Config.load(folder, {})["download_directory"] == str(films)


def test_a_directory_that_cannot_be_created_is_said(folder: Path, films: Path) -> None:
    films.write_text("a file in the way")
    person = Person(USERNAME, ("Directory", str(films / "below")))
    assert person.run(folder) == 1
    assert "could not be created" in person.text


def test_a_directory_is_written_as_it_was_entered(folder: Path) -> None:
    Person(USERNAME, ("Directory", "~/Downloads/films"), ("Create", "no")).run(folder)
    assert read(folder / "config.json") == {"username": "me", "download_directory": "~/Downloads/films"}


def test_wrong_entries_are_shown_and_what_is_right_is_kept(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text('{"username": "me", "chek_interval": 9, "trash_period": 5}')
    (folder / "filelist_config.json").write_text("{not json")
    person = Person()
    assert person.run(folder) == 0
    assert "chek_interval" in person.text
    assert "not JSON" in person.text
    assert "[me]" in person.text
    assert read(folder / "config.json") == {"username": "me", "trash_period": 5}
    assert Config.load(folder, {})["username"] == "me"
    assert len(list(folder.glob("*.corrupt-*"))) == 2


def test_a_file_that_cannot_be_read_stops_the_wizard_before_any_question(folder: Path) -> None:
    (folder / "config.json").mkdir(parents=True)
    person = Person()
    with pytest.raises(StateError):
        person.run(folder)
    assert person.shown == []


def broken_store(folder: Path) -> None:
    CredentialsManager(folder, {}).save("filelist", Credentials("fl-me", "pass-key-1"))
    (folder / ".key").unlink()


def test_a_broken_store_of_credentials_is_begun_anew_only_if_wanted(folder: Path) -> None:
    broken_store(folder)
    before = (folder / "credentials.enc").read_bytes()
    person = Person(USERNAME)
    assert person.run(folder) == 0
    assert "credentials.enc" in person.text
    assert (folder / "credentials.enc").read_bytes() == before


def test_a_broken_store_of_credentials_can_be_replaced(folder: Path) -> None:
    broken_store(folder)
    person = Person(USERNAME, ("Begin", "yes"), ("FileList user", "new"), secrets=("pass-key-2",))
    assert person.run(folder) == 0
    assert CredentialsManager(folder, {}).get("filelist") == Credentials("new", "pass-key-2")


def test_a_new_user_needs_a_new_secret(folder: Path) -> None:
    CredentialsManager(folder, {}).save("filelist", Credentials("old", "pass-key-1"))
    person = Person(USERNAME, ("FileList user", "new"), secrets=("", "pass-key-2"))
    assert person.run(folder) == 0
    assert CredentialsManager(folder, {}).get("filelist") == Credentials("new", "pass-key-2")


def test_a_list_from_an_export_needs_no_user_name(folder: Path) -> None:
    Config.save(folder, {"watchlist_source": "/srv/watchlist.csv"})
    assert Person().run(folder) == 0


def test_no_login_for_qbittorrent_is_remembered(folder: Path) -> None:
    assert Person(USERNAME).run(folder) == 0
    assert not CredentialsManager(folder, {}).needs_asking("qbittorrent")


def test_a_stored_qbittorrent_login_can_be_taken_back(folder: Path) -> None:
    CredentialsManager(folder, {}).save("qbittorrent", Credentials("admin", "word"))
    Person(USERNAME, ("qBittorrent user", "none")).run(folder)
    assert CredentialsManager(folder, {}).stored("qbittorrent") == Credentials()


def test_without_qbittorrent_nothing_about_it_is_asked(folder: Path) -> None:
    person = Person(USERNAME, ("Hand torrents", "no"))
    assert person.run(folder) == 0
    assert "Port" not in person.text
    assert read(folder / "filelist_config.json") == {"qbittorrent": {"enabled": False}}


def test_cleanup_stays_off_unless_it_is_wanted(folder: Path) -> None:
    person = Person(USERNAME)
    assert person.run(folder) == 0
    assert "Clean up films that left your list [no]" in person.text
    assert "missing before" not in person.text
    assert read(folder / "config.json") == {"username": "me"}


def test_cleanup_is_switched_on_with_its_grace_and_without_watched_films(folder: Path) -> None:
    person = Person(USERNAME, ("left your list", "yes"), ("missing before", "86400"), ("you watched", "no"))
    assert person.run(folder) == 0
    assert "--cleanup --yes" in person.text
    assert read(folder / "config.json") == {
        "username": "me",
        "enable_removal_cleanup": True,
        "removal_grace_period": 86400,
        "cleanup_watched": False,
    }


def test_a_cleanup_that_is_on_can_be_kept_or_switched_off_with_its_grace_left_as_it_is(folder: Path) -> None:
    on = {"enable_removal_cleanup": True, "removal_grace_period": 3, "cleanup_watched": False}
    Config.save(folder, {"username": "me", **on})
    kept = Person()
    assert kept.run(folder) == 0
    assert "--cleanup --yes" not in kept.text
    assert read(folder / "config.json") == {"username": "me", **on}
    Person(("left your list", "no")).run(folder)
    assert read(folder / "config.json") == {"username": "me", **on, "enable_removal_cleanup": False}


def test_a_variable_that_wins_over_an_answer_is_named(folder: Path) -> None:
    person = Person(USERNAME)
    person.run(folder, MOVIE_SYNC_USERNAME="env", MOVIE_SYNC_FILELIST_PASSKEY_FILE="/x")
    assert "MOVIE_SYNC_USERNAME is set" in person.text
    assert "MOVIE_SYNC_FILELIST_PASSKEY_FILE is set" in person.text


def test_the_terms_of_letterboxd_and_the_place_of_the_passkey_are_said(folder: Path) -> None:
    person = Person(USERNAME)
    person.run(folder)
    for words in ("December 2025", "export", "filelist.io/usercp.php?action=passkey"):
        assert words in person.text


def test_without_a_terminal_the_other_ways_are_named(folder: Path) -> None:
    unused: Callable[[str], str] = Person().ask
    with pytest.raises(ConfigError, match=r"terminal.*config\.json.*MOVIE_SYNC_"):
        run_wizard(folder, unused, unused, print, terminal=False)
    assert not folder.exists()
