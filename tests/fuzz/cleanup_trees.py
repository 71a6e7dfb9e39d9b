"""Trees of owned and foreign files under cleanup, with much going on beside it, and the process killed.

Each run follows from its seed: films with all kinds of trouble, a user's files and torrents between them, and
things that happen at some question, write or act. In the end everything foreign is as it was, each film is
whole at one place or gone as it may be, and nothing is left half done.
"""

import logging
import os
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from cleanup_bench import DAY, HOUR
from cleanup_films import Film
from cleanup_troubles import Setting
from harness import Outcome, Row, row_of, spread
from killable import Killed, Points

from cleanup_journal import TRASHED, UNDER_WAY
from errors import ServiceUnavailable, StateWriteError
from queue_files import COMPLETED, PENDING, REMOVED

TARGET = "nothing foreign touched, no film lost, nothing left half done"
ON_DISK = frozenset({"write", "forget", "unlink", "link", "rename", "rmdir", "mkdir"})
DOWN = "Could not connect to qBittorrent."


class Wrong(AssertionError):
    """Something happened that must not."""


class Run(Setting):
    """One run from its beginning to its end.

    `elsewhere`: another process is at work. `back` are films that were wanted before they went, `seeded`
    ones that a user seeds from the trash.
    """

    def __init__(self, seed: int, root: Path) -> None:
        super().__init__(seed, root)
        self.scheduled: dict[int, Callable[[str], None]] = {}
        self.count = 0
        self.elsewhere = False
        self.back: set[str] = set()
        self.seeded: set[str] = set()

    # --- what happens meanwhile

    def happen(self, moment: str) -> None:
        self.count += not self.elsewhere
        if self.count in self.scheduled and not self.elsewhere:
            self.scheduled.pop(self.count)(moment)

    def schedule(self) -> None:
        """What happens in the next phase: a few things, at some points of it."""
        self.count = 0
        self.scheduled = {}
        for _ in range(self.draw.randint(0, 4)):
            what = self.draw.choice((self.kill, self.kill, self.fail, self.want, self.untag, self.put_in_way))
            self.scheduled[self.draw.randint(1, self.draw.choice((20, 80, 300)))] = what

    def kill(self, moment: str) -> None:
        self.log.append(f"killed {moment}")
        raise Killed(moment)

    def fail(self, moment: str) -> None:
        self.log.append(f"failed {moment}")
        if moment == "before write":
            raise StateWriteError("cannot be written.")
        if moment.split()[1] not in ON_DISK:
            raise ServiceUnavailable("qbittorrent", DOWN)

    def want(self, moment: str) -> None:
        """A list has a film again. It may be on its way, in the trash or gone by now."""
        if moment.endswith("write"):
            self.scheduled[self.count + 1] = self.want  # another process waits for the lock
            return
        film = self.one()
        if film.queue != REMOVED or film.hash in self.wanted:
            return
        self.log.append(f"{film.label} wanted {moment}")
        self.wanted[film.hash] = film
        if film.hash in self.bench.client.statuses and moment != "before remove":
            self.back.add(film.hash)
        self.elsewhere = True
        self.bench.wanted_again(film)
        self.elsewhere = False

    def one(self) -> Film:
        """A film; one that is on its way where there is one."""
        going = {entry.film["id"] for entry in self.bench.entries() if entry.phase in UNDER_WAY}
        return self.draw.choice([film for film in self.films if film.movie.id in going] or self.films)

    def untag(self, moment: str) -> None:
        film = self.one()
        status = self.bench.client.statuses.get(film.hash)
        if status is not None and status.tags and film.hash not in self.alone:
            self.log.append(f"{film.label} untagged {moment}")
            self.become(film, tags=frozenset())
            self.users[film.hash] = ""
            self.alone.add(film.hash)

    def put_in_way(self, moment: str) -> None:
        """A file of the user's, in a folder of a film."""
        film = self.one()
        if film.hash in self.alone or not film.files:
            return
        # Between the last look and the move nothing can be told any more.
        names = ("added.srt", film.path.name) if moment.endswith("find") else ("added.srt",)
        path = film.path.with_name(self.draw.choice(names))
        if not os.path.lexists(path) and path not in self.bench.foreign:
            self.log.append(f"{path.name} added {moment}")
            self.bench.foreign_file(path, b"added")

    def between(self) -> None:
        """What happens between two processes."""
        film = self.one()
        status = self.bench.client.statuses.get(film.hash)
        under_way = {entry.hash for entry in self.bench.entries() if entry.phase in UNDER_WAY}
        what = self.draw.choice(("", "clock", "share", "take out", "read", "seed"))
        there = status is not None and film.hash not in self.alone and self.where(film) == "at its place"
        if what == "clock":
            self.bench.clock.time += self.draw.choice((-400 * DAY, 400 * DAY, HOUR))
        elif what == "share" and there and film.hash not in self.stays:
            self.stays[film.hash] = self.same_files(film)
        elif what == "seed":
            self.seed_trash()
        elif what == "take out" and there and film.hash not in under_way:
            self.gone_from_qbittorrent(film)
            self.stays[film.hash] = "the user took it out"
        if what:
            self.log.append(f"between: {what} {film.label}")
        self.bench.read_list(*self.wanted.values())

    def seed_trash(self) -> None:
        """The user seeds what lies in the trash."""
        lying = {entry.hash: entry.local for entry in self.bench.entries() if entry.phase == TRASHED}
        film = self.draw.choice(self.films)
        folder = lying.get(film.hash)
        if folder and film.hash not in self.alone | self.parts | self.wanted.keys():
            pieces = self.bench.client.pieces[film.hash]
            if all((Path(folder) / name).is_file() for name in pieces):
                self.alone.add(film.hash)
                self.seeded.add(film.hash)
                self.users_torrent(dict(pieces), Path(folder), name="seeded")
                self.bench.foreign |= {Path(folder) / name: data for name, data in pieces.items()}

    # --- how it goes

    def live(self) -> None:
        for _ in range(self.draw.randint(1, 4)):
            self.schedule()
            self.phase(self.draw.choice((self.look, self.look, self.yes, self.undo)))
            self.between()
        self.finish()
        self.check()
        self.later()
        self.check()

    def phase(self, do: Callable[[], object]) -> None:
        self.bench.happen = self.happen  # type: ignore[method-assign]
        self.bench.restart()
        self.bench.client.slow = self.chance(0.3)
        # At the user's word what cannot be moved is deleted: then two releases may part for ever.
        self.bench.client.fail_to_move = self.chance(0.1) and not self.pairs
        try:
            with Points(self.happen):
                do()
        except (Killed, StateWriteError, ServiceUnavailable):
            pass
        self.bench.client.settle()

    def look(self) -> None:
        self.bench.look(times=3, after=60)

    def yes(self) -> None:
        self.bench.yes()

    def undo(self) -> None:
        lying = [entry for entry in self.bench.entries() if entry.phase == TRASHED]
        lying = [entry for entry in lying if entry.hash not in {self.witness.hash, *self.seeded}]
        if lying:
            entry = self.draw.choice(lying)
            self.log.append(f"undo {entry.movie.label}")
            self.bench.undo(entry.movie.id)

    def finish(self) -> None:
        """With nothing more happening, all that is begun comes to its end."""
        self.scheduled = {}
        self.bench.client.slow = self.bench.client.fail_to_move = False
        self.bench.read_list(*self.wanted.values())
        self.bench.resume()
        self.bench.yes()
        for path in [path for path, data in self.bench.foreign.items() if data == b"added"]:
            # What is in the way of a film that comes back has to go first.
            self.bench.foreign[path.rename(self.bench.outside / f"out of the way {path.name}")] = b"added"
            del self.bench.foreign[path]
        self.bench.resume()

    def later(self) -> None:
        """Until the trash is emptied."""
        for _ in range(5):
            self.bench.clock.time += DAY
            self.bench.read_list(*self.wanted.values())
            self.bench.restart()
            self.bench.look()
        self.bench.resume()

    # --- what must be true

    def check(self) -> None:
        there = self.bench.everything()
        for path, data in self.bench.foreign.items():
            self.expect(there.get(path) == data, f"foreign {path} is {there.get(path)!r:.60}")
        for key, place in self.users.items():
            status = self.bench.client.statuses.get(key)
            self.expect(status is not None, f"a torrent of the user's is gone: {key}")
            self.expect(not place or (status is not None and status.save_path == place), f"{key} was moved")
        under_way = [entry for entry in self.bench.entries() if entry.phase in UNDER_WAY]
        self.expect(not under_way, f"left under way: {[(one.name, one.phase) for one in under_way]}")
        self.expect(self.where(self.witness) != "at its place", "what may go did not go")
        for film in self.films:
            self.check_film(film)

    def check_film(self, film: Film) -> None:
        where = self.where(film)
        if film.hash in self.stays:
            self.expect(where == "at its place", f"{film.label} is {where}, although {self.stays[film.hash]}")
        if film.hash in self.users:
            folder = self.bench.client.folder_of(film.hash)
            self.expect(self.lies(film, folder), f"{film.label}: what its torrent has is not in {folder}")
            return
        if film.hash in self.back:
            self.expect(where == "at its place", f"{film.label} is {where}, and was wanted before it went")
        if self.period and where == "gone":
            self.expect(self.was_told(film), f"{film.label} is gone without having been in the trash")
        self.check_queue(film, where)

    def check_queue(self, film: Film, where: str) -> None:
        known, there = self.bench.queue.find(film.movie), where == "at its place"
        place = known.status if known else ""
        torrents = {*self.bench.client.statuses, *self.stays, *self.alone}
        wrong = {
            REMOVED: "" if there else "in the removed queue",
            COMPLETED: "" if there and film.hash in torrents else "completed, without its torrent",
            PENDING: "" if not there or film.hash in self.wanted else "fetched again",
            "": "forgotten" if there or film.hash in {*self.bench.client.statuses, *self.wanted} else "",
        }[place]
        self.expect(not wrong, f"{film.label} is {wrong}, and {where}")

    def was_told(self, film: Film) -> bool:
        """Whether it was deleted from the trash, or by the user's word."""
        told = [event for event in self.bench.history() if event["id"] == film.movie.id]
        return any(
            event["event"] == "deleted from the trash" or event.get("proof", {}).get("what") == "deleted"
            for event in told
        )

    def where(self, film: Film) -> str:
        """Where the files of a film are, all of them."""
        if all(self.holds(film, path, data) for path, data in film.files.items()):
            return "at its place"
        left = [path for path in film.files if path.exists() and path not in self.bench.foreign]
        self.expect(not left, f"{film.label} is torn apart: {left}")
        trash = self.bench.trash_of(film, parts=film.hash in self.parts)
        self.expect(len(trash) in (0, len(film.files)), f"{film.label} is torn apart in the trash: {trash}")
        return "in the trash" if trash else "gone"

    def lies(self, film: Film, folder: Path) -> bool:
        assert film.save_path is not None
        inside = ((folder / path.relative_to(film.save_path), data) for path, data in film.files.items())
        return all(self.holds(film, path, data) for path, data in inside)

    def holds(self, film: Film, path: Path, data: bytes) -> bool:
        """Whether a file is whole; also a part of it, where it never was."""
        found = path.read_bytes() if path.is_file() else None
        return found == data or (film.hash in self.parts and found == data[: len(data) // 2])

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Wrong(f"{otherwise} | {'; '.join(self.log)}")


def live(seed: int) -> Run:
    """One run from its beginning to its end. Raises `Wrong`."""
    memory = Path("/dev/shm")
    root = tempfile.mkdtemp(prefix="cleanup-", dir=memory if os.access(memory, os.W_OK) else None)
    try:
        run = Run(seed, Path(root))
        run.live()
        return run
    finally:
        shutil.rmtree(root)


def case(seed: int) -> Outcome:
    """What becomes of one run."""
    started = time.process_time()
    logging.disable(logging.WARNING)  # it is in trouble all the time
    try:
        live(seed)
    except Exception as error:  # noqa: BLE001 - that there is none is what is measured
        told = "".join(traceback.format_exception_only(error))
        return Outcome(time.process_time() - started, f"seed {seed}: {told}")
    finally:
        logging.disable(logging.NOTSET)
    return Outcome(time.process_time() - started)


def run(count: int, first: int) -> Row:
    """The row of so many runs."""
    outcomes = spread(case, range(first, first + count))
    return row_of("cleanup among owned and foreign files", TARGET, outcomes)
