"""The plan of a cleanup, and what is done of it, as a person reads it. Pure."""

from collections.abc import Mapping, Sequence

from cleanup import GOES, Action, Plan, What
from cleanup_journal import Entry
from movie import Movie
from report import duration, moment


def plan_text(plan: Plan, now: float) -> list[str]:
    """The plan as a person reads it: what goes with its paths, what waits for what, what is left alone."""
    going = len(plan.going)
    lines = [f"🧹 Cleanup plan: {going} of {len(plan.actions)} removed films may go"]
    for action in plan.actions:
        lines += _action_text(action, now)
    return lines


_SIGNS: Mapping[What, str] = {What.WAIT: "⏳", What.LEAVE: "⊘", What.FORGET: "✓"}


def _action_text(action: Action, now: float) -> list[str]:
    movie = action.movie
    sign = _SIGNS.get(action.what, "🗑️ ")
    lines = [f"   {sign} {movie.label} - {action.what.value}: {action.why}"]
    if action.what in GOES:
        lines.append(f"{removed_text(movie)}, missed for {duration(movie.missing_for)}")
        lines += [f"      {path}" for path in paths_of(action)]
        if action.asks:
            lines.append("      this one goes only by `--cleanup --yes`")
    own = {*paths_of(action)}
    lines += [
        f"      also on disk, not ours, left alone: {copy.path}"
        for copy in action.case.copies
        if copy.path not in own and not action.files
    ]
    return lines


def removed_text(movie: Movie) -> str:
    """Since when the film is gone from the list, and why if that is known."""
    at = moment(movie.removed_at) if movie.removed_at else "at an unknown time"
    watched = f" (watched on {movie.watched_on})" if movie.watched_on else ""
    return f"      Removed from watchlist: {at}{watched}"


def paths_of(action: Action) -> list[str]:
    """What is moved or deleted, by its paths here, or in qBittorrent's words."""
    found = []
    for torrent in action.torrents:
        for file in torrent.files:
            there = f"{torrent.status.save_path}/{file.name}" if torrent.status else file.name
            found.append(str(file.here.path) if file.here else there)
    found += [str(file.path) for file in action.files]
    return found + ([str(action.link.path)] if action.link else [])


def told(movie: Movie, entry: Entry | None, trash: str) -> list[str]:
    """What is said once a film is gone: what of it is no longer at its place, and where it is now."""
    if entry is None:
        return [f"   ✓ {movie.label} has left the queues: there is nothing of it to delete"]
    where = f" (into the trash: {trash})" if trash else ""
    if all(name.endswith(".torrent") for name, _ in entry.files):
        return [
            f"  🗑️  Deleted torrent file for: {movie.label}",
            f"      ✓ Cleanup complete for: {movie.title}",
        ]
    lines = [f"  🗑️  Deleted movie files for: {movie.label}{where}"]
    if entry.hash:
        kept = " (kept for --undo)" if trash else ""
        lines.append(f"  🗑️  Deleted torrent file for: {movie.label}{kept}")
        lines.append(f"  🗑️  Removed from qBittorrent: {movie.label}")
    return [*lines, f"      ✓ Cleanup complete for: {movie.title}"]


def under_way_text(entries: Sequence[Entry]) -> list[str]:
    """What was begun and is not ended."""
    return [f"   ⏳ {entry.movie.label} - under way: {entry.phase}" for entry in entries]


def trash_text(entries: Sequence[Entry], period: int) -> list[str]:
    """What lies in the trash, and how long yet."""
    lines = [f"🗑️  In the trash: {len(entries)}"] if entries else []
    for entry in entries:
        left = period - entry.kept_for
        when = f"deleted in {duration(left)}" if left > 0 else "deleted next"
        lines.append(f"   • {entry.movie.label} - {when}: {entry.local or entry.trash}")
    return [*lines, "   `python main.py --undo FILM` brings one back"] if entries else []
