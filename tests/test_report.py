import time
from collections.abc import Iterator
from typing import Any

import pytest

import report
from movie import Movie
from services import Rest

NOW = 1_800_000_000  # 2027-01-15 08:00 UTC
COUNTS = {"pending": 5, "failed": 2, "completed": 10, "permanent_failures": 1}
RULE = "=" * 70


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def failed(title: str, retry_count: int, **fields: Any) -> Movie:
    return Movie(title=title, retry_count=retry_count, status="failed", **fields)


def page(*films: Movie, rests: tuple[tuple[str, Rest], ...] = (), calls: report.Calls | None = None) -> str:
    return "\n".join(report.statistics_page(COUNTS, films, 5, rests, NOW, calls))


def test_the_statistics_page_has_the_shape_of_the_readme() -> None:
    shown = page(
        failed("Movie 1", 1, retry_after=NOW - 1, last_error="x"),
        failed("Movie 2", 0, retry_after=NOW, last_error="x"),
        failed("Movie 3", 5, last_error="Not found on tracker"),
    )
    assert shown == "\n".join(
        [
            RULE,
            "📊 Queue Statistics",
            RULE,
            "",
            "📝 Pending:    5",
            "❌ Failed:     2",
            "✅ Completed:  10",
            "⛔ Permanent:  1",
            "",
            "🔄 Movies ready for retry:",
            "   • Movie 1 (retry #2)",
            "   • Movie 2 (retry #1)",
            "",
            "⛔ Permanent failures:",
            "   • Movie 3: Not found on tracker",
        ]
    )


def test_sections_without_films_are_left_out() -> None:
    assert page().splitlines()[-1] == "⛔ Permanent:  1"


def test_films_that_wait_are_listed_by_their_time_and_with_the_cause() -> None:
    lines = page(
        failed("Late", 1, retry_after=NOW + 7200, last_error="no release"),
        failed("Soon", 0, retry_after=NOW + 3600, last_error="no release"),
    ).splitlines()
    assert lines[-2:] == [
        "   • Soon (retry #1 at 09:00): no release",
        "   • Late (retry #2 at 10:00): no release",
    ]


def test_a_failure_without_a_kept_reason_says_so() -> None:
    assert page(failed("Movie 3", 5)).endswith("   • Movie 3: no reason was kept")


def test_a_service_at_rest_is_named_with_its_reason() -> None:
    rest = Rest(kind="auth", reason="Invalid credentials.", since=NOW, until=NOW + 3600)
    assert page(rests=(("filelist", rest),)).splitlines()[-2:] == [
        "⏸️  Services at rest:",
        "   • FileList.io until 09:00: Invalid credentials.",
    ]


@pytest.mark.parametrize(
    ("next_at", "told"),
    [
        (None, "142 of 150 calls used"),
        (NOW + 3600, "142 of 150 calls used, next film at 09:00"),
        (NOW + 17 * 3600, "142 of 150 calls used, next film at 01:00"),
        (NOW + 24 * 3600, "142 of 150 calls used, next film at 2027-01-16 08:00"),
    ],
)
def test_the_calls_of_the_hour_are_told_with_when_the_next_film_has_its_turn(
    next_at: int | None, told: str
) -> None:
    assert page(calls=report.Calls(142, 150, next_at)).splitlines()[-1] == f"📞 FileList, last hour: {told}"


def test_an_hour_without_calls_is_not_told() -> None:
    assert page(calls=report.Calls(0, 150)) == page()


def test_the_statistics_as_json_have_the_calls_beside_the_four_numbers() -> None:
    told = report.statistics_as_json(COUNTS, (), 5, (), NOW, report.Calls(150, 150, NOW + 60))
    assert told["calls"] == {"used": 150, "limit": 150, "next_at": NOW + 60}
    assert {key: told[key] for key in COUNTS} == COUNTS


def test_the_banner_has_the_shape_of_the_readme() -> None:
    config = {
        "username": "deeplow",
        "check_interval": 3600,
        "retry_interval": 3600,
        "max_retries": 5,
        "download_directory": "~/Downloads",
    }
    assert report.banner(config) == [
        RULE,
        "🚀 MOVIE SYNC - Letterboxd to FileList.io",
        RULE,
        "📺 Letterboxd user: deeplow",
        "⏱️  Monitor interval: 3600s (60 minutes)",
        "🔄 Retry interval: 3600s (60 minutes)",
        "🔁 Max retries: 5",
        "📁 Download directory: ~/Downloads",
        "",
        "💡 Press Ctrl+C to stop gracefully",
        RULE,
        "",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1, "1 second"), (60, "1 minute"), (90, "1.5 minutes"), (1800, "30 minutes"), (86400, "1440 minutes")],
)
def test_intervals_of_the_banner_are_given_in_minutes_too(seconds: int, shown: str) -> None:
    config = dict.fromkeys(("username", "retry_interval", "max_retries", "download_directory"), 3600)
    assert f"⏱️  Monitor interval: {seconds}s ({shown})" in report.banner(config | {"check_interval": seconds})


def test_the_lines_about_the_queues_name_three_numbers() -> None:
    assert report.loaded_line(COUNTS) == "📋 Loaded queues: 5 pending, 2 failed, 10 completed"
    assert report.status_line(COUNTS) == "📊 Status: 5 pending, 2 failed, 10 completed"
    assert report.queue_status_line(COUNTS, 0) == "📋 Queue status: 5 pending, 2 failed, 10 completed"
    assert (
        report.queue_status_line(COUNTS, 1) == "📋 Queue status: 5 pending, 2 failed, 10 completed, 1 removed"
    )


@pytest.mark.parametrize(
    ("done", "seconds", "line"),
    [
        (0, 0, "🔎 Film pages: 0 of 1000"),
        (1, 3, "🔎 Film pages: 1 of 1000, 20 a minute, about 50 minutes left"),
        (990, 2970, "🔎 Film pages: 990 of 1000, 20 a minute, about 30 seconds left"),
    ],
)
def test_a_long_lookup_tells_rate_and_time_left(done: int, seconds: float, line: str) -> None:
    assert report.lookup_line(done, 1000, seconds) == line


def test_the_final_statistics_name_all_four() -> None:
    assert report.final_statistics(COUNTS) == [
        "",
        "📊 Final Statistics:",
        "   Pending: 5",
        "   Failed: 2",
        "   Completed: 10",
        "   Permanent failures: 1",
    ]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (NOW + 60, "08:01"),
        (NOW + 86400, "2027-01-16 08:00"),
        (NOW - 86400, "2027-01-14 08:00"),
        (NOW * 1000, "unix time 1800000000000"),
    ],
)
def test_a_moment_is_told_with_its_date_unless_it_is_today(moment: float, shown: str) -> None:
    assert report.clock(moment, NOW) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (45, "45 seconds"),
        (60, "1 minute"),
        (120, "2 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (57600, "16 hours"),
        (86400, "24 hours"),
        (30 * 86400, "30 days"),
    ],
)
def test_a_duration_is_told_in_its_largest_sensible_unit(seconds: float, shown: str) -> None:
    assert report.duration(seconds) == shown
