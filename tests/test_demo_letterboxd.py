"""The stand-in Letterboxd answers as the real one does, traps and refusals included."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from demo import films
from demo.films import FILMS, LES_VAMPIRES, NOSFERATU, DemoFilm, made_up
from demo.letterboxd import StandInLetterboxd
from demo.letterboxd_markup import PRIVATE, Generation


def ask(url: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, **{"timeout": 5, "allow_redirects": False, **options})


@pytest.fixture
def letterboxd() -> Iterator[StandInLetterboxd]:
    with StandInLetterboxd({"Alice": FILMS}) as server:
        yield server
        assert server.errors == []


def soup_of(answer: requests.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.content, "lxml")


def listed(answer: requests.Response) -> list[str]:
    """The slugs in the watchlist's own container, in order."""
    items = soup_of(answer).select(".js-watchlist-content [data-item-slug]")
    return [str(item["data-item-slug"]) for item in items]


def test_a_list_of_one_page_has_no_pagination(letterboxd: StandInLetterboxd) -> None:
    answer = ask(f"{letterboxd.url}/ALICE/watchlist/")
    page = soup_of(answer)
    assert listed(answer) == [film.slug for film in FILMS]
    assert page.select_one(".pagination") is None
    assert page.body is not None
    assert page.body["data-owner"] == "Alice"


def test_a_long_list_has_28_films_a_page_and_a_last_next_without_link(letterboxd: StandInLetterboxd) -> None:
    letterboxd.set_user("bob", made_up(60))
    slugs: list[str] = []
    path: str | None = "/bob/watchlist/"
    while path:
        answer = ask(letterboxd.url + path)
        assert 'data-num-entries="60"' in answer.text
        assert ">60&nbsp;films</span>" in answer.text
        slugs += listed(answer)
        link = soup_of(answer).select_one(".next")
        assert link is not None
        path = str(link["href"]) if link.has_attr("href") else None
    assert slugs == [film.slug for film in made_up(60)]
    assert [request.path for request in letterboxd.requests[1:]] == [
        "/bob/watchlist/page/2/",
        "/bob/watchlist/page/3/",
    ]


def test_todays_items_carry_their_id_only_in_single_quoted_json(letterboxd: StandInLetterboxd) -> None:
    answer = ask(f"{letterboxd.url}/alice/watchlist/")
    item = soup_of(answer).select_one('.js-watchlist-content [data-item-slug="nosferatu"]')
    assert item is not None
    assert "data-film-id" not in answer.text
    assert "data-postered-identifier='{&quot;lid&quot;" in answer.text
    identity = json.loads(str(item["data-postered-identifier"]))
    assert identity["uid"] == f"film:{NOSFERATU.film_id}"
    assert identity["lid"] == NOSFERATU.lid


@pytest.mark.parametrize(
    ("generation", "mark"),
    [
        ("3", 'data-film-id="53442"'),
        ("2", "globals.comps.LazyPoster"),
        ("1b", 'data-film-slug="nosferatu"'),
        ("1a", 'data-film-slug="/film/nosferatu/"'),
    ],
)
def test_older_markup_can_be_served(letterboxd: StandInLetterboxd, generation: Generation, mark: str) -> None:
    letterboxd.generation = generation
    text = ask(f"{letterboxd.url}/alice/watchlist/").text
    assert mark in text
    assert ("data-item-name" in text) is not generation.startswith("1")


def test_titles_are_entities_with_the_year_at_the_end_if_there_is_one(letterboxd: StandInLetterboxd) -> None:
    letterboxd.add("alice", DemoFilm("Untitled", None, (), None, "1", "aa", "untitled"))
    answer = ask(f"{letterboxd.url}/alice/watchlist/")
    names = [str(item["data-item-name"]) for item in soup_of(answer).select("[data-item-name]")]
    assert {"Häxan (1922)", "Untitled", "Intolerance: Love's Struggle Throughout the Ages (1916)"} <= set(
        names
    )
    assert "H&#228;xan (1922)" in answer.text


def test_posters_of_other_films_stand_outside_the_list(letterboxd: StandInLetterboxd) -> None:
    answer = ask(f"{letterboxd.url}/alice/watchlist/")
    everywhere = {str(item["data-item-slug"]) for item in soup_of(answer).select("[data-item-slug]")}
    assert everywhere - set(listed(answer)) == {film.slug for film in films.ELSEWHERE}


def test_lists_can_be_changed_while_it_runs(letterboxd: StandInLetterboxd) -> None:
    letterboxd.set_user("bob", [films.DETOUR])
    letterboxd.add("bob", films.HAXAN, NOSFERATU)
    letterboxd.remove("bob", films.DETOUR)
    assert listed(ask(f"{letterboxd.url}/bob/watchlist/")) == ["nosferatu", "haxan"]
    letterboxd.promise("bob", 5)
    assert 'data-num-entries="5"' in ask(f"{letterboxd.url}/bob/watchlist/").text


def test_an_empty_list_is_a_page_that_counts_none(letterboxd: StandInLetterboxd) -> None:
    letterboxd.set_user("bob")
    answer = ask(f"{letterboxd.url}/bob/watchlist/")
    assert answer.status_code == 200
    assert 'data-num-entries="0"' in answer.text
    assert listed(answer) == []


@pytest.mark.parametrize(
    ("path", "status", "mark"),
    [
        ("/private/watchlist/", 403, PRIVATE),
        ("/nobody/watchlist/", 404, "Sorry, we can’t find the page you’ve requested."),
        ("/alice/watchlist", 403, "403 Forbidden"),
        ("/alice/watchlist/page/2/", 403, "403 Forbidden"),
        ("/film/no-such-film/", 404, "Sorry, we can’t find the page you’ve requested."),
        ("/film/nosferatu/json/", 403, "Just a moment..."),
    ],
)
def test_each_refusal_has_its_own_page_under_the_same_shield(
    letterboxd: StandInLetterboxd, path: str, status: int, mark: str
) -> None:
    letterboxd.set_user("private", FILMS, state="private")
    answer = ask(letterboxd.url + path)
    assert answer.status_code == status
    assert mark in soup_of(answer).get_text()
    assert answer.headers["Server"] == "cloudflare"
    assert answer.headers["cf-ray"]


@pytest.mark.parametrize("status", [200, 403, 503])
def test_a_challenge_comes_under_any_status(letterboxd: StandInLetterboxd, status: int) -> None:
    letterboxd.challenge(status)
    answer = ask(f"{letterboxd.url}/alice/watchlist/")
    assert answer.status_code == status
    assert "<title>Just a moment...</title>" in answer.text
    assert "cf-ray" in answer.headers


def test_too_many_requests_may_name_a_time_or_not(letterboxd: StandInLetterboxd) -> None:
    letterboxd.rate_limit("17", times=1)
    assert ask(f"{letterboxd.url}/alice/watchlist/").headers["Retry-After"] == "17"
    letterboxd.rate_limit(None, times=1)
    assert "Retry-After" not in ask(f"{letterboxd.url}/alice/watchlist/").headers


def test_a_film_page_holds_all_its_facts(letterboxd: StandInLetterboxd) -> None:
    film = films.THE_GENERAL
    answer = ask(f"{letterboxd.url}/film/{film.slug}/")
    page = soup_of(answer)
    script = str(page.select_one('script[type="application/ld+json"]'))
    facts = json.loads(script[script.index("{") : script.rindex("}") + 1])
    assert [person["name"] for person in facts["director"]] == list(film.directors)
    assert page.select_one(f'a[href*="imdb.com/title/{film.imdb_id}"]')
    assert page.select_one('a[href^="https://www.themoviedb.org/movie/"]')
    assert page.select_one('.releasedate a[href="/films/year/1926/"]')
    assert page.select_one('meta[property="og:title"][content="The General (1926)"]')
    assert f"/ajax/film:{film.film_id}/report-form" in answer.text
    assert "79&nbsp;mins" in answer.text
    assert f"https://boxd.it/{film.lid}" in answer.text


def test_a_series_is_known_by_its_tmdb_link_alone(letterboxd: StandInLetterboxd) -> None:
    letterboxd.know(LES_VAMPIRES)
    page = soup_of(ask(f"{letterboxd.url}/film/les-vampires/"))
    assert page.select_one('a[href^="https://www.themoviedb.org/tv/"]')
    assert page.body is not None
    assert page.body["data-tmdb-type"] == "movie"


def test_an_original_title_shows_only_where_it_differs(letterboxd: StandInLetterboxd) -> None:
    caligari = soup_of(ask(f"{letterboxd.url}/film/{films.CALIGARI.slug}/")).select_one("h2.originalname")
    assert caligari is not None
    assert caligari.get_text() == "Das Cabinet des Dr. Caligari"
    assert soup_of(ask(f"{letterboxd.url}/film/haxan/")).select_one("h2.originalname") is None
