"""Queue files as people and crashes leave them: read strictly, settled, written in a form people can edit."""

import json
from pathlib import Path

import msgspec
import pytest
from queue_entries import left_as
from support import NOON

from errors import StateError, StateWriteError
from movie import Movie
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING, REMOVED, QueueFile, Settled, cap_waits

DAY = 24 * 3600
MATRIX = {"id": "tt0133093", "title": "The Matrix", "year": 1999, "queued_at": 1729267890}


@pytest.fixture
def pending(folder: Path) -> QueueFile:
    folder.mkdir(mode=0o700)
    return QueueFile(folder / "queue_pending.json", PENDING)


def film(number: int, **known: object) -> Movie:
    fields = {"id": f"tt{number}", "imdb_id": f"tt{number}", "title": f"Film {number}", **known}
    return msgspec.convert(fields, Movie)


def test_a_file_that_is_not_there_is_an_empty_queue(pending: QueueFile) -> None:
    assert pending.read() == []


def test_entries_come_in_the_order_of_the_file(pending: QueueFile) -> None:
    pending.path.write_text(json.dumps([{"title": "B"}, {"title": "A"}]))
    assert [movie.title for movie in pending.read()] == ["B", "A"]


def test_an_entry_without_id_gets_the_one_it_deserves(pending: QueueFile) -> None:
    pending.path.write_text(json.dumps([{"title": "Alien", "year": 1979}]))
    assert [movie.id for movie in pending.read()] == ["title:Alien (1979)"]


def test_the_file_decides_over_the_status_written_in_it(pending: QueueFile) -> None:
    pending.path.write_text(json.dumps([{**MATRIX, "status": "failed"}]))
    assert [movie.status for movie in pending.read()] == [PENDING]


@pytest.mark.parametrize("content", ["", "[", '{"title": "Alien"}', "null", "7", '"[]"', "[" * 9999])
def test_what_is_no_list_is_never_an_empty_queue(pending: QueueFile, content: str) -> None:
    left_as(pending.path, content)
    with pytest.raises(StateError, match=r"queue_pending\.json: .*copied to queue_pending\.json\.corrupt-"):
        pending.read()
    assert pending.path.read_text() == content


def test_a_wrong_entry_is_named_by_file_index_and_key(pending: QueueFile) -> None:
    left_as(pending.path, json.dumps([MATRIX, {"title": "1917", "year": "2019"}, 5]))
    with pytest.raises(StateError) as error:
        pending.read()
    assert not isinstance(error.value, StateWriteError)
    said = str(error.value)
    assert str(pending.path) in said
    assert "entry 1: Expected `int | null`, got `str` - at `year`" in said
    assert "entry 2: expected an object" in said
    assert "entry 0" not in said


def test_wrong_entries_are_copied_aside_once(pending: QueueFile) -> None:
    left_as(pending.path, json.dumps([5]))
    for _ in range(3):
        with pytest.raises(StateError):
            pending.read()
    assert len(list(pending.path.parent.glob("*.corrupt-*"))) == 1


def test_a_file_is_written_as_an_indented_list(pending: QueueFile) -> None:
    for number in (2, 1):
        pending.put(film(number))
    pending.write()
    text = pending.path.read_text()
    assert [entry["id"] for entry in json.loads(text)] == ["tt2", "tt1"]
    assert text.startswith('[\n  {\n    "id": "tt2",\n')
    assert text.endswith("  }\n]\n")


def test_an_empty_queue_is_written_as_an_empty_list(pending: QueueFile) -> None:
    pending.write()
    assert json.loads(pending.path.read_text()) == []


def test_what_is_written_is_read_again(pending: QueueFile) -> None:
    movies = [film(1, extra={"note": "é\u2028"}, aliases=["a"]), film(2, release=None, year=1999)]
    pending.fill(movies)
    pending.write()
    assert pending.read() == movies


def test_a_renamed_film_keeps_its_place(pending: QueueFile) -> None:
    pending.fill([film(1), film(2), film(3)])
    pending.rename("tt2", film(7))
    assert list(pending.films) == ["tt1", "tt7", "tt3"]


def test_an_edit_from_outside_is_noticed(pending: QueueFile) -> None:
    pending.write()
    assert not pending.changed_outside()
    pending.path.write_text(json.dumps([MATRIX]))
    assert pending.changed_outside()


@pytest.mark.parametrize(
    ("places", "winner"),
    [
        ((PENDING, FAILED), FAILED),
        ((PENDING, FAILED, REMOVED), REMOVED),
        ((PENDING, FAILED, REMOVED, COMPLETED), COMPLETED),
        ((COMPLETED, PENDING), COMPLETED),
        ((FORGOTTEN, PENDING), PENDING),
    ],
)
@pytest.mark.parametrize("revision", [0, 5])
def test_without_a_newer_revision_the_order_of_the_queues_settles(
    places: tuple[str, ...], winner: str, revision: int
) -> None:
    settled = Settled({queue: [film(1, revision=revision)] for queue in places})
    assert {queue: len(settled.films(queue)) for queue in places} == {
        queue: int(queue == winner) for queue in places
    }
    assert settled.stale == set(places) - {winner}


@pytest.mark.parametrize("newer", [PENDING, FAILED, COMPLETED, REMOVED, FORGOTTEN])
@pytest.mark.parametrize("older", [PENDING, FAILED, COMPLETED, REMOVED, FORGOTTEN])
def test_the_higher_revision_wins_whatever_the_queues(newer: str, older: str) -> None:
    settled = Settled({older: [film(1, revision=6)]} | {newer: [film(1, revision=7)]})
    assert [movie.revision for movie in settled.films(newer)] == [7]
    assert newer == older or settled.films(older) == []


def test_what_was_settled_is_said() -> None:
    settled = Settled({PENDING: [film(1)], COMPLETED: [film(1)]})
    assert settled.notes == ["Film 1 stood in completed and in pending; kept in completed"]


def test_the_same_film_under_an_older_id_is_settled_too() -> None:
    young = film(1, film_id="9", aliases=["letterboxd:9"], revision=8)
    old = film(1, id="letterboxd:9", imdb_id=None, film_id="9", revision=7)
    settled = Settled({COMPLETED: [young], PENDING: [old]})
    assert (settled.films(COMPLETED), settled.films(PENDING)) == ([young], [])


def test_two_films_under_one_id_are_both_kept() -> None:
    one, other = film(1, film_id="1"), film(1, film_id="2")
    settled = Settled({PENDING: [one, other]})
    assert [movie.id for movie in settled.films(PENDING)] == ["tt1", "letterboxd:2"]
    assert settled.notes == []


def test_a_winner_takes_no_third_films_id() -> None:
    holder, old, new = (
        film(1, film_id="1"),
        film(2, film_id="2", revision=1),
        film(1, film_id="2", revision=2),
    )
    settled = Settled({COMPLETED: [holder], FAILED: [old], PENDING: [new]})
    assert [movie.film_id for movie in settled.films(COMPLETED)] == ["1"]
    assert [(movie.id, movie.film_id) for movie in settled.films(PENDING)] == [("letterboxd:2", "2")]


def test_the_order_of_a_file_survives_settling() -> None:
    settled = Settled({PENDING: [film(3), film(1), film(2)], FAILED: [film(1)]})
    assert [movie.id for movie in settled.films(PENDING)] == ["tt3", "tt2"]


def test_a_wait_beyond_a_day_is_cut_and_a_shorter_one_is_not() -> None:
    movies = [
        film(1, retry_after=NOON + 10**6),
        film(2, not_before=10**30),
        film(3, retry_after=NOON + DAY, not_before=NOON + 5),
    ]
    capped = cap_waits(movies, NOON, DAY)
    assert {key: (movie.retry_after, movie.not_before) for key, movie in capped.items()} == {
        "tt1": (NOON + DAY, 0),
        "tt2": (0, NOON + DAY),
    }


def test_an_entry_written_by_hand_has_no_revision_and_the_order_of_the_queues_decides() -> None:
    ours = Movie(title="A", id="tt0000001", imdb_id="tt0000001", revision=5)
    by_hand = Movie(title="A", id="tt0000001", imdb_id="tt0000001")
    settled = Settled({PENDING: [ours], COMPLETED: [by_hand]})
    assert (settled.films(PENDING), settled.films(COMPLETED)) == ([], [by_hand])
    settled = Settled({PENDING: [by_hand], COMPLETED: [ours]})
    assert (settled.films(PENDING), settled.films(COMPLETED)) == ([], [ours])


def test_a_bare_id_is_enough_to_forget_a_film_by_hand(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "forgotten.json").write_text('["tt0133093", "letterboxd:51518"]')
    forgotten = QueueFile(folder / "forgotten.json", FORGOTTEN).read()
    assert [(movie.id, movie.film_id) for movie in forgotten] == [
        ("tt0133093", None),
        ("letterboxd:51518", "51518"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_file(pending: QueueFile) -> None:
    pending.path.write_bytes(b"\xef\xbb\xbf" + json.dumps([MATRIX]).encode())
    assert [movie.title for movie in pending.read()] == ["The Matrix"]
