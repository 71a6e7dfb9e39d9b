"""What is known of a film that left the lists, as `cleanup.plan_cleanup` takes it. Records only."""

from dataclasses import dataclass

from disk_files import Seen, Unfit
from movie import Movie
from qbittorrent_manager import TorrentStatus


@dataclass(frozen=True)
class OwnFile:
    """A file of a torrent: name and size by qBittorrent, and what lies there, where this machine sees it."""

    name: str
    size: int
    here: Seen | Unfit | None = None


@dataclass(frozen=True)
class OwnTorrent:
    """A torrent that the program handed over for a film, as it is now; `status` None: it is not there.

    `trash` is where qBittorrent could move it, in its own words, and `no_trash` why it could not. `shared` is
    another torrent that uses some of its files, `outside` says why the place of its files is not ours.
    `checked` says that qBittorrent compared exactly these files with the torrent just now.
    """

    hash: str
    status: TorrentStatus | None = None
    ours: bool = False
    files: tuple[OwnFile, ...] = ()
    trash: str = ""
    no_trash: str = ""
    shared: str = ""
    outside: str = ""
    checked: bool = False


@dataclass(frozen=True)
class Copy:
    """Another copy of the film on this machine; `files` are it, all of them, or `why_not` says otherwise."""

    path: str
    files: tuple[Seen, ...] = ()
    why_not: str = ""


@dataclass(frozen=True)
class Case:
    """A removed film and what is known of it now.

    `read_at`: the older of the last full readings of its lists, None where one was never read in full.
    `shown_by` is a list that has it, as last read; `claimed_by` another film with one of its torrents or
    files. `of`: how many films the list had before films left. `saved` is the `.torrent` that was saved for
    it, `link` the link that was made for it. `no_trash`: why
    a copy of it cannot be moved into the trash.
    """

    movie: Movie
    read_at: int | None = None
    shown_by: str = ""
    claimed_by: str = ""
    of: int = 0
    torrents: tuple[OwnTorrent, ...] = ()
    saved: Seen | None = None
    link: Seen | None = None
    copies: tuple[Copy, ...] = ()
    no_trash: str = ""
