"""Loading, overriding and saving the configuration."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import storage
from config import Config, right_entries
from errors import ConfigError, StateError
from options import FILELIST_FILE, MAIN_FILE


def load(folder: Path, **environ: str) -> Config:
    return Config.load(folder, environ)


def test_without_files_every_key_has_its_default(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config["check_interval"] == 3600
    assert config["qbittorrent"]["host"] == "localhost"
    assert config["username"] is None
    assert config["download_directory"] == str(Path.home() / "Downloads")


def test_no_default_is_shared_between_two_configurations(tmp_path: Path) -> None:
    load(tmp_path)["qbittorrent"]["port"] = 1
    load(tmp_path)["category_priority"].clear()
    assert load(tmp_path)["qbittorrent"]["port"] == 8080
    assert len(load(tmp_path)["category_priority"]) == 4


def test_all_problems_are_raised_at_once(tmp_path: Path) -> None:
    (tmp_path / MAIN_FILE).write_text('{"check_interval": 5, "usrname": "x"}')
    (tmp_path / FILELIST_FILE).write_text("{")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, MOVIE_SYNC_MAX_RETRIES="many")
    assert len(caught.value.problems) == 4
    assert str(tmp_path / FILELIST_FILE) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "not JSON (line 1"),
        (b'{"max_retries": 1 // one\n}', "no comments"),
        (b"\xff\xfe\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"max_retries": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"max_retries": NaN}', '"max_retries" is NaN'),
        (b'{"backoff_multiplier": 1e999}', '"backoff_multiplier" is Infinity'),
        (b'{"max_retries": 1, "max_retries": 2}', "stands there twice"),
        (b'{"\\ud800": 1}', "not a known key"),
    ],
)
def test_a_broken_file_is_a_problem_and_never_an_empty_one(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / MAIN_FILE).write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert words in str(caught.value)
    str(caught.value).encode()


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / MAIN_FILE).write_bytes(b'\xef\xbb\xbf{"username": "me"}')
    assert load(tmp_path)["username"] == "me"


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / MAIN_FILE).mkdir()
    (tmp_path / FILELIST_FILE).symlink_to(tmp_path / "not-mounted")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert len(caught.value.problems) == 2


def test_the_command_line_overrides_what_was_loaded(tmp_path: Path) -> None:
    config = load(tmp_path, MOVIE_SYNC_USERNAME="env")
    config.override(username="line", interval="1800")
    assert (config["username"], config["check_interval"]) == ("line", 1800)


@pytest.mark.parametrize("interval", ["soon", "59", 59, 0, -1, True])
def test_a_wrong_interval_on_the_command_line_is_named(tmp_path: Path, interval: int | str) -> None:
    config = load(tmp_path)
    with pytest.raises(ConfigError, match=r"--username .*\n.*--interval "):
        config.override(username="two words", interval=interval)
    assert config["check_interval"] == 3600


def test_a_run_needs_a_user_name_and_says_the_ways_to_set_it(tmp_path: Path) -> None:
    (problem,) = load(tmp_path).missing_for_run()
    for words in ("python main.py --config", str(tmp_path / MAIN_FILE), '"username"', "MOVIE_SYNC_USERNAME"):
        assert words in problem


def test_a_run_from_an_export_needs_no_user_name(tmp_path: Path) -> None:
    assert load(tmp_path, MOVIE_SYNC_WATCHLIST_SOURCE="/x/watchlist.csv").missing_for_run() == []


def test_a_loaded_configuration_is_a_mutable_mapping(tmp_path: Path) -> None:
    config = load(tmp_path)
    config["username"] = "me"
    del config["use_threads"]
    assert config["username"] == "me"
    assert len(config) == len(list(config))
    assert "use_threads" not in config
    assert "'username': 'me'" in repr(config)


def test_values_can_be_laid_over_the_defaults() -> None:
    config = Config({"username": "me", "qbittorrent": {"port": 1}})
    assert (config["username"], config["qbittorrent"]["port"], config["qbittorrent"]["tag"]) == (
        "me",
        1,
        "movie_sync",
    )


def write(folder: Path, main: Mapping[str, Any]) -> None:
    (folder / MAIN_FILE).write_text(json.dumps(main))


def test_saving_writes_only_what_was_set_and_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, {"trash_period": 5, "username": "old", "download_directory": "~/films"})
    assert Config.save(tmp_path, {"username": "new"}) == []
    written = storage.read_json(tmp_path / MAIN_FILE, dict, {})
    assert written == {"trash_period": 5, "username": "new", "download_directory": "~/films"}
    assert not (tmp_path / FILELIST_FILE).exists()


def test_saving_a_nested_key_writes_a_nested_object(tmp_path: Path) -> None:
    Config.save(tmp_path, {"qbittorrent.port": 1, "qbittorrent.host": "nas"})
    assert json.loads((tmp_path / FILELIST_FILE).read_text()) == {"qbittorrent": {"port": 1, "host": "nas"}}


def test_saving_leaves_wrong_entries_out_and_keeps_a_copy_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"trash_period": 5, "usrname": "old", "check_interval": 3})
    (note,) = Config.save(tmp_path, {"username": "new"})
    assert load(tmp_path)["username"] == "new"
    assert load(tmp_path)["trash_period"] == 5
    assert "config.json.corrupt-" in note
    assert "usrname" in next(tmp_path.glob("config.json.corrupt-*")).read_text()


def test_saving_refuses_a_wrong_value_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"check_interval.*\n.*port"):
        Config.save(tmp_path, {"check_interval": 3, "qbittorrent.port": 0, "username": "me"})
    assert not (tmp_path / MAIN_FILE).exists()


def test_what_is_right_in_the_files_is_given_as_it_stands_there(tmp_path: Path) -> None:
    write(tmp_path, {"download_directory": "~/films", "max_retries": "x"})
    entries, faults = right_entries(tmp_path)
    assert entries == {"download_directory": "~/films"}
    assert len(faults) == 1


def test_a_file_that_cannot_be_read_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / MAIN_FILE).mkdir()
    with pytest.raises(StateError):
        Config.save(tmp_path, {"username": "me"})


@pytest.mark.parametrize("trash", ["/srv", "/srv/films", "/srv/more"])
def test_a_trash_that_holds_a_place_of_films_is_refused(tmp_path: Path, trash: str) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "download_directory": "/srv/films",
                "library_directories": ["/srv/more/films"],
                "trash_directory": trash,
            }
        )
    )
    with pytest.raises(ConfigError, match=r"trash_directory.*is or holds /srv/.*films"):
        load(tmp_path)


def test_a_trash_below_the_films_is_fine(tmp_path: Path) -> None:
    settings = {"download_directory": "/srv/films", "trash_directory": "/srv/films/.bin"}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    assert load(tmp_path)["trash_directory"] == "/srv/films/.bin"
