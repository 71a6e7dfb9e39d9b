"""What may be wrong with torrents while cleanup is on: whose they are, and what they share with others.

Cases as in `hostile_disk_cases`.
"""

import os

from cleanup_bench import HOUR, CleanupBench
from cleanup_films import Film
from hostile_disk_cases import MKV, NAME, STAYS, Case, Went, goes
from killable import Killed

from movie import ChosenRelease, TriedRelease

CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


# --- whose it is


@case
def a_torrent_whose_tag_was_taken_off_stays(bench: CleanupBench) -> Went:
    bench.film(tags=())
    bench.go()
    return STAYS


@case
def a_torrent_with_a_tag_that_is_nearly_ours_stays(bench: CleanupBench) -> Went:
    bench.film(tags=("Movie_Sync", "movie_sync2", "movie sync"))
    bench.go()
    return STAYS


@case
def a_torrent_of_the_users_with_our_hash_stays(bench: CleanupBench) -> Went:
    bench.film(tags=(), owned=False)
    bench.go()
    return STAYS


@case
def a_torrent_of_the_users_that_was_given_our_tag_stays(bench: CleanupBench) -> Went:
    bench.film(owned=False)
    bench.go()
    return STAYS


@case
def a_torrent_of_another_hash_with_our_tag_stays(bench: CleanupBench) -> Went:
    """Under the name of the film, and where its files were."""
    film = bench.film(torrent_hash="a" * 40)
    bench.disowned(film)
    bench.go()
    return STAYS


@case
def a_film_without_a_torrent_leaves_one_of_its_name_that_has_our_tag(bench: CleanupBench) -> Went:
    film = bench.film(torrent_hash=None, owned=None)
    bench.disowned(film)
    bench.go()
    return STAYS


def _untagged(bench: CleanupBench, film: Film) -> None:
    status = bench.client.statuses[film.hash]
    bench.client.become(film.torrent, tags=frozenset())  # type: ignore[arg-type]
    assert status.tags


@case
def a_tag_that_is_taken_off_after_the_plan_counts(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    bench.at("before find", lambda: _untagged(bench, film))
    bench.go()
    return STAYS


@case
def a_tag_that_is_taken_off_after_the_plan_counts_without_a_trash(bench: CleanupBench) -> Went:
    bench.configure(trash_period=0)
    film = bench.film(linked=True)
    bench.at("before find", lambda: _untagged(bench, film))
    bench.go()
    return STAYS


@case
def a_tag_that_is_taken_off_in_the_trash_leaves_the_files_there(bench: CleanupBench) -> Went:
    """The torrent is the user's now, wherever its files are."""
    film = bench.film()
    bench.at("after move", lambda: _untagged(bench, film))
    bench.go()
    _in_trash_for_good(bench, film)
    return Went(stopped=(film,))


@case
def a_tag_that_is_taken_off_just_before_the_torrent_goes_leaves_it(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.at("before remove", lambda: _untagged(bench, film))
    bench.go()
    _in_trash_for_good(bench, film)
    return Went(stopped=(film,))


def _in_trash_for_good(bench: CleanupBench, film: Film) -> None:
    """Its files are in the trash and are not deleted from there, as its torrent is not ours any more."""
    folder = bench.client.folder_of(film.hash)
    assert folder != bench.films
    bench.foreign |= {folder / path.relative_to(bench.films): data for path, data in film.files.items()}
    film.files, film.save_path = {}, folder


@case
def a_tag_that_is_taken_off_just_before_the_torrent_is_deleted_leaves_all(bench: CleanupBench) -> Went:
    bench.configure(trash_period=0)
    film = bench.film(linked=True)
    bench.at("before remove", lambda: _untagged(bench, film))
    bench.go()
    return STAYS


@case
def a_torrent_that_was_taken_out_of_qbittorrent_keeps_its_files(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    _taken_out(bench, film)
    bench.go()
    return STAYS


def _taken_out(bench: CleanupBench, film: Film) -> None:
    del bench.client.statuses[film.hash]
    bench.all_torrents.discard(film.hash)


@case
def a_torrent_that_is_taken_out_after_the_plan_keeps_its_files(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    bench.at("before find", lambda: _taken_out(bench, film))
    bench.go()
    return STAYS


@case
def a_torrent_that_is_taken_out_after_the_plan_keeps_its_files_without_a_trash(bench: CleanupBench) -> Went:
    bench.configure(trash_period=0)
    film = bench.film(linked=True)
    bench.at("before find", lambda: _taken_out(bench, film))
    bench.go()
    return STAYS


@case
def a_torrent_that_is_taken_out_with_its_files_never_completed_is_forgotten(bench: CleanupBench) -> Went:
    film = bench.film(complete=False, removed_by_user=True)
    _taken_out(bench, film)
    bench.go()
    return Went(forgotten=(film,))


@case
def a_hash_in_capital_letters_is_the_same_torrent(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.change(film, torrent_hash=film.hash.upper())
    bench.go()
    return goes(film)


# --- shared


@case
def files_that_a_torrent_of_the_users_has_too_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.users_torrent(bench.client.pieces[film.hash], folder=bench.films, name="same")
    bench.go()
    return STAYS


def _killed(bench: CleanupBench, moment: str) -> None:
    """The process dies while it cleans."""

    def die() -> None:
        raise Killed(moment)

    bench.at(moment, die)
    bench.write_queues()
    assert bench.killed(bench.look, None)


def _shared_after_a_kill(moment: str, **config: object) -> Case:
    def run(bench: CleanupBench) -> Went:
        bench.configure(**config)
        film = bench.film(linked=True)
        _killed(bench, moment)
        bench.users_torrent(bench.client.pieces[film.hash], folder=bench.films, name="same")
        bench.clock.time += HOUR
        bench.read_list()
        bench.resume()
        return STAYS

    return run


for _moment in ("before find", "after find", "before stop_torrent", "after stop_torrent", "before move"):
    CASES[f"files_that_a_torrent_got_after_a_kill_{_moment.replace(' ', '_')}_stay"] = _shared_after_a_kill(
        _moment
    )
CASES["files_that_a_torrent_got_after_a_kill_are_not_deleted"] = _shared_after_a_kill(
    "before remove", trash_period=0
)


@case
def a_film_that_is_wanted_after_a_kill_stays_though_only_its_list_says_so(bench: CleanupBench) -> Went:
    film = bench.film()
    _killed(bench, "before move")
    bench.read_list(film)
    bench.resume()
    return STAYS


@case
def a_file_that_was_replaced_is_compared_even_after_a_kill_just_before_that(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.replaced(film)
    _killed(bench, "before stop_torrent")
    bench.resume()
    return Went(stopped=(film,))


@case
def a_file_that_was_replaced_is_compared_even_after_a_kill_in_between(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.replaced(film)
    _killed(bench, "before recheck")
    bench.resume()
    return Went(stopped=(film,))


@case
def files_of_which_a_torrent_of_the_users_has_one_stay(bench: CleanupBench) -> Went:
    bench.film()
    bench.users_torrent({f"{NAME}.nfo": b"x" * 600}, folder=bench.films / NAME)
    bench.go()
    return STAYS


@case
def files_that_lie_in_a_pack_of_the_users_stay(bench: CleanupBench) -> Went:
    film = bench.film(folder=bench.films / "Pack")
    files = {f"Pack/{name}": data for name, data in bench.client.pieces[film.hash].items()}
    bench.users_torrent({**files, "Pack/more.mkv": b"more"}, folder=bench.films)
    bench.foreign_file(bench.films / "Pack" / "more.mkv", b"more")
    bench.go()
    return STAYS


@case
def files_that_a_torrent_reaches_through_a_linked_folder_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    door = bench.foreign_link(bench.outside / "door", bench.films)
    bench.users_torrent(bench.client.pieces[film.hash], folder=door, name="same")
    bench.go()
    return STAYS


@case
def a_file_that_a_torrent_reaches_through_a_link_stays(bench: CleanupBench) -> Went:
    """As tools for seeding elsewhere too make them."""
    film = bench.film()
    bench.foreign_link(bench.outside / "Heat.mkv", film.path)
    bench.users_torrent({"Heat.mkv": film.files[film.path]}, folder=bench.outside)
    bench.go()
    return STAYS


@case
def files_that_a_torrent_reaches_through_links_in_its_folder_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    for path in film.files:
        bench.foreign_link(bench.outside / "Other" / "in" / path.name, path)
    files = {f"Other/in/{path.name}": data for path, data in film.files.items()}
    bench.users_torrent(files, folder=bench.outside)
    bench.go()
    return STAYS


@case
def files_without_a_folder_that_another_torrent_has_too_stay(bench: CleanupBench) -> Went:
    film = bench.film(names=["{name}.mkv"])
    bench.users_torrent({f"{NAME}.mkv": film.files[film.path], "b": b"b"}, folder=bench.films, name="both")
    bench.foreign_file(bench.films / "b", b"b")
    bench.go()
    return STAYS


@case
def a_torrent_without_a_folder_does_not_keep_what_it_does_not_have(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.users_torrent({"a": b"a", "b": b"b"}, folder=bench.films, name="both")
    bench.foreign_file(bench.films / "a", b"a")
    bench.foreign_file(bench.films / "b", b"b")
    bench.go()
    return goes(film)


@case
def files_of_a_torrent_that_tells_no_files_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    theirs = bench.users_torrent({f"{NAME}/x": b"x"}, folder=bench.films)
    bench.client.hold(theirs, {})
    bench.go()
    assert film.path.exists()
    return STAYS


@case
def files_that_differ_only_by_the_case_of_their_names_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    files = {name.upper(): data for name, data in bench.client.pieces[film.hash].items()}
    bench.users_torrent(files, folder=bench.films)
    for name, data in files.items():
        bench.foreign_file(bench.films / name, data)
    bench.go()
    return STAYS


@case
def hard_links_of_a_torrent_of_the_users_stay_while_ours_go(bench: CleanupBench) -> Went:
    film = bench.film()
    pieces = bench.client.pieces[film.hash]
    for name, data in pieces.items():
        path = bench.outside / name
        path.parent.mkdir(exist_ok=True)
        os.link(bench.films / name, path)
        bench.foreign[path] = data
    bench.users_torrent(pieces, folder=bench.outside, name="same")
    bench.go()
    return goes(film)


@case
def files_that_a_torrent_of_a_wanted_film_has_too_stay(bench: CleanupBench) -> Went:
    film = bench.film()
    other = bench.film("Ran", queue="completed", names=[MKV.replace(".mkv", ".nfo"), f"{NAME}/ran.mkv"])
    assert set(film.files) & set(other.files)
    bench.lay(film.files)
    bench.go()
    return STAYS


@case
def a_torrent_of_a_film_that_is_wanted_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.film("Ran", queue="completed", torrent_hash=film.hash)
    bench.go()
    return STAYS


@case
def a_torrent_of_a_wanted_film_that_is_written_in_capitals_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.film("Ran", queue="completed", torrent_hash=film.hash.upper())
    bench.go()
    return STAYS


@case
def a_torrent_that_a_wanted_film_tried_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    release = ChosenRelease(name="x", tracker="filelist", id="7")
    tried = TriedRelease(release=release, hash=film.hash, why="stalled", running=True)
    bench.film("Ran", queue="completed", tried=(tried,))
    bench.go()
    return STAYS


@case
def a_torrent_of_a_forgotten_film_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.film("Ran", queue="forgotten", torrent_hash=film.hash)
    bench.go()
    return STAYS
