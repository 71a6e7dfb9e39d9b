"""Which real qBittorrents are there to test against: the installed one, and those that were fetched.

`scripts/fetch-qbittorrent.sh` puts that of each Debian release into a folder. Tests use what is there; the
environment variable QBITTORRENT_RELEASES names those that have to be, e.g. "bookworm trixie".
"""

import functools
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import need_qbittorrent

from demo.private_qbittorrent import PROGRAM

RELEASES = {"bookworm": "4.5", "trixie": "5.1", "unstable": "5.3"}
"""Debian's releases with the generation of qBittorrent that each had when this was written."""
FETCHED = Path(os.environ.get("QBITTORRENT_CACHE") or Path(__file__).parents[2] / ".qbittorrent")


@dataclass(frozen=True)
class Generation:
    """A qBittorrent to run: `release` is Debian's name or "installed"; without a `program` it is missing."""

    release: str
    version: str
    program: str | None

    @property
    def label(self) -> str:
        return f"{self.release}-{self.version}"

    @property
    def is_demanded(self) -> bool:
        return self.release in os.environ.get("QBITTORRENT_RELEASES", "").split()

    def is_of(self, generation: str) -> bool:
        return self.version.startswith(f"{generation}.")

    def need(self) -> tuple[str]:
        """The command to run it. Skips the test where it is missing, fails it where it was asked for."""
        if self.program is not None:
            return (self.program,)
        if self.is_demanded:
            pytest.fail(f"no {self.label}; `sh scripts/fetch-qbittorrent.sh {self.release}` says why")
        if not any(one.program for one in generations()):
            need_qbittorrent()
        pytest.skip(f"no qBittorrent {self.label} here; `make test-qbittorrent` fetches it")


@functools.cache
def generations() -> tuple[Generation, ...]:
    """One for each release, oldest first. The installed one stands in for its release or comes after them."""
    installed = _installed()
    known = tuple(_of_release(release, installed) for release in RELEASES)
    if installed is None or any(map(installed.is_of, RELEASES.values())):
        return known
    return *known, installed


def to_run() -> tuple[Generation, ...]:
    """Those that are there or have to be; never none at all, so that it shows that none was run."""
    every = generations()
    return tuple(one for one in every if one.program or one.is_demanded) or every[:1]


def _of_release(release: str, installed: Generation | None) -> Generation:
    folder, wanted = FETCHED / release, RELEASES[release]
    if (folder / "version").exists():
        return Generation(release, (folder / "version").read_text().strip(), str(folder / PROGRAM))
    if installed is not None and installed.is_of(wanted):
        return Generation(release, installed.version, installed.program)
    return Generation(release, wanted, None)


def _installed() -> Generation | None:
    if shutil.which(PROGRAM) is None:
        return None
    said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    return Generation("installed", said.strip().removeprefix("qBittorrent v"), PROGRAM)
