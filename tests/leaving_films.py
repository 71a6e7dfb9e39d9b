"""A list of ten films on the bench, of which some leave and come back."""

from bench import Bench

from list_memory import ListMemory, Lists
from movie import ListedFilm, Movie
from queue_files import REMOVED
from queue_manager import QueueManager
from reading import Outcome
from removal_plan import RemovalRules
from removals import Removals

HOUR, DAY = 3600, 24 * 3600
MINE = "me/watchlist"
TITLES = tuple(f"Film {number}" for number in range(1, 11))


def with_list(bench: Bench) -> Bench:
    """The ten films were found just now."""
    show(bench, *TITLES)
    bench.run(bench.monitor_worker)
    return bench


def show(bench: Bench, *titles: str) -> None:
    """What the list shows from now on."""
    bench.watchlist.films = [film(title) for title in titles]


def film(title: str) -> ListedFilm:
    return ListedFilm(title, 1999, film_id=f"9{title[5:]}", slug=title.lower().replace(" ", "-"))


def without(*titles: str) -> list[str]:
    return [title for title in TITLES if title not in titles]


def check(bench: Bench, outcome: Outcome | None = None, after: float = HOUR) -> None:
    """The next reading, an interval later; `outcome` if it is not to be the usual one."""
    bench.clock.time += after
    bench.watchlist.reading = bench.watchlist.a_reading(outcome) if outcome else None
    bench.run(bench.monitor_worker)
    bench.watchlist.reading = None


def leave(bench: Bench, *titles: str) -> None:
    """Films leave the list, and two readings miss them."""
    show(bench, *without(*titles))
    check(bench)
    check(bench)


def restarted(bench: Bench) -> Bench:
    """A new process on the same state, which remembers of the list what is in its file."""
    again = Bench(bench.folder.parent, bench.clock)
    again.watchlist.films = bench.watchlist.films
    again.watchlist.before = bench.watchlist.before
    return again


def memory(bench: Bench) -> ListMemory:
    return Lists(bench.folder).get(MINE)


def accept(bench: Bench) -> list[str]:
    """`--accept-removals`, in a process of its own."""
    queue = QueueManager(bench.folder, max_retries=5, now=bench.clock)
    rules, said = RemovalRules(HOUR, 0.1), bench.told.append
    removals = Removals(bench.folder, queue, rules, lambda: None, said, lambda text: None)
    return [movie.title for movie in removals.accept()]


def removed(bench: Bench) -> Movie:
    """The only film that is marked."""
    [movie] = bench.queue.films(REMOVED)
    return movie
