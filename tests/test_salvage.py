"""Broken state files: what is whole is kept, what is not is named, nothing is made up."""

import json
from typing import Any

import msgspec
import pytest
from support import NOON

from movie import Movie
from queue_files import PENDING
from salvage import (
    remains,
    salvage_calls,
    salvage_films,
    salvage_lines,
    salvage_object,
    salvage_paths,
)
from services import Rest

RELEASE = {"name": "Häxan.1922", "tracker": "filelist", "id": "7"}
FILMS: list[dict[str, Any]] = [
    {"id": "tt0078748", "title": "Alien", "year": 1979},
    {"id": "tt0013257", "title": "Häxan {a}", "year": 1922, "release": RELEASE, "mine": {"title": "x"}},
    {"title": "Detour", "year": 1945, "revision": 3},
]
TEXT = json.dumps(FILMS, ensure_ascii=False, indent=2)
TITLES = [film["title"] for film in FILMS]


def titles(data: str | bytes) -> list[str]:
    return [movie.title for movie in kept(data)]


def kept(data: str | bytes) -> list[Movie]:
    return salvage_films(data if isinstance(data, bytes) else data.encode(), PENDING).kept


def faults(data: str | bytes) -> list[str]:
    found = salvage_films(data if isinstance(data, bytes) else data.encode(), PENDING).faults
    return [str(fault) for fault in found]


WHOLE: dict[str, str | bytes] = {
    "a comma too many": TEXT.replace("\n]", ",\n]"),
    "a comma missing between entries": TEXT.replace("  },", "  }", 1),
    "no end": TEXT.removesuffix("]"),
    "no start": TEXT.removeprefix("["),
    "a byte order mark": "\ufeff" + TEXT,
    "UTF-16": TEXT.encode("utf-16"),
    "zeros after it": TEXT + "\0" * 4096,
    "an object round it": '{"films": ' + TEXT + "}",
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE.keys())
def test_every_entry_is_kept_where_only_the_list_is_broken(data: str | bytes) -> None:
    assert titles(data) == TITLES
    assert faults(data) == []


@pytest.mark.parametrize("length", range(0, len(TEXT.encode()), 7))
def test_of_a_file_cut_off_anywhere_the_whole_entries_are_kept(length: int) -> None:
    data = TEXT.encode()[:length]
    found = titles(data)
    assert found == TITLES[: len(found)]
    assert len(found) == data.count(b"\n  }")
    assert len(faults(data)) <= 1


def test_a_broken_entry_is_named_with_what_its_remains_tell() -> None:
    broken = TEXT.replace('"Alien",', '"Alien"')
    assert titles(broken) == TITLES[1:]
    assert faults(broken) == ["entry 0 (Alien (1979), tt0078748): is not whole"]


def test_an_entry_cut_in_the_middle_is_named() -> None:
    data = TEXT[: TEXT.index('"year": 1922')]
    assert faults(data) == ["entry 1 (Häxan {a}, tt0013257): is not whole"]


def test_no_part_of_a_broken_entry_passes_for_a_film() -> None:
    assert titles(TEXT.replace('"Häxan {a}",', '"Häxan {a}')) == ["Alien", "Detour"]


def test_an_entry_with_a_wrong_key_is_kept_without_it() -> None:
    entry = {"title": "Alien", "year": "1979", "retry_count": "two", "imdb_id": "tt0078748", "mine": 1}
    found = salvage_films(msgspec.json.encode([entry]), PENDING)
    assert [(movie.year, movie.imdb_id, movie.extra) for movie in found.kept] == [
        (None, "tt0078748", {"mine": 1})
    ]
    [fault] = found.faults
    assert fault.kept
    assert "kept without `year`, `retry_count`" in str(fault)


def test_an_entry_without_a_title_is_named_by_its_id() -> None:
    assert faults('[{"id": "tt0078748"}]') == ["entry 0 (tt0078748): Object missing required field `title`"]


def test_bytes_that_are_no_text_spoil_their_entry_alone() -> None:
    data = TEXT.encode("latin-1")
    assert titles(data) == ["Alien", "Detour"]
    assert len(faults(data)) == 1


NOTHING = ["", "\0" * 4096, "[", "[" * 9999, "[[[]]]", "\ufeff"]


@pytest.mark.parametrize("data", NOTHING)
def test_nothing_comes_of_nothing(data: str) -> None:
    assert titles(data) == []


@pytest.mark.parametrize("data", ["null", "7", '"Alien"', '{"a": 1}', "not JSON at all", "{" * 3000])
def test_what_is_no_film_is_named_and_not_kept(data: str) -> None:
    assert titles(data) == []
    assert len(faults(data)) == 1


def test_a_single_film_that_is_no_list_is_one_entry() -> None:
    assert titles(json.dumps(FILMS[0])) == ["Alien"]


def test_half_a_character_in_an_escape_is_no_text() -> None:
    assert titles(r'[{"title": "A\ud800"}, {"title": "B"}') == ["B"]


def test_what_is_kept_can_be_written_and_read_again() -> None:
    for data in WHOLE.values():
        assert msgspec.json.decode(msgspec.json.encode(kept(data)), type=list[Movie]) == kept(data)


def test_a_key_of_the_remains_that_is_no_text_tells_nothing() -> None:
    film = remains(r'"title": "A\x", "id": "tt1", "year": 1979')
    assert film is not None
    assert (film.title, film.year) == ("tt1", 1979)


def test_remains_without_any_name_tell_of_no_film() -> None:
    assert remains('"year": 1979, "revision": 4') is None


# --- other files

REST = Rest(kind="auth", reason="no", since=1, until=2)


def test_right_values_of_an_object_are_kept() -> None:
    data = msgspec.json.encode({"qbittorrent": REST, "filelist": {"kind": "auth"}, "letterboxd": 7})
    found = salvage_object(data, Rest)
    assert found.kept == {"qbittorrent": REST}
    assert [fault.where for fault in found.faults] == ["filelist", "letterboxd"]


def test_whole_values_of_a_torn_object_are_kept() -> None:
    data = msgspec.json.encode({"qbittorrent": REST, "filelist": REST})
    assert salvage_object(data[:-20], Rest).kept == {"qbittorrent": REST}


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\0\0", b'{"a": {"a": {"a": '])
def test_an_object_of_which_nothing_is_left_is_empty(data: bytes) -> None:
    assert salvage_object(data, Rest).kept == {}


@pytest.mark.parametrize("data", [b"", b"[1, 2", b"{}", b"null", b"\0", b'{"calls": [1]}'])
def test_calls_that_cannot_be_counted_are_all_used(data: bytes) -> None:
    assert salvage_calls(data, NOON, 150) == [NOON] * 150


def test_a_call_that_cannot_be_read_was_made_now() -> None:
    assert salvage_calls(b'[5, "6", 7.5, null, true, 8]', NOON, 150) == [5, NOON, NOON, NOON, NOON, 8]


@pytest.mark.parametrize("data", ['["/films", "/mnt/old", "/ne', '["/films", 7, "/mnt/old", "x"]'])
def test_whole_paths_are_kept(data: str) -> None:
    assert salvage_paths(data.encode()) == ["/films", "/mnt/old"]


def test_lines_of_the_history_are_kept_and_the_others_counted() -> None:
    data = b'{"id": "a"}\n{"id": "tt0078748", "tit\n\n[1]\n{"id": "b"}\n{"id": '
    found = salvage_lines(data)
    assert found.kept == [b'{"id": "a"}', b'{"id": "b"}']
    assert [fault.where for fault in found.faults] == [2, 4, 6]
    assert "tt0078748" in str(found.faults[0])


def test_any_bytes_are_survived() -> None:
    pytest.importorskip("hypothesis")
    from hypothesis import given, settings
    from hypothesis import strategies as st

    pieces = st.sampled_from([*TEXT.split(), TEXT, "{", "}", "[", ",", '"', "\\", "\0", '{"title":"A"}'])
    text = st.lists(pieces | st.text(max_size=5), max_size=12).map(" ".join)

    @settings(max_examples=150, deadline=None)
    @given(text.map(lambda t: t.encode("utf-8", "surrogatepass")) | st.binary(max_size=60))
    def survives(data: bytes) -> None:
        found = salvage_films(data, PENDING)
        msgspec.json.encode(found.kept)
        assert all(str(fault) for fault in found.faults)
        salvage_object(data, Rest)
        salvage_calls(data, NOON, 3)
        salvage_paths(data)
        salvage_lines(data)

    survives()
