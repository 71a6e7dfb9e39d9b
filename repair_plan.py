"""What `--repair` concludes: the films that the history knows, and the film that each torrent of ours is for.

Pure: records in, records out. A name proves a film only by the guarded rules of `library`; where two films
fit, none is chosen. `--repair` calls it under the queues' lock and carries out what it says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec.structs import replace

from history import CLEANED_UP
from identity import merged, names_of, natural_id, same_film, with_id
from library import Entry, find_entry
from movie import ChosenRelease, Movie, movie_from
from names import imdb_ids, read_name, split_title_year
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, QUEUES, REMOVED
from queue_store import AHEAD
from retries import NOT_REMOVED

LOST = "lost"
"""Where a film comes from that `--repair` brought back, in the history."""

_TOLD = ("id", "title", "year", "imdb_id", "film_id", "lid", "slug", "lists", "torrent_hash", "owned")
_STATE = (
    "status",
    "queued_at",
    "completed_at",
    "downloaded_at",
    "last_failed_at",
    "last_error",
    "removed_at",
    "removed_from",
)


# --- what the history tells


class Told:
    """The films of the history, each as its last events have it."""

    def __init__(self, events: Iterable[Mapping[str, Any]] = ()) -> None:
        self._count = 0
        self._films: dict[int, Movie] = {}
        self._by_name: dict[str, set[int]] = {}
        self._by_hash: dict[str, int] = {}
        for event in events:
            movie = _film_of(event)
            if movie is not None and event.get("event") == CLEANED_UP:
                self._drop(movie)
            elif movie is not None:
                self._take(movie, event)

    @property
    def films(self) -> tuple[Movie, ...]:
        """In the order in which they first appear; `status` is the queue that last had them."""
        return tuple(film for _, film in sorted(self._films.items(), key=lambda item: item[0]))

    def with_torrent(self, hashes: Iterable[str]) -> Movie | None:
        """The film that was given one of these torrents at any time; it may have given it up since."""
        found = (self._by_hash.get(one) for one in hashes)
        return next((self._films[index] for index in found if index is not None), None)

    def _drop(self, gone: Movie) -> None:
        """Forget a film that was cleaned up: no queue has it, and qBittorrent has not its torrent."""
        for index in self._all_of(gone, {}):
            del self._films[index]
            self._by_hash = {one: at for one, at in self._by_hash.items() if at != index}

    def _take(self, seen: Movie, event: Mapping[str, Any]) -> None:
        known = self._all_of(seen, event)
        if known:
            index = self._one_of(known)
        else:
            index = self._count = self._count + 1
            self._films[index] = replace(seen, status=PENDING, queued_at=_at(event))
        film = self._films[index] = _after(self._films[index], seen, event)
        for name in names_of(film):
            self._by_name.setdefault(name, set()).add(index)
        if film.torrent_hash:
            self._by_hash[film.torrent_hash.lower()] = index

    def _all_of(self, seen: Movie, event: Mapping[str, Any]) -> list[int]:
        """The records of this film: several, if the event tells that they are one."""
        names = set(names_of(seen))
        dropped = event.get("dropped") if event.get("event") == "united" else None
        ids = {one for one in dropped if isinstance(one, str)} if isinstance(dropped, list) else set()
        near = {index for name in names | ids for index in self._by_name.get(name, ())}
        return [
            index
            for index in sorted(near & self._films.keys())
            if self._films[index].id in ids or same_film(self._films[index], seen)
        ]

    def _one_of(self, indices: Sequence[int]) -> int:
        """The record furthest on its way, with the ids of the others, which are dropped."""
        index, *others = sorted(indices, key=lambda i: AHEAD.index(self._films[i].status))
        for other in others:
            self._films[index] = merged(self._films[index], with_id(self._films.pop(other), ""))
            self._by_hash |= {one: index for one, at in self._by_hash.items() if at == other}
        return index


def _film_of(event: Mapping[str, Any]) -> Movie | None:
    """The film as one event tells it; None if the line was damaged."""
    release, retries = event.get("release"), event.get("retry_count")
    try:
        movie = movie_from({key: event.get(key) for key in _TOLD} | {"retry_count": retries})
    except ValueError:
        return None
    named = ChosenRelease(name=release, tracker="", id="") if isinstance(release, str) else None
    return replace(movie, id=movie.id or natural_id(movie), release=named)


def _after(known: Movie, seen: Movie, event: Mapping[str, Any]) -> Movie:
    """The film once this event has happened: ids add up, everything else is as the newest one says."""
    both = merged(seen, known)
    both = replace(both, slug=seen.slug or known.slug, lists=seen.lists)
    if known.id and known.id != seen.id:
        both = replace(both, aliases=tuple(dict.fromkeys((*both.aliases, known.id))))
    both = replace(both, **{field: known[field] for field in _STATE})
    return replace(both, **_change(both, event))


def _change(film: Movie, event: Mapping[str, Any]) -> dict[str, Any]:
    at, queue = _at(event), event.get("to")
    if event.get("event") == "downloaded":
        return {"downloaded_at": at}
    if event.get("event") != "moved" or queue not in QUEUES:
        return {}
    change: dict[str, Any] = {"status": queue}
    if queue == PENDING:
        change |= {"completed_at": None, "downloaded_at": None, **NOT_REMOVED}
    elif queue == FAILED:
        change |= {"last_failed_at": at, "last_error": str(event.get("reason") or "")}
    elif queue == COMPLETED:
        came_back = event.get("from") in (COMPLETED, REMOVED, LOST)
        change |= {"completed_at": (film.completed_at if came_back else None) or at, **NOT_REMOVED}
        if not film.torrent_hash:
            # It lay on the disk: there is nothing to wait for.
            change["downloaded_at"] = film.downloaded_at or at
    elif queue == REMOVED:
        change |= {"removed_at": at, "removed_from": event.get("from")}
    return change


def _at(event: Mapping[str, Any]) -> int | None:
    at = event.get("at")
    return at if type(at) is int else None


# --- whose torrent it is


@dataclass(frozen=True)
class OurTorrent:
    """A torrent that is ours. `hash` is what a film's record holds, `hashes` every id it goes by.

    `finished_at` (unix seconds) is None until every byte is there.
    """

    hash: str
    hashes: frozenset[str]
    name: str
    added_at: int
    finished_at: int | None


@dataclass(frozen=True)
class Search:
    """The account of a film's last search: whose it was, and the names of the releases it saw."""

    id: str
    label: str
    chosen: str | None
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """What besides the queues may tell whose torrent it is. `pages` are films whose page was once read."""

    told: Told
    searches: Sequence[Search] = ()
    pages: Sequence[Movie] = ()


@dataclass(frozen=True)
class Claim:
    """`movie` is to be put into the completed queue, in place of `stand_in`, if there is one."""

    torrent: OurTorrent
    movie: Movie
    stand_in: Movie | None


@dataclass(frozen=True)
class Unclear:
    """Several films may be this torrent's."""

    torrent: OurTorrent
    films: tuple[Movie, ...]


class Films(Protocol):
    """The queues, as `QueueStore` shows them."""

    def films(self, queue: str) -> list[Movie]: ...

    def find(self, movie: Movie) -> Movie | None: ...

    def by_id(self, name: str) -> Movie | None: ...


def is_stand_in(movie: Movie) -> bool:
    """Whether this is the record of a torrent whose film nobody could tell: on no list, known by its name."""
    ids = (movie.imdb_id, movie.film_id, movie.lid, movie.slug)
    return movie.status == COMPLETED and bool(movie.torrent_hash) and not movie.lists and not any(ids)


def claim_torrents(
    torrents: Iterable[OurTorrent], films: Films, sources: Sources
) -> Iterator[Claim | Unclear]:
    """What to change so that each of these torrents belongs to a completed film."""
    books = _Books(films, sources)
    yield from filter(None, map(books.settle, torrents))


class _Books:
    """The films of all queues, by what may connect them to a torrent."""

    def __init__(self, films: Films, sources: Sources) -> None:
        self._films = films
        self._sources = sources
        self._known = [movie for queue in QUEUES for movie in films.films(queue)]
        self._by_hash: dict[str, list[Movie]] = {}
        for movie in self._known:
            if movie.torrent_hash:
                self._by_hash.setdefault(movie.torrent_hash.lower(), []).append(movie)
        self._by_release = {
            release_key(movie.release.name): movie for movie in self._known if movie.release is not None
        }
        self._by_chosen = {release_key(one.chosen): one for one in sources.searches if one.chosen}
        self._by_refused: dict[str, list[Search]] = {}
        for search in sources.searches:
            for name in search.refused:
                self._by_refused.setdefault(release_key(name), []).append(search)
        self._made: list[Movie] = []

    def settle(self, torrent: OurTorrent) -> Claim | Unclear | None:
        """What has to be done about one torrent."""
        holders = [movie for one in sorted(torrent.hashes) for movie in self._by_hash.get(one, ())]
        stand_in = next(filter(is_stand_in, holders), None)
        holder = next((movie for movie in holders if not is_stand_in(movie)), None)
        if holder is not None:
            settled = holder.status in (REMOVED, FORGOTTEN) or (holder.status == COMPLETED and not stand_in)
            return None if settled else self._claim(torrent, holder, stand_in)
        told = self._sources.told.with_torrent(torrent.hashes)
        if told is not None and (told.torrent_hash or "").lower() not in torrent.hashes:
            # The film gave it up, for another one or because the user asked for another try.
            return None
        fitting = self._fitting(torrent, told)
        if len(fitting) > 1:
            return Unclear(torrent, tuple(fitting))
        if fitting:
            return self._claim(torrent, fitting[0], stand_in) if _takes(fitting[0]) else None
        return None if stand_in else self._stand_in(torrent)

    def _stand_in(self, torrent: OurTorrent) -> Claim | None:
        made = film_by_name(torrent.name)
        known = any(same_film(made, other) for other in self._made) or self._films.find(made) is not None
        return None if known else self._claim(torrent, made, None)

    def _claim(self, torrent: OurTorrent, movie: Movie, stand_in: Movie | None) -> Claim:
        done = handed_over(movie, torrent)
        if stand_in is not None:
            done = replace(done, aliases=tuple(dict.fromkeys((*done.aliases, stand_in.id))))
        self._made.append(done)
        return Claim(torrent, done, stand_in)

    def _fitting(self, torrent: OurTorrent, told: Movie | None) -> list[Movie]:
        """The film this torrent belongs to, by the best evidence there is; several if that leaves a doubt."""
        known = (self._films.find(told) or told) if told is not None else None
        if known is not None and not is_stand_in(known):
            return [known]
        key = release_key(torrent.name)
        if key in self._by_release and not is_stand_in(self._by_release[key]):
            return [self._by_release[key]]
        if key in self._by_chosen:
            return [self._searched(self._by_chosen[key])]
        entry = Entry(torrent.name, "")
        films = [movie for movie in self._known if not is_stand_in(movie)]
        return (
            self._named(entry, films) or self._named(entry, self._sources.pages) or self._refused(entry, key)
        )

    def _named(self, entry: Entry, movies: Iterable[Movie]) -> list[Movie]:
        found = [movie for movie in movies if find_entry(movie, [entry]) is not None]
        exact = [movie for movie in found if movie.year == entry.reading.year] or found
        by_id = [movie for movie in exact if movie.imdb_id in entry.reading.ids]
        return by_id or exact

    def _refused(self, entry: Entry, key: str) -> list[Movie]:
        """The film whose last search saw this release, found by its id under a title of another language."""
        films = [self._searched(search) for search in self._by_refused.get(key, ())]
        year = entry.reading.year
        return [movie for movie in films if year and movie.year and abs(movie.year - year) <= 1]

    def _searched(self, search: Search) -> Movie:
        title, year = split_title_year(search.label)
        film = movie_from({"id": search.id, "title": title or search.label, "year": year})
        page = next((page for page in self._sources.pages if search.id in names_of(page)), film)
        return self._films.by_id(search.id) or self._films.find(page) or page


def _takes(movie: Movie) -> bool:
    """Whether a film may be given a torrent: not one that has another, was dropped, or left the list."""
    if movie.status == COMPLETED:
        return not movie.torrent_hash
    return movie.status not in (REMOVED, FORGOTTEN)


def handed_over(movie: Movie, torrent: OurTorrent) -> Movie:
    """The film as it is once this torrent of ours was handed over for it."""
    return replace(
        movie,
        status=COMPLETED,
        torrent_hash=torrent.hash,
        owned=True,
        completed_at=movie.completed_at or torrent.added_at,
        downloaded_at=movie.downloaded_at or torrent.finished_at,
        not_before=0,
        unreachable_at=None,
    )


def film_by_name(name: str) -> Movie:
    """A film known by a torrent's name alone; a list with exactly that title and year takes it over."""
    title, year = split_title_year(name)
    ids = imdb_ids(name)
    movie = Movie(title=title or name, year=year, imdb_id=ids[0] if ids else None)
    return with_id(movie, natural_id(movie))


def release_key(name: str) -> str:
    """What a release's name on the tracker and its torrent's name have in common."""
    parts = read_name(name)
    return re.sub(r"[\W_]+", ".", f"{parts.title} {parts.year} {parts.rest}".casefold()).strip(".")


# --- what becomes of a film whose torrent qBittorrent lost

ADD, GONE, MOVED, UNSEEN, NO_TORRENT = "add", "gone", "moved", "unseen", "no torrent"


def way_back(movie: Movie, *, kept: bool, files_there: bool | None, elsewhere: bool) -> str:
    """Whether to hand over again: what is unfinished, and what is there to the byte.

    `files_there` is None where the files cannot be seen; `elsewhere`: the film lies at another place.
    """
    if movie.downloaded_at and not files_there:
        return UNSEEN if files_there is None else MOVED if elsewhere else GONE
    return ADD if kept else NO_TORRENT
