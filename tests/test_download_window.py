import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from download_window import is_open, next_opening
from option_rules import WINDOW

NIGHT = "23:00-07:00"
HOUR = 3600
CHANGES = [
    ("Europe/Berlin", "2026-03-29 02:00"),
    ("Europe/Berlin", "2026-10-25 02:00"),
    ("America/New_York", "2026-03-08 02:00"),
    ("America/New_York", "2026-11-01 01:00"),
    # Half an hour, and in the southern year.
    ("Australia/Lord_Howe", "2026-04-05 01:30"),
    ("Australia/Lord_Howe", "2026-10-04 02:00"),
    # At midnight: the day begins at one o'clock.
    ("America/Santiago", "2026-09-06 00:00"),
    ("Asia/Beirut", "2026-03-29 00:00"),
    # A whole day was left out.
    ("Pacific/Apia", "2011-12-30 00:00"),
    ("Asia/Kathmandu", "2026-01-01 00:00"),
]


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        pytest.skip(f"this machine does not know the zone {name}")


def unix(zone: str, text: str, fold: int = 0) -> float:
    """The moment at which the clock of a zone shows `text`; the second time with `fold`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=fold).timestamp()


@contextlib.contextmanager
def local_zone(name: str) -> Iterator[None]:
    """This process lives in a zone."""
    zone_of(name)
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        del os.environ["TZ"]
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


@pytest.fixture
def live_in() -> Iterator[Callable[[str], None]]:
    with contextlib.ExitStack() as stack:
        yield lambda name: stack.enter_context(local_zone(name))


@pytest.fixture
def berlin(live_in: Callable[[str], None]) -> Callable[..., float]:
    """Gives the moment of a time of day in Berlin, where we are."""
    live_in("Europe/Berlin")
    return lambda text, fold=0: unix("Europe/Berlin", text, fold)


At = Callable[..., float]


def test_without_a_window_it_is_always_open() -> None:
    assert is_open(None, 12.5)
    assert next_opening(None, 12.5) == 12.5


@pytest.mark.parametrize("text", ["23:00", "23:59:59", "00:00", "06:59:59.9"])
def test_a_window_over_midnight_is_open_on_both_sides(berlin: At, text: str) -> None:
    now = berlin(f"2026-01-15 {text}")
    assert is_open(NIGHT, now)
    assert next_opening(NIGHT, now) == now


@pytest.mark.parametrize("text", ["07:00", "12:34:56.7", "22:59:59.9"])
def test_it_opens_next_on_the_minute(berlin: At, text: str) -> None:
    now = berlin(f"2026-01-15 {text}")
    assert not is_open(NIGHT, now)
    assert next_opening(NIGHT, now) == berlin("2026-01-15 23:00")


def test_a_window_within_a_day_opens_the_next_day(berlin: At) -> None:
    assert is_open("08:15-08:16", berlin("2026-01-15 08:15:59"))
    assert not is_open("08:15-08:16", berlin("2026-01-15 08:16"))
    assert next_opening("08:15-08:16", berlin("2026-01-15 08:16")) == berlin("2026-01-16 08:15")


def test_a_window_until_midnight_closes_there(berlin: At) -> None:
    assert is_open("22:00-00:00", berlin("2026-01-15 23:59"))
    assert not is_open("22:00-00:00", berlin("2026-01-16 00:00"))


def test_a_night_is_shorter_and_longer_when_the_clock_is_changed(berlin: At) -> None:
    spring, autumn = berlin("2026-03-28 23:00"), berlin("2026-10-24 23:00")
    assert [is_open(NIGHT, spring + hours * HOUR) for hours in (6.9, 7)] == [True, False]
    assert [is_open(NIGHT, autumn + hours * HOUR) for hours in (8.9, 9)] == [True, False]


def test_the_evening_after_a_change_comes_on_time(berlin: At) -> None:
    assert next_opening(NIGHT, berlin("2026-03-28 07:00")) == berlin("2026-03-28 23:00")
    assert next_opening("12:00-13:00", berlin("2026-03-28 13:00")) == berlin("2026-03-29 12:00")
    assert next_opening("12:00-13:00", berlin("2026-10-24 13:00")) == berlin("2026-10-25 12:00")


def test_a_window_that_would_open_in_the_skipped_hour_opens_after_it(berlin: At) -> None:
    assert next_opening("02:30-05:00", berlin("2026-03-29 01:00")) == berlin("2026-03-29 03:00")


def test_a_window_within_the_skipped_hour_opens_the_next_day(berlin: At) -> None:
    assert next_opening("02:10-02:50", berlin("2026-03-29 01:00")) == berlin("2026-03-30 02:10")


def test_a_window_in_the_doubled_hour_is_open_twice(berlin: At) -> None:
    first, second = (berlin("2026-10-25 02:30", fold) for fold in (0, 1))
    assert second == first + HOUR
    assert next_opening("02:30-02:45", berlin("2026-10-25 01:00")) == first
    assert next_opening("02:30-02:45", first + 20 * 60) == second
    assert next_opening("02:30-02:45", second + 20 * 60) == berlin("2026-10-26 02:30")


def test_a_window_is_found_beyond_a_day_that_was_left_out(live_in: Callable[[str], None]) -> None:
    live_in("Pacific/Apia")
    now = unix("Pacific/Apia", "2011-12-29 12:00")
    assert next_opening("08:00-09:00", now) == unix("Pacific/Apia", "2011-12-31 08:00")


def test_what_is_no_window_is_refused() -> None:
    with pytest.raises(ValueError, match="HH:MM-HH:MM"):
        is_open("23-7", 0)
    with pytest.raises(ValueError, match="HH:MM-HH:MM"):
        next_opening("23:00-24:00", 0)


@pytest.mark.parametrize("text", ["23:00-07:00", "00:00-23:59", "23:59-00:00"])
def test_a_right_setting_is_one_that_can_be_used(text: str) -> None:
    assert WINDOW.fault(text) is None
    is_open(text, 0)


@pytest.mark.parametrize(
    "text", ["1:00-2:00", "00:00-24:00", "01:60-02:00", "01:00 - 02:00", "٠١:٠٠-٠٢:٠٠", ""]
)
def test_a_wrong_setting_is_refused_before_it_is_used(text: str) -> None:
    assert WINDOW.fault(text)


def test_a_setting_with_equal_ends_is_refused() -> None:
    assert WINDOW.fault("07:00-07:00") == "begins and ends at the same time"


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=lambda value: value)
def test_nothing_is_missed_and_nothing_is_early_around_a_change(zone: str, change: str) -> None:
    """Against `zoneinfo`, which knows the zones by itself."""
    hypothesis = pytest.importorskip("hypothesis")
    st = pytest.importorskip("hypothesis.strategies")
    middle = unix(zone, change)

    def shows(at: float) -> str:
        return f"{datetime.fromtimestamp(math.floor(at), zone_of(zone)):%H:%M}"

    def inside(window: str, at: float) -> bool:
        begin, end = window.split("-")
        return begin <= shows(at) < end if begin < end else not end <= shows(at) < begin

    def check(window: str, seconds: float) -> None:
        now = middle + seconds
        opening = next_opening(window, now)
        assert is_open(window, now) == inside(window, now) == (opening == now)
        assert inside(window, opening)
        assert opening <= now + 50 * HOUR
        minutes = range(int((opening - now) // 60) + 1)
        assert not any(inside(window, now + 60 * minute) for minute in minutes if now + 60 * minute < opening)
        assert opening == now or not inside(window, opening - 0.5)

    times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
    near = st.builds("{:02}:{:02}".format, st.integers(0, 3), st.sampled_from([0, 1, 15, 30, 59]))
    windows = st.builds("{}-{}".format, times | near, times | near).filter(lambda text: text[:5] != text[6:])
    seconds = st.floats(-30 * HOUR, 30 * HOUR) | st.integers(-90, 90).map(lambda minutes: 60 * minutes)
    with local_zone(zone):
        hypothesis.settings(max_examples=120, deadline=None)(hypothesis.given(windows, seconds)(check))()
