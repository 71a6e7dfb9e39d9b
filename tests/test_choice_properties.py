"""What must hold for any rows, any text and any bytes. Needs hypothesis, so it stands apart."""

import random
from typing import Any

import pytest
from bencode2 import bencode

import names
from download_service import Release
from movie import Movie
from release_choice import NOT_THE_BEST, RULES, Preferences, choose_release
from torrent_file import NotATorrent, read_torrent

pytest.importorskip("hypothesis")

from hypothesis import given, settings
from hypothesis import strategies as st

GB = 10**9
FILM = Movie(title="Fargo", year=1996, imdb_id="tt0116282")
TITLES = st.sampled_from(["Fargo", "Fargo.2", "The.Fargo", "Another.Film", "Fargo.1996", ""])
YEARS = st.sampled_from(["1996", "1995", "2003", "(1996)", ""])
TAGS = st.lists(
    st.sampled_from(
        [
            "1080p",
            "2160p",
            "720p",
            "BluRay",
            "WEB-DL",
            "x264",
            "PROPER",
            "CAM",
            "3D",
            "S01",
            "HC",
            "AVC",
            "FLAC",
        ]
    ),
    max_size=4,
).map(".".join)
NAMES = st.one_of(st.builds(lambda *parts: ".".join(parts), TITLES, YEARS, TAGS), st.text(max_size=40))
RELEASES = st.builds(
    Release,
    tracker=st.sampled_from(["filelist", "other"]),
    id=st.sampled_from(["1", "2", "10"]),
    name=NAMES,
    imdb_id=st.sampled_from([None, "", "tt0116282", "116282", "tt9", "nonsense"]),
    category_id=st.sampled_from([None, 0, 4, 6, 25]),
    category=st.sampled_from(["", "Filme HD"]),
    size=st.integers(0, 100).map(lambda gigabytes: gigabytes * GB) | st.integers(0, GB),
    seeders=st.integers(0, 1000),
    leechers=st.integers(0, 2),
    freeleech=st.booleans(),
    doubleup=st.booleans(),
    internal=st.booleans(),
    uploaded_at=st.none(),
)
PREFERENCES = st.builds(
    Preferences,
    category_priority=st.sampled_from([(), (4,), (6, 4), (0, 25)]),
    prefer_freeleech=st.booleans(),
    minimum_seeders=st.integers(0, 5),
    minimum_size=st.none() | st.integers(0, 50).map(lambda gigabytes: gigabytes * GB),
    maximum_size=st.none() | st.integers(50, 100).map(lambda gigabytes: gigabytes * GB),
    required_words=st.sampled_from([(), ("1080p",)]),
    excluded_words=st.sampled_from([(), ("web-dl",)]),
)


@settings(deadline=None, database=None)
@given(st.lists(RELEASES, max_size=12), PREFERENCES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(
    rows: list[Release], preferences: Preferences, dice: random.Random
) -> None:
    shuffled = list(rows)
    dice.shuffle(shuffled)
    assert choose_release(rows, FILM, preferences) == choose_release(shuffled, FILM, preferences)


@settings(deadline=None, database=None)
@given(st.lists(RELEASES, max_size=12), PREFERENCES)
def test_nothing_outside_the_filters_is_chosen_and_nothing_is_lost(
    rows: list[Release], preferences: Preferences
) -> None:
    choice = choose_release(rows, FILM, preferences)
    assert len(choice.refused) + (choice.chosen is not None) == len(rows)
    assert all(refused.reason for refused in choice.refused)
    assert {refused.rule for refused in choice.refused} <= {*RULES, NOT_THE_BEST}
    best = choice.chosen
    if best is None:
        return
    assert best in rows
    assert best.category_id in preferences.category_priority
    assert best.seeders >= preferences.minimum_seeders
    assert not best.size or (preferences.minimum_size or 0) <= best.size <= (
        preferences.maximum_size or 100 * GB
    )
    assert best.imdb_id in (None, "", "nonsense", "tt0116282", "116282")
    assert "fargo" in best.name.casefold()
    assert not {"CAM", "3D", "S01", "HC"} & set(best.name.split("."))


@settings(deadline=None, database=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_can_be_compared_either_way(a: str, b: str) -> None:
    assert names.same_title(a, a)
    assert names.same_title(a, b) == names.same_title(b, a)
    assert names.same_film_name(a, 2000, b, 2000) == names.same_film_name(b, 2000, a, 2000)
    assert 0 <= names.similarity(a, b) <= 100


@settings(deadline=None, database=None)
@given(st.text(max_size=120))
def test_any_text_can_be_read_as_a_name(name: str) -> None:
    title, year = names.split_title_year(name)
    assert isinstance(title, str)
    assert year is None or names.FIRST_YEAR <= year <= names.LAST_YEAR
    assert all(found.startswith("tt") for found in names.imdb_ids(name))


@given(st.from_regex(r"[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8}){0,3}", fullmatch=True), st.integers(1880, 2039))
@settings(deadline=None, database=None)
def test_a_folder_name_gives_back_its_title_and_year(title: str, year: int) -> None:
    assert names.split_title_year(f"{title} ({year})") == (title, year)


KEYS = st.sampled_from(
    [
        b"name",
        b"name.utf-8",
        b"length",
        b"files",
        b"path",
        b"pieces",
        b"meta version",
        b"file tree",
        b"",
        b"attr",
    ]
)
BENCODABLE = st.recursive(
    st.integers(-(2**70), 2**70) | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


def _is_read_or_refused(data: bytes) -> None:
    try:
        torrent = read_torrent(data)
    except NotATorrent:
        return
    assert torrent.size == sum(length for _, length in torrent.files) > 0
    assert all(len(candidate) == 40 for candidate in torrent.candidates)


@settings(deadline=None, database=None)
@given(st.dictionaries(KEYS, BENCODABLE, max_size=8))
def test_any_info_dictionary_is_read_or_refused(info: dict[bytes, Any]) -> None:
    _is_read_or_refused(bencode({b"info": info}))


@settings(deadline=None, database=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(data: bytes, looks_right: bool) -> None:
    _is_read_or_refused((b"d4:info" + data) if looks_right else data)
