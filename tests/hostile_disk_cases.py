"""What may be wrong with files while cleanup is on: links, mounts, names, and what lies in a film's place.

Each case sets up its trouble, has cleanup go, and says which films may be gone in the end; beside it stands a
film with which nothing is wrong (`WITNESS`), so that it shows that cleanup did run.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cleanup_bench import FOREIGN, CleanupBench, Ending, Film, content

import storage
from cleanup_facts import TRASH
from places import MARKER

NAME = "Heat.1995.1080p.BluRay-GRP"
MKV = f"{NAME}/{NAME}.mkv"


@dataclass(frozen=True)
class Went:
    """How a case ends: besides these films the one with which nothing is wrong went, if `witness`."""

    trashed: tuple[Film, ...] = ()
    deleted: tuple[Film, ...] = ()
    forgotten: tuple[Film, ...] = ()
    stopped: tuple[Film, ...] = ()
    witness: bool = True

    def ending(self, witness: Film, *, trash: bool) -> Ending:
        """With the witness."""
        trashed = (*self.trashed, *([witness] if trash and self.witness else []))
        deleted = (*self.deleted, *([witness] if not trash and self.witness else []))
        return Ending(trashed, deleted, self.forgotten, self.stopped)


STAYS = Went()
NOTHING = Went(witness=False)
Case = Callable[[CleanupBench], Went]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """A row of the table."""
    CASES[function.__name__] = function
    return function


def goes(*films: Film) -> Went:
    return Went(trashed=films)


# --- links


@case
def a_film_file_that_is_a_symbolic_link_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    data = film.files.pop(film_path := film.path)
    film_path.unlink()
    bench.foreign_link(film_path, bench.foreign_file(bench.outside / "real.mkv", data))
    bench.go()
    return STAYS


@case
def a_film_folder_that_is_a_symbolic_link_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    real = bench.outside / NAME
    (bench.films / NAME).rename(real)
    bench.foreign |= {real / path.name: data for path, data in film.files.items()}
    bench.foreign_link(bench.films / NAME, real)
    film.files = {}
    bench.go()
    return STAYS


@case
def a_save_path_behind_a_link_below_the_download_directory_stays(bench: CleanupBench) -> Went:
    real = bench.outside / "real"
    real.mkdir()
    door = bench.foreign_link(bench.films / "door", real)
    film = bench.film(folder=door)
    film.files = {real / path.relative_to(door): data for path, data in film.files.items()}
    bench.go()
    return STAYS


@case
def a_folder_that_becomes_a_link_after_the_plan_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    real = bench.outside / NAME

    def swap() -> None:
        (bench.films / NAME).rename(real)
        bench.foreign.update({real / path.name: data for path, data in film.files.items()})
        bench.foreign_link(bench.films / NAME, real)
        film.files = {}

    bench.at("before find", swap)
    bench.go()
    return STAYS


@case
def a_download_directory_that_is_reached_by_a_link_is_the_right_one(bench: CleanupBench) -> Went:
    door = bench.foreign_link(bench.root / "door", bench.films)
    bench.configure(download_directory=str(door))
    storage.write_json(bench.folder / "places.json", [str(door)])
    film = bench.film(folder=door)
    film.files = {bench.films / path.relative_to(door): data for path, data in film.files.items()}
    bench.go()
    return Went(trashed=(film,), witness=False)


@case
def a_link_of_the_program_goes_with_its_film(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    bench.go()
    return goes(film)


@case
def a_copy_that_the_program_linked_goes_with_its_film(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.link(film, copied=True)
    bench.go()
    return goes(film)


@case
def a_link_that_the_user_replaced_stays(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    assert film.link is not None
    film.link.unlink()
    bench.foreign_file(film.link, content("my own cut", len(film.linked)))
    bench.go()
    return goes(film)


@case
def a_link_that_was_replaced_by_one_of_another_size_stays(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    assert film.link is not None
    film.link.unlink()
    bench.foreign_file(film.link)
    bench.go()
    return goes(film)


@case
def a_link_that_is_a_symbolic_one_stays(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    assert film.link is not None
    film.link.unlink()
    bench.foreign_link(film.link, bench.foreign_file(bench.outside / "mine.mkv", film.linked))
    bench.go()
    return goes(film)


@case
def a_link_behind_a_link_stays(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    assert film.link is not None
    real = bench.outside / film.label
    film.link.parent.rename(real)
    bench.foreign[real / film.link.name] = film.linked
    bench.foreign_link(film.link.parent, real)
    bench.go()
    return goes(film)


@case
def a_link_directory_that_is_gone_stops_nothing(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    bench.links.rename(bench.root / "unmounted")
    assert film.link is not None
    bench.foreign[bench.root / "unmounted" / film.link.relative_to(bench.links)] = film.linked
    bench.go()
    return goes(film)


@case
def a_link_outside_the_configured_link_directory_stays(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    assert film.link is not None
    bench.foreign[film.link] = film.linked
    bench.configure(link_directory=str(bench.outside))
    bench.go()
    return goes(film)


@case
def what_else_lies_in_the_folder_of_a_link_stays(bench: CleanupBench) -> Went:
    film = bench.film(linked=True)
    assert film.link is not None
    bench.foreign_file(film.link.parent / "poster.jpg")
    bench.go()
    return goes(film)


# --- mounts


@case
def nothing_goes_while_the_marker_is_missing(bench: CleanupBench) -> Went:
    bench.film()
    (bench.films / MARKER).unlink()
    del bench.foreign[bench.films / MARKER]
    bench.go()
    return NOTHING


@case
def nothing_goes_while_the_download_directory_is_missing(bench: CleanupBench) -> Went:
    bench.film()
    away = bench.films.rename(bench.root / "away")
    bench.go()
    away.rename(bench.films)
    return NOTHING


@case
def nothing_goes_from_an_empty_mount_point(bench: CleanupBench) -> Went:
    bench.film()
    away = bench.films.rename(bench.root / "away")
    bench.films.mkdir()
    bench.go()
    bench.films.rmdir()
    away.rename(bench.films)
    return NOTHING


@case
def a_disk_that_goes_away_after_the_plan_stops_it(bench: CleanupBench) -> Went:
    bench.film()
    away = bench.root / "away"

    def unmount() -> None:
        bench.films.rename(away)
        bench.films.mkdir()

    bench.at("before find", unmount)
    bench.go()
    bench.films.rmdir()
    away.rename(bench.films)
    return NOTHING


@case
def a_film_on_a_disk_below_the_download_directory_that_is_gone_stays(bench: CleanupBench) -> Went:
    film = bench.film(folder=bench.films / "disk 2")
    away = (bench.films / "disk 2").rename(bench.root / "away")
    (bench.films / "disk 2").mkdir()
    bench.go()
    (bench.films / "disk 2").rmdir()
    away.rename(bench.films / "disk 2")
    assert film.path.is_file()
    return STAYS


@case
def nothing_goes_while_a_library_directory_is_missing(bench: CleanupBench) -> Went:
    bench.film()
    away = bench.library.rename(bench.root / "away")
    bench.go()
    away.rename(bench.library)
    return NOTHING


@case
def nothing_goes_while_a_library_directory_is_an_empty_mount_point(bench: CleanupBench) -> Went:
    bench.film()
    away = bench.library.rename(bench.root / "away")
    bench.library.mkdir()
    bench.go()
    bench.library.rmdir()
    away.rename(bench.library)
    return NOTHING


@case
def a_trash_elsewhere_takes_the_films_and_nothing_else(bench: CleanupBench) -> Went:
    bench.configure(trash_directory=str(bench.root / "trash"))
    film = bench.film(linked=True)
    bench.foreign_file(bench.films / NAME / "notes.txt")
    bench.go()
    return goes(film)


@case
def what_lies_in_the_trash_besides_stays(bench: CleanupBench) -> Went:
    film = bench.film()
    bench.foreign_file(bench.films / TRASH / "mine" / "film.mkv")
    bench.go()
    return goes(film)


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
