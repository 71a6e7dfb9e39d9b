"""The pages before anything is done to them: every generation of a list, film pages, errors, challenges."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import get_args

from letterboxd_html import (
    CHALLENGE,
    GENERATIONS,
    MISSING,
    PRIVATE,
    SHIELD,
    SIGN_IN,
    Item,
    as_saved,
    film_page,
    items,
    poster,
    watchlist,
)

from demo import letterboxd_markup as stand_in
from demo.films import ELSEWHERE

LIST = "https://letterboxd.com/alice/watchlist/"
FILM = "https://letterboxd.com/film/unbelievable-2019/"
_NEXT = "/alice/watchlist/page/2/"
_TITLES = ("2012 (2009)", "1917 (2019)", "Tom & Jerry (2021)", "Sirāt (2025)", "What's Up? (Again) (1972)")
_ODD = [
    *(Item(title, f"odd-{n}", 500 + n, f"o{n}") for n, title in enumerate(_TITLES)),
    Item("Hope", "hope", 510, "h0"),
    Item("A\u00a0Rerun (1984)", "a-rerun", 511, "h1"),
]


@dataclass(frozen=True)
class WholePage:
    """`kind` is "list", "film" or "other"; `promised` is what a list says of its length."""

    name: str
    kind: str
    html: str
    promised: int | None = None


@cache
def whole_pages() -> tuple[WholePage, ...]:
    """All of them; those that a browser saved come after those of the server."""
    served = [*_lists(), *_lists_of_the_stand_in(), *_films(), *_others()]
    saved = [
        WholePage(f"{page.name}, saved", page.kind, as_saved(page.html, LIST), page.promised)
        for page in served
        if page.kind != "other"
    ]
    return (*served, *saved)


def _lists() -> Iterator[WholePage]:
    for generation in GENERATIONS:
        first = watchlist(items(1, 28), generation=generation, total=57, next_href=_NEXT)
        yield WholePage(f"first of 57, {generation}", "list", first, 57)
        yield WholePage(f"7 films, {generation}", "list", watchlist(_ODD, generation=generation), len(_ODD))
    mixed = "".join(poster(item, g) for item, g in zip(items(1, 5), GENERATIONS, strict=True))
    yield WholePage("5 films, mixed", "list", watchlist([], total=5, extra=mixed), 5)
    unread = '<li class="griditem"><div class="of-a-new-kind"></div></li>' * 28
    yield WholePage("57 films, none to be read", "list", watchlist([], total=57, extra=unread), 57)
    trap = '<aside><div data-num-entries="0"></div></aside><div class="grid"></div>'
    heading = watchlist([], total=57, extra=trap).replace(' data-num-entries="57"', "")
    yield WholePage("57 films by the heading, none to be read", "list", heading, 57)
    yield WholePage("no film", "list", watchlist([], total=0), 0)


def _lists_of_the_stand_in() -> Iterator[WholePage]:
    for generation in get_args(stand_in.Generation):
        page = stand_in.ListPage("alice", ELSEWHERE, 2, 15, 400, generation)
        yield WholePage(f"stand-in, {generation}", "list", stand_in.watchlist_page(page), 400)
    empty = stand_in.ListPage("alice", (), 1, 1, 0)
    yield WholePage("stand-in, no film", "list", stand_in.watchlist_page(empty), 0)


def _films() -> Iterator[WholePage]:
    linked = {
        "@type": "Movie",
        "name": "Unbelievable",
        "director": [{"@type": "Person", "name": "Lisa & Co"}, {"name": "B"}],
        "dateCreated": "2019-09-13",
        "duration": "PT6H25M",
        "@id": FILM,
    }
    details = (
        '<div id="tab-details"><h3>Alternative Titles</h3><div class="text-indentedlist">'
        "<p>Unglaublich, Невероятное, 信じられない</p></div></div>"
    )
    review = '<div class="review"><p>As in <a href="https://www.imdb.com/title/tt0111161/">that</a></p></div>'
    yield WholePage("film", "film", film_page(data=linked, body=details + review * 12))
    events = linked | {"releasedEvent": [{"startDate": "2019-09-13"}]}
    yield WholePage("film of January 2026", "film", film_page(data=events))
    yield WholePage("series", "film", film_page(tmdb="tv/91275", year=None))
    old = '<div class="releaseyear"><a href="/films/year/1962/">1962</a></div>'
    yield WholePage("film without linked data", "film", film_page(title="2012", year=None, masthead=old))
    yield WholePage("film of the stand-in", "film", stand_in.film_page(ELSEWHERE[0]))


def _others() -> Iterator[WholePage]:
    texts = {"challenge": CHALLENGE, "shield": SHIELD, "private": PRIVATE, "missing": MISSING}
    texts |= {"sign in": SIGN_IN, "bare shield": stand_in.SHIELD_PAGE, "challenge 2": stand_in.CHALLENGE_PAGE}
    texts["rate limit"] = (
        "<title>Access denied | x used Cloudflare to restrict access</title>being rate limited"
    )
    texts["error"] = stand_in.error_page(stand_in.NOT_FOUND)
    for name, text in texts.items():
        yield WholePage(name, "other", text)
