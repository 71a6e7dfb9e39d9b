"""What of the films that left the lists may go, and what proves it: `plan_cleanup`. Pure.

Facts in (`cleanup_facts` gathers them), a list of actions out; `trash` carries them out. Whatever is not
known for certain is left alone: no rule here ever takes a missing answer for a "yes".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from cleanup_case import Case, OwnTorrent
from disk_files import Seen, Unfit
from movie import Movie
from qbittorrent_manager import TorrentStatus
from queue_files import COMPLETED, FAILED, PENDING
from removal_plan import ALWAYS_ALLOWED, DAY
from report import duration

CHANGED_AFTER = 1.0
"""Seconds after completion: a file that was touched later is compared with its torrent before it goes."""
AGAIN = 3600.0
"""Seconds until a film is looked at again of which nobody can say when it may go."""


@dataclass(frozen=True)
class CleanupRules:
    """The configured rules; times in seconds, `seed_time` or `ratio` 0: no duty."""

    grace: int
    limit: float
    watched: bool
    unowned: bool
    trash_period: int
    seed_time: int
    ratio: float


def rules_from(config: Mapping[str, Any]) -> CleanupRules:
    """The rules as configured."""
    settings = config["qbittorrent"]
    return CleanupRules(
        grace=int(config["removal_grace_period"]),
        limit=float(config["removal_limit"]),
        watched=bool(config["cleanup_watched"]),
        unowned=bool(config["cleanup_unowned"]),
        trash_period=int(config["trash_period"]),
        seed_time=int(settings["minimum_seed_time"]),
        ratio=float(settings["minimum_ratio"]),
    )


class What(Enum):
    """What happens to a film. Only TRASH and DELETE touch files; CHECK stops the torrent and compares it."""

    WAIT = "waits"
    LEAVE = "left alone"
    CHECK = "checked first"
    TRASH = "into the trash"
    DELETE = "deleted"
    FORGET = "nothing to delete"


GOES = frozenset({What.CHECK, What.TRASH, What.DELETE})


@dataclass(frozen=True)
class Action:
    """What happens to one film, and `why`, as a sentence. `again_at`: when that may have changed.

    `torrents` are taken out, `files` (a copy that is not ours, a saved `.torrent`) and `link` removed. With
    `asks` it is done only when the user says so. `proof` goes into the history before anything is done.
    """

    movie: Movie
    what: What
    why: str
    case: Case
    torrents: tuple[OwnTorrent, ...] = ()
    files: tuple[Seen, ...] = ()
    link: Seen | None = None
    asks: bool = False
    again_at: float | None = None
    proof: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """All actions, those of films that may go first; `limit` says why some of them wait."""

    actions: tuple[Action, ...] = ()
    limit: str = ""

    @property
    def going(self) -> tuple[Action, ...]:
        """The films that something is deleted of."""
        return tuple(action for action in self.actions if action.what in GOES)

    @property
    def closed(self) -> tuple[Action, ...]:
        """The films that nothing is there of, and which leave the queue."""
        return tuple(action for action in self.actions if action.what is What.FORGET)


def plan_cleanup(cases: Iterable[Case], rules: CleanupRules, recent: int, now: float) -> Plan:
    """What happens to each film. `recent`: how many films went within the last 24 hours.

    The longest removed go first, as many as `removal_limit` allows.
    """
    found = [_decide(case, rules, now) for case in sorted(cases, key=_removed_first)]
    going = [action for action in found if action.what in GOES]
    allowed = max(ALWAYS_ALLOWED, int(rules.limit * max((a.case.of for a in going), default=0) + 1e-9))
    late = {id(action) for action in going[max(allowed - recent, 0) :]}
    limit = ""
    if late:
        before = f", and {recent} went within the last 24 hours" if recent else ""
        of = max(action.case.of for action in going)
        limit = f"`removal_limit` allows {allowed} of {of} films within 24 hours{before}"
    actions = [_held(action, limit, now) if id(action) in late else action for action in found]
    return Plan(tuple(sorted(actions, key=lambda action: action.what not in GOES)), limit)


def is_candidate(movie: Movie, rules: CleanupRules) -> bool:
    """Whether the grace of a removed film is over and it does not stay for a reason of its own."""
    return movie.missing_for >= rules.grace and not (movie.watched_on and not rules.watched)


def _removed_first(case: Case) -> tuple[int, str]:
    return case.movie.removed_at or 0, case.movie.id


def _held(action: Action, limit: str, now: float) -> Action:
    return Action(action.movie, What.WAIT, limit, action.case, again_at=now + AGAIN)


def _decide(case: Case, rules: CleanupRules, now: float) -> Action:
    for rule in (_grace, _watched, _reading, _wanted):
        if action := rule(case, rules, now):
            return action
    if not case.torrents:
        return _without_torrent(case, rules)
    return _with_torrents(case, rules, now)


# --- whether the film may go at all


def _grace(case: Case, rules: CleanupRules, now: float) -> Action | None:
    left = rules.grace - case.movie.missing_for
    if left <= 0:
        return None
    return Action(case.movie, What.WAIT, f"its grace lasts {duration(left)} more", case, again_at=now + left)


def _watched(case: Case, rules: CleanupRules, now: float) -> Action | None:
    if not case.movie.watched_on or rules.watched:
        return None
    return _left(case, f"watched on {case.movie.watched_on}, and `cleanup_watched` is false")


def _reading(case: Case, rules: CleanupRules, now: float) -> Action | None:
    at, since = case.read_at, case.movie.removed_at or 0
    # A mark that lies ahead was made by a clock that was wrong: it says nothing about this reading.
    if at is not None and at <= now + 60 and now - at <= DAY and (at + 60 >= since or since > now + 60):
        return None
    return Action(
        case.movie,
        What.WAIT,
        "its list was not read in full within the last 24 hours; a run of Movie Sync reads it",
        case,
        again_at=now + AGAIN,
    )


def _wanted(case: Case, rules: CleanupRules, now: float) -> Action | None:
    if case.shown_by:
        return _left(case, f"the list {case.shown_by} has it")
    if case.claimed_by:
        return _left(case, f"{case.claimed_by} uses the same files")
    return None


# --- films without a torrent of ours


def _without_torrent(case: Case, rules: CleanupRules) -> Action:
    if case.saved is not None:
        why = f"its saved .torrent goes: {case.saved.path}"
        return _goes(case, What.DELETE, why, files=(case.saved,))
    if case.movie.removed_from != COMPLETED and not case.movie.completed_at:
        return _goes(case, What.FORGET, "it was never downloaded")
    if case.movie.torrent_hash:
        return _left(case, "qBittorrent has its torrent, perhaps, and `qbittorrent.enabled` is false")
    if not case.copies:
        return _goes(case, What.FORGET, "nothing of it is found")
    return _unowned(case, rules, "Movie Sync did not download it")


def _unowned(case: Case, rules: CleanupRules, why: str) -> Action:
    """Copies that are not ours are only told of, unless the user wants the one that is certain to go too."""
    if not rules.unowned:
        return _left(case, why)
    if len(case.copies) != 1:
        count = f"{len(case.copies)} copies" if case.copies else "no copy"
        return _left(case, f"{why}, and there is {count} of it in the library")
    copy = case.copies[0]
    if copy.why_not or not copy.files:
        return _left(case, f"{why}, and {copy.why_not or 'its files cannot be told apart'}")
    asks = bool(rules.trash_period and case.no_trash)
    what = What.TRASH if rules.trash_period and not asks else What.DELETE
    why += "; `cleanup_unowned` is true" + (f"; it cannot go into the trash: {case.no_trash}" if asks else "")
    return _goes(case, what, why, files=copy.files, asks=asks)


# --- films with torrents of ours


def _with_torrents(case: Case, rules: CleanupRules, now: float) -> Action:
    judged = [(one, _judge(one, case, rules, now)) for one in case.torrents]
    for _, verdict in judged:
        if verdict is not None and verdict.what is What.WAIT:
            return verdict
    free = tuple(one for one, verdict in judged if verdict is None)
    if not free:
        first = judged[0][1]
        assert first is not None
        lost = all(one.status is None for one in case.torrents)
        if lost and (case.movie.removed_by_user or case.movie.removed_from in (PENDING, FAILED)):
            return _goes(case, What.FORGET, "its torrent is not in qBittorrent, and it was never complete")
        return first
    if any(_touched(one, rules) for one in free):
        why = "qBittorrent compares its files first"
        if rules.trash_period:
            why = f"its files were touched since they were complete: {why}"
        return _goes(case, What.CHECK, why, torrents=free)
    asks = [one.no_trash for one in free if one.no_trash] if rules.trash_period else []
    what = What.TRASH if rules.trash_period and not asks else What.DELETE
    why = _seeded(free) + (f"; it cannot go into the trash: {asks[0]}" if asks else "")
    return _goes(case, what, why, torrents=free, link=case.link, asks=bool(asks))


def _judge(torrent: OwnTorrent, case: Case, rules: CleanupRules, now: float) -> Action | None:
    """None if this torrent may go with its files, else what stands in the way."""
    status = torrent.status
    if status is None:
        return _left(case, "its torrent is not in qBittorrent any more")
    if not torrent.ours:
        return _left(case, "its torrent in qBittorrent is not ours: another one's, or our tag was taken off")
    if reason := _busy(status):
        return Action(case.movie, What.WAIT, f"qBittorrent {reason}", case, again_at=now + 60)
    reason = _unsafe(torrent, case.movie)
    return _left(case, reason) if reason else _duty(status, case, rules, now)


def _busy(status: TorrentStatus) -> str:
    if status.state == "moving":
        return "is moving its files"
    return "is checking its files" if status.state.startswith("checking") else ""


def _unsafe(torrent: OwnTorrent, movie: Movie) -> str:
    """Why the files of a torrent of ours may not be touched; "" if they may."""
    status = torrent.status
    assert status is not None
    was_complete = bool(status.completion_on or movie.downloaded_at)
    if status.state in {"error", "missingFiles", "unknown"}:
        return f"qBittorrent calls it {status.state}: are its files, and their disk, there?"
    if was_complete and status.progress < 1:
        return "its files are not what was downloaded: somebody changed them, or they are damaged"
    if torrent.outside:
        return torrent.outside
    if torrent.shared:
        return f"another torrent uses the same files: {torrent.shared}"
    if not torrent.files:
        return "qBittorrent does not tell which files it has"
    return _unfit(torrent, complete=status.progress >= 1)


def _unfit(torrent: OwnTorrent, *, complete: bool) -> str:
    """What is wrong with its files; of a torrent that is not complete some may be missing or shorter."""
    for file in torrent.files:
        if isinstance(file.here, Unfit) and not file.here.missing:
            return f"{file.here.path} {file.here.why}"
        if complete and isinstance(file.here, Unfit):
            return f"{file.here.path} is not there: was it moved or renamed?"
        if complete and isinstance(file.here, Seen) and file.here.size != file.size:
            return f"{file.here.path} is not the file that was downloaded"
    return ""


def _duty(status: TorrentStatus, case: Case, rules: CleanupRules, now: float) -> Action | None:
    """Seeding that the tracker asks for; it begins when a torrent is complete."""
    if status.progress < 1 or not rules.seed_time or not rules.ratio:
        return None
    if status.seeding_time >= rules.seed_time or status.ratio >= rules.ratio:
        return None
    left = rules.seed_time - status.seeding_time
    why = f"it has to seed {duration(left)} more, or to a ratio of {rules.ratio:g} ({status.ratio:.2f} now)"
    if status.state in {"stoppedUP", "pausedUP"}:
        why += "; it is stopped in qBittorrent, so that this never comes"
    return Action(case.movie, What.WAIT, why, case, again_at=now + min(left, AGAIN))


def _touched(torrent: OwnTorrent, rules: CleanupRules) -> bool:
    """Whether a file changed since it was complete, in content or in its names. Without a trash: perhaps."""
    status = torrent.status
    if status is None or torrent.checked or status.progress < 1:
        return False
    if not rules.trash_period:
        return True
    latest = (status.completion_on or 0) + CHANGED_AFTER
    return any(isinstance(f.here, Seen) and f.here.changed_ns > latest * 1e9 for f in torrent.files)


def _seeded(torrents: Sequence[OwnTorrent]) -> str:
    told = []
    for torrent in torrents:
        status = torrent.status
        if status is not None and status.progress >= 1:
            told.append(f"seeded for {duration(status.seeding_time)}, ratio {status.ratio:.2f}")
        else:
            told.append("not complete")
    return "; ".join(dict.fromkeys(told))


# --- actions


def _left(case: Case, why: str) -> Action:
    return Action(case.movie, What.LEAVE, why, case)


def _goes(
    case: Case,
    what: What,
    why: str,
    *,
    torrents: tuple[OwnTorrent, ...] = (),
    files: tuple[Seen, ...] = (),
    link: Seen | None = None,
    asks: bool = False,
) -> Action:
    action = Action(case.movie, what, why, case, torrents, files, link, asks)
    return replace(action, proof=_proof(action))


def _proof(action: Action) -> dict[str, Any]:
    movie, case = action.movie, action.case
    told: dict[str, Any] = {
        "what": action.what.value,
        "why": action.why,
        "missing_for": movie.missing_for,
        "removed_at": movie.removed_at,
        "list_read_at": case.read_at,
        "torrents": [
            {
                "hash": one.hash,
                "name": one.status.name,
                "save_path": one.status.save_path,
                "files": [[file.name, file.size] for file in one.files],
            }
            for one in action.torrents
            if one.status is not None
        ],
        "files": [str(file.path) for file in action.files],
        "link": str(action.link.path) if action.link else None,
        "watched_on": movie.watched_on,
    }
    return {key: value for key, value in told.items() if value not in (None, [])}
