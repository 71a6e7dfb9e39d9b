"""How much may go and when, and what may be wrong with state and other processes, while cleanup is on.

Cases as in `hostile_disk_cases`.
"""

from collections.abc import Callable

from cleanup_bench import DAY, HOUR, CleanupBench
from cleanup_films import Film
from hostile_disk_cases import NAME, NOTHING, Case, Went, goes
from support import full_disk

import storage
from errors import StateWriteError

CASES: dict[str, Case] = {}
YEAR = 365 * DAY


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


# --- the limit


def _many(bench: CleanupBench, count: int) -> list[Film]:
    return [bench.film(f"Film {chr(65 + number)}", removed_at=number + 1) for number in range(count)]


@case
def no_more_go_within_a_day_than_the_limit_allows(bench: CleanupBench) -> Went:
    """Of 40 films and the 8 that left, a tenth; the witness left last."""
    films = _many(bench, 7)
    bench.go()
    bench.later(DAY - 2 * HOUR)
    return Went(trashed=tuple(films[:4]), witness=False)


@case
def no_more_go_within_a_day_at_the_users_word_either(bench: CleanupBench) -> Went:
    films = _many(bench, 7)
    bench.write_queues()
    for _ in range(3):
        bench.restart()
        bench.yes()
    return Went(trashed=tuple(films[:4]), witness=False)


@case
def the_others_go_the_days_after(bench: CleanupBench) -> Went:
    films = _many(bench, 7)
    bench.go()
    bench.later(3 * DAY)
    return goes(*films)


@case
def a_clock_that_was_ahead_neither_opens_nor_blocks_the_limit(bench: CleanupBench) -> Went:
    films = _many(bench, 7)
    bench.clock.time += YEAR
    bench.read_list()
    bench.go()
    bench.clock.time -= YEAR
    bench.read_list()
    bench.resume()
    assert len(bench.queue.films("removed")) == 4
    bench.later(3 * DAY)
    return goes(*films)


# --- switched on, and off


@case
def films_of_a_year_wait_for_a_word_when_cleanup_is_switched_on(bench: CleanupBench) -> Went:
    bench.film()
    (bench.folder / "cleanup.json").unlink()
    bench.go()
    bench.later(2 * DAY)
    assert bench.said_of("--cleanup --yes") >= 1
    return NOTHING


@case
def after_one_word_it_goes_by_itself(bench: CleanupBench) -> Went:
    first = bench.film()
    (bench.folder / "cleanup.json").unlink()
    bench.go()
    assert bench.yes()
    second = bench.film("Ran", 1985)
    later = storage.read_json(bench.folder / "queue_removed.json", list, [])
    bench.known.remove(second)
    storage.write_json(bench.folder / "queue_removed.json", [*later, bench.entry_of(second)])
    bench.known.append(second)
    bench.resume()
    return goes(first, second)


@case
def switched_off_and_on_again_it_waits_once_more(bench: CleanupBench) -> Went:
    bench.film()
    bench.configure(enable_removal_cleanup=False)
    bench.go()
    bench.configure(enable_removal_cleanup=True)
    bench.resume()
    return NOTHING


@case
def a_word_while_it_is_switched_off_is_none_for_later(bench: CleanupBench) -> Went:
    first = bench.film()
    bench.configure(enable_removal_cleanup=False)
    (bench.folder / "cleanup.json").unlink()
    bench.write_queues()
    assert bench.yes()
    second = bench.film("Ran", 1985)
    storage.write_json(bench.folder / "queue_removed.json", [bench.entry_of(second)])
    bench.configure(enable_removal_cleanup=True)
    bench.resume()
    return goes(first)


@case
def nothing_goes_while_it_is_switched_off(bench: CleanupBench) -> Went:
    bench.film()
    bench.configure(enable_removal_cleanup=False)
    bench.go()
    return NOTHING


@case
def a_look_at_the_plan_changes_nothing(bench: CleanupBench) -> Went:
    bench.film()
    bench.write_queues()
    bench.cleaning.show()
    assert bench.client.asked.count("stop") == 0
    return NOTHING


# --- state and other processes


def _unwritable(bench: CleanupBench, name: str) -> Callable[[], None]:
    real = storage.write_bytes

    def write(path: object, data: bytes) -> None:
        if str(path).endswith(name):
            raise StateWriteError(f"{path}: cannot be written.")
        real(path, data)  # type: ignore[arg-type]

    storage.write_bytes = write

    def mend() -> None:
        storage.write_bytes = real

    return mend


@case
def nothing_goes_whose_account_cannot_be_written(bench: CleanupBench) -> Went:
    bench.film()
    bench.write_queues()
    (bench.folder / "history.jsonl").mkdir()
    _expect_state_trouble(bench)
    (bench.folder / "history.jsonl").rmdir()
    return NOTHING


@case
def nothing_goes_that_cannot_be_noted(bench: CleanupBench) -> Went:
    bench.film()
    bench.write_queues()
    mend = _unwritable(bench, "cleanup.json")
    try:
        _expect_state_trouble(bench)
    finally:
        mend()
    return NOTHING


@case
def nothing_goes_while_the_disk_of_the_state_is_full(bench: CleanupBench) -> Went:
    bench.film()
    bench.write_queues()
    with full_disk():
        _expect_state_trouble(bench)
    return NOTHING


@case
def a_queue_that_cannot_be_written_is_made_up_for(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.write_queues()
    mend = _unwritable(bench, "queue_removed.json")
    try:
        _expect_state_trouble(bench)
    finally:
        mend()
    bench.resume()
    return goes(film)


def _expect_state_trouble(bench: CleanupBench) -> None:
    try:
        bench.look()
    except StateWriteError:
        return
    raise AssertionError("nothing was wrong")


@case
def nothing_goes_while_another_process_cleans(bench: CleanupBench) -> Went:
    bench.film()
    with storage.daemon_lock(bench.folder / "cleanup.lock", "A cleanup"):
        bench.go()
    assert (bench.films / NAME).exists()
    return NOTHING


@case
def a_list_that_is_read_late_has_its_films_go_late(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.read_list(at=bench.clock() - 2 * DAY)
    bench.go()
    bench.read_list()
    bench.resume()
    return goes(film)
