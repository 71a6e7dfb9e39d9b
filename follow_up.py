"""From handed over to really there: follows our torrents until a film of theirs lies on the disk.

Called by DownloadWorker. One request for all of them; asks soon after a hand-over, then less and less
often, at most once a minute, and not at all while nothing of ours runs. How far a torrent is stays in memory;
what is concluded is written. Takes out of qBittorrent only what lost against another release.
"""

import logging
import time
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Protocol

from msgspec.structs import replace

import stalls
from absence import Absences, Verdict
from errors import FilmFault
from finished import ContentClient, Finished
from history import event_of
from in_flight import MOST_RELEASES, in_flight, retried, running, tries, with_latest, without
from leftovers import LeftoverClient, least_done, take_out
from movie import Movie
from places import DownloadPlace
from qbittorrent_manager import HandOver, TorrentStatus
from queue_files import COMPLETED, FAILED, PENDING
from queue_manager import QueueManager
from report import duration
from services import Services
from stalls import Seen
from torrent_file import TorrentFile
from torrent_store import kept_torrent

logger = logging.getLogger(__name__)

SOONEST, LATEST = 2.0, 60.0
DAY = 24 * 3600
FAULTS = frozenset({"error", "missingFiles"})
"""States that tell of a disk: full, not mounted, not writable."""

Torrents = Mapping[str, TorrentStatus]


class OurTorrents(ContentClient, LeftoverClient, Protocol):
    """What the follow-up asks of qBittorrent."""

    connections: int

    def ours(self) -> tuple[TorrentStatus, ...]:
        """The torrents with our tag."""

    def is_online(self) -> bool:
        """Whether it reaches the network."""

    def hand_over(self, torrent: TorrentFile) -> HandOver:
        """Take a torrent."""


class FollowUp:
    """Follows films until they are on the disk, and says which of them need another release.

    `stalled_after`: seconds of standing still after which they do; 0: never. With `links` finished films are
    noted as due for a link.
    """

    def __init__(
        self,
        queue: QueueManager,
        client: OurTorrents,
        services: Services,
        place: DownloadPlace,
        finished: Finished,
        stalled_after: float,
        say: Callable[[str], None],
        now: Callable[[], float] = time.time,
        *,
        links: bool = False,
    ) -> None:
        self._queue = queue
        self._client = client
        self._services = services
        self._place = place
        self._finished = finished
        self._stalled_after = stalled_after
        self._links = links
        self._say = say
        self._now = now
        self._absences = Absences(client)
        self._seen: dict[str, Seen] = {}
        self._useless: dict[str, str] = {}
        self._put_off: dict[str, float] = {}
        self._needs: dict[str, str] = {}
        self._told: set[str] = set()
        self._cleared: set[str] = set()
        self._interval = SOONEST
        self._next_look = 0.0
        self._state_proven = False

    def doubt_state(self) -> None:
        """State could not be written: the next look proves that it can before it asks anybody."""
        self._state_proven = False

    def hurry(self, torrent_hash: str = "") -> None:
        """Something was just handed over: look again soon."""
        if torrent_hash:
            self._absences.handed_over(torrent_hash, self._now())
        self._interval = SOONEST
        self._next_look = min(self._next_look, self._now() + SOONEST)

    def next_due(self) -> float | None:
        """When to look again, or None while nothing runs."""
        return self._next_look if self._followed() else None

    def look(self) -> bool:
        """If it is time, ask, and note what became of our torrents; True if qBittorrent was asked.

        Raises what stands in the way of asking, and `PlaceUnavailable`: without its disk nothing follows.
        """
        now = self._now()
        if now < self._next_look <= now + LATEST:
            return False
        films = self._followed()
        if not films:
            return False
        if not self._state_proven:
            self._queue.note(films[0], films[0].status)
            self._state_proven = True
        self._next_look = now + self._interval
        self._interval = min(2 * self._interval, LATEST)
        self._place.check()
        torrents = self._client.ours()
        self._services.succeeded("qbittorrent")
        self._compare(torrents, now)
        by_hash = {one: torrent for torrent in torrents for one in hashes_of(torrent)}
        for movie in films:
            self._follow(movie, by_hash)
        self._settle_absent(films, by_hash)
        return True

    def _followed(self) -> list[Movie]:
        completed, now = self._queue.films(COMPLETED), self._now()
        back = (movie for movie in completed if self._absences.may_come_back(movie, now))
        return [*running(completed), *back, *retried(self._queue.films(PENDING) + self._queue.films(FAILED))]

    def _compare(self, torrents: Iterable[TorrentStatus], now: float) -> None:
        """Remember what this look saw. Whether qBittorrent is online is asked only where it matters."""
        listed = tuple(torrents)
        standing = any(stalls.is_standing(torrent, self._seen.get(torrent.hash)) for torrent in listed)
        online = not (standing and self._stalled_after) or self._client.is_online()
        self._seen = stalls.seen_now(self._seen, listed, now, online=online)

    # --- what is there

    def _follow(self, movie: Movie, by_hash: Torrents) -> None:
        mine = {one: by_hash[one] for one in in_flight(movie) if one in by_hash}
        self._needs.pop(movie.id, None)
        if movie.status != COMPLETED:
            self._settle_retried(movie, mine)
            return
        if movie.removed_by_user and mine:
            self._back_again(movie)
            return
        for torrent_hash, torrent in mine.items():
            movie = self._note_seen(movie, torrent_hash)
            self._report(movie, torrent)
            if torrent.complete and self._is_there(movie, torrent):
                self._finish(movie, torrent_hash, mine)
                return
        if len(mine) == len(in_flight(movie)):
            self._judge(movie, mine)

    def _back_again(self, movie: Movie) -> None:
        self._queue.note(movie, COMPLETED, "back in qBittorrent", removed_by_user=False)
        self._say(f"   ✓ {movie.label}: its torrent is in qBittorrent again")

    def _note_seen(self, movie: Movie, torrent_hash: str) -> Movie:
        unseen = movie.unseen and torrent_hash == movie.torrent_hash
        saved = self._absences.seen(torrent_hash, self._now(), unseen=unseen)
        noted = self._queue.note(movie, COMPLETED, unseen=False) if unseen and saved else None
        return noted or movie

    def _settle_retried(self, movie: Movie, mine: Torrents) -> None:
        """One of the torrents beside which `--retry` wants another one is complete after all."""
        complete = (one.hash for one in movie.tried if one.hash in mine and mine[one.hash].complete)
        done = next((one for one in complete if mine[one].hash not in self._useless), None)
        if done is None:
            return
        # What was chosen since was not handed over.
        chosen = with_latest(replace(movie, torrent_hash=None), done, "")
        facts = {key: chosen[key] for key in ("release", "torrent_hash", "tried")}
        # Killed after this, the film is handed over: its torrent is there.
        if noted := self._queue.note(movie, movie.status, **facts):
            self._queue.add_to_completed(noted)
            self.hurry()

    def _report(self, movie: Movie, torrent: TorrentStatus) -> None:
        if torrent.state in FAULTS:
            text = (
                f"{movie.label}: qBittorrent reports “{torrent.state}” for {torrent.name}. Is its disk "
                "mounted, writable and not full? The log of qBittorrent has the reason. The film waits."
            )
            self._tell(f"fault {torrent.hash}", text)
            return
        if not torrent.complete:
            self._told.discard(f"fault {torrent.hash}")
        logger.debug(
            "movie=%s %s: %.1f%% of %d bytes, %d bytes a second",
            movie.label,
            torrent.state,
            100 * torrent.progress,
            torrent.size,
            torrent.speed,
        )

    def _is_there(self, movie: Movie, torrent: TorrentStatus) -> bool:
        """Whether the files of a complete torrent are a film, and lie where they should."""
        look = self._finished.look_into(torrent)
        if look.fault:
            self._tell(f"fault {torrent.hash}", f"{movie.label}: {look.fault} The film waits.")
        elif look.no_film:
            self._useless[torrent.hash] = look.no_film
            text = (
                f"{movie.label}: {torrent.name} is no film, {look.no_film}. Another release is looked for; "
                "this one is left for you to remove from qBittorrent."
            )
            self._tell(f"no film {torrent.hash}", text)
        return look.is_there

    def _tell(self, topic: str, text: str) -> None:
        if topic not in self._told:
            self._told.add(topic)
            logger.warning("%s", text)
            self._say(f"⚠️  {text}")

    def _finish(self, movie: Movie, winner: str, mine: Torrents) -> None:
        """The first complete release wins. The others go before that is written: a crash repeats it.

        Written by the look after that, for a qBittorrent that is killed right now has them again.
        """
        others = [torrent for torrent in mine.values() if torrent.hash != mine[winner].hash]
        taken_out = [self._take_out(movie, torrent) for torrent in others]
        if any(taken_out) and movie.id not in self._cleared:
            self._cleared.add(movie.id)
            self.hurry()
            return
        done = with_latest(movie, winner, "was slower than another one")
        noted = self._queue.note(
            movie,
            COMPLETED,
            "downloaded",
            downloaded_at=int(self._now()),
            link_due=self._links,
            release=done.release,
            torrent_hash=done.torrent_hash,
            tried=tuple(replace(one, running=False) for one in done.tried),
            unseen=False,
        )
        if noted is not None:
            self._say(f"✅ Download completed: {movie.label}")

    def _take_out(self, movie: Movie, torrent: TorrentStatus) -> bool:
        gone = take_out(self._client, torrent.hash)
        if gone:
            self._queue.history.append([event_of(movie, "taken out", torrent=torrent.name)])
            logger.info("movie=%s taken out of qBittorrent: %s", movie.label, torrent.name)
        return gone

    # --- what stands still

    def _judge(self, movie: Movie, mine: Torrents) -> None:
        """Whether none of the film's torrents goes on, so that another release is needed."""
        if len(mine) >= MOST_RELEASES:
            self._drop_least_done(movie, mine)
        reasons = {one: self._standstill(torrent) for one, torrent in mine.items()}
        if not all(reasons.values()):
            return
        if tries(movie) >= MOST_RELEASES:
            text = (
                f"{movie.label}: {MOST_RELEASES} releases were tried and none of them came. They are left in "
                "qBittorrent; `--retry` looks for others."
            )
            self._tell(f"most {movie.torrent_hash}", text)
            return
        self._needs[movie.id] = reasons[in_flight(movie)[0]]

    def _drop_least_done(self, movie: Movie, mine: Torrents) -> None:
        """One replacement is in flight beside the release that got furthest."""
        earlier = [torrent for one, torrent in mine.items() if one != movie.torrent_hash]
        loser = least_done(earlier)
        if self._take_out(movie, loser):
            self._queue.note(movie, COMPLETED, tried=without(movie, hashes_of(loser)).tried)

    def _standstill(self, torrent: TorrentStatus) -> str:
        """Why nothing is to be expected of a torrent, as the end of a sentence; "" if something is."""
        if torrent.hash in self._useless:
            return f"was no film: {self._useless[torrent.hash]}"
        seen = self._seen[torrent.hash]
        if self._stalled_after and seen.still_for >= self._stalled_after and torrent.state in stalls.STALLED:
            return f"stood still for {duration(seen.still_for)}"
        return ""

    def _is_put_off(self, movie: Movie) -> bool:
        now = self._now()
        return now < self._put_off.get(movie.id, 0.0) <= now + max(self._stalled_after or DAY, LATEST)

    def next_to_replace(self) -> tuple[Movie, str] | None:
        """A film that needs another release, and why: what its latest one did, as the end of a sentence."""
        for movie in running(self._queue.films(COMPLETED)):
            if movie.id in self._needs and not self._is_put_off(movie):
                return movie, self._needs[movie.id]
        return None

    def put_off(self, movie: Movie, seconds: float | None = None) -> None:
        """There is no other release for now: the film is looked at again after another `stalled_after`."""
        self._put_off[movie.id] = self._now() + (seconds or self._stalled_after or DAY)

    # --- what is gone

    def _settle_absent(self, films: Iterable[Movie], by_hash: Torrents) -> None:
        sure = []
        for movie in films:
            settled = movie.removed_by_user or movie.status != COMPLETED
            absent = () if settled else [one for one in in_flight(movie) if one not in by_hash]
            known = [self._absences.is_sure(one, self._now()) for one in absent]
            if absent and all(known):
                sure.append((movie, absent))
            elif absent:
                self.hurry()
        if sure:
            there = {one for torrent in self._client.torrents() for one in hashes_of(torrent)}
            for movie, absent in sure:
                self._conclude(movie, {one: self._judge_absent(movie, one, there) for one in absent})

    def _judge_absent(self, movie: Movie, torrent_hash: str, there: Container[str]) -> Verdict:
        unseen = movie.unseen and torrent_hash == movie.torrent_hash
        return self._absences.judge(torrent_hash, there=torrent_hash in there, unseen=unseen)

    def _conclude(self, movie: Movie, verdicts: Mapping[str, Verdict]) -> None:
        """A film misses torrents of its own, for good."""
        lost = next((one for one, verdict in verdicts.items() if verdict is Verdict.LOST), None)
        if lost is not None and self._hand_over_again(movie, lost):
            self.hurry(lost)
        elif len(verdicts) < len(in_flight(movie)):
            left = without(movie, verdicts)
            self._queue.note(
                movie,
                COMPLETED,
                "removed by the user",
                release=left.release,
                torrent_hash=left.torrent_hash,
                tried=left.tried,
                unseen=left.unseen,
            )
        elif Verdict.DISOWNED in verdicts.values():
            self._queue.note(movie, COMPLETED, "disowned", owned=False)
            self._say(f"   ⊘ {movie.label}: our tag was taken off its torrent, so it is yours now")
        else:
            self._queue.note(movie, COMPLETED, "removed by the user", removed_by_user=True)
            self._absences.removed(movie, self._now())
            self._say(
                f"🗑️  {movie.label}: its torrent was removed from qBittorrent; it is left alone "
                "(--retry hands it over again)"
            )

    def _hand_over_again(self, movie: Movie, torrent_hash: str) -> bool:
        torrent = kept_torrent(self._queue.folder, torrent_hash)
        if torrent is None:
            return False
        try:
            self._client.hand_over(torrent)
        except FilmFault as error:
            logger.warning("movie=%s not added again: %s", movie.label, error)
            return False
        self._queue.history.append([event_of(movie, "added again")])
        return True


def hashes_of(torrent: TorrentStatus) -> set[str]:
    """Every 40-digit id this torrent may be known by."""
    return {h[:40].lower() for h in (torrent.hash, torrent.infohash_v1, torrent.infohash_v2) if h}
