"""For `cleanup_trees`: films with all that may be wrong with them, a user's files and torrents in between."""

import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from cleanup_bench import DAY, CleanupBench
from cleanup_films import Film, content

from movie import ChosenRelease, TriedRelease
from queue_files import COMPLETED

TITLES = (
    *(("Heat", 1995), ("Heat", 1986), ("Ran", 1985), ("Alien", 1979)),
    *(("Solaris", 1972), ("Solaris", 2002)),
)
PERIOD = 3 * DAY
LINKED = ("", "", "hard", "copied")
STATES = ("moving", "error", "missingFiles", "checkingUP", "unknown")


class Setting:
    """What a run begins with. By hashes: why films must be left where they are (`stays`), `users` torrents.

    `alone` are films to which nothing else happens, `parts` those of which all is not there yet, `pairs`
    those with two releases.
    """

    def __init__(self, seed: int, root: Path) -> None:
        self.draw = random.Random(seed)
        self.bench = bench = CleanupBench(root)
        self.period = self.draw.choice((0, PERIOD, PERIOD))
        self.configure()
        self.stays: dict[str, str] = {}
        self.wanted: dict[str, Film] = {}
        self.users: dict[str, str] = {}
        self.alone: set[str] = set()
        self.parts: set[str] = set()
        self.pairs: set[str] = set()
        self.log: list[str] = []
        self.witness = bench.film("Witness", 1950, linked=True)
        self.films = [self.make(title, year) for title, year in self.some(TITLES)]
        self.foreign()
        bench.write_queues()

    def some(self, things: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        return self.draw.sample(things, self.draw.randint(1, len(things)))

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def configure(self, **config: object) -> None:
        trash = str(self.bench.root / "trash") if self.chance(0.2) else None
        self.bench.configure(
            trash_directory=trash,
            trash_period=self.period,
            removal_limit=1.0,
            cleanup_unowned=self.chance(0.3),
            qbittorrent={"minimum_seed_time": self.draw.choice((0, DAY))},
            **config,
        )

    # --- what is there

    def make(self, title: str, year: int) -> Film:
        """A film with or without something that keeps it."""
        bench, draw = self.bench, self.draw
        folder = draw.choice((bench.films, bench.films, bench.films / "seen", bench.films / "two\nlines"))
        names = draw.choice((["{name}/{name}.mkv", "{name}/a/{name}.nfo"], ["{name}.mkv"]))
        film = bench.film(title, year, names=names, folder=folder)
        linked = draw.choice(LINKED)
        if linked:
            bench.link(film, copied=linked == "copied")
        if self.chance(0.5):
            trouble = draw.choice(sorted(TROUBLES))
            why = TROUBLES[trouble](self, film)
            self.log.append(f"{film.label}: {trouble}")
            if why:
                self.stays[film.hash] = why
        return film

    def foreign(self) -> None:
        bench, draw = self.bench, self.draw
        folders = sorted({path.parent for film in bench.known for path in film.files})
        for number in range(draw.randint(0, 5)):
            folder = draw.choice([*folders, bench.films, bench.films / "mine", bench.links, bench.outside])
            name = draw.choice(("mine.mkv", "Heat (1995).mkv", "x.srt", ".hidden", "Subs/ro.srt"))
            # Subtitles in the folder of a copy belong to it.
            copies = {path.parent for film in bench.known if film.hash in self.alone for path in film.files}
            free = folder not in copies or not name.endswith(".srt")
            if free and not os.path.lexists(folder / name) and folder.resolve() == folder:
                bench.foreign_file(folder / name, f"foreign {number}".encode())
        if self.chance(0.3):
            self.users_torrent({"Own/own.mkv": b"own"}, bench.films)
            bench.foreign_file(bench.films / "Own" / "own.mkv", b"own")

    def users_torrent(self, files: dict[str, bytes], folder: Path, name: str = "") -> None:
        key = self.bench.users_torrent(files, folder=folder, name=name)
        self.users[key] = str(folder)

    # --- trouble, which says why a film stays

    def tag_off(self, film: Film) -> str:
        self.become(film, tags=frozenset(("movies",)))
        return "its tag is off"

    def not_owned(self, film: Film) -> str:
        self.bench.change(film, owned=False)
        return "it is the user's"

    def grace(self, film: Film) -> str:
        self.bench.change(film, missing_for=film.movie.missing_for - 1)
        return "its grace is not over" if film.movie.removed_at else ""

    def completed(self, film: Film) -> str:
        film.queue = COMPLETED
        self.bench.change(film, removed_at=None, removed_from=None, missing_for=0)
        return "it is wanted"

    def shown(self, film: Film) -> str:
        self.bench.read_list(film, name=f"other/{film.movie.slug}")
        return "another list shows it"

    def renamed(self, film: Film) -> str:
        path = film.path
        film.files[path.rename(path.with_name(f"renamed {path.name}"))] = film.files.pop(path)
        return "it was renamed"

    def replaced(self, film: Film) -> str:
        path, data = film.path, film.files[film.path]
        before = path.stat()
        self.bench.replaced(film, data=self.draw.choice((b"mine", content("mine", len(data)))))
        if self.chance(0.5):
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return "the user replaced it"

    def touched(self, film: Film) -> str:
        self.bench.long_complete(film)
        os.utime(film.path)
        return ""

    def behind_link(self, film: Film) -> str:
        """The file itself, elsewhere."""
        path, data = film.path, film.files.pop(film.path)
        path.unlink()
        real = self.bench.foreign_file(self.bench.outside / f"real {path.name}", data)
        self.bench.foreign_link(path, real)
        return "it is a link"

    def state(self, film: Film) -> str:
        self.become(film, state=self.draw.choice(STATES))
        return "of its state"

    def duty(self, film: Film) -> str:
        self.become(film, seeding_time=5, ratio=0.1)
        return "it owes seeding" if self.bench.config["qbittorrent"]["minimum_seed_time"] else ""

    def taken_out(self, film: Film) -> str:
        self.gone_from_qbittorrent(film)
        return "its torrent was taken out"

    def same_files(self, film: Film) -> str:
        assert film.save_path is not None
        self.users_torrent(dict(self.bench.client.pieces[film.hash]), film.save_path, name="same")
        return "a torrent of the user's has its files"

    def linked_folder(self, film: Film) -> str:
        assert film.save_path is not None
        door = self.bench.foreign_link(self.bench.outside / f"door {film.label}", film.save_path)
        self.users_torrent(dict(self.bench.client.pieces[film.hash]), door, name="same")
        return "a torrent reaches its files by a linked folder"

    def linked_file(self, film: Film) -> str:
        folder = self.bench.outside / film.label
        self.bench.foreign_link(folder / "in" / "film.mkv", film.path)
        self.users_torrent({f"{film.label}/in/film.mkv": film.files[film.path]}, self.bench.outside)
        return "a torrent reaches its files by links"

    def hard_linked(self, film: Film) -> str:
        path = self.bench.outside / f"{film.label}.mkv"
        os.link(film.path, path)
        self.bench.foreign[path] = film.files[film.path]
        self.users_torrent({path.name: film.files[film.path]}, self.bench.outside)
        return ""

    def odd_name(self, film: Film) -> str:
        pieces = {**self.bench.client.pieces[film.hash], "../../outside/x": b"x"}
        self.bench.foreign_file(self.bench.outside / "x", b"x")
        self.bench.client.hold(film.hash, pieces)
        return "a name leads elsewhere"

    def own_link(self, film: Film) -> str:
        """Where its link was there is something of the user's."""
        if film.link is not None:
            film.link.unlink()
            self.bench.foreign_file(film.link, content("mine", len(film.linked)))
        return ""

    def copy(self, film: Film) -> str:
        """It was there already: its files are in no torrent of ours."""
        self.gone_from_qbittorrent(film)
        self.alone.add(film.hash)
        self.bench.change(film, torrent_hash=None, owned=None, linked=None)
        if film.link is not None:
            self.bench.foreign[film.link] = film.linked
        return "" if self.bench.config["cleanup_unowned"] else "it is a copy of the user's"

    def incomplete(self, film: Film) -> str:
        self.parts.add(film.hash)
        for path, data in film.files.items():
            path.write_bytes(data[: len(data) // 2])
        if film.link is not None:
            film.link.unlink()
            film.link = None
        self.become(film, state="stalledDL", progress=0.5, complete=False, completion_on=None)
        self.bench.change(film, downloaded_at=None, linked=None)
        return ""

    def second(self, film: Film) -> str:
        """Another release of it, in a torrent of ours as well; without a trash they may part for ever."""
        if not self.period:
            return ""
        other = self.bench.film(f"{film.movie.title} II", film.movie.year or 0)
        self.bench.known.remove(other)
        self.alone.add(film.hash)
        self.pairs.add(film.hash)
        film.files |= other.files
        release = ChosenRelease(name="x", tracker="filelist", id="7")
        tried = TriedRelease(release=release, hash=other.hash, why="stalled", running=True)
        self.bench.change(film, tried=(tried,))
        return ""

    def become(self, film: Film, **status: object) -> None:
        assert film.torrent is not None
        self.bench.client.become(film.torrent, **status)

    def gone_from_qbittorrent(self, film: Film) -> None:
        self.bench.client.statuses.pop(film.hash, None)
        self.users.pop(film.hash, None)


TROUBLES: dict[str, Callable[[Setting, Film], str]] = {
    name: getattr(Setting, name)
    for name in (
        *("tag_off", "not_owned", "grace", "completed", "shown", "renamed", "replaced", "touched"),
        *("behind_link", "state", "duty", "taken_out", "same_files", "linked_folder", "linked_file"),
        *("hard_linked", "odd_name", "own_link", "copy", "incomplete", "second", "copy", "second"),
    )
}
