"""`--cleanup`, `--cleanup --yes` and `--undo FILM`: what a user asks of cleanup, beside the daemon or not.

Called by the main thread of a process of its own, which holds the lock of cleanup while it changes anything.
Each returns the exit code.
"""

import threading
import time
from collections.abc import Callable

from cleanup_journal import BACK, TRASHED, UNDER_WAY, Entry, Journal
from commands import named, several
from config import Config
from console import Console
from credentials_manager import CredentialsManager
from disk_files import Seen, look_at
from errors import AuthError, MovieSyncError, ServiceError
from program import cleaning_of, client_of, places_of
from qbittorrent_manager import QBittorrentManager
from queue_files import COMPLETED
from queue_manager import QueueManager
from report import clock
from services import said_to_a_command, services_of
from signals import ask_to_look
from storage import DAEMON_LOCK, daemon_pid
from torrent_store import kept_torrent
from trash_ground import lies_in

EXIT_OK, EXIT_FAILED = 0, 1
LONGEST = 600.0


class CleanupCommand:
    """The commands on one state folder. Opening it raises `StateError`."""

    def __init__(
        self,
        config: Config,
        credentials: CredentialsManager,
        console: Console,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._console = console
        self._now = now
        self._services = services_of(config, credentials)
        self._queue = QueueManager(config.folder, max_retries=int(config["max_retries"]))
        self._journal = Journal(config.folder)
        self._stop = threading.Event()
        self._client = client_of(config, credentials, self._stop)
        place, library = places_of(config)
        self._cleaning = cleaning_of(
            config, self._queue, self._client, place, library, console.say, self._stop, now
        )
        self._trash = self._cleaning.trash

    def cleanup(self, *, yes: bool) -> int:
        """Print the plan, or do it. Raises `MovieSyncError`."""
        return self._asking(self._clean if yes else self._show)

    def undo(self, text: str) -> int:
        """Bring a film back from the trash. Raises `MovieSyncError`."""
        return self._asking(lambda: self._undo(text))

    def _asking(self, do: Callable[[], int]) -> int:
        """Do what asks qBittorrent; a wrong login is remembered, so that no loop comes of it."""
        rest = self._services.resting("qbittorrent") if self._client else None
        if rest is not None:
            until = clock(rest.until, self._now())
            reason = said_to_a_command(rest.reason, "Try again then.")
            raise MovieSyncError(f"qBittorrent is left alone until {until}: {reason}")
        try:
            return do()
        except AuthError as error:
            self._services.failed(error)
            raise
        except ServiceError as error:
            raise MovieSyncError(said_to_a_command(str(error), "Try again once it answers.")) from error
        finally:
            if isinstance(self._client, QBittorrentManager):
                self._client.close()

    def _show(self) -> int:
        if not self._cleaning.show():
            return EXIT_OK
        self._console.say(
            "Nothing was done. `python main.py --cleanup --yes` does what the plan says may go."
        )
        return EXIT_OK

    def _clean(self) -> int:
        with self._cleaning.locked():
            done = self._cleaning.clean()
        self._tell_daemon()
        if not done:
            self._console.say(
                "⏳ qBittorrent is still at it; the daemon, or the next --cleanup --yes, goes on."
            )
        return EXIT_OK if done else EXIT_FAILED

    # --- undo

    def _undo(self, text: str) -> int:
        with self._cleaning.locked():
            self._go_on()  # what was cut short ends first: a film may have several torrents
            return self._bring_back(text)

    def _bring_back(self, text: str) -> int:
        entries = [one for one in self._journal.read().entries if one.phase in {TRASHED, BACK}]
        found = named([entry.movie for entry in entries], text)
        if len({movie.id for movie in found}) > 1:
            self._console.say("\n".join(several(text, found)))
            return EXIT_FAILED
        if not found:
            return self._refuse(f"No film in the trash matches {text!r}. {self._what_is_there(entries)}")
        mine = [entry for entry in entries if entry.film["id"] == found[0].id]
        latest = _latest(mine)
        lying = [entry for entry in latest if entry.phase == TRASHED]
        if hindrance := next(filter(None, map(self._hindrance, lying)), ""):
            return self._refuse(f"{found[0].label} cannot be brought back: {hindrance}")
        if lying:
            self._trash.bring_back(lying)
        done = self._go_on()
        self._tell_daemon()
        if not done:
            self._console.say("⏳ qBittorrent is still checking or moving it; the daemon goes on with that.")
        left = {entry.key for entry in latest} & {entry.key for entry in self._journal.read().entries}
        return EXIT_OK if done and not left else EXIT_FAILED

    def _what_is_there(self, entries: list[Entry]) -> str:
        labels = sorted({entry.movie.label for entry in entries})
        return (
            f"In it: {', '.join(labels)}." if labels else "It is empty; what was deleted is fetched by --add."
        )

    def _hindrance(self, entry: Entry) -> str:
        """Why a film cannot be brought back; "" if nothing is in its way."""
        known = self._queue.find(entry.movie)
        if known is not None and known.status == COMPLETED and known.torrent_hash != entry.hash:
            return "it was fetched again meanwhile."
        if entry.hash and self._client is None:
            return "its files are qBittorrent's, and `qbittorrent.enabled` is false."
        if entry.hash and kept_torrent(self._config.folder, entry.hash) is None:
            return f"its .torrent is not kept any more. Its files are in {entry.local or entry.trash}."
        there = self._client.find([entry.hash]) if self._client and entry.hash else None
        if there is not None and not lies_in(there, entry.trash, entry):
            return f"its torrent is in qBittorrent again, in {there.save_path}."
        for path in self._trash.paths_before(entry):
            found = look_at(path, [self._trash.directory])
            if isinstance(found, Seen):
                return f"{path} is in its way: move or rename that first."
            if not found.missing:
                return f"{found.path} {found.why}."
        return self._trash.what_lacks(entry)

    def _go_on(self) -> bool:
        waited = 0.0
        while any(entry.phase in UNDER_WAY for entry in self._journal.read().entries):
            again = self._trash.go_on()
            if again is None:
                continue
            if waited >= LONGEST or again - self._now() > 30:
                return False
            wait = min(max(again - self._now(), 0.1), 2.0)
            self._stop.wait(wait)
            waited += wait
        return True

    def _tell_daemon(self) -> None:
        pid = daemon_pid(self._config.folder / DAEMON_LOCK)
        if pid is not None:
            ask_to_look(pid)

    def _refuse(self, text: str) -> int:
        self._console.say(f"❌ {text}")
        return EXIT_FAILED


def _latest(entries: list[Entry]) -> list[Entry]:
    """Those of the last time that the film went."""
    last = max(entry.begun_at for entry in entries)
    return [entry for entry in entries if entry.begun_at == last]
