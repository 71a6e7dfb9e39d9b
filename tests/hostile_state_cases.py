"""What a torrent may be in the middle of, what qBittorrent may refuse, and copies that are in no torrent.

Cases as in `hostile_disk_cases`.
"""

from pathlib import Path

from cleanup_bench import DAY, CleanupBench
from cleanup_films import Film
from hostile_disk_cases import NAME, NOTHING, STAYS, Case, Went, goes

from errors import PlaceUnavailable, ServiceUnavailable
from movie import ChosenRelease, TriedRelease

CASES: dict[str, Case] = {}
DOWN = ServiceUnavailable("qbittorrent", "Could not connect to qBittorrent.")
PARTS = b"half of it"


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


# --- states


def _in_state(state: str, **status: object) -> Case:
    def run(bench: CleanupBench) -> Went:
        bench.film(status={"state": state, **status})
        bench.go()
        return STAYS

    return run


for _state in ("error", "missingFiles", "unknown", "moving", "checkingUP", "checkingResumeData"):
    CASES[f"a_torrent_that_is_in_the_state_{_state}_stays"] = _in_state(_state)
CASES["a_complete_torrent_of_which_something_is_missing_now_stays"] = _in_state("downloading", progress=0.9)


def _owing(**status: object) -> Case:
    def run(bench: CleanupBench) -> Went:
        bench.configure(qbittorrent={"minimum_seed_time": 2 * DAY, "minimum_ratio": 1.0})
        bench.film(status={"seeding_time": DAY, "ratio": 0.4, **status})
        bench.go()
        return STAYS

    return run


def _owing_nothing(rules: dict[str, float], **status: object) -> Case:
    def run(bench: CleanupBench) -> Went:
        bench.configure(qbittorrent={"minimum_seed_time": 2 * DAY, "minimum_ratio": 1.0, **rules})
        film = bench.film(status={"seeding_time": 0, "ratio": 0.0, **status})
        bench.go()
        return goes(film)

    return run


CASES |= {
    "a_torrent_that_still_owes_seeding_stays": _owing(),
    "a_torrent_that_has_not_quite_the_ratio_stays": _owing(ratio=0.999),
    "a_torrent_that_has_not_quite_the_time_stays": _owing(seeding_time=2 * DAY - 1),
    "a_torrent_with_the_ratio_goes": _owing_nothing({}, ratio=1.0),
    "a_torrent_with_the_time_goes": _owing_nothing({}, seeding_time=2 * DAY),
    "without_a_time_no_seeding_is_owed": _owing_nothing({"minimum_seed_time": 0}),
    "without_a_ratio_no_seeding_is_owed": _owing_nothing({"minimum_ratio": 0}),
}


@case
def a_stopped_torrent_that_owes_seeding_stays_as_it_is(bench: CleanupBench) -> Went:
    bench.configure(qbittorrent={"minimum_seed_time": 2 * DAY})
    film = bench.film(status={"state": "stoppedUP", "seeding_time": 5, "ratio": 0.0})
    bench.go()
    return Went(stopped=(film,))


# --- incomplete ones


def _incomplete(bench: CleanupBench, title: str = "Heat", **status: object) -> Film:
    film = bench.film(title, complete=False, status={"progress": 0.5, "state": "stalledDL", **status})
    name = film.movie.title.replace(" ", ".") + ".1995.1080p.BluRay-GRP"
    film.files = {bench.films / name / f"{name}.mkv": PARTS + title.encode()}
    bench.lay(film.files)
    return film


@case
def an_incomplete_torrent_goes_with_its_parts(bench: CleanupBench) -> Went:
    film = _incomplete(bench)
    bench.foreign_file(bench.films / NAME / "mine.srt")
    bench.go()
    return goes(film)


@case
def an_incomplete_torrent_that_gets_more_at_that_moment_goes_too(bench: CleanupBench) -> Went:
    film = _incomplete(bench, state="downloading")

    def gets_more() -> None:
        with film.path.open("ab") as file:
            file.write(b" and more")
        film.files[film.path] += b" and more"

    bench.at("before find", gets_more)
    bench.go()
    return goes(film)


@case
def an_incomplete_torrent_with_its_parts_elsewhere_waits_for_the_user(bench: CleanupBench) -> Went:
    film = _incomplete(bench, content_path="/tmp/incomplete/heat")
    bench.go()
    assert film.path.exists()
    return STAYS


@case
def an_incomplete_torrent_with_its_parts_elsewhere_is_deleted_at_the_users_word(bench: CleanupBench) -> Went:
    film = _incomplete(bench, content_path="/tmp/incomplete/heat")
    bench.write_queues()
    assert bench.yes()
    return Went(deleted=(film,))


# --- two releases of a film


def _second(bench: CleanupBench, film: Film, *tags: str, title: str = "Heat Again") -> Film:
    """Another release of the film, as a film of which the record is left out."""
    other = bench.film(title, tags=tags)
    bench.known.remove(other)
    release = ChosenRelease(name="x", tracker="filelist", id="7")
    bench.change(film, tried=(TriedRelease(release=release, hash=other.hash, why="slow", running=True),))
    return other


@case
def two_releases_of_a_film_go_together(bench: CleanupBench) -> Went:
    film = bench.film()
    other = _second(bench, film, "movie_sync")
    bench.go()
    film.files |= other.files
    bench.all_torrents.remove(other.hash)
    return goes(film)


@case
def of_two_releases_only_ours_goes(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.disowned(_second(bench, film))
    bench.go()
    return goes(film)


@case
def two_releases_of_which_one_is_still_checked_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    other = _second(bench, film, "movie_sync")
    assert other.torrent is not None
    bench.client.become(other.torrent, state="checkingUP")
    bench.disowned(other)
    bench.go()
    return STAYS


@case
def two_releases_come_back_together_if_the_film_is_wanted_in_between(bench: CleanupBench) -> Went:
    film = bench.film()
    other = _second(bench, film, "movie_sync")
    bench.at("before remove", lambda: None)
    bench.at("before remove", lambda: bench.wanted_again(film))
    bench.go()
    bench.disowned(other)
    assert bench.client.statuses.keys() >= {film.hash, other.hash}
    return STAYS


@case
def of_two_releases_one_of_which_is_deleted_already_the_other_stays(bench: CleanupBench) -> Went:
    """Its film is wanted again in between, and so it is fetched once more."""
    bench.configure(trash_period=0)
    film = bench.film()
    other = _second(bench, film, "movie_sync")
    bench.at("after remove", lambda: bench.wanted_again(film))
    bench.go()
    film.queue, film.files, film.torrent = "pending", other.files, None
    bench.all_torrents.discard(film.movie.torrent_hash or "")
    return STAYS


# --- what qBittorrent refuses


@case
def a_film_that_qbittorrent_refuses_to_move_stays(bench: CleanupBench) -> Went:
    bench.film(linked=True)
    bench.client.refuse_move = PlaceUnavailable("/trash: qBittorrent cannot make this folder")
    bench.go()
    return NOTHING


@case
def a_film_that_qbittorrent_does_not_move_stays(bench: CleanupBench) -> Went:
    bench.film(linked=True)
    bench.client.fail_to_move = True
    bench.go()
    return NOTHING


@case
def a_film_that_cannot_be_moved_is_deleted_at_the_users_word(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.client.fail_to_move = True
    bench.go()
    bench.restart()
    assert bench.yes()
    [witness] = [one for one in bench.known if one is not film]
    return Went(deleted=(film, witness), witness=False)


def _broken_off(bench: CleanupBench, film: Film) -> None:
    """It died when it had moved one of two files, and came up as if it had moved none."""
    status = bench.client.statuses[film.hash]
    moved = Path(status.save_path)
    for path in list(film.files)[1:]:
        path.parent.mkdir(parents=True, exist_ok=True)
        (moved / path.relative_to(bench.films)).rename(path)
    place = {"save_path": str(bench.films), "content_path": str(bench.films / NAME)}
    assert film.torrent is not None
    bench.client.become(film.torrent, **place, state="missingFiles", progress=0.0, complete=False)


@case
def a_film_of_which_half_was_moved_is_whole_again_and_goes(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    bench.at("after move", lambda: _broken_off(bench, film))
    bench.go()
    return goes(film)


@case
def a_film_of_which_half_was_moved_is_whole_again_if_it_is_wanted(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)

    def happen() -> None:
        _broken_off(bench, film)
        bench.wanted_again(film)

    bench.at("after move", happen)
    bench.go()
    return STAYS


@case
def a_qbittorrent_that_is_slow_gets_its_time(bench: CleanupBench) -> Went:
    bench.client.slow = True
    film = bench.film()
    bench.go()
    return goes(film)


def _down_at(moment: str) -> Case:
    def run(bench: CleanupBench) -> Went:
        film = bench.film()

        def fail() -> None:
            bench.client.trouble = DOWN

        bench.at(moment, fail)
        bench.write_queues()
        bench.look(times=2, after=60)
        bench.client.trouble = None
        bench.resume()
        return goes(film)

    return run


for _moment in (
    "after contents",
    "before find",
    "after stop_torrent",
    "after move",
    "before remove",
    "after remove",
):
    CASES[f"a_qbittorrent_that_is_gone_{_moment.replace(' ', '_')}_is_waited_for"] = _down_at(_moment)


@case
def a_qbittorrent_that_does_not_answer_costs_nothing(bench: CleanupBench) -> Went:
    bench.film()
    bench.client.trouble = DOWN
    bench.go()
    bench.client.trouble = None
    return NOTHING


# --- where qBittorrent sees other paths


def _elsewhere(bench: CleanupBench, *, seen: bool) -> Film:
    """The directory is called otherwise by qBittorrent, and is not here unless it is `seen`."""
    local = bench.root / "mounted"
    if seen:
        bench.foreign_link(local, bench.films)
    bench.configure(download_directory=str(local), qbittorrent={"save_path": str(bench.films)})
    return bench.film()


@case
def a_film_on_another_machine_goes_by_qbittorrents_word(bench: CleanupBench) -> Went:
    film = _elsewhere(bench, seen=False)
    bench.go()
    return goes(film)


@case
def a_film_under_another_path_goes(bench: CleanupBench) -> Went:
    film = _elsewhere(bench, seen=True)
    (bench.folder / "places.json").unlink()
    bench.go()
    return goes(film)


@case
def a_film_on_another_machine_that_was_not_moved_stays(bench: CleanupBench) -> Went:
    _elsewhere(bench, seen=False)
    bench.client.fail_to_move = True
    bench.go()
    return NOTHING


@case
def a_trash_that_qbittorrent_has_no_name_for_waits_for_the_user(bench: CleanupBench) -> Went:
    _elsewhere(bench, seen=False)
    bench.configure(
        download_directory=str(bench.root / "mounted"),
        qbittorrent={"save_path": str(bench.films)},
        trash_directory=str(bench.root / "trash"),
    )
    bench.go()
    return NOTHING
