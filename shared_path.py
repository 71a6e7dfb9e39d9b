"""The download directory under two names: as qBittorrent sees it and as this machine does. Pure."""

from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath


@dataclass(frozen=True)
class SharedPath:
    """`remote` is what qBittorrent calls the directory that is `local` here."""

    remote: str
    local: Path

    def local_path(self, path: str) -> Path | None:
        """Where this machine finds what qBittorrent calls `path`; None outside the directory."""
        kind = PurePosixPath if self.remote.startswith("/") else PureWindowsPath
        below = _below(kind(path), kind(self.remote))
        return None if below is None else self.local.joinpath(*below.parts)

    def remote_path(self, path: Path) -> str | None:
        """What qBittorrent calls a path of this machine; None for one that it may not see."""
        if path.is_relative_to(self.local):
            return "/".join((self.remote.rstrip("/\\") or "", *path.relative_to(self.local).parts))
        return str(path) if self.remote == str(self.local) else None


def _below(path: PurePath, directory: PurePath) -> PurePath | None:
    if ".." in path.parts or not path.is_relative_to(directory):
        return None
    return path.relative_to(directory)
