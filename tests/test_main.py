"""The command line: usage errors, exit codes, statistics, and the questions it asks at a terminal."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from queue_entries import write
from run_program import run_main
from terminal import Terminal

from console import Console
from credentials_manager import Credentials, CredentialsManager
from demo.films import FILMS
from demo.world import World
from errors import AlreadyRunning, AuthError, ConfigError, StateError, StateWriteError
from logs import Redactor
from main import VERSION, guarded, main, parse_arguments, ready

FILM = FILMS[0]
QUESTIONS = (
    "looks at",
    "Directory",
    "Create it",
    "first retry",
    "giving a film up",
    "factor",
    "Clean up films",
)
RULE = "=" * 70


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, films=(FILM,)) as world:
        yield world


def without_credentials(world: World) -> dict[str, str]:
    return world.env(MOVIE_SYNC_FILELIST_USERNAME=None, MOVIE_SYNC_FILELIST_PASSKEY=None)


# --- arguments


@pytest.mark.parametrize(
    "options",
    [["--nonsense"], ["surplus"], ["--username"], ["--once", "--stats"], ["--config", "--demo"]],
)
def test_a_usage_error_exits_with_two_before_anything_is_read(
    options: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(options)
    assert exit_.value.code == 2
    assert "usage: main.py" in capsys.readouterr().err
    assert not folder.exists()


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"Movie Sync {VERSION}\n"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--interval", "soon"], "--interval"),
        (["--interval", "-5"], "--interval"),
        (["--interval", "59"], "60"),
        (["--username", "two words"], "--username"),
        (["--username", ""], "--username"),
    ],
)
def test_a_wrong_value_is_named_with_its_option_and_exits_with_two(
    tmp_path: Path, options: list[str], word: str
) -> None:
    run = run_main({"HOME": str(tmp_path)}, "--once", *options)
    assert run.code == 2
    assert word in run.out
    assert "Traceback" not in run.out + run.err


def test_the_options_of_a_run_win_over_files_and_environment(tmp_path: Path) -> None:
    with World(tmp_path, username="other") as world:
        env = world.env(MOVIE_SYNC_USERNAME="somebody")
        run = run_main(env, "--once", "--username", "other", "--interval", "77")
    assert run.code == 0, run.out
    assert "📺 Letterboxd user: other" in run.out
    assert "⏱️  Monitor interval: 77s" in run.out
    assert {request.path for request in world.letterboxd.requests} == {"/other/watchlist/"}


# --- exit codes


def failing(error: BaseException) -> Callable[[], int]:
    def action() -> int:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(["config.json: wrong"]), 2),
        (StateError("queue_pending.json: not JSON"), 1),
        (StateWriteError("disk full"), 1),
        (AlreadyRunning("already running (pid 7)", 7), 1),
        (AuthError("filelist", "Invalid credentials"), 1),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("a slip"), 3),
    ],
)
def test_each_kind_of_end_has_its_exit_code(folder: Path, error: BaseException, code: int) -> None:
    assert guarded(failing(error), folder, Console(Redactor(), io.StringIO())) == code


def test_a_known_failure_is_one_line_for_the_user(folder: Path) -> None:
    printed = io.StringIO()
    guarded(failing(StateError("queue_pending.json: not JSON")), folder, Console(Redactor(), printed))
    assert printed.getvalue() == "❌ queue_pending.json: not JSON\n"


def test_all_configuration_problems_stand_below_each_other(folder: Path) -> None:
    printed = io.StringIO()
    guarded(failing(ConfigError(["one", "two"])), folder, Console(Redactor(), printed))
    assert printed.getvalue().splitlines()[1:] == ["  - one", "  - two"]


def test_a_bug_names_the_log_and_keeps_the_traceback_there(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    printed = io.StringIO()
    guarded(failing(ZeroDivisionError("a slip")), folder, Console(Redactor(), printed))
    assert str(folder / "logs" / "movie_sync.log") in printed.getvalue()
    assert "slip" not in printed.getvalue()
    assert "ZeroDivisionError: a slip" in caplog.text


def test_what_went_well_keeps_its_code(folder: Path) -> None:
    assert guarded(lambda: 0, folder, Console(Redactor(), io.StringIO())) == 0


# --- what a run needs


def problems_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as error:
        ready(parse_arguments(["--once"]), folder)
    return error.value.problems


def test_problems_of_files_variables_and_credentials_come_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    (folder / "config.json").write_text('{"chek_interval": 100}')
    (folder / "filelist_config.json").write_text('{"qbittorrent": {"port": "many"}}')
    monkeypatch.setenv("MOVIE_SYNC_MAX_RETRIES", "five")
    monkeypatch.setenv("MOVIE_SYNC_FILELIST_PASSKEY", "one")
    monkeypatch.setenv("MOVIE_SYNC_FILELIST_PASSKEY_FILE", "/two")
    monkeypatch.setenv("MOVIE_SYNC_QBITTORRENT_PASSWORD", " ")
    problems = "\n".join(problems_of(folder))
    for word in (
        "chek_interval",
        "port",
        "MOVIE_SYNC_MAX_RETRIES",
        "MOVIE_SYNC_FILELIST_PASSKEY_FILE",
        "MOVIE_SYNC_QBITTORRENT_PASSWORD",
    ):
        assert word in problems


def test_a_first_start_names_the_user_name_and_the_credentials_at_once(folder: Path) -> None:
    problems = "\n".join(problems_of(folder))
    assert "MOVIE_SYNC_USERNAME" in problems
    assert "MOVIE_SYNC_FILELIST_PASSKEY" in problems


def test_qbittorrent_needs_no_credentials_and_its_half_ones_are_named_only_if_it_is_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("USERNAME", "me"), ("FILELIST_USERNAME", "me"), ("FILELIST_PASSKEY", "a" * 32)):
        monkeypatch.setenv(f"MOVIE_SYNC_{name}", value)
    ready(parse_arguments([]), folder)
    monkeypatch.setenv("MOVIE_SYNC_QBITTORRENT_USERNAME", "admin")
    assert "MOVIE_SYNC_QBITTORRENT_PASSWORD" in "\n".join(problems_of(folder))
    monkeypatch.setenv("MOVIE_SYNC_QBITTORRENT__ENABLED", "false")
    ready(parse_arguments([]), folder)


def test_an_export_needs_no_user_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIE_SYNC_WATCHLIST_SOURCE", "/somewhere/watchlist.csv")
    assert "MOVIE_SYNC_USERNAME" not in "\n".join(problems_of(folder))


def test_a_list_from_an_export_is_fetched_without_a_request_to_letterboxd(world: World) -> None:
    world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP")
    export = world.root / "watchlist.csv"
    export.write_text(
        f"Date,Name,Year,Letterboxd URI\nd,{FILM.title},{FILM.year},https://boxd.it/{FILM.lid}\n"
    )
    env = world.env(MOVIE_SYNC_WATCHLIST_SOURCE=str(export), MOVIE_SYNC_USERNAME=None)
    run = run_main(env, "--once")
    assert run.code == 0, run.out
    assert [entry["title"] for entry in world.queue("completed")] == [FILM.title]
    assert not world.letterboxd.requests


def test_new_films_whose_pages_were_refused_are_named_as_left(world: World) -> None:
    world.letterboxd.fail("film", 429)
    run = run_main(world.env(), "--once")
    assert run.code == 1
    assert FILM.label in run.out.split("Left for a later run")[1]


# --- statistics


def env_of(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "MOVIE_SYNC_HOME": str(tmp_path / "state"), "PYTHONIOENCODING": "utf-8"}


def fill(folder: Path) -> None:
    write(folder, "pending", {"title": "Waiting"}, {"title": "Claimed"})
    write(
        folder,
        "failed",
        {
            "title": "Ready",
            "year": 1999,
            "retry_count": 1,
            "retry_after": 5,
            "last_error": "No torrents found",
        },
        {"title": "For good", "retry_count": 5, "last_error": "Not found on tracker"},
    )
    write(folder, "completed", {"title": "Done", "completed_at": 1_700_000_000})


def test_the_statistics_of_a_filled_folder_have_the_documented_shape(tmp_path: Path) -> None:
    fill(tmp_path / "state")
    run = run_main(env_of(tmp_path), "--stats")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == [
        RULE,
        "📊 Queue Statistics",
        RULE,
        "",
        "📝 Pending:    2",
        "❌ Failed:     1",
        "✅ Completed:  1",
        "⛔ Permanent:  1",
        "",
        "🔄 Movies ready for retry:",
        "   • Ready (retry #2)",
        "",
        "⛔ Permanent failures:",
        "   • For good: Not found on tracker",
    ]


def test_statistics_need_no_account_and_no_earlier_run(tmp_path: Path) -> None:
    run = run_main(env_of(tmp_path), "--stats")
    assert run.code == 0
    assert "📝 Pending:    0" in run.out


def test_a_service_at_rest_is_named_with_its_reason(tmp_path: Path) -> None:
    fill(tmp_path / "state")
    rest = {"kind": "blocked", "reason": "A shield refused us.", "since": 1, "until": 99_999_999_999}
    (tmp_path / "state" / "services.json").write_text(json.dumps({"letterboxd": rest}))
    run = run_main(env_of(tmp_path), "--stats")
    assert "⏸️  Services at rest:" in run.out
    assert "A shield refused us." in run.out


def test_statistics_over_a_broken_file_name_it_and_exit_with_one(tmp_path: Path) -> None:
    fill(tmp_path / "state")
    (tmp_path / "state" / "queue_failed.json").write_text("[{")
    run = run_main(env_of(tmp_path), "--stats")
    assert run.code == 1
    assert "queue_failed.json" in run.out


def test_statistics_can_be_looked_at_where_no_log_can_be_written(tmp_path: Path) -> None:
    fill(tmp_path / "state")
    (tmp_path / "state" / "logs").write_text("a file in the way")
    run = run_main(env_of(tmp_path), "--stats")
    assert (run.code, run.err) == (0, "")
    assert run_main(env_of(tmp_path), "--once").code == 1


# --- at a terminal


def test_missing_credentials_are_asked_for_hidden_and_stored_encrypted(world: World) -> None:
    user, passkey = world.filelist.username, world.filelist.passkey
    with Terminal(without_credentials(world), "--once") as terminal:
        terminal.answer("FileList user name", user)
        terminal.answer("passkey", passkey)
        assert terminal.end() == 0, terminal.shown
    assert user in terminal.shown
    assert passkey not in terminal.shown
    assert "Found 1 movies in watchlist" in terminal.shown
    assert CredentialsManager(world.home, {}).get("filelist") == Credentials(user, passkey)
    stored = world.home / "credentials.enc"
    assert passkey.encode() not in stored.read_bytes()
    assert {stored.stat().st_mode & 0o777, (world.home / ".key").stat().st_mode & 0o777} == {0o600}
    assert passkey not in (world.home / "logs" / "movie_sync.log").read_text()


def test_stored_credentials_are_not_asked_for_again(world: World) -> None:
    CredentialsManager(world.home, {}).save(
        "filelist", Credentials(world.filelist.username, world.filelist.passkey)
    )
    with Terminal(without_credentials(world), "--once") as terminal:
        assert terminal.end() == 0, terminal.shown
    assert "user name" not in terminal.shown


def test_no_login_is_an_answer_that_is_asked_for_once(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        env = world.env(MOVIE_SYNC_QBITTORRENT__ENABLED="true", MOVIE_SYNC_QBITTORRENT__PORT="9")
        with Terminal(env, "--once") as terminal:
            terminal.answer("qBittorrent user name", "")
            assert terminal.end() == 0, terminal.shown
        with Terminal(env, "--once") as terminal:
            assert terminal.end() == 0, terminal.shown
    assert "user name" not in terminal.shown


def test_an_interrupt_at_a_question_exits_with_130_and_stores_nothing(world: World) -> None:
    with Terminal(without_credentials(world), "--once") as terminal:
        terminal.answer("FileList user name", world.filelist.username)
        terminal.answer("passkey", "\x03", end="")
        assert terminal.end() == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    assert not (world.home / "credentials.enc").exists()


def test_an_input_that_ends_at_a_question_exits_with_two(world: World) -> None:
    with Terminal(without_credentials(world), "--once") as terminal:
        terminal.answer("FileList user name", "\x04", end="")
        assert terminal.end() == 2, terminal.shown
    assert "MOVIE_SYNC_FILELIST_PASSKEY" in terminal.shown


def test_problems_of_the_configuration_are_said_before_any_question(world: World) -> None:
    env = without_credentials(world) | {"MOVIE_SYNC_MAX_RETRIES": "five"}
    with Terminal(env, "--once") as terminal:
        assert terminal.end() == 2, terminal.shown
    assert "MOVIE_SYNC_MAX_RETRIES" in terminal.shown
    assert "user name:" not in terminal.shown


def test_the_wizard_leads_from_nothing_to_a_run(world: World) -> None:
    user, passkey = world.filelist.username, world.filelist.passkey
    made = ("USERNAME", "DOWNLOAD_DIRECTORY", "FILELIST_USERNAME", "FILELIST_PASSKEY", "QBITTORRENT__ENABLED")
    env = world.env(**{f"MOVIE_SYNC_{name}": None for name in made})
    films = world.root / "films"
    with Terminal(env, "--config") as terminal:
        terminal.answer("Letterboxd user name", world.username)
        terminal.answer("looks at the watchlist", "1800")
        terminal.answer("Directory for films", str(films))
        terminal.answer("Create it", "yes")
        terminal.answer("first retry", "")
        terminal.answer("giving a film up", "3")
        terminal.answer("by the factor", "")
        terminal.answer("Clean up films", "")
        terminal.answer("FileList user name", user)
        terminal.answer("FileList passkey", passkey)
        terminal.answer("Hand torrents to qBittorrent", "no")
        assert terminal.end() == 0, terminal.shown
    assert passkey not in terminal.shown
    assert films.is_dir()
    assert json.loads((world.home / "config.json").read_text()) == {
        "username": world.username,
        "check_interval": 1800,
        "download_directory": str(films),
        "max_retries": 3,
    }
    world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP")
    run = run_main(env, "--once")
    assert run.code == 0, run.out
    assert len(list(films.glob("*.torrent"))) == 1


def test_the_wizard_asks_a_qbittorrent_password_without_showing_it(world: World) -> None:
    with Terminal(world.env(), "--config") as terminal:
        terminal.answer("Letterboxd user name", "me")
        for question in QUESTIONS:
            terminal.answer(question, "no" if question == "Create it" else "")
        terminal.answer("FileList user name", "")
        for question in ("Hand torrents", "Host", "Port"):
            terminal.answer(question, "")
        terminal.answer("qBittorrent user name", "admin")
        terminal.answer("qBittorrent password", "")
        terminal.wait_for("it cannot be empty")
        terminal.answer("qBittorrent password", "very-secret")
        assert terminal.end() == 0, terminal.shown
    assert "very-secret" not in terminal.shown
    assert CredentialsManager(world.home, {}).get("qbittorrent") == Credentials("admin", "very-secret")


def test_an_interrupted_wizard_changes_nothing_and_exits_with_130(world: World) -> None:
    with Terminal(world.env(), "--config") as terminal:
        terminal.answer("Letterboxd user name", "me")
        terminal.wait_for("looks at the watchlist")
        assert terminal.interrupt() == 130, terminal.shown
    assert "Nothing was changed" in terminal.shown
    assert not (world.home / "config.json").exists()


def test_the_wizard_needs_a_terminal(tmp_path: Path) -> None:
    run = run_main(env_of(tmp_path), "--config")
    assert run.code == 2
    assert "needs a terminal" in run.out
