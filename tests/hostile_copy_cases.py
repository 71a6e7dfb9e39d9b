"""Copies that are in no torrent of ours, and `.torrent`s that were saved: nothing goes that must not.

Cases as in `hostile_disk_cases`.
"""

from pathlib import Path

from cleanup_bench import FOREIGN, CleanupBench
from cleanup_films import Film, content
from hostile_disk_cases import NAME, NOTHING, STAYS, Case, Went, goes

from cleanup_facts import TRASH
from destination import saved_paths

CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


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
def a_copy_with_a_short_film_of_the_users_in_its_folder_stays(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    _, at = _copy(bench)
    bench.foreign_file(at.with_name("our wedding.mkv"))
    return _unowned_stays(bench)


@case
def a_copy_goes_with_its_sample_and_its_subtitles(bench: CleanupBench) -> Went:
    bench.configure(cleanup_unowned=True)
    film, at = _copy(bench)
    film.files[at.parent / "Sample" / "heat-sample.mkv"] = b"a sample"
    film.files[at.parent / "Subs" / "ro.srt"] = b"a subtitle"
    bench.lay(film.files)
    bench.go()
    return goes(film)


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
