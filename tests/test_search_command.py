"""What `--search` shows of a search; who is asked for it, by processes, is tried in tests/e2e."""

from pathlib import Path
from typing import Any

import pytest
from filelist_fake import GIB, NAME, NOW
from support import NOON

from download_service import Refusal, Release
from filelist_downloader import Search
from main import main
from movie import ChosenRelease, Movie
from queue_manager import QueueManager
from release_choice import NOT_THE_BEST, Choice
from search_command import advice_after, as_mapping, as_table
from services import Rest

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093")
ASKED = ("imdb: tt0133093",)
BEST, OTHER = "The.Matrix.1999.2160p.BluRay.x265-GRP", NAME


def release(name: str, **fields: Any) -> Release:
    known: dict[str, Any] = {
        "tracker": "filelist",
        "id": name[-5:],
        "imdb_id": None,
        "category_id": 4,
        "category": "Filme HD",
        "size": 9 * GIB,
        "seeders": 20,
        "leechers": 0,
        "freeleech": False,
        "doubleup": False,
        "internal": False,
        "uploaded_at": NOW,
    }
    return Release(name=name, **(known | fields))


def found(
    chosen: Release | None, *refused: Refusal, unreadable: int = 0, queries: tuple[str, ...] = ASKED
) -> Search:
    rows = tuple(one.release for one in refused)
    return Search(queries, rows, unreadable, Choice(chosen, refused))


TWO = found(release(BEST), Refusal(release(OTHER), f"a better one was chosen: {BEST}", NOT_THE_BEST))


def test_the_table_names_the_chosen_release_once() -> None:
    head, first, second = as_table(MATRIX, TWO)
    assert head == "🔍 The Matrix (1999) (imdb: tt0133093)"
    assert first.startswith(f"   ✓  {BEST}")
    assert second.endswith("  a better one was chosen")


def test_the_mapping_has_the_whole_reason_and_its_rule() -> None:
    [refused] = as_mapping(MATRIX, TWO)["refused"]
    assert (refused["rule"], refused["reason"]) == (NOT_THE_BEST, f"a better one was chosen: {BEST}")


def test_rows_that_cannot_be_read_are_counted() -> None:
    broken = found(None, unreadable=3)
    [head, asked] = as_table(MATRIX, broken)
    assert head == "🔍 The Matrix (1999): No fitting release: 3 × its row could not be read"
    assert asked == "   asked: imdb: tt0133093"
    told = as_mapping(MATRIX, broken)
    assert (told["unreadable_rows"], told["reason"]) == (3, head.partition("): ")[2])


def test_rows_that_cannot_be_read_are_counted_below_the_others() -> None:
    table = as_table(MATRIX, found(release(BEST), unreadable=3))
    assert table[-1] == "   ✗ 3 × a row could not be read; the log says why"


def test_an_empty_answer_is_no_torrents_found() -> None:
    told = as_mapping(MATRIX, found(None))
    assert (told["reason"], told["unreadable_rows"], told["chosen"]) == ("No torrents found", 0, None)


def test_a_film_that_nothing_was_asked_for_is_not_said_to_have_no_torrents() -> None:
    [line] = as_table(Movie(title="Solaris"), found(None, queries=()))
    assert line.startswith("🔍 Solaris: Nothing to search by")


def test_a_film_that_is_completed_is_said_to_be_in_one_line() -> None:
    chosen = ChosenRelease(name=OTHER, tracker="filelist", id="7")
    handed = Movie(title="The Matrix", id="tt0133093", status="completed", release=chosen)
    assert as_table(handed, TWO)[1] == f"   It is completed already: {OTHER}"
    there = Movie(title="The Matrix", id="tt0133093", status="completed")
    assert as_table(there, found(None))[1] == "   It is completed already: it was there before"


@pytest.mark.parametrize(
    ("movie", "status"), [(MATRIX, None), (Movie(title="x", id="1", status="failed"), "failed")]
)
def test_the_mapping_has_the_queue_of_the_film_if_it_is_in_one(movie: Movie, status: str | None) -> None:
    assert as_mapping(movie, TWO)["status"] == status


def test_advice_names_when_the_service_is_asked_again_if_it_rests() -> None:
    assert advice_after(None, NOON) == "Try again later."
    rest = Rest(kind="rate limited", reason="", since=NOON, until=NOON + 3 * 86400)
    assert advice_after(rest, NOON).startswith("Try again after 2027-01-18 ")


def test_films_that_a_text_may_mean_are_listed_and_nobody_is_asked(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = QueueManager(folder, max_retries=5)
    queue.add_many_to_pending([MATRIX, Movie(title="The Matrix Reloaded", year=2003)])
    monkeypatch.setenv("MOVIE_SYNC_FILELIST_USERNAME", "somebody")
    monkeypatch.setenv("MOVIE_SYNC_FILELIST_PASSKEY", "f" * 32)
    assert main(["--search", "matrix"]) == 1
    out = capsys.readouterr().out
    assert "2 films match 'matrix'; nothing was done" in out
    assert "• The Matrix (1999) [tt0133093] (pending)" in out
    assert not (folder / "filelist_calls.json").exists()
