import json
from typing import Any

import msgspec
import pytest

from qbittorrent_answers import TorrentStatus, known_as, read_statuses, says_added, usable_ids

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
