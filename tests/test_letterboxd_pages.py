"""The pages of Letterboxd, each generation of them, and what becomes of pages that are none of them."""

import html
import json
import tracemalloc

import pytest
from letterboxd_html import (
    CHALLENGE,
    GENERATIONS,
    MISSING,
    PRIVATE,
    SHIELD,
    SIGN_IN,
    Item,
    film_page,
    identifier,
    items,
    poster,
    watchlist,
)

from errors import FilmFault
from letterboxd_pages import (
    PageChanged,
    PageKind,
    WatchlistPage,
    classify,
    parse_film,
    parse_watchlist,
)
from movie import FilmFacts, ListedFilm

LIST = "https://letterboxd.com/alice/watchlist/"
FILM = "https://letterboxd.com/film/unbelievable-2019/"


def read(page: str) -> WatchlistPage:
    return parse_watchlist(page, LIST)


def film(page: str) -> FilmFacts:
    return parse_film(page, FILM)


def only(item: Item, generation: str = "4") -> ListedFilm:
    (found,) = read(watchlist([item], generation=generation)).films
    return found


# --- what kind of answer it is


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, watchlist([]), PageKind.PAGE),
        (200, CHALLENGE, PageKind.CHALLENGE),
        (403, CHALLENGE, PageKind.CHALLENGE),
        (429, CHALLENGE, PageKind.CHALLENGE),
        (503, CHALLENGE, PageKind.CHALLENGE),
        (403, SHIELD, PageKind.CHALLENGE),
        (200, SHIELD, PageKind.CHALLENGE),
        (403, PRIVATE, PageKind.REFUSED),
        (403, MISSING, PageKind.MISSING),
        (403, "<html><body>Forbidden</body></html>", PageKind.FORBIDDEN),
        (403, "", PageKind.FORBIDDEN),
        (404, MISSING, PageKind.MISSING),
        (404, "", PageKind.MISSING),
        (426, "slow down", PageKind.LIMITED),
        (429, "", PageKind.LIMITED),
        (500, "", PageKind.BROKEN),
        (418, "", PageKind.BROKEN),
        (502, "<title>letterboxd.com | 502: Bad gateway</title>", PageKind.BROKEN),
    ],
)
def test_an_answer_is_told_from_its_status_and_text(status: int, body: str, kind: PageKind) -> None:
    assert classify(status, body) is kind


def test_a_rate_limit_page_of_the_shield_is_no_challenge() -> None:
    title = "<title>Access denied | letterboxd.com used Cloudflare to restrict access</title>"
    assert classify(403, f"{title}<h2>You are being rate limited</h2>") is PageKind.LIMITED
    assert classify(403, title) is PageKind.CHALLENGE


def test_a_film_named_like_a_challenge_is_a_page() -> None:
    page = "<title>\u200eJust a Moment... (2013) directed by X • Letterboxd</title><p>Just a moment...</p>"
    assert classify(200, page) is PageKind.PAGE


# --- the watchlist


@pytest.mark.parametrize("generation", ["2", "3", "4"])
def test_a_film_is_read_from_each_generation_with_names(generation: str) -> None:
    item = Item("Sirāt (2025)", "sirat-2025", 1037777, "HxJo")
    assert only(item, generation) == ListedFilm("Sirāt", 2025, "1037777", "HxJo", "sirat-2025")


@pytest.mark.parametrize("generation", ["1a", "1b"])
def test_old_grids_tell_the_title_by_the_picture_and_no_year(generation: str) -> None:
    item = Item("What's Up, Doc? (1972)", "whats-up-doc", 42)
    assert only(item, generation) == ListedFilm("What's Up, Doc?", None, "42", None, "whats-up-doc")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_posters_around_the_list_are_not_on_it(generation: str) -> None:
    page = read(watchlist(items(1, 28), generation=generation, total=57))
    assert [film.slug for film in page.films] == [f"film-{n}" for n in range(1, 29)]
    assert (page.owner, page.promised, page.unreadable) == ("alice", 57, 0)


def test_generations_can_be_mixed_on_one_page() -> None:
    extra = "".join(poster(item, g) for item, g in zip(items(1, 5), GENERATIONS, strict=True))
    page = read(watchlist([], total=5, extra=extra))
    assert [film.film_id for film in page.films] == ["1001", "1002", "1003", "1004", "1005"]


def test_an_old_page_without_the_box_is_read_by_its_body() -> None:
    page = read(
        f'<body class="watchlist" data-owner="alice"><span class="js-watchlist-count">1,234&nbsp;films</span>'
        f'<ul class="poster-list">{poster(items(1, 1)[0], "1a")}</ul>'
        f"<aside>{poster(items(2, 2)[0], '1a')}</aside></body>"
    )
    assert ([film.slug for film in page.films], page.promised) == (["film-1"], 1234)


def test_a_page_saved_by_a_browser_spreads_one_film_over_elements() -> None:
    saved = (
        '<li class="griditem"><div class="react-component" data-item-slug="x" '
        f'data-postered-identifier="{html.escape(identifier(Item("", "x", 7, "Ab")))}">'
        '<div class="film-poster" data-film-slug="/film/x/" data-film-id="7"><img alt="X">'
        '<a href="https://letterboxd.com/film/x/" data-item-name="X (2001)"></a></div></div></li>'
    )
    page = read(watchlist([], total=1, extra=saved))
    assert page.films == (ListedFilm("X", 2001, "7", "Ab", "x"),)


def test_the_id_can_be_raw_json_in_single_quotes() -> None:
    json_text = identifier(Item("", "x", 7, "Ab"))
    raw = f"<li><div data-item-slug='x' data-postered-identifier='{json_text}'></div></li>"
    assert read(watchlist([], extra=raw)).films == (ListedFilm("x", None, "7", "Ab", "x"),)


def test_the_id_can_hide_in_the_poster_path() -> None:
    nested = html.escape(json.dumps({"postered": {"uid": "film:7", "lid": "Ab"}}))
    item = f'<li><div data-item-link="/film/x/" data-resolvable-poster-path="{nested}"></div></li>'
    assert read(watchlist([], extra=item)).films[0].film_id == "7"


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("2012 (2009)", "2012", 2009),
        ("1917 (2019)", "1917", 2019),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968),
        ("What's Up, Doc? (Again) (1972)", "What's Up, Doc? (Again)", 1972),
        ("Hope", "Hope", None),
        ("(1984)", "(1984)", None),
        ("The Zone of\u00a0Interest (2023)", "The Zone of Interest", 2023),
        ("Tom & Jerry (2021)", "Tom & Jerry", 2021),
    ],
)
def test_the_year_is_the_bracket_at_the_very_end(name: str, title: str, year: int | None) -> None:
    found = only(Item(name, "x", 1))
    assert (found.title, found.year) == (title, year)


@pytest.mark.parametrize(
    "foreign",
    [
        '<li class="griditem"><div data-item-slug="x" data-item-link="/alice/list/x/"></div></li>',
        '<li class="griditem"><div data-item-slug="x" data-postered-identifier=\'{"type":"list"}\'></div>',
        '<div data-target-link="/actor/somebody/"></div>',
    ],
)
def test_what_is_no_film_is_not_listed(foreign: str) -> None:
    assert read(watchlist(items(1, 1), extra=foreign)).films == (
        ListedFilm("Film 1", 1951, "1001", "l1", "film-1"),
    )


def test_a_place_without_a_readable_film_is_counted() -> None:
    page = read(watchlist(items(1, 2), total=3, extra='<li class="griditem"><div class="new"></div></li>'))
    assert (len(page.films), page.unreadable) == (2, 1)


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/alice/watchlist/page/2/", "/alice/watchlist/page/2/"),
        ("https://letterboxd.com/alice/watchlist/page/2/", "/alice/watchlist/page/2/"),
        (
            "https://elsewhere.example/alice/watchlist/page/2/",
            "https://elsewhere.example/alice/watchlist/page/2/",
        ),
        ("http://[", "http://["),
        ("#", None),
        (None, None),
    ],
)
def test_only_a_link_leads_to_the_next_page(href: str | None, path: str | None) -> None:
    assert read(watchlist(items(1, 1), next_href=href)).next_path == path


def test_the_owner_can_be_told_by_the_address_the_page_gives_itself() -> None:
    page = watchlist([]).replace('data-owner="alice"', "")
    assert read(page).owner is None
    canonical = '<link rel="canonical" href="https://letterboxd.com/alice/watchlist/">'
    assert read(page.replace("<head>", f"<head>{canonical}")).owner == "alice"


@pytest.mark.parametrize(
    "page", [SIGN_IN, MISSING, film_page(), "", "no markup", "<?xml version='1.0'?><rss/>"]
)
def test_a_page_that_is_no_watchlist_is_one_named_error(page: str) -> None:
    with pytest.raises(PageChanged, match="is no watchlist"):
        read(page)


def test_a_count_that_is_no_number_promises_nothing() -> None:
    page = watchlist([], total=0).replace('data-num-entries="0"', 'data-num-entries="²"')
    assert read(page.replace("0&nbsp;films", "films")).promised is None


# --- the page of a film


def test_a_film_page_gives_all_its_facts() -> None:
    data = {
        "@type": "Movie",
        "director": [{"name": "A"}, {"name": "B"}, {"name": "C"}],
        "dateCreated": "2011",
    }
    page = film_page(data=data, masthead='<h2 class="originalname">Unglaublich</h2>')
    assert film(page) == FilmFacts(
        title="Unbelievable",
        year=2019,
        imdb_id="tt7909970",
        film_id="557494",
        lid="mHg2",
        slug="unbelievable-2019",
        kind="film",
        tmdb_id="91275",
        directors=("A", "B", "C"),
        original_title="Unglaublich",
        runtime=385,
    )


@pytest.mark.parametrize("cut", [' data-track-action="IMDb"', "text-footer"])
def test_the_imdb_id_survives_drifting_attributes(cut: str) -> None:
    assert film(film_page().replace(cut, "")).imdb_id == "tt7909970"


def test_a_link_in_a_review_is_not_the_films_own() -> None:
    review = '<div class="body-text"><a href="https://www.imdb.com/title/tt0111161/">better</a></div>'
    assert film(film_page(body=review)).imdb_id == "tt7909970"
    assert film(film_page(imdb=None, body=review)).imdb_id is None
    assert film(film_page(imdb=None, tmdb=None, body=review)).imdb_id is None


def test_a_series_is_told_by_the_path_of_its_link() -> None:
    facts = film(film_page(tmdb="tv/91275"))
    assert (facts.kind, facts.tmdb_id, facts.imdb_id) == ("series", "91275", "tt7909970")


def test_without_a_link_the_body_may_tell_a_series() -> None:
    page = film_page(tmdb=None)
    assert film(page).kind == "film"
    assert film(page.replace('data-tmdb-type="movie"', 'data-tmdb-type="tv"')).kind == "series"


@pytest.mark.parametrize(
    "masthead",
    [
        '<span class="releasedate"><a href="/films/year/1962/">1962</a></span>',
        '<div class="releaseyear"><a href="/films/year/1962/">1962</a></div>',
        '<small class="number"><a href="/films/year/1962/">1962</a></small>',
    ],
)
def test_the_year_is_found_in_each_generation_of_the_head(masthead: str) -> None:
    assert film(film_page(year=None, masthead=masthead)).year == 1962


def test_the_day_a_record_was_made_is_no_year() -> None:
    assert film(film_page(year=None, data={"@type": "Movie", "dateCreated": "2011-05-01"})).year is None


def test_the_release_event_tells_the_year_last() -> None:
    data = {"@type": "Movie", "releasedEvent": [{"startDate": "2019"}]}
    assert film(film_page(year=None, data=data)).year == 2019


def test_a_bracket_in_a_yearless_title_is_no_year() -> None:
    facts = film(film_page(title="Rerun (1984)", year=None))
    assert (facts.title, facts.year) == ("Rerun (1984)", None)
    assert film(film_page(title="Rerun (1984)", year="2024")).year == 2024


def test_directors_come_from_the_crew_when_the_head_shows_two() -> None:
    head = '<span class="creatorlist"><a class="contributor" href="/director/a/">A</a></span>'
    crew = '<div id="tab-panel-crew"><a href="/director/a/">A</a><a href="/director/b/">B</a></div>'
    assert film(film_page(masthead=head)).directors == ("A",)
    assert film(film_page(masthead=head, body=crew)).directors == ("A", "B")
    assert film(film_page()).directors == ()


def test_the_title_has_plain_spaces_and_entities_read() -> None:
    assert film(film_page(title="The Zone of\u00a0Interest & more")).title == "The Zone of Interest & more"


def test_runtime_falls_back_to_the_duration() -> None:
    page = film_page(data={"@type": "Movie", "duration": "PT6H25M"}).replace("385&nbsp;mins", "")
    assert film(page).runtime == 385


def test_ids_come_from_the_identifier_or_the_report_address_too() -> None:
    bare = film_page().replace('data-production-uid="film:557494"', "").replace("boxd.it", "elsewhere")
    assert (film(bare).film_id, film(bare).lid) == (None, None)
    report = bare.replace("</body>", '<a data-report-url="/ajax/film:557494/report-form"></a></body>')
    assert film(report).film_id == "557494"
    content = html.escape(json.dumps({"lid": "mHg2", "uid": "film:557494", "type": "film"}))
    named = bare.replace("<head>", f'<head><meta name="production:identifier" content="{content}">')
    assert (film(named).film_id, film(named).lid) == ("557494", "mHg2")


def test_ids_of_the_films_own_poster_count_and_others_do_not() -> None:
    bare = film_page().replace('data-production-uid="film:557494"', "").replace("boxd.it", "elsewhere")
    own = poster(Item("Unbelievable (2019)", "unbelievable-2019", 557494, "mHg2"), "4")
    other = poster(Item("Similar (2001)", "similar", 5, "zz"), "4")
    found = film(bare.replace("</body>", f"{other}{own}</body>"))
    assert (found.film_id, found.lid) == ("557494", "mHg2")


def test_an_earlier_head_is_read_by_its_heading() -> None:
    page = (
        '<body><section id="featured-film-header"><h1 class="filmtitle">Harakiri</h1>'
        '<small class="number"><a href="/films/year/1962/">1962</a></small></section>'
        '<span class="directorname">Masaki Kobayashi</span></body>'
    )
    facts = parse_film(page, "https://letterboxd.com/film/harakiri/")
    assert (facts.title, facts.year, facts.directors) == ("Harakiri", 1962, ("Masaki Kobayashi",))
    assert facts.slug == "harakiri"


@pytest.mark.parametrize("page", [SIGN_IN, MISSING, watchlist(items(1, 3)), "", "text", "<title>Hm</title>"])
def test_a_page_without_a_film_is_the_films_fault(page: str) -> None:
    with pytest.raises(FilmFault, match="not the page of a film"):
        film(page)


def test_odd_linked_data_is_passed_over() -> None:
    for odd in (
        [1, 2],
        {"@type": ["Movie"]},
        {"@type": "Movie", "director": "A", "releasedEvent": "x"},
        "}{",
    ):
        assert film(film_page(data=odd)).title == "Unbelievable"


# --- what it costs


def test_a_large_page_stays_light_in_memory() -> None:
    review = '<div class="review"><p>Words of <b>a</b> <a href="/x/">review</a> as they are.</p></div>'
    page = watchlist(items(1, 28)).replace("</body>", review * 3500 + "</body>")
    parse_watchlist(page, LIST)
    tracemalloc.start()
    try:
        parse_watchlist(page, LIST)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(page) > 300_000
    assert peak < 2 * 2**20  # the full tree would take eleven
