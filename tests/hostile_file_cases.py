"""What may be wrong with a film's files while cleanup is on: their names, and what lies in their place.

Cases as in `hostile_disk_cases`.
"""

import os
from pathlib import Path

from cleanup_bench import FOREIGN, CleanupBench
from cleanup_films import content
from hostile_disk_cases import MKV, NAME, STAYS, Case, Went, goes

CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


# --- names


def _named(bench: CleanupBench, name: str) -> Went:
    """A torrent that says of one of its files that it is called so."""
    film = bench.film()
    pieces = {MKV: bench.client.pieces[film.hash][MKV], name: FOREIGN}
    bench.client.hold(film.hash, pieces)
    bench.foreign_file(bench.outside / "mine.mkv")
    bench.foreign_file(bench.root / "mine.mkv")
    bench.go()
    return STAYS


@case
def a_name_that_leads_out_of_the_folder_stays(bench: CleanupBench) -> Went:
    return _named(bench, "../outside/mine.mkv")


@case
def a_name_that_leads_out_in_its_middle_stays(bench: CleanupBench) -> Went:
    return _named(bench, f"{NAME}/../../outside/mine.mkv")


@case
def a_whole_path_as_a_name_stays(bench: CleanupBench) -> Went:
    return _named(bench, str(bench.outside / "mine.mkv"))


@case
def a_name_that_leads_out_on_windows_stays(bench: CleanupBench) -> Went:
    return _named(bench, "..\\outside\\mine.mkv")


@case
def a_name_with_an_empty_part_stays(bench: CleanupBench) -> Went:
    return _named(bench, f"{NAME}//mine.mkv")


@case
def a_name_with_a_dot_stays(bench: CleanupBench) -> Went:
    return _named(bench, f"./{NAME}/mine.mkv")


@case
def a_save_path_that_leads_out_stays(bench: CleanupBench) -> Went:
    film = bench.film(folder=bench.outside)
    away = f"{bench.films}/../outside"
    assert film.torrent is not None
    bench.client.become(film.torrent, save_path=away, content_path=f"{away}/{NAME}")
    film.save_path = Path(away)
    bench.go()
    return STAYS


@case
def an_odd_name_goes_and_no_other(bench: CleanupBench) -> Went:
    odd = bench.film("Heat", names=["two\nlines/[*] ?.mkv", "two\nlines/é\u202e.nfo"])
    bench.foreign_file(bench.films / "two\nlines" / "[a] b.mkv")
    bench.go()
    return goes(odd)


@case
def a_film_that_is_one_file_leaves_its_neighbours(bench: CleanupBench) -> Went:
    film = bench.film(names=["{name}.mkv"])
    bench.foreign_file(bench.films / f"{NAME}.srt")
    bench.foreign_file(bench.films / f"{NAME}.mkv.old")
    bench.go()
    return goes(film)


@case
def files_without_a_folder_leave_their_neighbours(bench: CleanupBench) -> Went:
    film = bench.film()
    pieces = {f"{NAME}.mkv": b"a film of its own", "readme.nfo": b"said so"}
    for path in film.files:
        path.unlink()
    bench.client.hold(film.hash, pieces)
    assert film.torrent is not None
    bench.client.become(film.torrent, content_path=str(bench.films), size=sum(map(len, pieces.values())))
    film.files = {bench.films / name: data for name, data in pieces.items()}
    bench.lay(film.files)
    bench.foreign_file(bench.films / "another.nfo")
    bench.go()
    return goes(film)


# --- renamed, moved


@case
def a_folder_that_was_renamed_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    (bench.films / NAME).rename(bench.films / "Heat - seen")
    film.files = {bench.films / "Heat - seen" / path.name: data for path, data in film.files.items()}
    bench.go()
    return STAYS


@case
def a_file_that_was_renamed_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    data = film.files.pop(path := film.path)
    film.files[path.rename(path.with_name("Heat.mkv"))] = data
    bench.go()
    return STAYS


@case
def a_torrent_that_was_renamed_in_qbittorrent_goes_where_it_is(bench: CleanupBench) -> Went:
    film = bench.film()
    (bench.films / NAME).rename(bench.films / "Heat")
    film.files = {bench.films / "Heat" / path.name: data for path, data in film.files.items()}
    bench.client.hold(film.hash, {f"Heat/{path.name}": data for path, data in film.files.items()})
    assert film.torrent is not None
    bench.client.become(film.torrent, content_path=str(bench.films / "Heat"))
    bench.foreign_file(bench.films / NAME / f"{NAME}.mkv")
    bench.go()
    return goes(film)


@case
def a_torrent_that_was_moved_within_the_download_directory_goes_from_there(bench: CleanupBench) -> Went:
    film = bench.film(folder=bench.films / "seen" / "crime")
    bench.foreign_file(bench.films / "seen" / "crime" / "mine.mkv")
    bench.go()
    return goes(film)


@case
def a_torrent_that_was_moved_out_of_the_download_directory_stays(bench: CleanupBench) -> Went:
    bench.film(folder=bench.outside)
    bench.go()
    return STAYS


@case
def a_torrent_that_was_moved_into_a_library_directory_stays(bench: CleanupBench) -> Went:
    bench.film(folder=bench.library)
    bench.go()
    return STAYS


# --- replaced


@case
def a_file_that_was_replaced_by_one_of_another_size_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.replaced(film, data=FOREIGN)
    bench.go()
    return STAYS


@case
def a_file_that_was_replaced_by_one_of_its_size_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.replaced(film)
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_that_was_replaced_with_its_time_put_back_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    before = film.path.stat().st_mtime_ns
    os.utime(bench.replaced(film), ns=(before, before))
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_that_was_written_over_in_place_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.long_complete(film)
    path, size = film.path, len(film.files.pop(film.path))
    bench.foreign_file(path, content("cut anew", size))
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_that_is_replaced_after_the_plan_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.at("before find", lambda: bench.replaced(film))
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_that_is_replaced_after_it_was_compared_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.long_complete(film)
    bench.at("before start_torrent", lambda: bench.replaced(film))
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_that_is_replaced_while_it_is_compared_is_not_written_over(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.long_complete(film)
    bench.client.slow = True
    bench.at("after recheck", lambda: bench.replaced(film))
    bench.go()
    return Went(stopped=(film,))


@case
def a_file_that_was_only_touched_is_compared_and_goes(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.long_complete(film)
    os.utime(film.path)
    bench.go()
    assert "recheck" in bench.client.asked
    return goes(film)


@case
def a_file_that_became_a_folder_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    path = film.path
    del film.files[path]
    path.unlink()
    bench.foreign_file(path / "mine.mkv")
    bench.go()
    return STAYS


@case
def a_file_that_became_a_fifo_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    path = film.path
    del film.files[path]
    path.unlink()
    os.mkfifo(path)
    bench.go()
    assert path.is_fifo()
    return STAYS


@case
def a_file_that_was_emptied_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.replaced(film, data=b"")
    bench.go()
    return STAYS


@case
def a_file_that_grew_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.replaced(film, data=film.files[film.path] + b"!")
    bench.go()
    return STAYS


@case
def what_a_user_put_into_the_folder_of_a_film_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.foreign_file(bench.films / NAME / "Subs" / "ro.srt")
    bench.foreign_file(bench.films / NAME / f"{NAME}.srt")
    bench.foreign_link(bench.films / NAME / "other", bench.library)
    bench.go()
    return goes(film)


@case
def what_a_user_put_into_the_folder_of_a_film_stays_without_a_trash(bench: CleanupBench) -> Went:
    bench.configure(trash_period=0)
    film = bench.film()
    bench.foreign_file(bench.films / NAME / "Subs" / "ro.srt")
    bench.go()
    return Went(deleted=(film,))
