"""What `--why` says of what comes next: the workers' rules in words."""

from typing import Any

import pytest
from support import NOON

from movie import Movie
from services import Rest
from uploads import UploadRules
from why import life_as_json, life_as_text, next_search_at, next_step

HOUR, DAY = 3600, 24 * 3600
RULES = UploadRules(interval=900, recheck=30 * DAY, max_retries=5)
NEVER = UploadRules(interval=0, recheck=0, max_retries=5)
USED_UP = "its retries are used up (python main.py --retry tries it now)"


def pending(**fields: Any) -> Movie:
    return Movie(title="Alien", year=1979, **fields)


def failed(retry_count: int, **fields: Any) -> Movie:
    return pending(status="failed", retry_count=retry_count, **fields)


@pytest.mark.parametrize(
    ("rules", "what", "at"),
    [
        (RULES, "taken as soon as a fitting torrent is uploaded, and searched for again", NOON + 30 * DAY),
        (UploadRules(0, 30 * DAY, 5), "searched for again", NOON + 30 * DAY),
        (UploadRules(900, 0, 5), "taken as soon as a fitting torrent is uploaded", None),
    ],
)
def test_a_permanent_failure_is_told_what_still_comes_to_it(
    rules: UploadRules, what: str, at: int | None
) -> None:
    movie = failed(5, last_failed_at=NOON)
    assert next_step(movie, (), rules, NOON) == (f"{USED_UP}; it is {what}", at)


def test_nothing_comes_to_a_permanent_failure_where_both_are_switched_off() -> None:
    assert next_step(failed(5, last_failed_at=NOON), (), NEVER, NOON) == (
        f"nothing by itself: {USED_UP}",
        None,
    )


def test_a_failed_film_is_told_its_next_retry() -> None:
    assert next_step(failed(2, retry_after=NOON + HOUR), (), RULES, NOON) == ("retry #3", NOON + HOUR)


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        (RULES, "it is taken as soon as a fitting torrent is uploaded, and looked at again"),
        (NEVER, "it is looked at again"),
    ],
)
def test_a_film_that_is_not_out_is_told_so(rules: UploadRules, what: str) -> None:
    step = next_step(pending(not_before=NOON + DAY), (), rules, NOON, not_out=True)
    assert step == (f"it is not out yet; {what}", NOON + DAY)


def test_a_film_that_waits_for_another_reason_is_not_said_to_be_unreleased() -> None:
    step = next_step(pending(not_before=NOON + HOUR), (), RULES, NOON)
    assert step == ("it is searched for after a wait: it waits until then", NOON + HOUR)


def test_a_rest_is_named_with_its_reason() -> None:
    rest = Rest(kind="rate limited", reason="Rate limit reached.", since=NOON, until=NOON + HOUR)
    step = next_step(pending(), [("filelist", rest)], RULES, NOON)
    assert step == ("it is searched for after a wait: Rate limit reached", NOON + HOUR)


@pytest.mark.parametrize(
    ("movie", "at"),
    [
        (pending(), 0),
        (pending(not_before=NOON), NOON),
        (failed(0, retry_after=NOON + 1), NOON + 1),
        (failed(5, last_failed_at=NOON), NOON + 30 * DAY),
        (pending(status="completed"), None),
        (pending(status="removed"), None),
    ],
)
def test_only_wanted_films_are_searched_for_and_each_in_its_time(movie: Movie, at: int | None) -> None:
    assert next_search_at(movie, RULES) == at


def test_a_permanent_failure_is_not_searched_for_without_a_recheck() -> None:
    assert next_search_at(failed(5, last_failed_at=NOON), NEVER) is None


def shown(search: dict[str, Any], **fields: Any) -> str:
    movie = pending(**fields)
    events = [{"at": NOON, "id": "1", "title": "Alien", "event": "not out yet"}]
    return "\n".join(life_as_text(life_as_json(movie, events, search, ("x", None)), movie, NOON))


def test_the_history_says_that_a_film_was_not_out() -> None:
    assert "  not out yet\n" in shown({})


def test_rows_that_could_not_be_read_are_no_empty_search() -> None:
    reason = "No fitting release: 2 × its row could not be read"
    told = shown({"queries": ["imdb: tt1"], "unreadable_rows": 2, "refused": [], "reason": reason})
    assert reason in told
    assert "No torrents found" not in told


def test_rows_that_could_not_be_read_are_counted_beside_the_others() -> None:
    row = {"name": "Alien.CAM", "category": "Filme SD", "size": 1, "seeders": 1, "reason": "no"}
    assert "✗ 2 × a row could not be read" in shown({"unreadable_rows": 2, "refused": [row]})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"downloaded_at": NOON}, "nothing: it is there"),
        ({"torrent_hash": "a" * 40, "owned": True}, "qBittorrent is downloading it"),
        (
            {"torrent_hash": "a" * 40, "owned": False},
            "nothing: its torrent is already in qBittorrent or was saved",
        ),
    ],
)
def test_a_completed_film_is_said_to_be_there_only_once_it_is(fields: dict[str, Any], told: str) -> None:
    what, at = next_step(pending(status="completed", **fields), (), RULES, NOON)
    assert what.startswith(told)
    assert at is None
