"""Letterboxd pages in each generation of its markup, composed for the tests."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

GENERATIONS = ("1a", "1b", "2", "3", "4")


@dataclass(frozen=True)
class Item:
    name: str
    slug: str
    film_id: int
    lid: str = ""

    @property
    def bare_name(self) -> str:
        return self.name.rsplit(" (", 1)[0] if self.name.endswith(")") else self.name


def items(first: int, last: int) -> list[Item]:
    return [Item(f"Film {n} ({1950 + n})", f"film-{n}", 1000 + n, f"l{n}") for n in range(first, last + 1)]


def identifier(item: Item, kind: str = "film") -> str:
    return json.dumps({"lid": item.lid, "uid": f"film:{item.film_id}", "type": kind, "typeName": kind})


def poster(item: Item, generation: str) -> str:
    """One film of the grid as the server of that time sent it."""
    name, link = html.escape(item.name), f"/film/{item.slug}/"
    picture = f'<div class="poster"><img alt="{html.escape(item.bare_name)}"></div>'
    if generation in {"1a", "1b"}:
        slug = link if generation == "1a" else item.slug
        return (
            f'<li class="poster-container"><div class="really-lazy-load poster film-poster" data-film-id='
            f'"{item.film_id}" data-film-slug="{slug}" data-target-link="{link}">{picture}</div></li>'
        )
    component = "globals.comps.LazyPoster" if generation == "2" else "LazyPoster"
    film_id = "" if generation == "4" else f'data-film-id="{item.film_id}"'
    return (
        f'<li class="griditem"><div class="react-component" data-component-class="{component}" {film_id} '
        f'data-item-name="{name}" data-item-full-display-name="{name}" data-item-slug="{item.slug}" '
        f'data-item-link="{link}" data-target-link="{link}" data-details-endpoint="{link}json/" '
        f"data-postered-identifier='{html.escape(identifier(item), quote=True)}'>{picture}</div></li>"
    )


FOREIGN = Item("Somebody else's film (1999)", "foreign", 9, "zz")


def watchlist(
    shown: Sequence[Item],
    *,
    generation: str = "4",
    owner: str = "alice",
    total: int | None = None,
    next_href: str | None = None,
    extra: str = "",
) -> str:
    """A whole watchlist page, with posters of other lists around the grid."""
    total = len(shown) if total is None else total
    grid = "".join(poster(item, generation) for item in shown)
    older = (
        f'<a class="next" href="{next_href}">Older</a>' if next_href else '<span class="next">Older</span>'
    )
    return (
        f"<!DOCTYPE html><html><head><title>{owner}’s Watchlist • Letterboxd</title></head>"
        f'<body class="screen-member-child-page watchlist wide logged-out" data-owner="{owner}">'
        f'<nav><div class="react-component" data-component-class="NavComponent"></div>'
        f"<ul>{poster(FOREIGN, generation)}</ul></nav>"
        f'<div class="cols-2 js-watchlist-content" data-num-entries="{total}"><section><h1>{owner} wants to '
        f'see <span class="js-watchlist-count">{total:,}&nbsp;films</span></h1><div class="poster-grid">'
        f'<ul class="grid -p125 -scaled128">{grid}{extra}</ul></div><div class="pagination">{older}</div>'
        f"</section><aside><ul>{poster(FOREIGN, generation)}</ul></aside></div>"
        f"<ul>{poster(FOREIGN, generation)}</ul></body></html>"
    )


def film_page(
    *,
    title: str = "Unbelievable",
    slug: str = "unbelievable-2019",
    film_id: str = "557494",
    lid: str = "mHg2",
    year: str | None = "2019",
    imdb: str | None = "tt7909970",
    tmdb: str | None = "movie/91275",
    data: object = None,
    head: str = "",
    masthead: str = "",
    body: str = "",
) -> str:
    """A film's page of autumn 2026."""
    shown_title = f"{title} ({year})" if year else title
    release = f'<span class="releasedate"><a href="/films/year/{year}/">{year}</a></span>' if year else ""
    links = (
        f'<a href="http://www.imdb.com/title/{imdb}/maindetails" data-track-action="IMDb">IMDb</a>'
        if imdb
        else ""
    )
    if tmdb:
        links += f'<a href="https://www.themoviedb.org/{tmdb}/" data-track-action="TMDB">TMDB</a>'
    linked = "" if data is None else f"/* <![CDATA[ */\n{json.dumps(data)}\n/* ]]> */"
    return (
        f'<html><head><meta property="og:type" content="video.movie">'
        f'<meta property="og:title" content="\u200e{html.escape(shown_title)}">'
        f'<link rel="canonical" href="https://letterboxd.com/film/{slug}/">'
        f'{head}</head><body class="film" data-type="film" data-tmdb-type="movie" data-tmdb-id="">'
        f'<section class="production-masthead"><h1 class="headline-1 primaryname"><span class="name">'
        f"{html.escape(title)}</span></h1>{release}{masthead}</section>"
        f'<script type="application/ld+json">{linked}</script>'
        f'<div data-production-uid="film:{film_id}"></div>'
        f'<input id="url-field-film-{film_id}" value="https://boxd.it/{lid}">{body}'
        f'<p class="text-link text-footer">385&nbsp;mins &nbsp; More at {links}</p></body></html>'
    )


CHALLENGE = (
    "<html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and cookies to "
    "continue</noscript><script>window._cf_chl_opt = {};</script></body></html>"
)
SHIELD = "<html><head><title>Attention Required! | Cloudflare</title></head><body>Sorry</body></html>"
PRIVATE = (
    '<html><head><title>Letterboxd</title></head><body class="error message-dark"><section class="message">'
    "<strong>Greetings, Professor Falken. Shall we play a game?</strong></section></body></html>"
)
MISSING = (
    '<html><head><title>Letterboxd - Not Found</title></head><body class="error message-dark">'
    "<p>Sorry, we can’t find the page you’ve requested.</p></body></html>"
)
SIGN_IN = (
    '<html><head><title>Sign in • Letterboxd</title></head><body class="sign-in">'
    '<form action="/user/login.do"></form></body></html>'
)


class _Browser(HTMLParser):
    """Writes a page down the way browsers save one."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._raw = False
        self.written = f"<!DOCTYPE html>\n<!-- saved from url=({len(url):04})https://letterboxd.com/ -->\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        filled = {name: value or "" for name, value in attrs}
        for name in {"href", "src"} & filled.keys():
            filled[name] = urljoin(self._url, filled[name])
        if tag == "img":
            filled |= {"src": "./list_files/0-125-0-187-crop.jpg", "srcset": "./list_files/x.jpg 2x"}
        text = "".join(f' {name}="{html.escape(value)}"' for name, value in filled.items())
        self.written += f"<{tag}{text}>"
        self._raw = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.written += f"</{tag}>"
        self._raw = False

    def handle_data(self, data: str) -> None:
        self.written += data if self._raw else html.escape(data, quote=False).replace("\xa0", "&nbsp;")


def as_saved(page: str, url: str) -> str:
    """The page as a browser saves it: all quotes double, addresses absolute, lazy pictures filled in."""
    browser = _Browser(url)
    browser.feed(page)
    browser.close()
    return browser.written
