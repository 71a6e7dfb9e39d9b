"""The diary feed: what it tells of films that were watched."""

from dataclasses import replace
from typing import Any

import pytest

from diary_feed import Watched, parse_diary, watched_on
from movie import Movie

ALIEN = Movie(title="Alien", year=1979, film_id="1", slug="alien")


def entry(**tags: str) -> str:
    told = {
        "title": "Alien, 1979 - ★★★★",
        "link": "https://letterboxd.com/me/film/alien/",
        "pubDate": "Sat, 14 Nov 2026 09:00:00 +1300",
        "letterboxd:watchedDate": "2026-11-13",
        "letterboxd:filmTitle": "Alien",
        "letterboxd:filmYear": "1979",
        "tmdb:movieId": "348",
        **{name.replace("_", ":"): text for name, text in tags.items()},
    }
    return "<item>" + "".join(f"<{name}>{text}</{name}>" for name, text in told.items() if text) + "</item>"


def feed(*items: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:letterboxd="https://letterboxd.com" xmlns:tmdb="https://themoviedb.org">'
        f"<channel><title>Letterboxd - me</title>{''.join(items)}</channel></rss>"
    ).encode()


SEEN = Watched(title="Alien", year=1979, slug="alien", tmdb_id="348", on="2026-11-13")


def watched(on: str = "2026-11-13", **changes: Any) -> Watched:
    return replace(SEEN, on=on, **changes)


def test_an_entry_tells_the_film_and_the_day() -> None:
    assert parse_diary(feed(entry())) == (watched(),)


def test_entries_keep_their_order() -> None:
    found = parse_diary(feed(entry(), entry(letterboxd_filmTitle="Brazil")))
    assert [one.title for one in found] == ["Alien", "Brazil"]


def test_a_film_seen_again_has_a_numbered_link() -> None:
    [found] = parse_diary(feed(entry(link="https://letterboxd.com/me/film/alien/2/")))
    assert found.slug == "alien"


def test_an_entry_without_a_day_was_seen_when_it_was_written() -> None:
    [found] = parse_diary(feed(entry(letterboxd_watchedDate="")))
    assert found.on == "2026-11-14"


def test_a_list_in_the_feed_is_no_entry() -> None:
    the_list = entry(letterboxd_filmTitle="", letterboxd_filmYear="", letterboxd_watchedDate="")
    assert parse_diary(feed(the_list, entry())) == (watched(),)


def test_titles_are_decoded() -> None:
    [found] = parse_diary(feed(entry(letterboxd_filmTitle="Tom &amp; Jerry: Sir&#257;t")))
    assert found.title == "Tom & Jerry: Sirāt"


@pytest.mark.parametrize(
    ("tags", "missing"),
    [
        ({"letterboxd_filmYear": ""}, "year"),
        ({"letterboxd_filmYear": "soon"}, "year"),
        ({"link": ""}, "slug"),
        ({"link": "https://letterboxd.com/me/list/best/"}, "slug"),
        ({"tmdb_movieId": ""}, "tmdb_id"),
    ],
)
def test_what_an_entry_does_not_tell_is_unknown(tags: dict[str, str], missing: str) -> None:
    [found] = parse_diary(feed(entry(**tags)))
    assert getattr(found, missing) is None


@pytest.mark.parametrize(
    "tags",
    [
        {"letterboxd_watchedDate": "yesterday"},
        {"letterboxd_watchedDate": "", "pubDate": "some day"},
        {"letterboxd_watchedDate": "", "pubDate": ""},
    ],
)
def test_an_entry_without_any_day_is_none(tags: dict[str, str]) -> None:
    assert parse_diary(feed(entry(**tags))) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe",
        b"<html><body>Just a moment...</body></html>",
        b"<rss><channel><item><title>cut",
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rss><item>&b;</item></rss>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss><item><filmTitle>&a;</filmTitle></item></rss>',
    ],
)
def test_what_is_no_feed_tells_nothing(data: bytes) -> None:
    assert parse_diary(data) == ()


# --- which film it is


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(watched(title="Other", year=None, slug=None), id="TMDb id"),
        pytest.param(watched(title="Other", year=None, tmdb_id=None), id="slug"),
        pytest.param(watched(title="ALIEN!", slug=None, tmdb_id=None), id="title and year"),
    ],
)
def test_a_film_is_known_by_its_strongest_mark(one: Watched) -> None:
    assert watched_on(ALIEN, "348", [one]) == "2026-11-13"


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(watched(tmdb_id="999"), id="another TMDb id, whatever else agrees"),
        pytest.param(watched(tmdb_id=None, slug="alien-3"), id="another slug, whatever else agrees"),
        pytest.param(watched(tmdb_id=None, slug=None, year=2024), id="the same title in another year"),
        pytest.param(watched(tmdb_id=None, slug=None, year=None), id="nothing but a title"),
    ],
)
def test_another_film_is_not_taken_for_it(one: Watched) -> None:
    assert watched_on(ALIEN, "348", [one]) is None


def test_the_last_day_counts_in_whatever_order_they_stand() -> None:
    days = ("2026-11-13", "2026-12-01", "2025-01-01")
    assert watched_on(ALIEN, "348", map(watched, days)) == "2026-12-01"


def test_a_diary_without_the_film_says_nothing() -> None:
    assert watched_on(ALIEN, "348", ()) is None
