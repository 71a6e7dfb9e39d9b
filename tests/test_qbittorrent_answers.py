import json
from typing import Any

import msgspec
import pytest

from qbittorrent_answers import (
    TorrentStatus,
    content_path_in,
    known_as,
    only_id,
    read_statuses,
    require_whole,
    says_added,
    usable_ids,
)

HASH = "a" * 40
ROW: dict[str, Any] = {
    "hash": HASH,
    "name": "Heat.1995.mkv",
    "state": "stalledDL",
    "progress": 0.5,
    "size": 100,
    "amount_left": 50,
    "save_path": "/films",
    "content_path": "/films/Heat.1995.mkv",
    "category": "Movies",
    "tags": "movie_sync, seen",
    "added_on": 1_700_000_000,
    "completion_on": -1,
    "infohash_v1": HASH,
    "infohash_v2": "",
    "a field of the future": None,
}


def status(**changes: Any) -> TorrentStatus:
    return read_statuses(json.dumps([ROW | changes]).encode())[0]


@pytest.mark.parametrize("moment", [0, -1])
def test_an_unset_completion_time_is_none_in_every_version(moment: int) -> None:
    assert status(completion_on=moment).completion_on is None


def test_tags_are_separate_words() -> None:
    assert status().tags == {"movie_sync", "seen"}


def test_no_tags_are_no_tags() -> None:
    assert status(tags="").tags == frozenset()


@pytest.mark.parametrize("state", ["stalledUP", "uploading", "pausedUP", "stoppedUP", "queuedUP", "forcedUP"])
def test_all_bytes_in_a_seeding_state_are_complete(state: str) -> None:
    assert status(progress=1, state=state).complete


@pytest.mark.parametrize("state", ["moving", "missingFiles", "error", "stalledDL", "checkingResumeData"])
def test_all_bytes_in_another_state_are_not_complete(state: str) -> None:
    assert not status(progress=1, state=state).complete


def test_a_stopped_torrent_short_of_its_end_is_not_complete() -> None:
    assert not status(progress=0.999, state="stoppedUP").complete


@pytest.mark.parametrize(
    ("content", "save", "expected"),
    [
        ("Heat.mkv", "/films", "/films/Heat.mkv"),
        ("Heat.mkv", "/films/", "/films/Heat.mkv"),
        ("/tmp/Heat.mkv", "/films", "/tmp/Heat.mkv"),
        ("D:\\films\\Heat.mkv", "D:\\films", "D:\\films\\Heat.mkv"),
        ("\\\\nas\\films\\Heat.mkv", "\\\\nas\\films", "\\\\nas\\films\\Heat.mkv"),
        ("", "/films", ""),
    ],
)
def test_content_paths_are_absolute(content: str, save: str, expected: str) -> None:
    assert status(content_path=content, save_path=save).content_path == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'[{"hash": "x"}]', b"[1]"])
def test_anything_else_is_an_error_and_never_an_empty_list(body: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_statuses(body)


def test_an_empty_list_is_no_torrents() -> None:
    assert read_statuses(b"[]") == ()


def test_only_hashes_may_filter() -> None:
    assert usable_ids(["", "all", "|", "x" * 40, "A" * 40, "b" * 64]) == {"a" * 40, "b" * 64}


def test_a_hybrid_is_known_by_both_of_its_hashes() -> None:
    hybrid = status(hash="b" * 40, infohash_v1=HASH, infohash_v2="b" * 64)
    for one in (HASH, "b" * 40, "b" * 64):
        assert known_as([hybrid], frozenset({one})) is hybrid
    assert known_as([hybrid], frozenset({"c" * 40})) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Ok.", True),
        ("Fails.", False),
        ({"success_count": 1, "failure_count": 0}, True),
        ({"success_count": 0, "failure_count": 1}, False),
        ("<html>", None),
        ("", None),
        ({}, None),
    ],
)
def test_both_ways_of_answering_an_upload_are_understood(answer: object, expected: bool | None) -> None:
    assert says_added(answer) is expected


def test_ratio_and_seeding_time_are_told() -> None:
    told = status(ratio=1.25, seeding_time=3600)
    assert (told.ratio, told.seeding_time) == (1.25, 3600)


def test_a_ratio_beyond_what_qbittorrent_counts_is_a_high_one() -> None:
    assert status(ratio=-1).ratio == 9999


@pytest.mark.parametrize("state", ["pausedUP", "stoppedUP", "pausedDL", "stoppedDL"])
def test_a_stopped_torrent_is_told_in_every_version(state: str) -> None:
    assert status(state=state).stopped


@pytest.mark.parametrize("state", ["moving", "checkingDL", "checkingResumeData", "missingFiles", "stalledUP"])
def test_what_still_goes_on_is_not_stopped(state: str) -> None:
    assert not status(state=state).stopped


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Heat.mkv"], "/films/Heat.mkv"),
        (["Heat/Heat.mkv"], "/films/Heat/Heat.mkv"),
        (["Heat/Heat.mkv", "Heat/Subs/ro.srt"], "/films/Heat"),
        (["Heat.mkv", "Subs/ro.srt"], "/films"),
        ([], "/films"),
    ],
)
def test_the_content_path_is_the_only_file_or_what_holds_all(names: list[str], expected: str) -> None:
    assert content_path_in("/films", names) == expected
    assert status(content_path=expected).lies_in("/films/", names)


def test_where_it_lies_is_told_by_its_files_and_not_by_its_save_path() -> None:
    """As 4.5 shows one that it could not move."""
    stuck = status(state="pausedUP", save_path="/trash", content_path="/films/Heat.mkv")
    assert not stuck.lies_in("/trash", ["Heat.mkv"])
    assert stuck.lies_in("/films", ["Heat.mkv"])


@pytest.mark.parametrize("state", ["moving", "checkingResumeData"])
def test_one_on_its_way_lies_nowhere_yet(state: str) -> None:
    assert not status(state=state, content_path="/films/Heat.mkv").lies_in("/films", ["Heat.mkv"])


def test_what_lies_below_a_folder_does_not_lie_in_it() -> None:
    below = status(save_path="/films", content_path="/films/.trash/a/Heat.mkv")
    assert not below.lies_in("/films", ["Heat.mkv"])
    assert below.lies_in("/films/.trash/a", ["Heat.mkv"])


def test_paths_of_windows_are_compared_as_such() -> None:
    assert status(content_path="D:\\films\\Heat.mkv").lies_in("D:/films", ["Heat.mkv"])
    assert not status(content_path="/films/He\\at.mkv").lies_in("/films/He", ["at.mkv"])


@pytest.mark.parametrize("folder", ["/", "/films", "D:\\films", "D:/films", "\\\\nas\\films"])
def test_a_whole_path_leaves_nothing_to_guess(folder: str) -> None:
    assert require_whole(folder) == folder


@pytest.mark.parametrize("folder", ["", "films", "./films", "../films", "~/films", " /films", "D:films"])
def test_any_other_path_is_refused(folder: str) -> None:
    with pytest.raises(ValueError, match="not a whole path"):
        require_whole(folder)


def test_one_whole_id_is_taken_and_nothing_else() -> None:
    assert only_id(HASH.upper()) == {HASH}
    for word in ("", "all", f"{HASH}|{HASH}"):
        with pytest.raises(ValueError, match="not the id of one torrent"):
            only_id(word)
