"""How films leave the queues and come back: off a list, removed, cleaned up, brought back.

Base of `QueueManager`. Deletes no file: whoever does tells the queues here. Like every change of theirs it
is on disk when it returns.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from history import CLEANED_UP, event_of
from movie import MANUAL_LIST, Movie
from queue_files import COMPLETED, FORGOTTEN, PENDING, REMOVED
from retries import FRESH
from transitions import Transitions


class Departures(Transitions):
    """The changes of films that are not wanted any more."""

    def unlist(self, movies: Iterable[Movie], list_name: str) -> None:
        """The films are not on this list any more, while others want them."""
        self._replace_all(
            movies,
            lambda known, _: replace(known, lists=tuple(name for name in known.lists if name != list_name)),
        )

    def mark_removed(self, movies: Iterable[Movie], list_name: str) -> list[Movie]:
        """The films left this list, their last one: they wait in the removed queue. One write a file.

        `watched_on` of each is kept. A film that is gone, is there already, or is wanted by another list by
        now, is left out.
        """
        leaving = list(movies)
        marked = []
        with self._changing():
            for movie in leaving:
                known = self._store.find(movie)
                place = self._store.place(known) if known else None
                if known is None or place in (None, REMOVED, FORGOTTEN) or {*known.lists} - {list_name}:
                    continue
                gone = replace(
                    known,
                    removed_at=int(self._now()),
                    removed_from=place,
                    missing_for=0,
                    watched_on=movie.watched_on,
                )
                why = f"watched on {movie.watched_on}, left" if movie.watched_on else "left"
                marked.append(self._move(gone, REMOVED, f"{why} {list_name}"))
        return marked

    def add_missing(self, movies: Iterable[Movie], seconds: int) -> None:
        """Removed films were missed for so much longer; `watched_on` of each is kept."""
        self._replace_all(
            movies,
            lambda known, seen: replace(
                known, missing_for=known.missing_for + seconds, watched_on=seen.watched_on
            ),
        )
        self._tell_listeners()  # the grace of one may be over

    def let_go(self, movie: Movie) -> bool:
        """Take a removed film out of every queue; a list that shows it again makes it a new one.

        False if it is wanted again. One that is in no queue any more was let go already.
        """
        with self._changing():
            known = self._store.find(movie)
            if known is None:
                return True
            if self._store.place(known) != REMOVED or known.removed_at != movie.removed_at:
                return False
            self._store.drop(known)
            self._events.append(event_of(known, CLEANED_UP))
        return True

    def fetch_again(self, movie: Movie) -> None:
        """A film that is wanted again, and whose files are deleted already, is fetched as a new one is."""
        with self._changing():
            known = self._store.find(movie)
            if (
                known is None
                or self._store.place(known) != COMPLETED
                or known.torrent_hash != movie.torrent_hash
            ):
                return
            anew = replace(known, **FRESH, release=None, torrent_hash=None, owned=None)
            self._move(
                replace(anew, linked=None, link_due=False), PENDING, "wanted again, and its files are gone"
            )
        self._tell_listeners()

    def bring_back(self, movie: Movie, *, linked_again: bool) -> Movie:
        """A film that was cleaned up is completed again, and wanted by the user, whatever the lists say."""
        with self._changing():
            known = self._store.find(movie)
            kept = {key: movie[key] for key in ("release", "torrent_hash", "owned", "tried")}
            there = {key: movie[key] for key in ("completed_at", "downloaded_at")}
            lists = tuple(dict.fromkeys((*(known.lists if known else ()), MANUAL_LIST)))
            back = replace(known or self._unplaced(movie), **FRESH)
            back = replace(back, **kept, **there, lists=lists, linked=None, link_due=linked_again)
            return self._move(back, COMPLETED, "brought back from the trash")
