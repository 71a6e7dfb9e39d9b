"""What is remembered of each list, in `watchlist.json`."""

import json
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from errors import StateError
from list_memory import ListMemory, Lists, Mark, Miscount, Missed

MINE = "me/watchlist"
WHOLE = ListMemory(
    films=("1", "lid:a2", "slug:brazil"),
    read_at=5,
    proof="3 of 3 films on 1 page",
    full_at=4,
    out_of_order_at=3,
    miscount=Miscount(films=("1",), promised=2, read_at=2, times=3),
    length=3,
    missed={"tt1": Missed(1, 4)},
    marks=(Mark("tt2", 1, 4),),
    held=("tt3",),
    diary_due=True,
)


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return Lists(tmp_path)


def test_a_list_that_was_never_read_is_blank(lists: Lists) -> None:
    assert lists.get(MINE) == ListMemory()
    assert lists.all() == {}


def test_all_that_is_remembered_outlives_the_process(lists: Lists, tmp_path: Path) -> None:
    lists.change(MINE, lambda memory: WHOLE)
    assert Lists(tmp_path).get(MINE) == WHOLE


def test_the_file_is_readable_and_says_no_more_than_it_must(lists: Lists, tmp_path: Path) -> None:
    lists.change(MINE, lambda memory: ListMemory(films=("1",), read_at=5))
    path = tmp_path / "watchlist.json"
    assert json.loads(path.read_text()) == {MINE: {"films": ["1"], "read_at": 5}}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_change_of_one_list_leaves_the_others_alone(lists: Lists) -> None:
    lists.change(MINE, lambda memory: WHOLE)
    lists.change("you/watchlist", lambda memory: ListMemory(read_at=9))
    assert lists.all() == {MINE: WHOLE, "you/watchlist": ListMemory(read_at=9)}


def test_a_change_is_made_on_what_another_process_wrote_last(lists: Lists, tmp_path: Path) -> None:
    lists.change(MINE, lambda memory: WHOLE)
    Lists(tmp_path).change(MINE, lambda memory: replace(memory, held=()))
    assert lists.change(MINE, lambda memory: replace(memory, read_at=8)) == replace(WHOLE, held=(), read_at=8)


def test_what_does_not_change_is_not_written(lists: Lists, tmp_path: Path) -> None:
    lists.change(MINE, lambda memory: WHOLE)
    path = tmp_path / "watchlist.json"
    before = path.stat().st_ino
    lists.change(MINE, lambda memory: replace(memory))
    assert path.stat().st_ino == before


def test_changes_at_the_same_time_lose_nothing(lists: Lists, tmp_path: Path) -> None:
    def count_up() -> None:
        mine = Lists(tmp_path)
        for _ in range(25):
            mine.change(MINE, lambda memory: replace(memory, length=memory.length + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lists.get(MINE).length == 100


def test_a_change_that_fails_leaves_everything_as_it_was(lists: Lists) -> None:
    lists.change(MINE, lambda memory: WHOLE)

    def fail(memory: ListMemory) -> ListMemory:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lists.change(MINE, fail)
    assert lists.change(MINE, lambda memory: memory) == WHOLE


@pytest.mark.parametrize("text", ["", "{", '{"me/watchlist": 5}', '{"me/watchlist": {"films": "x"}}'])
def test_a_broken_file_is_never_taken_for_an_empty_one(lists: Lists, tmp_path: Path, text: str) -> None:
    path = tmp_path / "watchlist.json"
    path.write_text(text)
    with pytest.raises(StateError, match=r"watchlist\.json"):
        lists.get(MINE)
    with pytest.raises(StateError):
        lists.change(MINE, lambda memory: WHOLE)
    assert path.read_text() == text


def test_the_last_reading_on_the_web_is_that_of_any_list_and_of_no_export(lists: Lists) -> None:
    assert lists.web_read_at() == 0
    lists.change(MINE, lambda memory: ListMemory(read_at=5))
    lists.change("you/watchlist", lambda memory: ListMemory(read_at=7))
    lists.change("export:/tmp/watchlist.csv", lambda memory: ListMemory(read_at=9))
    assert lists.web_read_at() == 7
