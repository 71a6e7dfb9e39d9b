"""What film pages said, kept in `films.json`; and the rule by which two mentions are one film.

Owns that file, when a page is due to be read again, and which ids prove a film: the film id if both mentions
have one, else lid, else slug, for slugs and titles change and pass on to other films. Asks nobody. Used by
one thread at a time; another process may replace the file at any moment.
"""

from pathlib import Path
from typing import Generic, TypeVar

from msgspec.structs import replace

import storage
from movie import FilmFacts, ListedFilm, Movie

DAY = 24 * 3600
WEEK = 7 * DAY

Mention = ListedFilm | FilmFacts
M = TypeVar("M", ListedFilm, FilmFacts)


def film_key(film: Mention) -> str:
    """The name of a film in our files: its film id, else `lid:<lid>`, else `slug:<slug>`."""
    return film_keys(film)[0]


def film_of_key(key: str) -> ListedFilm:
    """The film that `film_key` names, as far as the key tells."""
    kind, colon, value = key.partition(":")
    if not colon:
        return ListedFilm("", film_id=key)
    return ListedFilm(
        value if kind == "title" else "",
        lid=value if kind == "lid" else None,
        slug=value if kind == "slug" else None,
    )


def are_different(one: Mention, other: Mention) -> bool:
    """Whether two mentions that share an id are two films all the same."""
    return bool(one.film_id and other.film_id and one.film_id != other.film_id)


def is_due_again(facts: FilmFacts, now: float) -> bool:
    """Whether time alone asks for the page again: films gain their IMDb id and year before they come out."""
    age = now - facts.fetched_at
    if age < 0:  # fetched by a clock that was ahead
        return not _is_whole(facts)
    return not _is_whole(facts) and age >= (DAY if facts.page_failed else WEEK)


def _is_whole(facts: FilmFacts) -> bool:
    return facts.kind == "series" or bool(facts.imdb_id and facts.year and not facts.page_failed)


def was_relisted(facts: FilmFacts, film: ListedFilm) -> bool:
    """Whether the list names the film otherwise than when its page was read. Old pages show no year."""
    if facts.listed is None:
        return False
    slug, title, year = facts.listed
    pairs = ((slug, film.slug), (title, film.title), (year, film.year))
    return any(before and after and before != after for before, after in pairs)


def was_read(facts: FilmFacts) -> bool:
    """Whether an entry says more than that the page failed so far."""
    return bool(facts.fetched_at) or not facts.failures


def _by_the_list(film: ListedFilm) -> FilmFacts:
    """What stands for a page that was never read: what the list says."""
    return FilmFacts(
        title=film.title,
        year=film.year,
        imdb_id=film.imdb_id,
        film_id=film.film_id,
        lid=film.lid,
        slug=film.slug,
        page_failed=True,
    )


def film_keys(film: Mention | Movie) -> list[str]:
    """Each name that the film may have in our files, the strongest first."""
    named = ((film.film_id, ""), (film.lid, "lid:"), (film.slug, "slug:"))
    return [prefix + value for value, prefix in named if value] or [f"title:{film.title}"]


class FilmIndex(Generic[M]):
    """Films in the order they were added, each once, found by any of their ids."""

    def __init__(self) -> None:
        self.films: list[M] = []
        self._by_key: dict[str, M] = {}

    def find(self, film: Mention) -> M | None:
        """The film that this mention means."""
        candidates = (self._by_key.get(key) for key in film_keys(film))
        return next((known for known in candidates if known and not are_different(known, film)), None)

    def add(self, film: M) -> bool:
        """Add a film; False if it is there already."""
        if self.find(film) is not None:
            return False
        self.films.append(film)
        self._name(film)
        return True

    def put(self, film: M) -> None:
        """Add a film, or replace what is known of it."""
        known = self.find(film)
        if known is None:
            self.films.append(film)
        else:
            self.films[self.films.index(known)] = film
            for key in film_keys(known):
                self._by_key.pop(key, None)
        self._name(film)

    def _name(self, film: M) -> None:
        for key in film_keys(film):
            self._by_key[key] = film


def facts_of(store: "FilmStore", movie: Movie) -> FilmFacts | None:
    """What the page of a film in the queues said. Raises `StateError` if the file cannot be believed."""
    named = (movie.title, movie.year, movie.film_id, movie.lid, movie.slug, movie.imdb_id)
    return store.find(ListedFilm(*named))


class FilmStore:
    """`films.json`: the facts of each film page that was read, by `film_key`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: storage.FileStamp = None
        self._index: FilmIndex[FilmFacts] = FilmIndex()

    def find(self, film: Mention) -> FilmFacts | None:
        """What is known of the film. Raises `StateError` if the file cannot be believed."""
        known = self._entry(film)
        return known if known and was_read(known) else None

    def failures(self, film: Mention) -> int:
        """How often in a row the film's page failed. Raises `StateError` if the file cannot be believed."""
        known = self._entry(film)
        return known.failures if known else 0

    def by_imdb_id(self, imdb_id: str) -> FilmFacts | None:
        """The film whose page named this IMDb id. Raises `StateError` if the file cannot be believed."""
        self._refresh()
        named = (facts for facts in self._index.films if facts.imdb_id == imdb_id)
        return next(filter(was_read, named), None)

    def keep(self, facts: FilmFacts) -> None:
        """Keep the facts of one film, in place of earlier ones. Raises `StateError`."""
        # No lock: where two processes add at once, one of them loses a page that is simply fetched again.
        self._refresh()
        self._index.put(facts)
        storage.write_json(self._path, {film_key(film): film for film in self._index.films})
        self._stamp = storage.stamp(self._path)

    def failed(self, film: ListedFilm) -> int:
        """The film's page failed once more; how often in a row by now. Raises `StateError`."""
        known = self._entry(film) or _by_the_list(film)
        self.keep(replace(known, failures=known.failures + 1))
        return known.failures + 1

    def give_up(self, film: ListedFilm, now: float) -> None:
        """The page cannot be read: what was known of it, or else what the list says, has to do for a while.

        Its failures stay: when it is asked for again one more is enough. Raises `StateError`.
        """
        known = self.find(film) or replace(_by_the_list(film), failures=self.failures(film))
        self.keep(replace(known, fetched_at=int(now), listed=(film.slug, film.title, film.year)))

    def _entry(self, film: Mention) -> FilmFacts | None:
        self._refresh()
        return self._index.find(film)

    def _refresh(self) -> None:
        stamp = storage.stamp(self._path)
        if stamp == self._stamp:
            return
        index: FilmIndex[FilmFacts] = FilmIndex()
        for facts in storage.read_json(self._path, dict[str, FilmFacts], {}).values():
            index.add(facts)
        self._index, self._stamp = index, stamp
