"""Posters and pages as other years, browsers and accidents left them."""

import html
import time
from collections.abc import Mapping

import pytest
from letterboxd_html import (
    GENERATIONS,
    Item,
    as_saved,
    film_page,
    identifier,
    items,
    poster,
    watchlist,
)

from letterboxd_markup import clean, count, day_of, page_title, plain, split_year
from letterboxd_pages import PageChanged, WatchlistPage, parse_film, parse_watchlist
from movie import FilmFacts, ListedFilm

LIST = "https://letterboxd.com/alice/watchlist/"
FILM = "https://letterboxd.com/film/unbelievable-2019/"


def read(page: str) -> WatchlistPage:
    return parse_watchlist(page, LIST)


def slot(attributes: str, inside: str = "") -> str:
    return watchlist([], total=1, extra=f'<li class="griditem"><div {attributes}>{inside}</div></li>')


def sole_film(attributes: str, inside: str = "") -> ListedFilm:
    (found,) = read(slot(attributes, inside)).films
    return found


# --- pages that a browser saved


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_list_reads_the_same_when_a_browser_has_saved_it(generation: str) -> None:
    titles = ["Tom & Jerry (2021)", "“Hope” <3", "The Zone of\u00a0Interest (2023)", "2012 (2009)"]
    shown = [Item(title, f"f-{n}", n, f"a{n}") for n, title in enumerate(titles, 1)]
    page = watchlist(shown, generation=generation, total=57, next_href="/alice/watchlist/page/2/")
    assert read(as_saved(page, LIST)) == read(page)
    assert read(page).next_path == "/alice/watchlist/page/2/"


def test_a_film_page_reads_the_same_when_a_browser_has_saved_it() -> None:
    data = {"@type": "Movie", "director": [{"name": "A & B"}], "dateCreated": "2019-09-13"}
    page = film_page(title="Tom & Jerry's", data=data, tmdb="tv/91275")
    assert parse_film(as_saved(page, FILM), FILM) == parse_film(page, FILM)


@pytest.mark.parametrize("stray", ["text", "<div></div>", "<iframe></iframe>", "<noscript><p></noscript>"])
def test_a_stray_element_in_the_head_hides_no_owner(stray: str) -> None:
    assert read(watchlist(items(1, 1)).replace("<head>", f"<head>{stray}")).owner == "alice"


# --- one poster


@pytest.mark.parametrize(
    ("attributes", "film_id", "lid"),
    [
        ("data-film-id='7'", "7", None),
        ("data-film-id='0' data-item-uid='film:7'", "7", None),
        ('data-postered-identifier=\'{"uid":"film:7","lid":"Ab"}\'', "7", "Ab"),
        ('data-postered-identifier=\'{"uid":"film:7","lid":"Ab","type":null}\'', "7", "Ab"),
        ('data-resolvable-poster-path=\'{"postered":{"uid":"film:7","lid":"Ab"}}\'', "7", "Ab"),
        (
            'data-postered-identifier=\'{"uid":"film:7"}\' '
            'data-resolvable-poster-path=\'{"postered":{"lid":"Ab"}}\'',
            "7",
            "Ab",
        ),
        ("data-postered-identifier='{\"uid\":\"film:7' data-item-uid='film:8'", "8", None),
        ('data-postered-identifier=\'{"uid":["film:7"],"lid":"not/one"}\'', None, None),
        ("data-resolvable-poster-path='[]' data-postered-identifier='[1]'", None, None),
    ],
)
def test_ids_are_found_wherever_they_hide(attributes: str, film_id: str | None, lid: str | None) -> None:
    found = sole_film(f"data-item-slug='x' {attributes}")
    assert (found.film_id, found.lid) == (film_id, lid)


@pytest.mark.parametrize(
    "identity", ['{"uid":"list:7"}', '{"uid":"film:7","type":"list"}', '{"type":"series","lid":"Ab"}']
)
def test_what_says_that_it_is_no_film_counts_as_not_understood(identity: str) -> None:
    page = read(slot(f"data-item-slug='x' data-item-link='/film/x/' data-postered-identifier='{identity}'"))
    assert (page.films, page.unreadable) == ((), 1)


@pytest.mark.parametrize(
    "link", ["/film/x/", "/film/x", "https://letterboxd.com/film/x/", "/alice/film/x/", "/Alice_B/film/x/"]
)
def test_a_link_alone_makes_a_film_if_it_leads_to_one(link: str) -> None:
    assert sole_film(f'data-target-link="{link}"').slug == "x"


@pytest.mark.parametrize("link", ["/films/x/", "/list/film/x/y/", "/film/x/reviews/", "/film/", "/tv/x/", ""])
def test_any_other_link_makes_none(link: str) -> None:
    page = read(slot(f'data-target-link="{link}"'))
    assert (page.films, page.unreadable) == ((), 1)


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("2001 (1968)", "2001", 1968),
        ("1984 (1984)", "1984", 1984),
        ("The End (Part (2)) (2001)", "The End (Part (2))", 2001),
        ("Battle of Hastings (1066)", "Battle of Hastings (1066)", None),
        ("Catch (22)", "Catch (22)", None),
        ("\u200eAmélie\u200e (2001)\u200e", "Amélie", 2001),
        ("\u202eevil\u202c (2001)", "evil", 2001),
        ("Bell\x07 and\x1b[2J (2001)", "Bell and[2J", 2001),
        ("  Two \n lines\u2003(2001) ", "Two lines", 2001),
        ("Later (2027) unfinished", "Later (2027) unfinished", None),
    ],
)
def test_a_name_is_one_clean_line_and_its_year(name: str, title: str, year: int | None) -> None:
    assert split_year(clean(name)) == (title, year)


def test_the_longer_name_tells_the_year_where_the_shorter_has_none() -> None:
    found = sole_film('data-item-slug="x" data-item-name="Hope" data-item-full-display-name="Hope (2026)"')
    assert (found.title, found.year) == ("Hope", 2026)


def test_a_film_without_any_name_is_called_by_its_slug() -> None:
    assert sole_film('data-item-slug="tom-jerry"').title == "tom jerry"


# --- how long the list is


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("57", 57),
        ("1,234\u00a0films", 1234),
        ("1 film", 1),
        ("12.345 films", 12345),
        ("0 films", 0),
        ("1.2K films", None),
        ("57+", None),
        ("1,23 films", None),
        ("²", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_an_abbreviated_count_is_no_number(text: str, number: int | None) -> None:
    assert count(text) == number


def test_the_attribute_tells_the_length_before_the_heading_does() -> None:
    page = watchlist(items(1, 2), total=2)
    assert read(page.replace("2&nbsp;films", "99&nbsp;films")).promised == 2
    assert read(page.replace('data-num-entries="2"', "")).promised == 2


@pytest.mark.parametrize(
    "disturbed",
    [
        watchlist([], total=57).replace('data-num-entries="57"', 'data-num-entries="0"'),
        watchlist([], total=57)
        .replace(' data-num-entries="57"', "")
        .replace("<aside>", '<aside><div data-num-entries="0"></div>'),
        watchlist([], total=0).replace("</section>", '<div data-num-entries="57"></div></section>'),
    ],
)
def test_a_zero_is_not_believed_where_the_page_says_otherwise(disturbed: str) -> None:
    assert read(disturbed).promised == 57


def test_a_zero_beside_an_unreadable_length_promises_nothing() -> None:
    page = watchlist([], total=0)
    assert read(page).promised == 0
    assert read(page.replace("0&nbsp;films", "1.2K films")).promised is None
    assert read(page.replace("0&nbsp;films", "No films")).promised == 0


def test_a_page_without_the_box_is_scoped_by_the_count_around_its_films() -> None:
    aside, own, below = (poster(item, "4") for item in items(0, 2))
    page = read(
        f'<body class="watchlist" data-owner="alice"><aside><div data-num-entries="9">{aside}</div></aside>'
        f'<div data-num-entries="1"><ul>{own}</ul></div><section><ul>{below}</ul></section></body>'
    )
    assert ([film.slug for film in page.films], page.promised) == (["film-1"], 1)


def test_links_of_others_lead_to_no_next_page() -> None:
    outside = '<a class="next" href="/films/popular/">More</a>'
    page = watchlist(items(1, 2)).replace("</body>", f"{outside}</body>")
    assert read(page).next_path is None
    pager = '<a class="next" href="/alice/watchlist/page/2/">Older</a>'
    assert read(page.replace("</body>", f"{pager}</body>")).next_path == "/alice/watchlist/page/2/"


def test_a_list_on_one_page_has_no_pagination_and_no_next() -> None:
    page = watchlist(items(1, 20))
    cut = page[: page.index('<div class="pagination">')] + page[page.index("</section><aside>") :]
    assert (len(read(cut).films), read(cut).next_path) == (20, None)


# --- alternative titles and the day of release


def facts(details: str = "", data: Mapping[str, object] | None = None) -> FilmFacts:
    linked = {"@type": "Movie", **(data or {})}
    return parse_film(film_page(body=details, data=linked), FILM)


def test_alternative_titles_are_parted_at_commas() -> None:
    listed = "Siirat, Sirāt&nbsp;2,\n10,000 Nights, „Ünter“ &amp; so, , Siirat"
    box = f'<div class="text-indentedlist"><p>{listed}</p></div>'
    tab = f'<div id="tab-details"><h3>Alternative Titles</h3>{box}</div>'
    assert facts(tab).alternative_titles == ("Siirat", "Sirāt 2", "10,000 Nights", "„Ünter“ & so")


def test_another_list_in_the_details_holds_no_titles() -> None:
    tab = '<div id="tab-details"><h3>Studios</h3><div class="text-indentedlist"><p>A, B</p></div></div>'
    assert facts(tab).alternative_titles == ()
    bare = '<div class="text-indentedlist">A, B</div>'
    assert facts(bare).alternative_titles == ("A", "B")


@pytest.mark.parametrize(
    "box", ["<div>{}</div>", '<div id="details">{}</div>', '<div id="tab-details">{}</div>']
)
def test_an_original_title_above_takes_no_alternative_titles_away(box: str) -> None:
    titles = '<div class="text-indentedlist"><p>Alien II, Alien III</p></div>'
    studios = '<h3>Studios</h3><div class="text-indentedlist"><p>A, B</p></div>'
    for listed in (titles, f"<h3><span>Alternative Titles</span></h3>{titles}{studios}"):
        page = f'<h2 class="originalname">Obcy</h2>{box.format(listed)}'
        found = facts(page)
        assert (found.original_title, found.alternative_titles) == ("Obcy", ("Alien II", "Alien III"))


def test_no_more_than_fifty_alternative_titles_are_kept() -> None:
    listed = ", ".join(f"Title {n}" for n in range(900))
    found = facts(f'<div class="text-indentedlist">{listed}</div>').alternative_titles
    assert (len(found), found[-1]) == (50, "Title 49")


@pytest.mark.parametrize(
    ("data", "released"),
    [
        ({}, None),
        ({"releasedEvent": [{"startDate": "2019-09-13"}]}, "2019-09-13"),
        ({"releasedEvent": {"startDate": "2018-12-31T20:00:00"}}, "2018-12-31"),
        ({"releasedEvent": [{"startDate": "2019"}]}, None),
        ({"releasedEvent": [{"startDate": "2019"}], "dateCreated": "2019-05-01"}, None),
        ({"dateCreated": "2019-09-13"}, "2019-09-13"),
        ({"dateCreated": "2011-05-01"}, None),
        ({"dateCreated": "2019"}, None),
        ({"dateCreated": "2019-02-30"}, None),
        ({"dateCreated": ["2019-09-13"]}, None),
    ],
)
def test_the_day_of_release_comes_from_a_trustworthy_place(
    data: dict[str, object], released: str | None
) -> None:
    assert facts(data=data).released == released


def test_without_a_year_on_the_page_the_day_of_the_record_is_none_of_release() -> None:
    page = film_page(year=None, data={"@type": "Movie", "dateCreated": "2019-09-13"})
    assert parse_film(page, FILM).released is None


@pytest.mark.parametrize("text", ["0000-01-01", "9999-12-31", "2019-9-1", "13.09.2019", "２０１９-09-13", ""])
def test_what_can_be_no_films_day_is_none(text: str) -> None:
    assert day_of(text) is None


# --- the page of a film, other places


@pytest.mark.parametrize(
    "address",
    [
        "http://www.imdb.com/title/tt7909970/maindetails",
        "https://imdb.com/title/tt7909970",
        "https://m.imdb.com/title/tt7909970/?ref_=x",
    ],
)
def test_every_form_of_an_imdb_link_gives_the_id(address: str) -> None:
    link = f'<p class="text-footer"><a href="{html.escape(address)}">IMDb</a></p>'
    assert parse_film(film_page(imdb=None, body=link), FILM).imdb_id == "tt7909970"


def test_the_bodys_own_id_counts() -> None:
    page = film_page().replace('<div data-production-uid="film:557494"></div>', "")
    own = page.replace('<body class="film"', '<body class="film" data-production-uid="film:8"')
    assert parse_film(own, FILM).film_id == "8"


def test_a_count_in_the_head_is_no_year() -> None:
    fans = '<small class="number">1984</small>'
    assert parse_film(film_page(year=None, body=fans), FILM).year is None


# --- pages made to hurt


def test_half_a_surrogate_pair_is_left_out() -> None:
    assert read(watchlist([Item("A\ud800b (2001)", "x", 1)])).films[0].title == "Ab"


@pytest.mark.parametrize(
    "page",
    [
        "<title" * 100_000,
        '<ul class="js-watchlist-content">' + "<div data-item-slug='x'>" * 20_000,
        "<body class=watchlist>" + "<div data-num-entries=3 data-film-link='/film/x/'>" * 20_000,
        "<body class=watchlist>" + "<aside>" * 50_000 + poster(items(1, 1)[0], "4"),
    ],
    ids=["titles", "posters", "boxes", "asides"],
)
def test_endless_nesting_is_a_page_that_changed_and_said_at_once(page: str) -> None:
    started = time.process_time()
    with pytest.raises(PageChanged):
        read(page)
    assert page_title(page) == ""
    assert time.process_time() - started < 2


def test_nested_braces_are_no_linked_data() -> None:
    deep = '<script type="application/ld+json">' + '{"a":' * 100_000 + "</script>"
    assert parse_film(film_page(head=deep), FILM).title == "Unbelievable"


def test_an_entity_of_thousands_of_digits_is_no_sign() -> None:
    assert plain(f"Heat &#{'9' * 5000}; &#38; Ronin") == "Heat & Ronin"


def test_entities_that_feed_on_each_other_stay_as_they_are() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    page = read(bomb + watchlist([Item("x", "x", 1)]).replace('name="x"', 'name="&b;x"'))
    assert (page.films[0].title, page.owner) == ("&b;x", "alice")


def test_raw_and_escaped_identifiers_say_the_same() -> None:
    raw = identifier(Item("", "x", 7, "Ab"))
    forms = (f"'{raw}'", f"'{html.escape(raw)}'", f'"{html.escape(raw)}"')
    found = [sole_film(f"data-item-slug='x' data-postered-identifier={form}").lid for form in forms]
    assert found == ["Ab", "Ab", "Ab"]
