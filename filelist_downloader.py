"""FileList as a tracker: searches its API, fetches the .torrent, proves it and keeps it.

Owns the requests to `api.php` and to `download.php` beside it, `torrents/` and `searches/`. Never touches a
queue, never decides which release is best (`release_choice`) or what an answer means (`filelist_answers`),
never asks twice by itself. Used by one thread at a time. Invariants: each API call is booked before it is
sent; the passkey travels in a header, and in the address of `download.php` alone, which knows no other way.
"""

import hashlib
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from call_ledger import CallLedger
from download_service import DownloadResult, Found, MovieDownloader, NoRelease, Refusal, Release
from errors import RateLimited, ServiceUnavailable
from filelist_answers import SERVICE, Rows, read_rows, refusal
from movie import ChosenRelease, FilmFacts, Movie, movie_from
from release_choice import Choice, Preferences, choose_release
from storage import write_json
from torrent_file import NotATorrent, TorrentFile, read_torrent
from torrent_store import keep_torrent
from web import Answer, WebClient

logger = logging.getLogger(__name__)

ROWS_A_CALL = 100
"""The most rows that one look at the newest uploads may ask for."""
TORRENTS_TRIED = 3
"""Releases whose .torrent is fetched in one attempt, where the better ones turn out to be unusable."""


@dataclass(frozen=True)
class Case:
    """A film to be chosen for: whether its name proves anything, and what its page says."""

    movie: Movie
    name_proves: bool = True
    facts: FilmFacts | None = None


@dataclass(frozen=True)
class Search:
    """What was asked for one film, what came, and what became of it. `unreadable` counts broken rows."""

    queries: tuple[str, ...]
    releases: tuple[Release, ...]
    unreadable: int
    choice: Choice


class _BadTorrent(Exception):
    """What this one release offers is no use; another may be."""


class FileListDownloader(MovieDownloader):
    """FileList.io, or a mirror of it.

    `web` has the full `api_url` as its base; `folder` is the state folder; blanks round `username` and
    `passkey` are dropped (they come along when copied from the site).
    """

    name = SERVICE

    def __init__(
        self,
        web: WebClient,
        username: str,
        passkey: str,
        preferences: Preferences,
        ledger: CallLedger,
        folder: Path,
        now: Callable[[], float],
    ) -> None:
        self._web = web
        self._auth = (username.strip(), passkey.strip())
        self._preferences = preferences
        self._ledger = ledger
        self._folder = folder
        self._now = now
        self._said_not_found = False

    def download_movie(
        self,
        movie: Movie | Mapping[str, Any],
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
        offered: Sequence[Release] = (),
    ) -> DownloadResult:
        """Find, choose and fetch; the .torrent of a `Found` is already kept in `torrents/`.

        `name_proves` is False when another wanted film has this title and year. Among `offered` rows the
        choice is made without a call.
        """
        movie = movie_from(movie)
        case = Case(movie, name_proves, facts)
        search = self._of_offer(case, offered) if offered else self.search(case)
        for _ in range(TORRENTS_TRIED):
            chosen = search.choice.chosen
            if chosen is None:
                break
            try:
                return Found(remembered(chosen, int(self._now())), self._fetch(chosen))
            except _BadTorrent as problem:
                search = self._without(search, chosen, str(problem), case)
        return NoRelease(reason_of(search), search.choice.refused)

    def latest(self) -> tuple[Release, ...]:
        """The newest rows of the wanted categories, in one call."""
        wanted = ",".join(map(str, self._preferences.category_priority))
        params = {"action": "latest-torrents", "limit": str(ROWS_A_CALL)}
        # An empty list of categories must not be sent (Radarr bc08b0b2e).
        return self._ask(params | {"category": wanted} if wanted else params).releases

    def fits(
        self,
        movie: Movie,
        rows: Sequence[Release],
        *,
        name_proves: bool = True,
        facts: FilmFacts | None = None,
    ) -> bool:
        """Whether one of these rows would be chosen for the film."""
        return self._choose(Case(movie, name_proves, facts), rows).chosen is not None

    def calls_left(self) -> int:
        """How many calls the hour has left."""
        return self._ledger.left()

    def _choose(self, case: Case, rows: Iterable[Release]) -> Choice:
        return choose_release(
            rows,
            case.movie,
            self._preferences,
            name_proves=case.name_proves,
            titles=case.facts.alternative_titles if case.facts else (),
            runtime=case.facts.runtime if case.facts else None,
        )

    def _of_offer(self, case: Case, rows: Sequence[Release]) -> Search:
        search = Search(("latest uploads",), tuple(rows), 0, self._choose(case, rows))
        self._note(case.movie, search)
        return search

    def search(self, case: Case, *, keep: bool = True) -> Search:
        """Ask for the film by IMDb id, then by name while nothing fits; `keep` the outcome in `searches/`."""
        search = Search((), (), 0, Choice(None, ()))
        for params in queries_for(case.movie):
            found = self._ask({"action": "search-torrents", **params})
            # The name search also finds what the id search found: a release is looked at once.
            merged = {release.id: release for release in (*search.releases, *found.releases)}
            search = Search(
                (*search.queries, f"{params['type']}: {params['query']}"),
                tuple(merged.values()),
                search.unreadable + len(found.broken),
                self._choose(case, merged.values()),
            )
            if search.choice.chosen:
                break
        if keep:
            self._note(case.movie, search)
        return search

    def _without(self, search: Search, bad: Release, reason: str, case: Case) -> Search:
        """The same search, chosen anew without a release that cannot be used."""
        others = [release for release in search.releases if release.id != bad.id]
        choice = self._choose(case, others)
        earlier = tuple(refused for refused in search.choice.refused if refused.release not in others)
        refused = (Refusal(bad, reason, "bad_torrent"), *earlier, *choice.refused)
        again = replace(search, releases=tuple(others), choice=Choice(choice.chosen, refused))
        self._note(case.movie, again)
        return again

    def _ask(self, params: Mapping[str, str]) -> Rows:
        self._ledger.book()
        answer = self._web.get("", params, self._auth)
        try:
            rows = read_rows(answer, self._now(), self._auth[1])
        except RateLimited as error:
            if error.retry_at is None:
                raise self._ledger.fill() from None
            raise
        if rows.broken:
            logger.warning("%d rows of FileList's answer skipped: %s", len(rows.broken), counted(rows.broken))
        if answer.status == 404:
            self._say_not_found()
        return rows

    def _say_not_found(self) -> None:
        if not self._said_not_found:
            logger.warning(
                "FileList answers 404: taken as nothing found; if it finds no film at all, check `api_url` "
                "in filelist_config.json"
            )
        self._said_not_found = True

    def _fetch(self, release: Release) -> TorrentFile:
        """The release's .torrent, proven and kept. A row's own link may name a host that is long gone."""
        address = urljoin(self._web.base_url, "download.php")
        answer = self._web.get(address, {"id": release.id, "passkey": self._auth[1]})
        torrent = self._proven(answer, release)
        keep_torrent(self._folder, torrent)
        logger.info("torrent=%s kept: release=%s size=%d", torrent.info_hash, release.name, torrent.size)
        return torrent

    def _proven(self, answer: Answer, release: Release) -> TorrentFile:
        error = refusal(answer, self._now(), self._auth[1])
        if error is not None:
            raise error
        if answer.status == 404:
            raise _BadTorrent("FileList no longer has its .torrent")
        try:
            return read_torrent(answer.body)
        except NotATorrent as problem:
            logger.warning("no torrent in FileList's answer: status=%d reason=%s", answer.status, problem)
            if answer.body[:1] == b"d" and answer.body[-1:] == b"e":
                # A whole .torrent, as it was uploaded: asking again would not make it better.
                raise _BadTorrent(f"its .torrent cannot be used: {problem}") from None
            # `from None`: what the parser quotes may be a page made for this account.
            raise ServiceUnavailable(
                SERVICE,
                f"FileList sent a page in place of the torrent of {release.name}. Either the site is in "
                "trouble or the passkey may not be accepted: if this lasts, set it with "
                "`python main.py --config`.",
            ) from None

    def _note(self, movie: Movie, search: Search) -> None:
        chosen = search.choice.chosen
        logger.info(
            "movie=%s searched: releases=%d chosen=%s",
            movie.label,
            len(search.releases),
            chosen.name if chosen else None,
        )
        write_json(search_path(self._folder, movie), account_of(movie, search, int(self._now())))


def queries_for(movie: Movie) -> tuple[dict[str, str], ...]:
    """The searches worth a call, best first. No category is sent: what fits is decided on our side.

    A name without a year finds other films of that name, so it is not asked (as Radarr does).
    """
    queries = []
    if movie.imdb_id:
        queries.append({"type": "imdb", "query": movie.imdb_id})
    name = searchable(movie.title)
    if name and movie.year:
        queries.append({"type": "name", "query": f"{name} {movie.year}"})
    return tuple(queries)


def searchable(title: str) -> str:
    """The title as FileList's name search takes it: plain words, for a colon finds nothing (Jackett #16468).

    Accents go, as release names have none; a word of which nothing would be left stays as it is. An
    apostrophe joins: releases write "Schindlers".
    """
    words = re.sub(r"[^\w]|_", " ", re.sub("['’ʼ`´]", "", unicodedata.normalize("NFC", title))).split()
    return " ".join(_plain(word) or word for word in words)


_PLAIN_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe"}
    | {"Œ": "OE", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D"}
)


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.translate(_PLAIN_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^0-9A-Za-z]", "", folded)


def reason_of(search: Search) -> str:
    """Why nothing was chosen, in one line for the queue file: the most frequent reasons first."""
    if not search.queries:
        return "Nothing to search by: neither the IMDb id nor the year of this film is known"
    reasons = [refused.reason for refused in search.choice.refused]
    reasons += ["its row could not be read"] * search.unreadable
    return f"No fitting release: {counted(reasons)}" if reasons else "No torrents found"


def counted(reasons: list[str] | tuple[str, ...], most: int = 3) -> str:
    """`2 × this; 1 × that; 4 more`, the `most` frequent ones."""
    common = Counter(reasons).most_common(most)
    parts = [f"{count} × {reason}" for reason, count in common]
    rest = len(reasons) - sum(count for _, count in common)
    return "; ".join([*parts, f"{rest} more"] if rest else parts)


def remembered(release: Release, now: int) -> ChosenRelease:
    """What the queue keeps of a release that was chosen at `now`."""
    return ChosenRelease(
        name=release.name,
        tracker=release.tracker,
        id=release.id,
        size=release.size,
        category=release.category,
        seeders=release.seeders,
        freeleech=release.freeleech,
        chosen_at=now,
    )


def search_path(folder: Path, movie: Movie) -> Path:
    """`searches/<id>.json` of a film; an id that makes no safe file name is changed and gets a checksum."""
    name = movie.id or movie.imdb_id or f"title:{movie.label}"
    safe = re.sub(r"[^\w .,:()'!&+-]", "_", name, flags=re.ASCII)[:80]
    if safe != name:
        safe += "-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return folder / "searches" / f"{safe}.json"


def account_of(movie: Movie, search: Search, now: int) -> dict[str, Any]:
    """The content of `searches/<id>.json`: each release of the film's last search, and why it was refused."""
    chosen = search.choice.chosen
    return {
        "id": movie.id,
        "title": movie.label,
        "tracker": SERVICE,
        "searched_at": now,
        "queries": search.queries,
        "unreadable_rows": search.unreadable,
        "chosen": shown(chosen) if chosen else None,
        "reason": None if chosen else reason_of(search),
        "refused": [shown_refusal(refused) for refused in search.choice.refused],
    }


def shown(release: Release) -> dict[str, Any]:
    """A release as the account of a search names it."""
    return {
        "id": release.id,
        "name": release.name,
        "category": release.category,
        "size": release.size,
        "seeders": release.seeders,
        "freeleech": release.freeleech,
    }


def shown_refusal(refused: Refusal) -> dict[str, Any]:
    """The same for one that was not chosen: which rule is against it, and why."""
    return {**shown(refused.release), "rule": refused.rule, "reason": refused.reason}
