"""What Letterboxd's pages say: text in, records out.

Owns the rules for a whole page: what kind it is, what a watchlist page and a film page hold. Fetches nothing,
stores nothing, keeps no state; any thread may call it. Any text gives a record or one named error: a page
that is not understood is never a page without films.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any

from bs4 import Tag

from errors import FilmFault, MovieSyncError
from letterboxd_markup import (
    ELSEWHERE,
    FILM_PATH,
    FILM_UID,
    POSTER_ATTRIBUTES,
    Page,
    Poster,
    attribute,
    attributes,
    checked_lid,
    clean,
    count,
    day_of,
    is_elsewhere,
    json_object,
    number,
    own_path,
    page_title,
    plain,
    posters,
    read_page,
    sole,
    split_year,
    text_of,
    year_of,
)
from movie import FilmFacts, ListedFilm

_SLOT = "li.griditem, li.posteritem, li.poster-container"
_WATCHLIST_PATH = re.compile(r"(?:https?://[^/]+)?/([\w-]+)/watchlist/(?:page/\d+/?)?", re.ASCII)
_HEADER = "featured-film-header"
_OLD_YEAR = f"small.number a[href*='/films/year/'], #{_HEADER} small.number"
_MOST_TITLES = 50
_CHALLENGES = frozenset({"just a moment...", "just a moment…"})


class PageChanged(MovieSyncError):
    """What should be a watchlist lacks what tells one. `reason` completes the sentence "it ..."."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the watchlist page {reason}: look at it in a browser")


class PageKind(Enum):
    """What an answer is, before anything is read from it."""

    PAGE = "a page to read"
    CHALLENGE = "a challenge of the shield in front of Letterboxd"
    LIMITED = "a request to slow down"
    REFUSED = "Letterboxd's own refusal: only the owner may see this"
    FORBIDDEN = "a refusal that is not Letterboxd's own"
    MISSING = "no such page"
    BROKEN = "a failure of the server, or a status that makes no sense here"


@dataclass(frozen=True)
class WatchlistPage:
    """One page of a watchlist. `promised` is the length of the whole list as this page states it.

    `next_path` is the link to the following page: a path on the same host, else a full URL. `unreadable`
    counts places of films from which no film could be read.
    """

    owner: str | None
    promised: int | None
    films: tuple[ListedFilm, ...]
    next_path: str | None
    unreadable: int


def classify(status: int, body: str) -> PageKind:
    """Tell what an answer is from its status and text.

    `Server: cloudflare` and `cf-ray` stand on every answer of Letterboxd, so headers prove nothing.
    """
    title = page_title(body).casefold()
    if title in _CHALLENGES or title.startswith("attention required! |") or "_cf_chl_opt" in body:
        return PageKind.CHALLENGE
    if status in {426, 429}:
        return PageKind.LIMITED
    if title.endswith("| cloudflare") or "used cloudflare to restrict access" in title:
        return PageKind.LIMITED if "being rate limited" in body.casefold() else PageKind.CHALLENGE
    if status in {404, 410}:
        return PageKind.MISSING
    if status == 403:
        return _classify_refusal(body)
    return PageKind.PAGE if 200 <= status < 300 else PageKind.BROKEN


def _classify_refusal(body: str) -> PageKind:
    text = plain(body).replace("’", "'").casefold()
    own = "error" in read_page(body, lambda name, found: False).body_classes or "professor falken" in text
    if own and "can't find the page" in text:
        return PageKind.MISSING
    return PageKind.REFUSED if own else PageKind.FORBIDDEN


# --- the watchlist ---------------------------------------------------------------------------------------


def parse_watchlist(html: str, url: str) -> WatchlistPage:
    """Read one page of a watchlist; `url` is where it came from. Raises `PageChanged` for any other page."""
    page = read_page(html, _tells_of_watchlist)
    marked = page.soup.select_one(".js-watchlist-content, .js-watchlist-count")
    if "error" in page.body_classes or not (marked or "watchlist" in page.body_classes):
        title = page_title(html)[:80]
        raise PageChanged(f"is no watchlist (its title is “{title}”)" if title else "is no watchlist")
    scope = _scope(page)
    films, unreadable = _listed_films(scope)
    next_path = _next_path(page, scope, url)
    return WatchlistPage(_owner(page, next_path), _promised(scope, page), films, next_path, unreadable)


def _scope(page: Page) -> Tag:
    """The box of the watchlist where there is one: around it stand posters of other lists."""
    named = (box for box in page.soup.select(".js-watchlist-content") if not is_elsewhere(box))
    if box := next(named, None):
        return box
    for tags in posters(page.soup).values():
        if counted := [box for box in (tags[0], *tags[0].parents) if attribute(box, "data-num-entries")]:
            return counted[-1]
    return page.soup


def _tells_of_watchlist(name: str, found: Mapping[str, str]) -> bool:
    return (
        name in {"meta", "link", *ELSEWHERE}
        or "data-num-entries" in found
        or not POSTER_ATTRIBUTES.isdisjoint(found)
        or not {
            "js-watchlist-content",
            "js-watchlist-count",
            "griditem",
            "posteritem",
            "poster-container",
            "next",
        }.isdisjoint(found.get("class", "").split())
    )


def _owner(page: Page, next_path: str | None) -> str | None:
    if owner := page.body.get("data-owner", "").strip():
        return owner
    matches = map(_WATCHLIST_PATH.fullmatch, (*page.addresses(), next_path or ""))
    return next((match[1] for match in matches if match), None)


def _promised(scope: Tag, page: Page) -> int | None:
    """The first length that is stated. The list is empty only if no place of the page says otherwise."""
    boxes = [scope, *(box for box in page.soup.select("[data-num-entries]") if not is_elsewhere(box))]
    stated = [*attributes(boxes, "data-num-entries"), page.body.get("data-num-entries", "")]
    shown = [text_of(place) for place in page.soup.select(".js-watchlist-count")]
    told = [*filter(None, stated), *(text for text in shown if re.search(r"\d", text))]
    counts = [count(text) for text in told]
    return next(filter(None, counts), 0 if counts and None not in counts else None)


def _listed_films(scope: Tag) -> tuple[tuple[ListedFilm, ...], int]:
    found = posters(scope)
    filled = {id(part) for tags in found.values() for tag in tags for part in (tag, *tag.parents)}
    empty = [slot for slot in scope.select(_SLOT) if id(slot) not in filled and not is_elsewhere(slot)]
    films = [_listed_film(slug, Poster(tags)) for slug, tags in found.items()]
    return tuple(film for film in films if film), len(empty) + films.count(None)


def _listed_film(slug: str, poster: Poster) -> ListedFilm | None:
    if not poster.is_film:
        return None
    title, year = poster.title_year()
    # Words of the slug are a poor title, but the film is wanted: its page will tell the real one.
    return ListedFilm(title or slug.replace("-", " "), year, poster.film_id, poster.lid, slug)


def _next_path(page: Page, scope: Tag, url: str) -> str | None:
    # The last page has `<span class="next">`; page numbers are abbreviated and never to be guessed.
    links = [link for link in page.soup.select("a.next[href]") if not is_elsewhere(link)]
    own = attributes((link for link in links if any(box is scope for box in link.parents)), "href")
    around = (href for href in attributes(links, "href") if _WATCHLIST_PATH.fullmatch(href))
    for href in (*own, *around):
        if not href.startswith(("#", "javascript:")):
            return own_path(href, url)
    return None


# --- the page of a film ----------------------------------------------------------------------------------


def parse_film(html: str, url: str) -> FilmFacts:
    """Read a film's page; `url` is where it came from. `fetched_at` stays 0 for the caller to set.

    Raises `FilmFault` when the page shows no film.
    """
    page = read_page(html, _tells_of_film)
    data = _linked_data(page)
    title = _title(page, data)
    if not title or not _shows_film(page, data):
        raise FilmFault(f"{url}: this is not the page of a film. See on Letterboxd what became of it.")
    slug = _own_slug(page, data, url)
    own_poster = posters(page.soup).get(slug or "")
    poster = Poster(own_poster) if own_poster else None
    film_id, lid = _ids(page, poster)
    links = _outside_links(page)
    kind, tmdb_id = _kind(page, data, links)
    year = _year(page, data, title)
    return FilmFacts(
        title=title,
        year=year,
        imdb_id=sole(re.findall(r"imdb\.com/title/(tt[0-9]{7,10})\b", links)),
        film_id=film_id,
        lid=lid,
        slug=slug,
        kind=kind,
        tmdb_id=tmdb_id,
        directors=_directors(page, data),
        original_title=text_of(page.soup.select_one("h2.originalname")) or None,
        runtime=_runtime(page, data),
        alternative_titles=_alternative_titles(page),
        released=_released(data, year),
    )


_FILM_CLASSES = frozenset(
    (
        *("creatorlist", "directorname", "filmtitle", "number", "originalname", "primaryname"),
        *("production-masthead", "releasedate", "releaseyear", "text-footer", "text-indentedlist"),
    )
)
_FILM_BOXES = frozenset({"tab-panel-crew", "tab-crew", "tab-panel-details", "tab-details", _HEADER})
_FILM_ATTRIBUTES = POSTER_ATTRIBUTES | {"data-track-action", "data-report-url", "data-production-uid"}


def _tells_of_film(name: str, found: Mapping[str, str]) -> bool:
    return (
        name in {"meta", "link", "h1", "h2", "h3", "h4", *ELSEWHERE}
        or (name == "script" and found.get("type") == "application/ld+json")
        or (name == "a" and any(host in found.get("href", "") for host in ("imdb.com/", "themoviedb.org/")))
        or (name == "input" and "boxd.it/" in found.get("value", ""))
        or found.get("id") in _FILM_BOXES
        or not _FILM_ATTRIBUTES.isdisjoint(found)
        or not _FILM_CLASSES.isdisjoint(found.get("class", "").split())
    )


def _linked_data(page: Page) -> dict[str, Any]:
    """The page's JSON-LD, wrapped in a CDATA comment. Optional: it has been missing at times."""
    for script in page.soup.find_all("script"):
        data = json_object(script.get_text())
        if str(data.get("@type")) in {"Movie", "TVSeries", "TVMiniSeries"}:
            return data
    return {}


def _shows_film(page: Page, data: Mapping[str, Any]) -> bool:
    return "error" not in page.body_classes and bool(
        data
        or page.meta("og:type").startswith("video.")
        or page.body.get("data-type") == "film"
        or page.soup.select_one("h1.primaryname, h1.filmtitle, #featured-film-header")
    )


def _title(page: Page, data: Mapping[str, Any]) -> str:
    for place in ("h1.primaryname .name", "h1.primaryname", "h1.filmtitle", "#featured-film-header h1"):
        if title := text_of(page.soup.select_one(place)):
            return title
    return split_year(clean(page.meta("og:title")))[0] or plain(data.get("name"))


def _year(page: Page, data: Mapping[str, Any], title: str) -> int | None:
    # `dateCreated` is left out: it has meant the day the record was made.
    for place in ("span.releasedate a[href*='/films/year/']", ".releaseyear", _OLD_YEAR):
        if year := year_of(text_of(page.soup.select_one(place))):
            return year
    shared = clean(page.meta("og:title"))
    year = split_year(shared)[1]
    if year and shared != title:  # else the "(1984)" is the end of a title without a year
        return year
    return next(filter(None, (year_of(start[:4]) for start in _release_starts(data))), None)


def _release_starts(data: Mapping[str, Any]) -> list[str]:
    """When the release events of the JSON-LD are: a day, or a year alone."""
    events = data.get("releasedEvent")
    events = events if isinstance(events, list) else [events]
    return [plain(event.get("startDate")) for event in events if isinstance(event, dict)]


def _released(data: Mapping[str, Any], year: int | None) -> str | None:
    """The day of the release as YYYY-MM-DD, from the release events or else `dateCreated`.

    That was the day the record was made as long as pages had release events (January 2026), and has been
    the day of the release on pages without them (August 2026); only with the film's year it is believed.
    """
    if starts := _release_starts(data):
        return next(filter(None, map(day_of, starts)), None)
    created = day_of(plain(data.get("dateCreated")))
    return created if created and year == int(created[:4]) else None


def _alternative_titles(page: Page) -> tuple[str, ...]:
    """From the tab with details, at most fifty; one that holds a comma cannot be told from two."""
    found: list[str] = []
    for box in page.soup.select(".text-indentedlist"):
        heading = box.find_previous_sibling(["h2", "h3", "h4"])
        # Of a box without a heading the nearest one may be that of the whole page.
        named = heading and "originalname" not in attribute(heading, "class").split()
        if not named or "alternative" in text_of(heading).casefold():
            found += re.split(r", ", text_of(box))
    titles = (title.strip(", ") for title in found)
    return tuple(islice(dict.fromkeys(filter(None, titles)), _MOST_TITLES))


def _directors(page: Page, data: Mapping[str, Any]) -> tuple[str, ...]:
    people = data.get("director")
    people = people if isinstance(people, list) else [people]
    named = [plain(person.get("name")) for person in people if isinstance(person, dict)]
    if any(named):
        return tuple(dict.fromkeys(filter(None, named)))
    # The masthead shows two at most, the crew tab all of them.
    shown = (
        [text_of(link) for link in page.soup.select(place)]
        for place in (
            ".creatorlist a.contributor",
            "#tab-panel-crew a[href*='/director/'], #tab-crew a[href*='/director/']",
            ".directorname, .production-masthead a[href*='/director/']",
        )
    )
    return max((tuple(dict.fromkeys(filter(None, names))) for names in shown), key=len)


def _runtime(page: Page, data: Mapping[str, Any]) -> int | None:
    footers = " ".join(map(text_of, page.soup.select(".text-footer")))
    if match := re.search(r"([0-9,]{1,9}) ?min", footers):
        return number(match[1].replace(",", "")) or None
    span = re.fullmatch(r"PT(?:([0-9]{1,4})H)?(?:([0-9]{1,6})M)?(?:[0-9]+S)?", plain(data.get("duration")))
    return (int(span[1] or 0) * 60 + int(span[2] or 0) or None) if span else None


def _outside_links(page: Page) -> str:
    """The links to other databases. Reviews link to other films, so the page's own footer goes first."""
    footers = page.soup.select(".text-footer")
    own = [link for footer in footers for link in footer.select("a[href]")]
    tracked = page.soup.select("a[href][data-track-action]")
    own += [link for link in tracked if attribute(link, "data-track-action").lower() in {"imdb", "tmdb"}]
    return "\n".join(attributes(own if own or footers else page.soup.select("a[href]"), "href"))


def _kind(page: Page, data: Mapping[str, Any], links: str) -> tuple[str, str | None]:
    """`film` or `series`, and the TMDB id. The link's path decides: on a miniseries the body says "movie"."""
    found = set(re.findall(r"themoviedb\.org/(movie|tv)/([0-9]{1,10})", links))
    if not found:
        told = (page.body.get("data-tmdb-type"), str(data.get("@type"))[:2])
        return ("series" if "tv" in told or "TV" in told else "film"), None
    series = any(path == "tv" for path, _ in found)
    return ("series" if series else "film"), sole(tmdb_id for _, tmdb_id in found)


def _ids(page: Page, poster: Poster | None) -> tuple[str | None, str | None]:
    """Film id and lid, each from the first place that names exactly one."""
    own = json_object(page.meta("production:identifier"))
    named = attributes(page.soup.select("[data-production-uid]"), "data-production-uid")
    uid = page.body.get("data-production-uid", "").strip() or sole(named)
    reports = attributes(page.soup.select("[data-report-url]"), "data-report-url")
    reported = [match[1] for url in reports if (match := re.search(r"/ajax/(film:[0-9]+)/", url))]
    stated = (str(own.get("uid")), uid, sole(reported))
    film_id = next((match[1] for uid in stated if uid and (match := FILM_UID.fullmatch(uid))), None)
    shares = page.soup.select("input[value*='boxd.it/']")
    own_shares = [field for field in shares if attribute(field, "id").startswith("url-field-film")]
    codes = (
        value.rpartition("boxd.it/")[2].strip("/") for value in attributes(own_shares or shares, "value")
    )
    lid = checked_lid(own.get("lid")) or (poster.lid if poster else None) or checked_lid(sole(codes))
    return film_id or (poster.film_id if poster else None), lid


def _own_slug(page: Page, data: Mapping[str, Any], url: str) -> str | None:
    addresses = (plain(data.get("@id")), plain(data.get("url")), *page.addresses(), url)
    return next((match[1] for place in addresses if (match := FILM_PATH.fullmatch(place))), None)
