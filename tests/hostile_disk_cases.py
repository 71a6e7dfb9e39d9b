"""What may be wrong with files while cleanup is on: links, mounts, names, and what lies in a film's place.

Each case sets up its trouble, has cleanup go, and says which films may be gone in the end; beside it stands a
film with which nothing is wrong (`WITNESS`), so that it shows that cleanup did run.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cleanup_bench import CleanupBench
from cleanup_films import Ending, Film, content

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
