"""Rests of services: how long, how they grow and end, what outlives a process and what does not."""

import json
import stat
from pathlib import Path

import pytest
from support import NOON, Clock, full_disk

from config import Config
from credentials_manager import CredentialsManager
from errors import (
    AuthError,
    Blocked,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    StateError,
    StateWriteError,
)
from services import (
    AUTH,
    BLOCKED,
    LEDGER,
    RATE_LIMITED,
    UNREACHABLE,
    Rest,
    Services,
    rest_after_success,
    rest_by_clock,
    services_of,
    unreachable_rest,
)

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


class Credentials:
    """Fingerprints of credentials that a test may change."""

    def __init__(self) -> None:
        self.current = "first"

    def __call__(self, service: str) -> str:
        return f"{service}:{self.current}"


@pytest.fixture
def credentials() -> Credentials:
    return Credentials()


@pytest.fixture
def services(folder: Path, credentials: Credentials, clock: Clock) -> Services:
    return Services(folder, credentials, clock)


@pytest.fixture
def restarted(folder: Path, credentials: Credentials, clock: Clock, services: Services) -> Services:
    """Another process on the same folder."""
    return Services(folder, credentials, clock)


def down(service: str = "filelist") -> ServiceUnavailable:
    return ServiceUnavailable(service, "no answer")


def blocked(service: str = "letterboxd", retry_at: float | None = None) -> Blocked:
    return Blocked(service, "a challenge page", retry_at)


def seconds_left(services: Services, service: str, clock: Clock) -> int | None:
    rest = services.resting(service)
    return None if rest is None else int(rest.until - clock())


# -- unreachable -------------------------------------------------------------------------------------------


def test_one_failure_rests_nothing(services: Services) -> None:
    assert services.failed(down()) is None
    assert services.resting("filelist") is None


def test_two_failures_in_a_row_rest_the_service_for_a_minute(services: Services, clock: Clock) -> None:
    services.failed(down())
    rest = services.failed(down())
    assert rest == services.resting("filelist")
    assert rest is not None
    assert (rest.kind, rest.reason, rest.until) == (UNREACHABLE, "no answer", NOON + MINUTE)
    assert services.resting("letterboxd") is None
    clock.time += MINUTE
    assert services.resting("filelist") is None


def test_a_success_between_two_failures_ends_the_streak(services: Services) -> None:
    services.failed(down())
    services.succeeded("filelist")
    assert services.failed(down()) is None


def test_a_success_ends_the_rest_at_once(services: Services) -> None:
    for _ in range(5):
        services.failed(down())
    services.succeeded("filelist")
    assert services.resting("filelist") is None
    assert services.failed(down()) is None


@pytest.mark.parametrize(
    ("service", "longest"),
    [("filelist", 15 * MINUTE), ("letterboxd", 15 * MINUTE), ("qbittorrent", 2 * MINUTE)],
)
def test_the_rest_of_an_unreachable_service_grows_to_its_limit(service: str, longest: int) -> None:
    rests = [unreachable_rest(service, failures) for failures in range(60)]
    assert rests[:4] == [0, 0, MINUTE, 2 * MINUTE]
    assert rests == sorted(rests)
    assert rests[-1] == longest


def test_unreachability_is_forgotten_with_the_process(services: Services, folder: Path, clock: Clock) -> None:
    for _ in range(3):
        services.failed(down())
    assert Services(folder, lambda _: "", clock).resting("filelist") is None
    assert not (folder / "services.json").exists()


# -- refused for now ---------------------------------------------------------------------------------------


def test_a_refusal_rests_the_service_in_every_process(services: Services, restarted: Services) -> None:
    rest = services.failed(blocked())
    assert rest is not None
    assert (rest.kind, rest.until - NOON, rest.named) == (BLOCKED, MINUTE, False)
    assert restarted.resting("letterboxd") == rest


def test_a_refusal_is_kept_for_the_owner_alone(services: Services, folder: Path) -> None:
    services.failed(blocked())
    assert stat.S_IMODE((folder / "services.json").stat().st_mode) == 0o600


def test_the_time_that_a_service_names_is_kept(services: Services, restarted: Services, clock: Clock) -> None:
    services.failed(RateLimited("letterboxd", "429", NOON + 600.5))
    rest = restarted.resting("letterboxd")
    assert rest is not None
    assert (rest.kind, rest.until, rest.named) == (RATE_LIMITED, NOON + 601, True)
    clock.time = NOON + 601
    assert restarted.resting("letterboxd") is None


@pytest.mark.parametrize(("named", "until"), [(-HOUR, 1), (0, 1), (30 * DAY, DAY), (1e300, DAY)])
def test_a_named_time_is_between_now_and_a_day(services: Services, named: float, until: int) -> None:
    rest = services.failed(blocked(retry_at=NOON + named))
    assert rest is not None
    assert rest.until == NOON + until


def test_refusals_without_a_time_grow_from_a_minute_to_a_day(services: Services, clock: Clock) -> None:
    rests = []
    for _ in range(14):
        services.failed(blocked())
        rests.append(seconds_left(services, "letterboxd", clock) or 0)
        clock.time += rests[-1]
    assert rests[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert rests[-2:] == [DAY, DAY]


def test_a_named_time_in_between_does_not_start_the_growth_anew(services: Services) -> None:
    for retry_at in (None, None, NOON + 10, None):
        rest = services.failed(blocked(retry_at=retry_at))
    assert rest is not None
    assert rest.until - NOON == 4 * MINUTE


def test_each_success_steps_the_growth_down(services: Services, clock: Clock) -> None:
    for _ in range(5):
        services.failed(blocked())
    services.succeeded("letterboxd")
    assert services.resting("letterboxd") is None
    services.succeeded("letterboxd")
    services.failed(blocked())
    assert seconds_left(services, "letterboxd", clock) == 8 * MINUTE


def test_enough_successes_forget_a_refusal(services: Services, folder: Path) -> None:
    for _ in range(3):
        services.failed(blocked())
    for _ in range(3):
        services.succeeded("letterboxd")
    assert json.loads((folder / "services.json").read_text()) == {}


def test_growth_outlives_the_process(services: Services, restarted: Services, clock: Clock) -> None:
    services.failed(blocked())
    restarted.failed(blocked())
    assert seconds_left(services, "letterboxd", clock) == 2 * MINUTE


def test_the_services_rest_each_on_their_own(services: Services, restarted: Services) -> None:
    services.failed(blocked("letterboxd"))
    restarted.failed(blocked("filelist"))
    services.succeeded("letterboxd")
    assert restarted.resting("letterboxd") is None
    assert services.resting("filelist") is not None


def test_our_own_full_ledger_is_not_written_down(services: Services, folder: Path, clock: Clock) -> None:
    services.failed(RateLimited("filelist", "150 of 150", NOON + 600, own_ledger=True))
    rest = services.resting("filelist")
    assert rest is not None
    assert (rest.kind, rest.named) == (LEDGER, True)
    assert not (folder / "services.json").exists()
    clock.time += 602
    assert services.resting("filelist") is None


# -- refused credentials -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ban", "length"), [(None, DAY), (HOUR, HOUR)])
def test_refused_credentials_rest_for_the_ban_or_a_day_in_every_process(
    services: Services, restarted: Services, clock: Clock, ban: int | None, length: int
) -> None:
    services.failed(AuthError("filelist", "Invalid credentials", ban_seconds=ban))
    rest = restarted.resting("filelist")
    assert rest is not None
    assert (rest.kind, rest.until - NOON) == (AUTH, length)
    clock.time += length - 1
    assert restarted.resting("filelist") is not None
    clock.time += 1
    assert restarted.resting("filelist") is None


def test_after_a_refused_probe_it_rests_again(services: Services, clock: Clock) -> None:
    services.failed(AuthError("filelist", "Invalid credentials"))
    clock.time += DAY
    services.failed(AuthError("filelist", "Invalid credentials"))
    assert seconds_left(services, "filelist", clock) == DAY


def test_new_credentials_end_the_rest_of_the_old_ones(
    services: Services, restarted: Services, credentials: Credentials
) -> None:
    services.failed(AuthError("filelist", "Invalid credentials"))
    credentials.current = "second"
    assert (services.resting("filelist"), restarted.resting("filelist")) == (None, None)
    credentials.current = "first"
    assert services.resting("filelist") is not None


def test_new_credentials_end_no_other_rest(services: Services, credentials: Credentials) -> None:
    services.failed(blocked("filelist"))
    credentials.current = "second"
    assert services.resting("filelist") is not None


def test_a_successful_probe_forgets_the_refusal(services: Services, restarted: Services) -> None:
    services.failed(AuthError("filelist", "Invalid credentials"))
    services.succeeded("filelist")
    assert restarted.resting("filelist") is None


# -- clocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "length"),
    [
        (blocked(), MINUTE),
        (blocked(retry_at=NOON + HOUR), HOUR),
        (AuthError("letterboxd", "no"), DAY),
        (RateLimited("letterboxd", "full", NOON + HOUR, own_ledger=True), HOUR + 1),
    ],
)
@pytest.mark.parametrize("back", [2 * HOUR, 1000 * DAY])
def test_a_clock_set_back_makes_no_rest_longer(
    services: Services, clock: Clock, error: ServiceError, length: int, back: int
) -> None:
    services.failed(error)
    clock.time -= back
    assert seconds_left(services, "letterboxd", clock) == length
    clock.time += length
    assert services.resting("letterboxd") is None


def test_a_clock_set_back_makes_no_unreachable_service_rest_longer(services: Services, clock: Clock) -> None:
    services.failed(down())
    services.failed(down())
    clock.time -= 10 * HOUR
    assert seconds_left(services, "filelist", clock) == MINUTE


def test_a_rest_stored_for_longer_than_a_day_is_cut_in_its_file(
    services: Services, folder: Path, clock: Clock
) -> None:
    services.failed(blocked())
    kept = json.loads((folder / "services.json").read_text())
    kept["letterboxd"]["until"] = NOON + 400 * DAY
    (folder / "services.json").write_text(json.dumps(kept))
    assert seconds_left(services, "letterboxd", clock) == DAY
    assert json.loads((folder / "services.json").read_text())["letterboxd"]["until"] == NOON + DAY


def test_a_clock_set_back_after_a_success_brings_no_rest_back(services: Services, clock: Clock) -> None:
    for _ in range(3):
        services.failed(blocked())
    clock.time += HOUR
    services.succeeded("letterboxd")
    clock.time -= 2 * HOUR
    assert services.resting("letterboxd") is None


def test_a_rest_in_order_is_left_as_it_is() -> None:
    rest = Rest(kind=BLOCKED, reason="", since=NOON, until=NOON + 60, step=60)
    assert rest_by_clock(rest, NOON + 30) is rest
    assert rest_after_success(rest, NOON) is None


# -- the file ----------------------------------------------------------------------------------------------


def test_a_broken_file_stops_us_at_every_look_and_is_never_replaced(services: Services, folder: Path) -> None:
    services.failed(blocked())
    (folder / "services.json").write_text("{")
    for _ in range(2):
        with pytest.raises(StateError):
            services.resting("letterboxd")
        with pytest.raises(StateError):
            services.failed(blocked())
    with pytest.raises(StateError):
        Services(folder, str)
    assert (folder / "services.json").read_text() == "{"


def test_a_refusal_that_cannot_be_written_counts_in_this_process(services: Services) -> None:
    with full_disk():
        with pytest.raises(StateWriteError):
            services.failed(blocked())
        assert services.resting("letterboxd") is not None


def test_on_a_full_disk_a_wrong_clock_stops_no_look(services: Services, clock: Clock) -> None:
    services.failed(blocked())
    clock.time -= HOUR
    with full_disk():
        assert seconds_left(services, "letterboxd", clock) == MINUTE


@pytest.mark.parametrize("key", ["host", "port", "use_https"])
def test_a_refusal_ends_when_qbittorrent_is_looked_for_elsewhere(
    folder: Path, clock: Clock, key: str
) -> None:
    config, credentials = Config.load(folder, {}), CredentialsManager(folder, {})
    services_of(config, credentials, clock).failed(AuthError("qbittorrent", "Login failed."))
    assert services_of(config, credentials, clock).resting("qbittorrent") is not None
    config["qbittorrent"][key] = {"host": "nas", "port": 8081, "use_https": True}[key]
    assert services_of(config, credentials, clock).resting("qbittorrent") is None
