"""The releases that may yet bring a film: the latest one, and those it was fetched beside. Pure.

`Movie.torrent_hash` and `Movie.release` are the latest; `Movie.tried` holds the others, of which those still
in qBittorrent are `running`.
"""

from collections.abc import Container, Iterable

from msgspec.structs import replace

from movie import ChosenRelease, Movie, TriedRelease

MOST_RELEASES = 3
"""Releases of one film that are tried before a user has to say what to do."""


def running(completed: Iterable[Movie]) -> list[Movie]:
    """The films we added ourselves that are not known to be on the disk yet."""
    return [
        m for m in completed if m.owned and m.torrent_hash and not m.downloaded_at and not m.removed_by_user
    ]


def retried(wanted: Iterable[Movie]) -> list[Movie]:
    """The films that were made pending while torrents of theirs were in qBittorrent."""
    return [movie for movie in wanted if any(one.running for one in movie.tried)]


def in_flight(movie: Movie) -> tuple[str, ...]:
    """The hashes of the torrents that may yet bring the film, the latest first."""
    earlier = (one.hash for one in reversed(movie.tried) if one.running)
    return tuple(dict.fromkeys(one for one in (movie.torrent_hash, *earlier) if one))


def given_up(movie: Movie, why: str, *, running: bool) -> TriedRelease:
    """The latest release of a film as one of those that were tried."""
    known = movie.release or ChosenRelease(name="", tracker="", id="")
    return TriedRelease(release=known, hash=movie.torrent_hash or "", why=why, running=running)


def put_aside(movie: Movie) -> tuple[TriedRelease, ...]:
    """`tried` once the user asks for another release; nothing unless torrents of the film still run."""
    handed_over = movie.completed_at and running([movie])
    latest = [given_up(movie, "was given up with --retry", running=True)] if handed_over else []
    tried = (*movie.tried, *latest)
    if movie.removed_by_user or not any(one.running for one in tried):
        return ()
    return tuple(replace(one, earlier=True) for one in tried)


def tries(movie: Movie) -> int:
    """How many releases of the film were tried, the latest included, since the user asked for others."""
    return 1 + sum(not one.earlier for one in movie.tried)


def with_latest(movie: Movie, torrent_hash: str, why: str) -> Movie:
    """The film with another of its torrents as the latest; the one before is given up, because it `why`."""
    if torrent_hash == movie.torrent_hash:
        return movie
    chosen = next(one for one in movie.tried if one.hash == torrent_hash)
    others = [one for one in movie.tried if one.hash != torrent_hash]
    before = [given_up(movie, why, running=True)] if movie.torrent_hash else []
    release = chosen.release if chosen.release.name else None
    return replace(movie, release=release, torrent_hash=torrent_hash, tried=(*others, *before), unseen=False)


def without(movie: Movie, gone: Container[str]) -> Movie:
    """The film once these of its torrents are gone from qBittorrent; as it was if none would be left."""
    left = [one for one in in_flight(movie) if one not in gone]
    if not left:
        return movie
    movie = with_latest(movie, left[0], "was removed")
    tried = tuple(replace(one, running=one.running and one.hash not in gone) for one in movie.tried)
    return replace(movie, tried=tried)
