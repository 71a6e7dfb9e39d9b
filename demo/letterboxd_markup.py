"""Letterboxd's pages as text: watchlist pages of each markup generation, film pages, errors, challenges.

Pure functions from values to HTML, composed for the stand-in from what is known of the real markup. They
keep the traps: posters of other films outside the list, entities, single-quoted JSON in attributes, a
disabled "next" that is no link, a body that calls a series a movie.
"""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from demo.films import ELSEWHERE, DemoFilm

Generation = Literal["1a", "1b", "2", "3", "4"]
"""Markup by time: 1a to 2023, 1b to August 2025, 2 to September 2025, 3 to April 2026, 4 since then."""


@dataclass(frozen=True)
class ListPage:
    """One page of a watchlist: its films, its number of `pages`, and the count it promises for the list."""

    owner: str
    films: Sequence[DemoFilm]
    number: int
    pages: int
    promised: int
    generation: Generation = "4"


def escape(text: str) -> str:
    """Text for element or attribute, all but ASCII as numeric entities, as Letterboxd sends it."""
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()


def watchlist_page(page: ListPage) -> str:
    """A whole watchlist page, asides included."""
    owner = escape(page.owner)
    path = f"/esi/watchlist/1/default/public:2/page/{page.number}/?esiAllowFilters=true"
    return f"""<!DOCTYPE html>
<html lang="en" class="no-js"><head><meta charset="utf-8">
<title>&lrm;{owner}&#039;s Watchlist &bull; Letterboxd</title></head>
<body class="screen-member-child-page watchlist wide logged-out" data-owner="{owner}">
<header class="site-header"><div class="react-component" data-component-class="NavComponent"
 data-target-link="/films/"></div></header>
<nav class="profile-navigation"><section class="profile-favourites"><ul class="poster-list -p70">
{_aside_items(page.generation)}</ul></section></nav>
<div class="cols-2 js-watchlist-content" data-num-entries="{page.promised}" data-path="{escape(path)}">
<section class="section col-17 col-main"><h1 class="section-heading">{owner} wants to see
 <span class="js-watchlist-count">{page.promised:,}&nbsp;film{"" if page.promised == 1 else "s"}</span></h1>
{_grid(page)}
{_pagination(page)}</section>
</div>
<aside class="sidebar"><section class="recent-activity"><ul class="poster-list -p70">
{_aside_items(page.generation)}</ul></section></aside>
<footer class="site-footer"><a href="/about/">About</a></footer>
</body></html>
"""


def _grid(page: ListPage) -> str:
    if not page.films:
        return '<section class="ui-block-heading"><p class="empty-text">No films yet</p></section>'
    items = "\n".join(_item(film, page.generation) for film in page.films)
    if page.generation.startswith("1"):
        return f'<ul class="poster-list -p125 -grid -scaled128">\n{items}\n</ul>'
    return f'<div class="poster-grid"><ul class="grid -p125 -scaled128">\n{items}\n</ul></div>'


def _aside_items(generation: Generation) -> str:
    return "\n".join(_item(film, generation).replace("griditem", "posteritem") for film in ELSEWHERE)


def _item(film: DemoFilm, generation: Generation) -> str:
    return _old_item(film, generation) if generation.startswith("1") else _lazy_poster(film, generation)


def _old_item(film: DemoFilm, generation: Generation) -> str:
    path = f"/film/{film.slug}/"
    slug = path if generation == "1a" else film.slug
    uid = "" if generation == "1a" else f' data-item-uid="film:{film.film_id}"'
    return f"""<li class="poster-container"><div class="really-lazy-load poster film-poster film-poster-\
{film.film_id} linked-film-poster" data-image-width="125" data-film-id="{film.film_id}"{uid}
 data-film-slug="{slug}" data-target-link="{path}"><img src="https://s.ltrbxd.invalid/empty-poster.png"
 class="image" alt="{escape(film.title)}"><span class="frame"></span></div></li>"""


def _lazy_poster(film: DemoFilm, generation: Generation) -> str:
    path = f"/film/{film.slug}/"
    name = escape(film.label)
    component = "globals.comps.LazyPoster" if generation == "2" else "LazyPoster"
    film_id = "" if generation == "4" else f' data-film-id="{film.film_id}"'
    poster = escape(json.dumps({"postered": _identity(film), "uid": f"film:{film.film_id}"}))
    return f"""<li class="griditem"><div class="react-component" data-component-class="{component}"{film_id}
 data-item-name="{name}" data-item-full-display-name="{name}" data-item-slug="{film.slug}"
 data-item-link="{path}" data-target-link="{path}" data-details-endpoint="{path}json/"
 data-postered-identifier='{_identifier(film, generation)}'
 data-resolvable-poster-path='{poster}' data-show-menu="true"><div class="poster film-poster"><img
 src="https://s.ltrbxd.invalid/empty-poster.png" class="image" alt="{escape(film.title)}"></div></div></li>"""


def _identity(film: DemoFilm) -> dict[str, str]:
    return {"lid": film.lid, "uid": f"film:{film.film_id}", "type": "film", "typeName": "film"}


def _identifier(film: DemoFilm, generation: Generation) -> str:
    text = json.dumps(_identity(film), separators=(",", ":"))
    # Generation 3 had the JSON raw inside single quotes; it is escaped since.
    return escape(text) if generation == "4" else text


def _pagination(page: ListPage) -> str:
    if page.pages <= 1:
        return ""
    newer = _step(page, page.number - 1, "previous", "Newer")
    older = _step(page, page.number + 1, "next", "Older")
    return f"""<div class="pagination">{newer}{older}
<div class="paginate-pages"><ul>{_numbers(page)}</ul></div></div>"""


def _step(page: ListPage, number: int, css: str, label: str) -> str:
    if 1 <= number <= page.pages:
        href = _href(page.owner, number)
        return f'<div class="paginate-nextprev"><a class="{css}" href="{href}">{label}</a></div>'
    disabled = "paginate-nextprev paginate-disabled"
    return f'<div class="{disabled}"><span class="{css}">{label}</span></div>'


def _numbers(page: ListPage) -> str:
    shown = sorted({1, page.pages, *range(max(1, page.number - 2), min(page.pages, page.number + 2) + 1)})
    parts: list[str] = []
    for before, number in zip([0, *shown], shown, strict=False):
        if number > before + 1:
            parts.append('<li class="paginate-page unseen-pages">&hellip;</li>')
        if number == page.number:
            parts.append(f'<li class="paginate-page paginate-current"><span>{number}</span></li>')
        else:
            href = _href(page.owner, number)
            parts.append(f'<li class="paginate-page"><a href="{href}">{number}</a></li>')
    return "".join(parts)


def _href(owner: str, number: int) -> str:
    tail = "" if number == 1 else f"page/{number}/"
    return f"/{owner}/watchlist/{tail}"


def diary_feed(owner: str, diary: Sequence[tuple[DemoFilm, str]]) -> str:
    """The feed of a member's diary, newest first, with an item of another kind among its entries."""
    entries = "".join(_diary_entry(owner, film, day) for film, day in diary[:50])
    return f"""<?xml version='1.0' encoding='utf-8'?>
<rss version="2.0" xmlns:letterboxd="https://letterboxd.com" xmlns:tmdb="https://themoviedb.org"><channel>
<title>Letterboxd - {escape(owner)}</title><link>https://letterboxd.com/{escape(owner)}/</link>
<item><title>Ten silent films</title><link>https://letterboxd.com/{escape(owner)}/list/ten/</link></item>
{entries}</channel></rss>
"""


def _diary_entry(owner: str, film: DemoFilm, day: str) -> str:
    # The stand-in's film pages give the film id as TMDB id.
    return f"""<item><title>{escape(film.title)}, {film.year} - ★★★</title>
<link>https://letterboxd.com/{escape(owner)}/film/{film.slug}/</link>
<letterboxd:watchedDate>{day}</letterboxd:watchedDate><letterboxd:rewatch>No</letterboxd:rewatch>
<letterboxd:filmTitle>{escape(film.title)}</letterboxd:filmTitle>
<letterboxd:filmYear>{film.year or ""}</letterboxd:filmYear><tmdb:movieId>{film.film_id}</tmdb:movieId></item>
"""


def film_page(film: DemoFilm) -> str:
    """The page `/film/<slug>/`. A series differs from a film in nothing but its TMDB link."""
    name, label = escape(film.title), escape(film.label)
    # The TMDB id stays empty for a series while the kind claims "movie"; the link alone tells the truth.
    tmdb = "" if film.kind == "series" else film.film_id
    identifier = escape(json.dumps(_identity(film)))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<title>&lrm;{label} directed by {_directed_by(film)} &bull; Reviews, film + cast &bull; Letterboxd</title>
<meta property="og:type" content="video.movie"><meta property="og:title" content="{label}">
<meta name="production:identifier" content="{identifier}">
<link rel="canonical" href="https://letterboxd.com/film/{film.slug}/"></head>
<body class="film backdropped" data-type="film" data-tmdb-type="movie" data-tmdb-id="{tmdb}"
 data-production-uid="film:{film.film_id}">
<div id="film-page-wrapper" class="col-17">
<h1 class="headline-1 primaryname"><span class="name">{name.replace(" ", "&nbsp;", 1)}</span></h1>
{_masthead(film)}
<div id="tab-panel-crew"><h3><span>Director</span></h3><p>{_director_links(film.directors)}</p></div>
<div class="text-link text-footer-wrapper"><p class="text-link text-footer">{_footer(film)}</p></div>
<input id="url-field-film-{film.film_id}" value="https://boxd.it/{film.lid}" readonly>
</div>
<section class="related-films"><ul class="poster-list">
{_aside_items("4")}</ul></section>
{_json_ld(film)}
</body></html>
"""


def _masthead(film: DemoFilm) -> str:
    original = f'<h2 class="originalname">{escape(film.original_title)}</h2>' if film.original_title else ""
    released = (
        f'<span class="releasedate"><a href="/films/year/{film.year}/">{film.year}</a></span>'
        if film.year
        else ""
    )
    shown = _director_links(film.directors[:2])
    more = f' <a href="/film/{film.slug}/crew/#crew">&hellip;</a>' if len(film.directors) > 2 else ""
    creators = f'<span class="creatorlist">{shown}{more}</span>' if shown else ""
    return f"{original}\n{released}\n{creators}"


def _director_links(directors: Sequence[str]) -> str:
    return ", ".join(
        f'<a class="contributor" href="/director/{_slug(name)}/">{escape(name)}</a>' for name in directors
    )


def _directed_by(film: DemoFilm) -> str:
    return escape(", ".join(film.directors[:2]) + (" et al" if len(film.directors) > 2 else ""))


def _slug(name: str) -> str:
    return "-".join(word for word in name.lower().replace(".", "").split() if word.isascii()) or "someone"


def _footer(film: DemoFilm) -> str:
    runtime = f"{film.runtime}&nbsp;mins &nbsp; " if film.runtime else ""
    links: list[str] = []
    if film.imdb_id:
        imdb = f"http://www.imdb.com/title/{film.imdb_id}/maindetails"
        links.append(f'<a href="{imdb}" class="micro-button track-event" data-track-action="IMDb">IMDb</a>')
    tmdb = f"https://www.themoviedb.org/{'tv' if film.kind == 'series' else 'movie'}/{film.film_id}/"
    links.append(f'<a href="{tmdb}" class="micro-button track-event" data-track-action="TMDB">TMDB</a>')
    report = f"/ajax/film:{film.film_id}/report-form"
    return f'{runtime}More at {" ".join(links)} <span class="js-report" data-report-url="{report}"></span>'


def _json_ld(film: DemoFilm) -> str:
    facts = {
        "@context": "https://schema.org",
        "@type": "Movie",
        "name": film.title,
        "director": [
            {"@type": "Person", "name": name, "sameAs": f"https://letterboxd.com/director/{_slug(name)}/"}
            for name in film.directors
        ],
        # The day the record was made, not the year of the film: 2011 for everything here.
        "dateCreated": "2011-05-01",
        "@id": f"https://letterboxd.com/film/{film.slug}/",
    }
    text = json.dumps(facts, ensure_ascii=False)
    return f'<script type="application/ld+json">\n/* <![CDATA[ */\n{text}\n/* ]]> */\n</script>'


def error_page(message: str) -> str:
    """Letterboxd's own error page around one sentence: a private list, or a page that is not there."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Letterboxd</title></head>
<body class="error message-dark"><div class="content"><section class="message">
<p><strong>{escape(message)}</strong></p><p><a href="/">Letterboxd</a></p></section></div></body></html>
"""


PRIVATE = "Greetings, Professor Falken. Shall we play a game?"
NOT_FOUND = "Sorry, we can’t find the page you’ve requested."

SHIELD_PAGE = """<html>
<head><title>403 Forbidden</title></head>
<body><center><h1>403 Forbidden</h1></center><hr><center>cloudflare</center></body>
</html>
"""
"""What the shield says to an address it does not like: nothing about a challenge."""

CHALLENGE_PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head>
<body><div class="main-wrapper" role="main"><div class="main-content">
<noscript><div class="h2"><span id="challenge-error-text">Enable JavaScript and cookies to continue</span>
</div></noscript></div></div><script>window._cf_chl_opt = {cType: 'managed'};</script></body></html>
"""
"""A Cloudflare challenge, sent with 403, with 503, and at times with 200."""
