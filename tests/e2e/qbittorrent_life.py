"""The whole life of two films beside a real qBittorrent, to which harm may be done at any request.

Real are worker, queues, client and daemon; the clock stands still while the daemon is busy and jumps to
where the worker would wake. Alien's best release is dead and gives way to another; Brazil's only one comes.
The user has torrents beside them, in the same category.
"""

import contextlib
import itertools
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import TAG, Bench, FakeTracker
from qbittorrent_faults import LOGIN, Call, FaultingProxy, Harm
from support import Clock, eventually

from demo.private_qbittorrent import PROGRAM, PrivateQBittorrent
from demo.torrents import DemoTorrent, make_release
from download_service import DownloadResult, Found, NoRelease, Release
from movie import ChosenRelease, FilmFacts, Movie
from places import DownloadPlace
from qbittorrent_manager import QBittorrentManager
from queue_files import COMPLETED, FAILED, PENDING
from torrent_file import read_torrent
from torrent_store import keep_torrent

CATEGORY = "Movies"
SECONDS = 1.5
"""How long the client waits for an answer."""
STALLED_AFTER = 5.0
LONGEST = 5 * 24 * 3600
"""Seconds of the worker's clock after which a life that has come to no end is a lost one."""
SETTLED = {"stalledDL", "stalledUP", "uploading", "missingFiles", "error"}
KIB = 2**10


def release(name: str) -> DemoTorrent:
    return make_release(name, "", size=200 * KIB)


DEAD = release("Alien.1999.2160p.UHD.BluRay.x265-GRP")
OFFERS = {
    "Alien": (DEAD, release("Alien.1999.1080p.BluRay.x264-GRP"), release("Alien.1999.720p.BluRay.x264-GRP")),
    "Brazil": (release("Brazil.1999.1080p.BluRay.x264-GRP"), release("Brazil.1999.720p.BluRay.x264-GRP")),
}
OURS = {torrent.info_hash: torrent for offers in OFFERS.values() for torrent in offers}
BEGUN_BY_USER, HAD_BY_USER = release("Holiday.2020.1080p"), release("Wedding.2021.1080p")


@dataclass(frozen=True)
class Login:
    """What the private qBittorrent takes."""

    username: str
    secret: str
    api_key: None = None


class Offers(FakeTracker):
    """The best release of a film that was not tried yet."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        super().__init__(folder)
        self._clock = clock

    def download_movie(
        self,
        movie: Movie,
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
        offered: Sequence[Release] = (),
    ) -> DownloadResult:
        self.asked.append(movie.title)
        tried = {one.hash for one in movie.tried}
        for torrent in OFFERS[movie.title]:
            if torrent.info_hash not in tried:
                return self._found(torrent)
        return NoRelease("No torrents found")

    def _found(self, torrent: DemoTorrent) -> Found:
        kept, name = read_torrent(torrent.data), torrent.name.removesuffix(".mkv")
        keep_torrent(self.folder, kept)
        now = int(self._clock())
        chosen = ChosenRelease(name=name, tracker=self.name, id=name, size=torrent.size, chosen_at=now)
        return Found(chosen, kept)


@dataclass(frozen=True)
class Told:
    """What came of one life: its calls, what must not be, how it ended, how often a tracker was asked."""

    calls: tuple[Call, ...]
    violations: tuple[str, ...]
    end: dict[str, Any]
    said: tuple[str, ...]
    searches: int

    @property
    def harmed(self) -> int:
        """How many requests met a fault; with other timing a call may be made less often, and none does."""
        return sum(bool(call.fault) for call in self.calls)

    @property
    def logins(self) -> list[Call]:
        return [call for call in self.calls if call.name == LOGIN]


class Stage:
    """A context manager: a qBittorrent with torrents of its user in it, for one life after the other."""

    def __init__(self, root: Path, program: Sequence[str] = (PROGRAM,)) -> None:
        self.root = root
        self.clock = Clock()
        self.daemon = PrivateQBittorrent(root / "qbittorrent", program=program)
        self.users = root / "users"
        self._open = contextlib.ExitStack()
        self._lives = 0

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.daemon)
            self.api = self.daemon.client()
            stack.callback(self.api.auth_log_out)
            self.proxy = stack.enter_context(FaultingProxy(self.daemon, self.clock))
            self._add_users_torrents()
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _add_users_torrents(self) -> None:
        HAD_BY_USER.write_content(self.users)
        for torrent in (BEGUN_BY_USER, HAD_BY_USER):
            tags = "mine" if torrent is BEGUN_BY_USER else None
            self.api.torrents_add(torrent_files=torrent.data, save_path=str(self.users), tags=tags)
        eventually(lambda: self.is_settled() and len(self.rows()) == 2, 20)

    def live(self, harm: Harm | None = None, *, elsewhere: bool = False) -> Told:
        """A life from the beginning; with `elsewhere` this machine does not see where the films are."""
        self._lives += 1
        root = self.root / f"life-{self._lives}"
        root.mkdir()
        self._empty()
        self.proxy.begin(harm)
        try:
            return _Life(self, root, elsewhere=elsewhere).live()
        finally:
            shutil.rmtree(root)

    def rows(self) -> dict[str, dict[str, Any]]:
        """All torrents by hash, as the user sees them."""
        return {str(row["hash"]): dict(row) for row in self.api.torrents_info()}

    def is_settled(self) -> bool:
        """Whether the daemon has nothing to do, and has all that it knows on its disk."""
        if not self.proxy.at_rest:
            return False
        rows, saved = self.rows(), list(self.daemon.root.rglob("*.fastresume"))
        return len(saved) == len(rows) and all(row["state"] in SETTLED for row in rows.values())

    def settle(self) -> None:
        """Wait for that; then the user puts what is theirs into the category that we made."""
        eventually(self.is_settled, 20)
        strangers = [one for one, row in self.rows().items() if one not in OURS and not row["category"]]
        if strangers and CATEGORY in self.api.torrents_categories():
            self.api.torrents_set_category(category=CATEGORY, torrent_hashes=strangers)
            eventually(lambda: all(self.rows()[one]["category"] for one in strangers))

    def _empty(self) -> None:
        """Nothing of ours."""
        mine = [one for one in self.rows() if one in OURS]
        if mine:
            self.api.torrents_delete(delete_files=True, torrent_hashes=mine)
        self.api.torrents_remove_categories(categories=CATEGORY)
        eventually(lambda: self.is_settled() and len(self.rows()) == 2, 20)


class _Life:
    """One life on a stage, in a folder of its own."""

    def __init__(self, stage: Stage, root: Path, *, elsewhere: bool) -> None:
        self.stage, self.proxy, self.clock = stage, stage.proxy, stage.clock
        self.bench = Bench(root, self.clock, elsewhere=elsewhere)
        self.tracker = Offers(self.bench.folder, self.clock)
        self.bench.trackers[:] = [self.tracker]
        if elsewhere:
            unseen = root / "another machine's"
            self.bench.place = DownloadPlace(unseen, self.bench.folder, we_write=False, elsewhere=True)
        self.client = self._client()
        self.bench.client = self.client  # type: ignore[assignment]  # the real thing in place of the fake
        self.bench.stalled_after = STALLED_AFTER
        self.proxy.before = self._deliver
        self.strangers = self._users_torrents()

    def _client(self) -> QBittorrentManager:
        daemon = self.stage.daemon
        settings = {
            "host": self.proxy.host,
            "port": self.proxy.port,
            "category": CATEGORY,
            "tag": TAG,
            "use_https": False,
            "verify_certificate": True,
            "speed_limit": None,
        }
        login, save_path = Login(daemon.username, daemon.password), str(self.bench.downloads)
        return QBittorrentManager(settings, login, save_path, threading.Event(), seconds=SECONDS)

    def _deliver(self, path: str, body: bytes) -> None:
        """All but the dead release are found complete as soon as they are added."""
        for torrent in OURS.values():
            if path.endswith("torrents/add") and torrent is not DEAD and torrent.data in body:
                torrent.write_content(self.bench.downloads)

    def live(self) -> Told:
        self.bench.want(*OFFERS)
        began, settled = self.clock(), -1
        while not self._is_over() and self.clock() - began < LONGEST:
            self.bench.run()
            if settled != len(self.proxy.calls) or not self.proxy.at_rest:
                self.stage.settle()
                settled = len(self.proxy.calls)
            due = self.bench.downloads_worker.next_due()
            self.clock.time = due if due > self.clock() else self.clock() + 1
        self.client.close()
        self.stage.settle()
        wrong = (*self._lost(), *self._doubled(), *self._not_ours(), *self._logins_too_soon())
        said, searches = tuple(self.bench.said), len(self.tracker.asked)
        return Told(tuple(self.proxy.calls), wrong, self._end(), said, searches)

    def _is_over(self) -> bool:
        films = self.bench.queue.films(COMPLETED)
        return len(films) == len(OFFERS) and all(film.downloaded_at for film in films)

    def _end(self) -> dict[str, Any]:
        """What must be the same however it came to that."""
        films = {film.title: film for film in self.bench.queue.films(COMPLETED)}
        return {
            "films": {
                title: (film.torrent_hash, film.owned, [(one.hash, one.running) for one in film.tried])
                for title, film in sorted(films.items())
            },
            "torrents": sorted(self.stage.rows()),
            "files": sorted(path.name for path in self.bench.downloads.glob("*.mkv")),
        }

    def _lost(self) -> Iterator[str]:
        """What stands in the way of "each film is completed"."""
        yield from (f"the proxy broke: {error!r}" for error in self.proxy.errors)
        if self.bench.downloads_worker.bugs:
            yield "a bug ended a step"
        left = [film for queue in (PENDING, FAILED) for film in self.bench.queue.films(queue)]
        if left or not self._is_over():
            yield f"lost, or not ended: {[(film.title, film.status, film.last_error) for film in left]}"

    def _doubled(self) -> Iterator[str]:
        """What stands in the way of "by one torrent, once"."""
        rows = self.stage.rows()
        for title, offers in OFFERS.items():
            there = [torrent for torrent in offers if torrent.info_hash in rows]
            if len(there) != 1 or there[0] is DEAD or not there[0].lies_in(self.bench.downloads):
                yield f"{title}: {[torrent.name for torrent in there]} in qBittorrent"
            said = self.bench.said_of(f"✅ Download completed: {title}")
            if said != 1:
                yield f"{title} was completed {said} times"

    def _not_ours(self) -> Iterator[str]:
        """What was done to the user's torrents, or left undone to mark ours."""
        if self._users_torrents() != self.strangers:
            yield f"touched: {self.strangers} became {self._users_torrents()}"
        ours = [row for one, row in self.stage.rows().items() if one in OURS]
        if any((row["category"], row["tags"]) != (CATEGORY, TAG) for row in ours):
            yield "one of ours is not marked as such"

    def _users_torrents(self) -> list[tuple[Any, ...]]:
        """What of the user's torrents nobody else may change."""
        rows = {one: row for one, row in self.stage.rows().items() if one not in OURS}
        kept = ("name", "tags", "save_path", "added_on", "amount_left", "dl_limit", "state")
        there = HAD_BY_USER.lies_in(self.stage.users)
        return sorted((one, there, *(row[key] for key in kept)) for one, row in rows.items())

    def _logins_too_soon(self) -> Iterator[str]:
        """After a refused login there must be none for as long as the refusal rests."""
        logins = [call for call in self.proxy.calls if call.name == LOGIN]
        for refused, following in itertools.pairwise(logins):
            after = following.at - refused.at
            if after < REFUSALS.get(refused.fault, 0):
                yield f"a login {after:.0f} s after one that was refused ({refused.fault})"


REFUSALS = {"403": 3600, "wrong, by 4.5 and 5.1": 24 * 3600, "wrong, by 5.3": 24 * 3600}
"""Seconds for which no login may follow one that met this."""
