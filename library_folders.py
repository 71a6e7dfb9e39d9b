"""From folders as they were read to the films in them: which folders and files are entries of the library.

Pure, for any thread. A folder speaks for the files in it where its name can only be that of one film; else
each file speaks for itself, and the folder only if no file says otherwise. A mere shelf is no film.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from library_match import NOTHING, Entry, Told
from library_names import holds_extras_inside, is_part_folder
from library_nfo import Nfo
from library_titles import NameReading

_DISC = re.compile(r"[\s._-]+(?:cd|dvd|dis[ck])[\s._-]?\d{1,2}$", re.IGNORECASE)
_NO_NFO = Nfo()
_INITIALS = 2


class UnknownFolder(Exception):
    """A folder that cannot be looked into and may hold any film."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Video:
    """A video file by its name without the suffix."""

    stem: str
    path: str
    reading: NameReading


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in one folder, as far as it matters. `notes` are `.nfo` files by their stem in lower case.

    `episodes` is true beside an episode or a season. `unsettled`: it may change without the folder's time.
    """

    videos: tuple[Video, ...] = ()
    episodes: bool = False
    notes: Mapping[str, Nfo] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with what lies in it. `unreadable` is why it could not be looked into."""

    name: str
    path: str
    reading: NameReading
    listing: Listing
    below: tuple["Folder", ...] = ()
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class _Around:
    """What the folders around say: the film that is in them, the year of the shelf."""

    film: NameReading | None = None
    told: Told = NOTHING
    year: int | None = None


def entries_of(root: Folder) -> Iterator[Entry]:
    """The films below a library directory, whose own name says nothing. Raises `UnknownFolder`."""
    yield from _files(replace(root, listing=replace(root.listing, episodes=False)), _Around(), speaks=False)
    for folder in root.below:
        yield from _entries(folder, _Around())


def _entries(folder: Folder, around: _Around) -> Iterator[Entry]:
    if folder.reading.series or "tvshow" in folder.listing.notes:
        return
    if around.film and holds_extras_inside(folder.name):
        return
    if folder.unreadable is not None:
        yield from _unread(folder, around)
        return
    told = _told_of(folder, around)
    if is_part_folder(folder.name):
        return
    if folder.reading.ids or folder.reading.tmdb_ids or folder.reading.sure or told.ids or told.tmdb_ids:
        yield from _film(folder, told)
    elif around.film:
        yield from _inside_film(folder, around)
    else:
        yield from _shelf(folder, told)


def _unread(folder: Folder, around: _Around) -> Iterator[Entry]:
    """Its name is all there is. If that tells no film, any film may be in it: unknown is not "not there"."""
    reading = folder.reading
    if reading.year or reading.ids or reading.tmdb_ids:
        yield Entry(folder.name, folder.path)
    elif around.film is None:
        raise UnknownFolder(folder.path, folder.unreadable or "")


def _film(folder: Folder, told: Told) -> Iterator[Entry]:
    """The folder of one film, by its name or its `.nfo`."""
    if _holds_video(folder):
        yield Entry(folder.name, folder.path, told=told)
    around = _Around(folder.reading, told, folder.reading.year)
    yield from _inside_film(folder, around)


def _inside_film(folder: Folder, around: _Around) -> Iterator[Entry]:
    """The films in a film's folder that are not that film."""
    for video in folder.listing.videos:
        if not _spoken_for(video, around):
            yield _file(folder, video, NOTHING)
    for below in folder.below:
        yield from _entries(below, around)


def _shelf(folder: Folder, told: Told) -> Iterator[Entry]:
    """A folder whose name may be that of a film or of a shelf."""
    speaks = _holds_video(folder) and _speaks(folder)
    if speaks:
        yield Entry(folder.name, folder.path, told=told)
    around = _Around(year=folder.reading.bare_year or told.year)
    yield from _files(folder, around, speaks=speaks)
    for below in folder.below:
        yield from _entries(below, around)


def _files(folder: Folder, around: _Around, *, speaks: bool) -> Iterator[Entry]:
    """The films that lie in a folder as files."""
    own = folder.reading
    for video in folder.listing.videos:
        reading = video.reading
        note = _note_for(folder, video)
        said = speaks and (_covers(own, reading) or len(reading.claims[0].key) <= _INITIALS)
        says_nothing = reading.nameless or folder.listing.episodes or said
        if note.series or (says_nothing and not (reading.ids or reading.year or note)):
            continue
        told = Told(note.ids, note.tmdb_ids, around.year if reading.year is None else None)
        yield _file(folder, video, told)


def _file(folder: Folder, video: Video, told: Told) -> Entry:
    return Entry(video.stem, video.path, told=told)


def _told_of(folder: Folder, around: _Around) -> Told:
    """What the `.nfo` of a film's folder says, and the year of the shelf it stands on."""
    notes = folder.listing.notes
    about_it = ("movie", folder.name.casefold(), *(_base(video) for video in folder.listing.videos))
    named = [notes[name] for name in about_it if name in notes] if len(_films(folder)) <= 1 else []
    alone = [*notes.values()] if len(notes) == 1 and len(_films(folder)) == 1 else []
    note = next((note for note in (*named, *alone) if note), _NO_NFO)
    year = around.year if folder.reading.year is None and around.film is None else None
    return Told(note.ids, note.tmdb_ids, year)


def _note_for(folder: Folder, video: Video) -> Nfo:
    notes = folder.listing.notes
    return notes.get(video.stem.casefold()) or notes.get(_base(video)) or _NO_NFO


def _base(video: Video) -> str:
    return _DISC.sub("", video.stem).casefold()


def _films(folder: Folder) -> set[str]:
    """The different titles among the videos that lie in a folder."""
    return {video.reading.claims[0].plain for video in folder.listing.videos}


def _holds_video(folder: Folder) -> bool:
    """Whether a film's folder holds a video: in it, in a part of the film, or in a version of it."""
    return bool(folder.listing.videos) or any(
        _holds_video(below)
        for below in folder.below
        if is_part_folder(below.name) or not (holds_extras_inside(below.name) or _says_a_film(below.reading))
    )


def _says_a_film(reading: NameReading) -> bool:
    return bool(reading.series or reading.year or reading.ids or reading.tmdb_ids)


def _spoken_for(video: Video, around: _Around) -> bool:
    """Whether the folder says more of the film: "Dune.mkv" in "Dune (1984)" is no other Dune."""
    own, film = video.reading, around.film
    if own.ids or own.tmdb_ids or film is None:
        return False
    if own.year is None:
        return True
    near = film.year is None or abs(own.year - film.year) <= 1
    known = film.ids or film.tmdb_ids or around.told.ids or around.told.tmdb_ids
    return near and (bool(known) or own.claims[0].plain == film.claims[0].plain)


def _speaks(folder: Folder) -> bool:
    """Whether the folder's name, which is not surely a film's, may be believed in view of the files.

    A shelf "Halloween" with "Halloween II" on it is not the first Halloween, nor is "Dune" with "Dune (1984)"
    in it just any Dune.
    """
    own = folder.reading
    if not own.claims[0].key or folder.listing.episodes:
        return False
    if own.year is not None:
        return True
    readings = [video.reading for video in folder.listing.videos]
    if any(reading.year or reading.ids for reading in readings):
        return False
    if own.bare_year:
        return all(_covers(own, reading) for reading in readings)
    return len(_films(folder)) <= 1 and all(_may_be(own, reading) for reading in readings)


def _covers(folder: NameReading, file: NameReading) -> bool:
    """Whether a file's name says nothing besides what its folder says: the same, a part of it, or nothing."""
    own, its = folder.claims[0].key, file.claims[0].key
    return file.nameless or its == own or (len(its) > _INITIALS and its in own)


def _may_be(folder: NameReading, file: NameReading) -> bool:
    """Whether the file may be the film that the folder is named after."""
    own, its = folder.claims[0].key, file.claims[0].key
    return file.nameless or own not in its or any(claim.key == own for claim in file.claims)
