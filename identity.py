"""Which records are the same film. Pure; called by the queue under its lock.

A Letterboxd film id never changes, while slug, title and even the IMDb id of a film do, so the film id
decides wherever both sides have one. Two different film ids are two films, whatever else agrees: pages
share an IMDb id by mistake. An IMDb id therefore proves sameness only where a side has no Letterboxd id.
"""

from collections.abc import Container, Iterator
from itertools import count

from msgspec.structs import replace

from movie import ListedFilm, Movie

TITLE = "title:"
"""How ids begin that are nothing but a title."""


def natural_id(movie: Movie) -> str:
    """The id a film goes by: IMDb, else Letterboxd film id, lid, slug, else title and year."""
    if movie.imdb_id:
        return movie.imdb_id
    for key in (movie.film_id, movie.lid, movie.slug):
        if key:
            return f"letterboxd:{key}"
    return title_id(movie)


def title_id(movie: Movie) -> str:
    """The id of a film known by nothing but its title."""
    return f"{TITLE}{movie.label}"


def free_id(movie: Movie, taken: Container[str]) -> str:
    """The id for a film, given the ids other films hold: a second holder does not get a tt id."""
    wanted = movie.id or natural_id(movie)
    own = next(
        (f"letterboxd:{key}" for key in (movie.film_id, movie.lid, movie.slug) if key), title_id(movie)
    )
    for candidate in (wanted, own):
        if candidate not in taken:
            return candidate
    return next(name for number in count(2) if (name := f"{own} #{number}") not in taken)


def names_of(movie: Movie) -> Iterator[str]:
    """Every name a film may be looked up by; different films may share one (`same_film` decides)."""
    if movie.id:
        yield movie.id
    yield from movie.aliases
    if movie.imdb_id:
        yield movie.imdb_id
    for key in (movie.film_id, movie.lid, movie.slug):
        if key:
            yield f"letterboxd:{key}"
    yield title_id(movie)


def same_film(one: Movie, other: Movie) -> bool:
    """Whether two records are one film, by the strongest id that both have."""
    if one.film_id and other.film_id:
        return one.film_id == other.film_id
    if one.lid and other.lid:
        return one.lid == other.lid
    if one.imdb_id and other.imdb_id:
        return one.imdb_id == other.imdb_id and not (_on_letterboxd(one) and _on_letterboxd(other))
    if one.slug and other.slug:
        return one.slug == other.slug
    if not (_nameless(one) or _nameless(other)):
        return False
    return _share_an_id(one, other) or (one.title, one.year) == (other.title, other.year)


def _share_an_id(one: Movie, other: Movie) -> bool:
    return bool(({one.id, *one.aliases} & {other.id, *other.aliases}) - {""})


def _on_letterboxd(movie: Movie) -> bool:
    return bool(movie.film_id or movie.lid)


def _nameless(movie: Movie) -> bool:
    """Known by its title alone, or by a row of an export, whose short link no other page may show."""
    return not (movie.imdb_id or movie.film_id or movie.slug)


def merged(known: Movie, seen: Movie) -> Movie:
    """`known` with what `seen` knows newer or besides: ids, list, slug, title. State is `known`'s alone."""
    # A year comes from the film's page, and its title with it; a list knows no better then. Nor does it where
    # it took the end of a title, "Rerun (1984)", for a year.
    page_knows = bool(known.year) or known.title == seen.label
    return replace(
        known,
        title=known.title if page_knows else seen.title,
        year=known.year if page_knows else seen.year,
        original_title=known.original_title or seen.original_title,
        director=seen.director or known.director,
        imdb_id=known.imdb_id or seen.imdb_id,
        film_id=known.film_id or seen.film_id,
        lid=known.lid or seen.lid,
        slug=seen.slug or known.slug,
        lists=tuple(dict.fromkeys((*known.lists, *seen.lists))),
        aliases=tuple(dict.fromkeys((*known.aliases, *seen.aliases))),
    )


def corrected(known: Movie, page: Movie) -> Movie:
    """`known` with what the film's page says, which knows better; ids that only a list knew stay."""
    return replace(
        known,
        title=page.title or known.title,
        year=page.year or known.year,
        original_title=page.original_title,
        director=page.director or known.director,
        imdb_id=page.imdb_id or known.imdb_id,
        film_id=known.film_id or page.film_id,
        lid=known.lid or page.lid,
        slug=page.slug or known.slug,
        # What waited for its year waits no more; if the film is not out yet it is told so once again.
        not_before=0 if page.year and page.year != known.year else known.not_before,
    )


def with_id(movie: Movie, new_id: str) -> Movie:
    """`movie` under `new_id`; the id it had before stays findable among its aliases."""
    earlier = (*movie.aliases, movie.id) if movie.id and movie.id != new_id else movie.aliases
    return replace(
        movie, id=new_id, aliases=tuple(alias for alias in dict.fromkeys(earlier) if alias != new_id)
    )


def listed(film: ListedFilm, list_name: str) -> Movie:
    """The record of a film of which only its place on a list is known."""
    return Movie(
        title=film.title,
        year=film.year,
        film_id=film.film_id,
        lid=film.lid,
        slug=film.slug,
        lists=(list_name,),
    )
