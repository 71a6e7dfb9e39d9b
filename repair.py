"""`--repair`: a damaged or lost state folder is put together again, so that no film is fetched twice.

Files first (`repair_files`), then films that only the history knows, then the torrents in qBittorrent that
are ours, then torrents that qBittorrent lost; `repair_plan` decides what to conclude. Called by the main
thread under the daemon's lock. Asks neither Letterboxd nor FileList, deletes nothing. It can be killed at any
point and run again; on a healthy folder it changes no byte.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace

import storage
from errors import FilmFault, NoSpace, PlaceUnavailable, ServiceError
from film_store import film_key, was_read
from follow_up import hashes_of
from history import History, event_of
from library import Library, find_entry
from list_memory import Lists
from movie import FilmFacts, Movie
from new_films import with_facts
from places import DownloadPlace
from qbittorrent_manager import HandOver, TorrentStatus
from queue_files import COMPLETED
from queue_store import QueueStore
from repair_files import Account, Mended, mend_files
from repair_plan import (
    ADD,
    GONE,
    LOST,
    MOVED,
    NO_TORRENT,
    Claim,
    OurTorrent,
    Search,
    Sources,
    Told,
    Unclear,
    claim_torrents,
    way_back,
)
from services import Services
from torrent_file import TorrentFile
from torrent_store import kept_torrent

EXIT_OK, EXIT_FAILED = 0, 1


class RepairClient(Protocol):
    """What a repair asks of qBittorrent."""

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents."""

    def ours(self) -> tuple[TorrentStatus, ...]:
        """Those with our tag."""

    def hand_over(self, torrent: TorrentFile) -> HandOver:
        """Hand one over; harmless if it is there."""


def repair(
    folder: Path,
    client: RepairClient | None,
    place: DownloadPlace,
    library: Library,
    say: Callable[[str], None],
    now: Callable[[], float],
    *,
    fingerprint: Callable[[str], str] = lambda _: "",
    trouble: str | None = None,
) -> int:
    """Put the state folder right, as far as it can be; 1 if something could not be, which is said.

    `client` is None where qBittorrent is not used, or cannot be for the reason in `trouble`. Raises
    `StateError` for a folder that a newer program wrote, `StateWriteError` while nothing can be written: then
    what was done so far stands.
    """
    account = Account(say)
    mended = mend_files(folder, place.directory, account, int(now()))
    if account.failed:
        account.note("Nothing else was looked at: mend these, then run `--repair` again.")
        return EXIT_FAILED
    work = _Repair(folder, place, library, account, now)
    work.bring_back()
    if trouble is not None:
        account.fail(f"{trouble} qBittorrent was not asked.")
    elif client is not None:
        work.ask(client, Services(folder, fingerprint, now))
    work.look_for(mended)
    return _conclude(account, say)


def _conclude(account: Account, say: Callable[[str], None]) -> int:
    if account.failed:
        say("\nNot everything could be repaired: see the lines with ❌.")
        return EXIT_FAILED
    changed = account.wrongs or account.deeds
    say("\n✓ Repaired." if changed else "✓ Nothing to repair")
    return EXIT_OK


class _Repair:
    """The steps after the files. Each takes the queues as it finds them, and is on disk when it returns."""

    def __init__(
        self,
        folder: Path,
        place: DownloadPlace,
        library: Library,
        account: Account,
        now: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._place = place
        self._library = library
        self._account = account
        self._now = now
        self._history = History(folder, now)
        self._store = QueueStore(folder, now)
        self._told = Told(self._history.events())

    # --- the history

    def bring_back(self) -> None:
        """Films that the history knows and no queue holds go where the history last saw them."""
        with self._store.changing():
            back = [
                self._store.put(self._new(movie), movie.status)
                for movie in self._told.films
                if self._store.find(movie) is None
            ]
        self._record(_moved(movie, LOST, "the history knows it") for movie in back)
        for movie in back:
            self._account.done(f"{movie.label} is back from the history: {movie.status}")

    def look_for(self, mended: Mended) -> None:
        """Say what became of the entries that could not be read, now that everything else is done."""
        with self._store.locked():
            lost = [(name, film) for name, film in mended.films if self._known(film) is None]
        for name, film in lost:
            self._account.fail(f"{film.label} [{film.id or 'no id'}] of {name} is lost: look into its copy")
        for entry in mended.unnamed:
            if self._told.films:
                self._account.note(f"{entry}: its films are taken from the history")
            else:
                self._account.fail(f"{entry}, and there is no history: look into its copy")

    def _known(self, film: Movie) -> Movie | None:
        return self._store.find(film) or (self._store.by_id(film.id) if film.id else None)

    # --- qBittorrent

    def ask(self, client: RepairClient, services: Services) -> None:
        """Everything for which qBittorrent is needed; trouble with it is said and stops this part alone."""
        rest = services.resting("qbittorrent")
        if rest is not None:
            self._account.fail(
                f"{rest.reason} qBittorrent is left alone until that is mended (`--retry all` asks it "
                "again); its torrents were not looked at."
            )
            return
        try:
            everything, ours = client.torrents(), client.ours()
            there = frozenset(one for torrent in everything for one in hashes_of(torrent))
            self._claim([_ours(torrent, int(self._now())) for torrent in ours])
            self._claim(self._kept_with_files(there))
            self._hand_over_again(client, there)
        except ServiceError as error:
            services.failed(error)
            self._account.fail(f"{error} What needs qBittorrent was left out; run `--repair` again.")
        except PlaceUnavailable as error:
            self._account.fail(f"{error} Torrents that qBittorrent lost were not added again.")

    def _claim(self, torrents: Sequence[OurTorrent]) -> None:
        """Make each torrent of ours the torrent of a completed film."""
        if not torrents:
            return
        sources = Sources(self._told, tuple(_searches(self._folder)), tuple(_pages(self._folder)))
        with self._store.changing():
            plan = list(claim_torrents(torrents, self._store, sources))
            claims = [step for step in plan if isinstance(step, Claim)]
            events = [self._carry_out(claim) for claim in claims]
        self._record(events)
        for claim in claims:
            self._account.done(f"{claim.movie.label} is completed: its torrent is {claim.torrent.name}")
        for step in plan:
            if isinstance(step, Unclear):
                films = ", ".join(f"{movie.label} [{movie.id}]" for movie in step.films)
                self._account.fail(
                    f"{step.torrent.name} may be the torrent of {films}. Write `torrent_hash` "
                    f'"{step.torrent.hash}" into the right one\'s entry, then run `--repair` again.'
                )

    def _carry_out(self, claim: Claim) -> dict[str, Any]:
        if claim.stand_in is not None:
            self._store.drop(claim.stand_in)
        known = self._store.find(claim.movie)
        source = self._store.place(known) if known else None
        movie = claim.movie if known and known.id == claim.movie.id else self._new(claim.movie)
        return _moved(self._store.put(movie, COMPLETED), source or LOST, "its torrent is there")

    def _new(self, movie: Movie) -> Movie:
        """A film that no queue holds; the id it had may be another film's by now."""
        return replace(movie, id="") if self._store.place(movie) else movie

    def _kept_with_files(self, there: frozenset[str]) -> list[OurTorrent]:
        """Kept torrents that neither a film nor qBittorrent knows any more, while their files lie there."""
        with self._store.locked():
            known = {m.torrent_hash.lower() for m in self._store.films(COMPLETED) if m.torrent_hash}
        found = []
        for path in sorted((self._folder / "torrents").glob("*.torrent")):
            torrent = kept_torrent(self._folder, path.stem)
            if torrent is None or {*torrent.candidates} & (there | known) or not self._files_there(torrent):
                continue
            ids = frozenset(torrent.candidates)
            # Files of the right size may still have holes: qBittorrent is to look through them first.
            found.append(OurTorrent(torrent.info_hash, ids, torrent.name, int(self._now()), None))
        return found

    def _hand_over_again(self, client: RepairClient, there: frozenset[str]) -> None:
        """Add the kept torrent of each film of ours that qBittorrent lost and that is worth having again."""
        with self._store.locked():
            completed = self._store.films(COMPLETED)
        ours = [m for m in completed if m.owned and m.torrent_hash and not m.removed_by_user]
        lost = [m for m in ours if str(m.torrent_hash).lower() not in there]
        if lost:
            self._place.check()
        for movie in lost:
            torrent = kept_torrent(self._folder, str(movie.torrent_hash).lower())
            files_there = self._files_there(torrent) if self._place.here and torrent else None
            where = self._elsewhere(movie) if movie.downloaded_at and not files_there else None
            step = way_back(
                movie, kept=torrent is not None, files_there=files_there, elsewhere=where is not None
            )
            if step == ADD and torrent is not None:
                self._add(client, movie, torrent, complete=bool(files_there))
            elif step == NO_TORRENT and not movie.downloaded_at:
                self._account.fail(
                    f"{movie.label}: qBittorrent lost its unfinished torrent, and no copy of it was kept. "
                    f"`--retry {movie.id}` fetches it anew."
                )
            elif step != NO_TORRENT:
                self._account.note(f"{movie.label}: {_LEFT_ALONE[step].format(where=where)}")

    def _add(self, client: RepairClient, movie: Movie, torrent: TorrentFile, *, complete: bool) -> None:
        try:
            if not complete:
                self._place.require_room(torrent.size)
            handed = client.hand_over(torrent)
        except (FilmFault, NoSpace) as error:
            self._account.fail(f"{movie.label}: {error}")
            return
        self._record([event_of(movie, "added again")])
        if handed.owned != movie.owned:
            self._note(movie, owned=handed.owned)
        state = "its files are there" if complete else "it goes on downloading"
        self._account.done(f"{movie.label} was added to qBittorrent again: {state}")

    def _note(self, movie: Movie, **fields: Any) -> None:
        with self._store.changing():
            known = self._store.find(movie)
            if known is not None and known.status == COMPLETED:
                self._store.put(replace(known, **fields), COMPLETED)

    def _files_there(self, torrent: TorrentFile) -> bool:
        """Whether every file of it lies in the download directory in its full size."""
        return self._place.here and all(
            _size_of(self._place.directory / path) == size for path, size in torrent.files
        )

    def _elsewhere(self, movie: Movie) -> str | None:
        """Where a film lies that is not where its torrent would look."""
        try:
            entries = self._library.entries() if self._place.here else ()
        except PlaceUnavailable:
            return None
        entry = find_entry(movie, entries)
        return entry.where if entry else None

    def _record(self, events: Iterable[dict[str, Any]]) -> None:
        self._history.append(events)


_LEFT_ALONE = {
    GONE: "finished, and its files are gone; left alone",
    MOVED: "its torrent is gone and its files lie elsewhere ({where}); left alone",
    "unseen": "finished; its files cannot be seen from here, so its torrent is not added again",
}


def _moved(movie: Movie, source: str, reason: str) -> dict[str, Any]:
    return event_of(movie, "moved", **{"from": source, "to": movie.status, "reason": f"repaired: {reason}"})


def _ours(torrent: TorrentStatus, now: int) -> OurTorrent:
    return OurTorrent(
        hash=(torrent.infohash_v1 or torrent.hash).lower(),
        hashes=frozenset(hashes_of(torrent)),
        name=torrent.name,
        added_at=torrent.added_on or now,
        finished_at=(torrent.completion_on or now) if torrent.complete else None,
    )


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _searches(folder: Path) -> Iterator[Search]:
    """The accounts of `searches/`, without what a hand may have put there."""
    for path in sorted((folder / "searches").glob("*.json")):
        account = storage.read_json(path, dict[str, Any], {})
        chosen, refused = account.get("chosen"), account.get("refused")
        rows = refused if isinstance(refused, list) else []
        yield Search(
            id=str(account.get("id") or ""),
            label=str(account.get("title") or ""),
            chosen=_name(chosen),
            refused=tuple(filter(None, map(_name, rows))),
        )


def _name(row: Any) -> str | None:
    name = row.get("name") if isinstance(row, dict) else None
    return name if isinstance(name, str) else None


def _pages(folder: Path) -> Iterator[Movie]:
    """The films whose pages were read, with the lists that had them when these were last read in full."""
    on: dict[str, list[str]] = {}
    for name, known in Lists(folder).all().items():
        for key in known.films:
            on.setdefault(key, []).append(name)
    for facts in storage.read_json(folder / "films.json", dict[str, FilmFacts], {}).values():
        if facts.kind != "series" and was_read(facts):
            names = tuple(on.get(film_key(facts), ()))
            yield with_facts(Movie(title=facts.title, slug=facts.slug, lists=names), facts)
