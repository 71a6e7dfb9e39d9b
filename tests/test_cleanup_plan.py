"""What may go of a film that left its lists, and what is said of one that stays: `plan_cleanup`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cleanup import Action, CleanupRules, What, is_candidate, plan_cleanup, rules_from
from cleanup_case import Case, Copy, OwnFile, OwnTorrent
from config import Config
from disk_files import Seen, Unfit
from movie import Movie
from qbittorrent_manager import TorrentStatus

NOW = 1_800_000_000
HOUR, DAY = 3600, 24 * 3600
RULES = CleanupRules(
    grace=7 * DAY, limit=0.1, watched=True, unowned=False, trash_period=DAY, seed_time=2 * DAY, ratio=1.0
)
FILMS = Path("/films")
HEAT = Movie(
    title="Heat",
    year=1995,
    id="letterboxd:heat",
    lists=("me/watchlist",),
    torrent_hash="a" * 40,
    owned=True,
    completed_at=NOW - 30 * DAY,
    downloaded_at=NOW - 30 * DAY,
    removed_at=NOW - 8 * DAY,
    removed_from="completed",
    missing_for=7 * DAY,
)
STATUS = TorrentStatus(
    hash="a" * 40,
    name="Heat.1995",
    state="stalledUP",
    progress=1.0,
    complete=True,
    size=7,
    amount_left=0,
    save_path="/films",
    content_path="/films/heat.mkv",
    category="",
    tags=frozenset({"movie_sync"}),
    added_on=NOW - 31 * DAY,
    completion_on=NOW - 30 * DAY,
    infohash_v1="a" * 40,
    infohash_v2="",
    ratio=1.5,
    seeding_time=3 * DAY,
)


def seen(name: str = "heat.mkv", **changes: Any) -> Seen:
    facts = {
        "size": 7,
        "mtime_ns": 0,
        "device": 1,
        "inode": 5,
        "links": 1,
        "changed_ns": (NOW - 30 * DAY) * 10**9,
    }
    return Seen(FILMS, (name,), **{**facts, **changes})


FILE = OwnFile("heat.mkv", 7, seen())
TORRENT = OwnTorrent("a" * 40, STATUS, ours=True, files=(FILE,), trash="/films/.movie_sync_trash")
CASE = Case(HEAT, read_at=NOW - HOUR, of=50, torrents=(TORRENT,))


def the_case(movie: Mapping[str, Any] = {}, **changes: Any) -> Case:
    return replace(CASE, movie=msgspec.structs.replace(HEAT, **movie), **changes)


def with_torrent(status: Mapping[str, Any] = {}, **changes: Any) -> Case:
    torrent = replace(TORRENT, status=replace(STATUS, **status), **changes)
    return replace(CASE, torrents=(torrent,))


def with_file(here: Seen | Unfit | None, **status: Any) -> Case:
    return with_torrent(status, files=(OwnFile("heat.mkv", 7, here),))


def decide(case: Case, now: float = NOW, **rules: Any) -> Action:
    [action] = plan_cleanup([case], replace(RULES, **rules), 0, now).actions
    return action


def test_a_film_that_nobody_wants_any_more_goes_into_the_trash() -> None:
    action = decide(CASE)
    assert (action.what, action.torrents, action.asks) == (What.TRASH, (TORRENT,), False)
    assert action.why == "seeded for 3 days, ratio 1.50"


def test_its_proof_is_what_it_was_decided_by() -> None:
    proof = decide(CASE).proof
    assert proof["missing_for"] == 7 * DAY
    assert proof["list_read_at"] == NOW - HOUR
    assert proof["torrents"] == [
        {"hash": "a" * 40, "name": "Heat.1995", "save_path": "/films", "files": [["heat.mkv", 7]]}
    ]


def test_without_a_trash_it_is_compared_whatever_its_times_say_and_then_deleted() -> None:
    assert decide(CASE, trash_period=0).what is What.CHECK
    assert decide(with_torrent(checked=True), trash_period=0).what is What.DELETE


def test_one_that_cannot_go_into_the_trash_waits_for_the_users_word() -> None:
    action = decide(with_torrent(no_trash="it is full"))
    assert (action.what, action.asks) == (What.DELETE, True)
    assert "it cannot go into the trash: it is full" in action.why


def test_its_link_goes_with_it() -> None:
    assert decide(the_case(link=seen("link.mkv"))).link == seen("link.mkv")


# --- those that wait


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (the_case({"missing_for": 7 * DAY - HOUR}), "its grace lasts 1 hour more"),
        (the_case(read_at=None), "not read in full"),
        (the_case(read_at=NOW - DAY - 1), "not read in full"),
        (the_case(read_at=NOW + HOUR), "not read in full"),
        (the_case({"removed_at": NOW - 60}), "not read in full"),
        (with_torrent({"state": "moving"}), "qBittorrent is moving its files"),
        (with_torrent({"state": "checkingUP"}), "qBittorrent is checking its files"),
        (with_torrent({"state": "checkingResumeData"}), "qBittorrent is checking its files"),
        (
            with_torrent({"seeding_time": DAY, "ratio": 0.5}),
            "seed 24 hours more, or to a ratio of 1 (0.50 now)",
        ),
        (
            with_torrent({"seeding_time": DAY, "ratio": 0.5, "state": "stoppedUP"}),
            "it is stopped in qBittorrent, so that this never comes",
        ),
    ],
)
def test_it_waits(case: Case, why: str) -> None:
    action = decide(case)
    assert action.what is What.WAIT
    assert why in action.why
    assert action.again_at is not None
    assert NOW < action.again_at <= NOW + DAY


def test_a_mark_that_lies_ahead_was_made_by_a_clock_that_was_wrong() -> None:
    assert decide(the_case({"removed_at": NOW + 400 * DAY})).what is What.TRASH


@pytest.mark.parametrize(
    ("status", "rules"),
    [
        ({"ratio": 1.0, "seeding_time": 0}, {}),
        ({"ratio": 0.0, "seeding_time": 2 * DAY}, {}),
        ({"ratio": 0.0, "seeding_time": 0}, {"seed_time": 0}),
        ({"ratio": 0.0, "seeding_time": 0}, {"ratio": 0.0}),
        ({"ratio": 0.0, "seeding_time": 0, "progress": 0.5, "completion_on": None}, {}),
    ],
)
def test_no_more_seeding_is_owed(status: dict[str, Any], rules: dict[str, Any]) -> None:
    case = with_torrent(status)
    assert (
        decide(replace(case, movie=msgspec.structs.replace(HEAT, downloaded_at=None)), **rules).what
        is What.TRASH
    )


# --- those that stay


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (the_case(shown_by="other/films"), "the list other/films has it"),
        (the_case(claimed_by="Ran (1985)"), "Ran (1985) uses the same files"),
        (the_case(torrents=(OwnTorrent("a" * 40),)), "not in qBittorrent any more"),
        (with_torrent(ours=False), "is not ours"),
        (with_torrent({"state": "error"}), "qBittorrent calls it error"),
        (with_torrent({"state": "missingFiles"}), "qBittorrent calls it missingFiles"),
        (with_torrent({"state": "unknown"}), "qBittorrent calls it unknown"),
        (with_torrent({"progress": 0.99}), "not what was downloaded"),
        (with_torrent(outside="its files are elsewhere"), "its files are elsewhere"),
        (with_torrent(shared="Pack"), "another torrent uses the same files: Pack"),
        (with_torrent(files=()), "does not tell which files"),
        (with_file(Unfit(FILMS, "is a symbolic link, and none is followed")), "is a symbolic link"),
        (with_file(Unfit(FILMS, "is not there", missing=True)), "was it moved or renamed?"),
        (with_file(seen(size=8)), "is not the file that was downloaded"),
        (with_file(Unfit(FILMS, "is a folder")), "is a folder"),
    ],
)
def test_it_is_left_alone(case: Case, why: str) -> None:
    action = decide(case)
    assert action.what is What.LEAVE
    assert why in action.why
    assert action.torrents == ()


def test_a_watched_film_stays_if_watched_ones_are_to_stay() -> None:
    case = the_case({"watched_on": "2026-11-01"})
    assert decide(case).what is What.TRASH
    assert decide(case).proof["watched_on"] == "2026-11-01"
    assert decide(case, watched=False).what is What.LEAVE
    assert "watched on 2026-11-01" in decide(case, watched=False).why


@pytest.mark.parametrize(
    ("here", "progress"),
    [
        (None, 1.0),
        (Unfit(FILMS, "is not there", missing=True), 0.5),
        (seen(size=3), 0.5),
    ],
)
def test_what_cannot_be_seen_or_is_not_complete_is_believed_of_qbittorrent(
    here: Seen | Unfit | None, progress: float
) -> None:
    complete = NOW - 30 * DAY if progress >= 1 else None
    case = with_file(here, progress=progress, completion_on=complete)
    assert decide(replace(case, movie=msgspec.structs.replace(HEAT, downloaded_at=None))).what is What.TRASH


# --- compared first


@pytest.mark.parametrize(("after", "what"), [(1, What.TRASH), (2, What.CHECK), (DAY, What.CHECK)])
def test_a_file_that_changed_after_it_was_complete_is_compared_first(after: int, what: What) -> None:
    case = with_file(seen(changed_ns=(NOW - 30 * DAY + after) * 10**9))
    assert decide(case).what is what


def test_once_compared_it_goes() -> None:
    case = with_torrent(files=(OwnFile("heat.mkv", 7, seen(changed_ns=NOW * 10**9)),), checked=True)
    assert decide(case).what is What.TRASH


# --- several torrents


def test_of_two_torrents_those_go_that_may() -> None:
    theirs = OwnTorrent("b" * 40, replace(STATUS, hash="b" * 40))
    assert decide(replace(CASE, torrents=(theirs, TORRENT))).torrents == (TORRENT,)


def test_both_torrents_wait_for_one() -> None:
    busy = replace(TORRENT, hash="b" * 40, status=replace(STATUS, state="moving"))
    assert decide(replace(CASE, torrents=(TORRENT, busy))).what is What.WAIT


# --- without a torrent


@pytest.mark.parametrize(
    ("movie", "why"),
    [
        ({"removed_from": "pending", "completed_at": None}, "it was never downloaded"),
        ({}, "nothing of it is found"),
    ],
)
def test_a_film_of_which_nothing_is_there_is_forgotten(movie: dict[str, Any], why: str) -> None:
    action = decide(the_case({"torrent_hash": None, **movie}, torrents=()))
    assert (action.what, action.why) == (What.FORGET, why)


def test_a_torrent_that_never_completed_and_is_gone_is_forgotten() -> None:
    case = the_case({"completed_at": None, "removed_from": "failed"}, torrents=(OwnTorrent("a" * 40),))
    assert decide(case).what is What.FORGET


def test_of_a_torrent_that_is_gone_nothing_is_concluded_where_the_record_does_not_tell() -> None:
    case = the_case({"completed_at": None, "removed_from": None}, torrents=(OwnTorrent("a" * 40),))
    assert decide(case).what is What.LEAVE


def test_a_torrent_that_the_user_took_out_before_it_was_complete_is_forgotten() -> None:
    case = the_case({"removed_by_user": True}, torrents=(OwnTorrent("a" * 40),))
    assert decide(case).what is What.FORGET


COPY = Copy("/films/Heat (1995)", (seen("Heat (1995).mkv"),))


@pytest.mark.parametrize(
    ("copies", "unowned", "what"),
    [
        ((COPY,), False, What.LEAVE),
        ((COPY,), True, What.TRASH),
        ((COPY, COPY), True, What.LEAVE),
        ((replace(COPY, why_not="a torrent uses it"),), True, What.LEAVE),
        ((replace(COPY, files=()),), True, What.LEAVE),
    ],
)
def test_a_copy_that_is_not_ours(copies: tuple[Copy, ...], unowned: bool, what: What) -> None:
    action = decide(the_case({"torrent_hash": None}, torrents=(), copies=copies), unowned=unowned)
    assert action.what is what
    assert action.files == (COPY.files if what is What.TRASH else ())


def test_copies_never_go_beside_a_torrent_of_ours() -> None:
    action = decide(the_case(copies=(COPY,)), unowned=True)
    assert (action.torrents, action.files) == ((TORRENT,), ())


def test_a_saved_torrent_goes_without_a_trash() -> None:
    saved = seen("Heat.torrent")
    action = decide(the_case({"owned": False}, torrents=(), saved=saved, copies=(COPY,)))
    assert (action.what, action.files) == (What.DELETE, (saved,))


# --- the limit


def cases(count: int, of: int) -> list[Case]:
    return [
        the_case({"id": f"letterboxd:{number}", "removed_at": NOW - 9 * DAY - number}, of=of)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("of", "recent", "allowed"),
    [(50, 0, 5), (50, 3, 2), (50, 9, 0), (10, 0, 3), (10, 3, 0), (100, 0, 10), (0, 0, 3)],
)
def test_no_more_go_than_the_limit_allows(of: int, recent: int, allowed: int) -> None:
    plan = plan_cleanup(cases(12, of), RULES, recent, NOW)
    assert len(plan.going) == allowed
    assert "`removal_limit` allows" in plan.limit
    held = [action for action in plan.actions if action.what is What.WAIT]
    assert len(held) == 12 - allowed


def test_those_that_left_first_go_first() -> None:
    going = plan_cleanup(cases(12, 50), RULES, 0, NOW).going
    assert [action.movie.id[11:] for action in going] == ["11", "10", "9", "8", "7"]


def test_a_limit_that_holds_nothing_is_not_told() -> None:
    assert plan_cleanup(cases(5, 50), RULES, 0, NOW).limit == ""


def test_films_that_stay_count_for_nothing() -> None:
    stay = [replace(case, shown_by="other") for case in cases(9, 50)]
    assert len(plan_cleanup([*stay, the_case(of=10)], RULES, 2, NOW).going) == 1


def test_what_is_compared_counts_as_going() -> None:
    touched = replace(TORRENT, files=(OwnFile("heat.mkv", 7, seen(changed_ns=NOW * 10**9)),))
    plan = plan_cleanup([replace(case, torrents=(touched,)) for case in cases(5, 10)], RULES, 0, NOW)
    assert [action.what for action in plan.actions].count(What.CHECK) == 3


def test_those_that_go_are_named_first() -> None:
    waits = the_case({"id": "letterboxd:a", "missing_for": 0})
    assert [action.what for action in plan_cleanup([waits, CASE], RULES, 0, NOW).actions] == [
        What.TRASH,
        What.WAIT,
    ]


# --- rules


@pytest.mark.parametrize(
    ("movie", "watched", "is_one"),
    [
        ({}, True, True),
        ({"missing_for": 0}, True, False),
        ({"watched_on": "2026-11-01"}, True, True),
        ({"watched_on": "2026-11-01"}, False, False),
    ],
)
def test_only_candidates_are_looked_into(movie: dict[str, Any], watched: bool, is_one: bool) -> None:
    assert is_candidate(msgspec.structs.replace(HEAT, **movie), replace(RULES, watched=watched)) is is_one


def test_the_rules_are_those_of_the_configuration(tmp_path: Path) -> None:
    assert rules_from(Config({}, tmp_path)) == CleanupRules(604800, 0.1, True, False, 604800, 172800, 1.0)
