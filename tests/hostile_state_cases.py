"""What a torrent may be in the middle of, what qBittorrent may refuse, and copies that are in no torrent.

Cases as in `hostile_disk_cases`.
"""

from pathlib import Path

from cleanup_bench import DAY, FOREIGN, CleanupBench, Film, content
from hostile_disk_cases import NAME, NOTHING, STAYS, Case, Went, goes

from cleanup_facts import TRASH
from destination import saved_paths
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


# --- copies that are in no torrent


def _copy(bench: CleanupBench, path: Path | None = None, **record: object) -> tuple[Film, Path]:
    """A film that was there already, by this copy of it."""
    film = bench.film(torrent_hash=None, owned=None, **record)  # type: ignore[arg-type]
    for there in film.files:
        there.unlink()
    (bench.films / NAME).rmdir()
    del bench.client.statuses[film.hash]
    bench.all_torrents.discard(film.hash)
    at = path or bench.films / "Heat (1995)" / "Heat (1995).mkv"
    film.torrent, film.files = None, {at: content("a copy", 900)}
    bench.lay(film.files)
    return film, at


@case
def a_copy_of_the_users_is_left_alone(bench: CleanupBench) -> Went:
    _copy(bench)
    bench.go()
    return STAYS


@case
def a_copy_of_the_users_stays_while_ours_goes(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.foreign_file(bench.films / "Heat (1995)" / "Heat (1995).mkv")
    bench.foreign_file(bench.library / "Heat (1995)" / "Heat (1995).mkv")
    bench.go()
    return goes(film)


@case
def a_copy_of_the_users_stays_while_ours_goes_even_where_copies_may_go(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film = bench.film()
    bench.foreign_file(bench.films / "Heat (1995)" / "Heat (1995).mkv")
    bench.go()
    return goes(film)


@case
def the_only_copy_goes_where_copies_may_go(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    film.files[at.with_suffix(".srt")] = b"a subtitle"
    bench.lay(film.files)
    bench.foreign_file(bench.films / "Heat 2 (2027)" / "Heat 2 (2027).mkv")
    bench.go()
    return goes(film)


@case
def the_only_copy_is_deleted_without_a_trash(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True, trash_period=0)
    film, _ = _copy(bench)
    bench.go()
    return Went(deleted=(film,))


def _unowned_stays(bench: CleanupBench) -> Went:
    bench.go()
    return STAYS


@case
def two_copies_stay(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _copy(bench)
    bench.foreign_file(bench.films / "Heat.1995.720p.mkv")
    return _unowned_stays(bench)


@case
def a_copy_in_a_library_directory_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _copy(bench, bench.library / "Heat (1995)" / "Heat (1995).mkv")
    return _unowned_stays(bench)


@case
def a_copy_with_something_else_in_its_folder_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _, at = _copy(bench)
    bench.foreign_file(at.with_name("thesis.docx"))
    return _unowned_stays(bench)


@case
def a_copy_with_a_link_in_its_folder_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _, at = _copy(bench)
    bench.foreign_link(at.with_name("more"), bench.library)
    return _unowned_stays(bench)


@case
def a_copy_that_is_a_link_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    data = film.files.pop(at)
    at.unlink()
    bench.foreign_link(at, bench.foreign_file(bench.outside / "real.mkv", data))
    return _unowned_stays(bench)


@case
def a_copy_beside_another_film_in_one_folder_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _, at = _copy(bench)
    bench.foreign_file(at.with_name("Ronin (1998).mkv"), content("ronin", 900))
    return _unowned_stays(bench)


@case
def a_copy_that_a_torrent_uses_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    bench.users_torrent({"Heat (1995)/Heat (1995).mkv": film.files[at]}, folder=bench.films)
    return _unowned_stays(bench)


@case
def a_copy_that_a_torrent_uses_through_a_link_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    door = bench.foreign_link(bench.outside / "door", bench.films)
    bench.users_torrent({"Heat (1995)/Heat (1995).mkv": film.files[at]}, folder=door)
    return _unowned_stays(bench)


@case
def a_copy_that_a_torrent_reaches_by_a_link_of_its_own_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    bench.foreign_link(bench.outside / "Heat.mkv", at)
    bench.users_torrent({"Heat.mkv": film.files[at]}, folder=bench.outside)
    return _unowned_stays(bench)


@case
def a_copy_stays_while_qbittorrent_is_loading(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _copy(bench)
    bench.users_torrent({"x.mkv": b"x"}, folder=bench.outside, state="checkingResumeData")
    return _unowned_stays(bench)


@case
def a_copy_that_may_be_a_wanted_film_as_well_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _copy(bench)
    other = bench.film("Heat", 1996, queue="pending", complete=False, torrent_hash=None, owned=None)
    _gone_from_qbittorrent(bench, other)
    bench.change(other, original_title="Heat", year=1995, title="Heat Wave")
    return _unowned_stays(bench)


def _gone_from_qbittorrent(bench: CleanupBench, film: Film) -> None:
    del bench.client.statuses[film.hash]
    bench.all_torrents.discard(film.hash)
    film.torrent = None


@case
def a_copy_of_the_same_title_and_another_year_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench, bench.films / "Heat (1972)" / "Heat (1972).mkv")
    bench.disowned(film)
    assert at.exists()
    bench.go()
    return Went(forgotten=(film,))


@case
def a_copy_that_is_replaced_after_the_plan_stays(bench: CleanupBench) -> Went:
    """By one that the user seeds."""
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)

    def replace() -> None:
        data = content("mine", len(film.files.pop(at)))
        at.unlink()
        bench.foreign_file(at, data)
        bench.users_torrent({"Heat (1995)/Heat (1995).mkv": data}, folder=bench.films)

    bench.write_queues()
    bench.at("before write", replace)
    bench.killed(bench.look, None)
    assert at in bench.foreign
    bench.resume()
    return STAYS


@case
def a_copy_of_a_film_that_is_wanted_while_it_moves_comes_back(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    film.files[at.with_suffix(".srt")] = b"a subtitle"
    bench.lay(film.files)
    bench.write_queues()
    bench.at("after link", lambda: bench.wanted_again(film))
    bench.killed(lambda: bench.look(times=3, after=60), None)
    bench.resume()
    return STAYS


@case
def the_copy_of_a_film_that_is_in_a_qbittorrent_that_is_switched_off_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.configure(cleanup_unowned=True, qbittorrent={"enabled": False})
    assert film.path.exists()
    bench.go()
    return NOTHING


# --- .torrents that were saved


def _saved(bench: CleanupBench, title: str = "Heat") -> tuple[Film, Path]:
    bench.configure(qbittorrent={"enabled": False})
    film = bench.film(title, owned=False)
    assert film.torrent is not None
    path = saved_paths(bench.films, film.torrent)[0]
    bench.disowned(film)
    film.files = {path: film.torrent.data}
    bench.lay(film.files)
    _gone_from_qbittorrent(bench, film)
    return film, path


@case
def a_saved_torrent_goes_and_the_film_stays(bench: CleanupBench) -> Went:
    film, _ = _saved(bench)
    bench.go()
    return Went(deleted=(film,), witness=False)


@case
def a_saved_torrent_that_was_changed_stays(bench: CleanupBench) -> Went:
    film, path = _saved(bench)
    bench.foreign_file(path, film.files.pop(path) + b"!")
    bench.go()
    return NOTHING


@case
def a_saved_torrent_that_is_a_link_stays(bench: CleanupBench) -> Went:
    film, path = _saved(bench)
    data = film.files.pop(path)
    path.unlink()
    bench.foreign_link(path, bench.foreign_file(bench.outside / "x.torrent", data))
    bench.go()
    return NOTHING


@case
def what_lay_in_the_trash_before_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.foreign_file(bench.films / TRASH / film.hash[:8] / f"{NAME}.mkv", FOREIGN)
    bench.go()
    return goes(film)
