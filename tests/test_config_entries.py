"""Files and environment added up: what is accepted, what is refused, and what is said about it."""

import json
from pathlib import Path
from typing import Any

import pytest

from config import read_config
from options import CREDENTIALS, FILELIST_FILE, MAIN_FILE, OPTIONS, SECTIONS

LOOPBACK = {"letterboxd_url": "http://127.0.0.1:8000"}

WRONG: dict[str, list[Any]] = {
    "username": ["two words", "", 5, "@me"],
    "check_interval": ["3600", True, 59, 3600.0, None, 10**40],
    "retry_interval": [0],
    "removal_grace_period": [0],
    "max_retries": [-1, 2.5],
    "backoff_multiplier": [0.5, True, float("nan"), float("inf"), 10**400],
    "request_interval": [0],
    "stalled_after": [-1],
    "removal_limit": [1.1, -0.1],
    "enable_removal_cleanup": [1, "yes"],
    "use_threads": [None],
    "letterboxd_url": ["letterboxd.com", "ftp://letterboxd.com", "http://", "http://h:99999", "http://a b"],
    "api_url": ["https://x/api.php?passkey=1"],
    "user_agent": ["", "two\nlines"],
    "watchlist_source": ["wbe", None],
    "download_directory": ["films", "", "~no-such-user-here/films", "/a\x00b"],
    "library_directories": ["/srv", ["/srv", "films"]],
    "download_window": ["23:00", "24:00-01:00", "01:00-01:00"],
    "category_priority": [
        [],
        None,
        [{"id": 6}],
        [{"id": True, "priority": 1}],
        [{"id": 6, "priority": "1"}],
        [{"id": 6, "priority": 1, "nmae": "x"}],
        [6],
        [{"id": 6, "priority": 1, "name": 3}],
        [{"id": 6, "priority": 1}, {"id": 6, "priority": 2}],
    ],
    "download_preferences.minimum_seeders": [-1],
    "download_preferences.minimum_size": [-1],
    "download_preferences.required_words": ["1080p"],
    "download_preferences.excluded_words": [[""]],
    "qbittorrent.enabled": ["true"],
    "qbittorrent.host": ["http://localhost", "localhost:8080", "", None],
    "qbittorrent.port": [0, 65536],
    "qbittorrent.category": ["a//b"],
    "qbittorrent.tag": ["a,b", ""],
    "qbittorrent.save_path": ["downloads"],
    "qbittorrent.speed_limit": [0],
    "qbittorrent.minimum_ratio": ["1"],
}
RIGHT: dict[str, list[Any]] = {
    "check_interval": [60],
    "max_retries": [0],
    "backoff_multiplier": [1],
    "removal_limit": [0, 1],
    "permanent_recheck": [0],
    "latest_interval": [0],
    "stalled_after": [0, 1],
    "trash_period": [0],
    "retry_interval": [1],
    "removal_grace_period": [1],
    "request_interval": [1],
    "username": [None],
    "trash_directory": [None],
    "download_window": ["23:00-07:00", None],
    "watchlist_source": ["/home/me/export.zip"],
    "letterboxd_url": ["http://[::1]:8000/"],
    "qbittorrent.host": ["::1", "my_nas.local"],
    "qbittorrent.save_path": ["D:\\Films"],
    "qbittorrent.category": ["", "Movies/New"],
    "qbittorrent.minimum_seed_time": [0],
    "category_priority": [[{"id": 4, "priority": 0.5}]],
}


def each(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(key, value) for key, row in table.items() for value in row]


def problems(main: object = None, filelist: object = None, **environ: str) -> list[str]:
    return read_config({} if main is None else main, {} if filelist is None else filelist, environ)[1]


def values(main: object = None, filelist: object = None, **environ: str) -> dict[str, Any]:
    found, faults = read_config({} if main is None else main, {} if filelist is None else filelist, environ)
    assert faults == []
    return found


def only_problem(main: object = None, filelist: object = None, **environ: str) -> str:
    (problem,) = problems(main, filelist, **environ)
    return problem


def for_key(key: str, value: Any) -> tuple[Any, Any]:
    """The two files' contents with one key set."""
    *section, name = key.split(".")
    content = {section[0]: {name: value}} if section else {name: value}
    return (content, {}) if OPTIONS[key].file == MAIN_FILE else ({}, content)


def test_every_default_except_a_missing_one_passes_its_own_check() -> None:
    assert {
        key: option.fault(option.default) for key, option in OPTIONS.items() if option.fault(option.default)
    } == {}


def test_every_example_passes_the_check() -> None:
    faults = {
        key: option.fault(option.example) for key, option in OPTIONS.items() if option.example is not None
    }
    assert not any(faults.values()), faults


def test_nested_objects_merge_key_by_key() -> None:
    found = values({}, {"qbittorrent": {"port": 9000}})
    assert (found["qbittorrent"]["port"], found["qbittorrent"]["category"]) == (9000, "Movies")


def test_the_examples_of_the_readme_are_accepted() -> None:
    main = {
        "username": "letterboxd-username",
        "check_interval": 3600,
        "download_directory": "/path/to/movies",
        "retry_interval": 3600,
        "max_retries": 5,
        "backoff_multiplier": 2.0,
        "use_threads": True,
    }
    filelist = {
        "category_priority": [{"id": 4, "priority": 1}, {"id": 6, "name": "Filme 4K", "priority": 2}],
        "download_preferences": {"prefer_freeleech": True, "minimum_seeders": 1},
        "qbittorrent": {"enabled": True, "host": "192.168.1.100", "port": 8080, "category": "Movies"},
    }
    assert problems(main, filelist) == []


def test_the_top_level_keys_of_the_two_files_are_disjoint() -> None:
    tops = {
        file: {key.split(".")[0] for key in OPTIONS if OPTIONS[key].file == file}
        for file in (MAIN_FILE, FILELIST_FILE)
    }
    assert not tops[MAIN_FILE] & tops[FILELIST_FILE]


def test_no_option_has_the_environment_name_of_a_credential() -> None:
    names = {name for fields in CREDENTIALS.values() for name in fields.values()}
    assert not names & {option.variable for option in OPTIONS.values()}


@pytest.mark.parametrize(("key", "wrong"), each(WRONG))
def test_a_wrong_value_is_named_by_file_and_key_with_what_to_write(key: str, wrong: Any) -> None:
    problem = only_problem(*for_key(key, wrong))
    assert problem.startswith(f'{OPTIONS[key].file}: "{key}" ')
    assert "; write " in problem


@pytest.mark.parametrize(("key", "right"), each(RIGHT))
def test_values_at_the_edge_are_accepted(key: str, right: Any) -> None:
    assert problems(*for_key(key, right)) == []


def test_a_whole_number_is_accepted_for_a_float_and_becomes_one() -> None:
    assert isinstance(values({"backoff_multiplier": 3})["backoff_multiplier"], float)


@pytest.mark.parametrize(
    "host", ["letterboxd.com", "www.letterboxd.com", "LETTERBOXD.COM.", "letterboxd.com:443"]
)
def test_letterboxd_itself_is_not_asked_more_often_than_once_a_minute(host: str) -> None:
    assert "60 seconds or more" in only_problem({"letterboxd_url": f"https://{host}", "check_interval": 59})


def test_another_host_may_be_asked_every_second() -> None:
    assert problems({**LOOPBACK, "check_interval": 1, "request_interval": 0.05}) == []


def test_a_maximum_size_below_the_minimum_size_is_a_problem() -> None:
    problem = only_problem({}, {"download_preferences": {"minimum_size": 5, "maximum_size": 4}})
    assert problem.startswith('filelist_config.json: "download_preferences.maximum_size" ')


@pytest.mark.parametrize(
    ("main", "filelist", "nearest"),
    [
        ({"usrname": "x"}, {}, '"username"'),
        ({"chek_interval": 60}, {}, '"check_interval"'),
        ({}, {"qbittorrent": {"prot": 1}}, '"port" inside "qbittorrent"'),
        ({}, {"minimum_seeders": 1}, '"minimum_seeders" inside "download_preferences"'),
        ({}, {"qbittorrent.port": 1}, '"port" inside "qbittorrent"'),
    ],
)
def test_an_unknown_key_names_the_nearest_known_one(main: object, filelist: object, nearest: str) -> None:
    assert f"nearest is {nearest}" in only_problem(main, filelist)


@pytest.mark.parametrize(
    ("main", "filelist", "home"),
    [
        ({"qbittorrent": {"port": 1}}, {}, "filelist_config.json"),
        ({"category_priority": []}, {}, "filelist_config.json"),
        ({}, {"username": "me"}, "config.json"),
    ],
)
def test_a_key_in_the_wrong_file_is_sent_to_the_right_one(main: object, filelist: object, home: str) -> None:
    assert f"belongs into {home}" in only_problem(main, filelist)


@pytest.mark.parametrize("wrong", [[], "text", 3, None])
def test_a_file_that_holds_no_object_is_a_problem(wrong: object) -> None:
    (problem,) = read_config(wrong, {}, {})[1]
    assert problem.startswith("config.json: holds ")


def test_a_section_that_is_no_object_is_a_problem() -> None:
    assert '"qbittorrent" is "on"; write an object' in only_problem({}, {"qbittorrent": "on"})


def test_no_message_repeats_a_secret_put_into_the_wrong_place() -> None:
    main = {"letterboxd_url": "https://me:hunter2@letterboxd.com", "passkey": "hunter2"}
    filelist = {"qbittorrent": {"password": "hunter2", "username": "hunter2", "host": "me:hunter2@nas"}}
    found = problems(main, filelist, MOVIE_SYNC_QBITTORRENT='{"password": "hunter2"')
    assert len(found) == 6
    assert "hunter2" not in "".join(found)


def test_the_environment_wins_over_the_file() -> None:
    found = values({"username": "file"}, {"qbittorrent": {"port": 1, "host": "nas"}},
                   MOVIE_SYNC_USERNAME="env", MOVIE_SYNC_QBITTORRENT__PORT="8081")  # fmt: skip
    assert found["username"] == "env"
    assert found["qbittorrent"] | {"port": 8081, "host": "nas"} == found["qbittorrent"]


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("MAX_RETRIES", "7", "max_retries", 7),
        ("BACKOFF_MULTIPLIER", "1.5", "backoff_multiplier", 1.5),
        ("CLEANUP_WATCHED", "False", "cleanup_watched", False),
        ("USERNAME", "12345", "username", "12345"),
        ("USERNAME", "null", "username", "null"),
        ("DOWNLOAD_WINDOW", "null", "download_window", None),
        ("LIBRARY_DIRECTORIES", '["/a"]', "library_directories", ["/a"]),
        ("CATEGORY_PRIORITY", '[{"id": 1, "priority": 1}]', "category_priority", [{"id": 1, "priority": 1}]),
    ],
)
def test_a_variable_is_read_by_the_kind_of_its_option(name: str, text: str, key: str, value: Any) -> None:
    assert values(**{f"MOVIE_SYNC_{name}": text})[key] == value


def test_an_object_in_the_environment_merges_and_a_single_variable_wins_over_it() -> None:
    found = values({}, {"qbittorrent": {"tag": "mine"}}, MOVIE_SYNC_QBITTORRENT='{"port": 1, "host": "nas"}',
                   MOVIE_SYNC_QBITTORRENT__PORT="2")["qbittorrent"]  # fmt: skip
    assert (found["port"], found["host"], found["tag"]) == (2, "nas", "mine")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("MOVIE_SYNC_MAX_RETRIES", "many", 'is "many"'),
        ("MOVIE_SYNC_MAX_RETRIES", "", "set but empty"),
        ("MOVIE_SYNC_USERNAME", "", "set but empty"),
        ("MOVIE_SYNC_QBITTORRENT", "", "set but empty"),
        ("MOVIE_SYNC_QBITTORRENT", "[]", "must be an object"),
        ("MOVIE_SYNC_QBITTORRENT", "{", "not JSON"),
        ("MOVIE_SYNC_QBITTORRENT", '{"prot": 1}', "nearest"),
        ("MOVIE_SYNC_LIBRARY_DIRECTORIES", "/a", "write a list"),
        ("MOVIE_SYNC_CHECK_INTERVAL", "5", "60 seconds or more"),
        ("MOVIE_SYNC_CHEK_INTERVAL", "60", "MOVIE_SYNC_CHECK_INTERVAL"),
        ("MOVIE_SYNC_username", "me", "MOVIE_SYNC_USERNAME"),
        ("MOVIE_SYNC_QBITTORRENT_PORT", "1", "MOVIE_SYNC_QBITTORRENT__PORT"),
        ("MOVIE_SYNC_FILELIST_PASKEY", "1", "MOVIE_SYNC_FILELIST_PASSKEY"),
    ],
)
def test_a_wrong_variable_is_named_with_what_to_do(name: str, text: str, words: str) -> None:
    problem = only_problem(**{name: text})
    assert problem.startswith(name)
    assert words in problem


def test_an_empty_variable_is_right_where_the_text_may_be_empty() -> None:
    assert values(MOVIE_SYNC_QBITTORRENT__CATEGORY="")["qbittorrent"]["category"] == ""


def test_the_state_folder_and_the_credentials_are_known_names() -> None:
    names = [name for fields in CREDENTIALS.values() for name in fields.values()]
    assert (
        problems(MOVIE_SYNC_HOME="/x", **{f"{name}{end}": "x" for name in names for end in ("", "_FILE")})
        == []
    )


def test_the_home_directory_is_expanded_in_every_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    main = {
        "download_directory": "~/a",
        "trash_directory": "~/b",
        "link_directory": "~",
        "watchlist_source": "~/w.csv",
        "library_directories": ["~/c", "/d/"],
    }
    found = values(main, {"qbittorrent": {"save_path": "~/e"}})
    assert found["download_directory"] == "/home/me/a"
    assert (found["trash_directory"], found["link_directory"]) == ("/home/me/b", "/home/me")
    assert (found["watchlist_source"], found["library_directories"]) == (
        "/home/me/w.csv",
        ["/home/me/c", "/d"],
    )
    assert found["qbittorrent"]["save_path"] == "/home/me/e"


def test_the_documentation_shows_every_key_with_default_values_and_meaning() -> None:
    page = (Path(__file__).parent.parent / "doc" / "config.md").read_text()
    rows = [
        f"| `{o.key}` | `{json.dumps(o.default)}` | {o.rule.wants} | {o.help} |" for o in OPTIONS.values()
    ]
    assert [row for row in rows if row not in page] == []


def test_a_section_is_no_option_itself() -> None:
    assert not SECTIONS.keys() & OPTIONS.keys()


def test_reading_never_raises_whatever_the_files_hold() -> None:
    hypothesis = pytest.importorskip("hypothesis")
    st = pytest.importorskip("hypothesis.strategies")
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    keys = st.sampled_from([*OPTIONS, *SECTIONS, *(key.split(".")[-1] for key in OPTIONS)]) | st.text(
        max_size=8
    )
    anything = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
    )

    def check(main: Any, filelist: Any) -> None:
        found, faults = read_config(main, filelist, {})
        assert set(found) == {key.split(".")[0] for key in OPTIONS}
        for problem in faults:
            problem.encode()

    hypothesis.settings(max_examples=150, deadline=None)(hypothesis.given(anything, anything)(check))()
