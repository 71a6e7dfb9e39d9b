"""What the names of folders and files say of their kind: a video, an extra, an episode, a part of a film.

Pure, for any thread. Knows the habits of Plex, Emby, Jellyfin and Kodi, of the programs that download, and of
the systems films are kept on. Which film a name means is `library_titles`' question.
"""

import os
import re

VIDEO_SUFFIXES = frozenset(
    {
        ".mkv",
        ".mk3d",
        ".mp4",
        ".m4v",
        ".mov",
        ".avi",
        ".divx",
        ".wmv",
        ".asf",
        ".mpg",
        ".mpeg",
        ".mpe",
        ".m2v",
    }
    | {".ts", ".m2ts", ".mts", ".tp", ".trp", ".webm", ".vob", ".iso", ".img", ".flv", ".f4v", ".ogm", ".ogv"}
    | {".rm", ".rmvb", ".3gp", ".wtv"}
)
STREAM_SUFFIXES = frozenset({".ts", ".mts"})
"""Of videos, but also of source code, which is much smaller."""

# What downloading programs put behind a name until the file is whole, and aria2 beside it.
_UNFINISHED = re.compile(
    r"\.(?:part(?:ial)?|filepart|!qb|!ut|ut!|bc!|!bt|!sync|crdownload|aria2|opdownload|download"
    r"|xltd|td|tmp|temp)$",
    re.IGNORECASE,
)
_NO_FILM_FOLDER = re.compile(
    r"(?i)behind[ ._-]the[ ._-]scenes|deleted[ ._-](?:and[ ._-]extended[ ._-])?scenes|interviews?|scenes"
    r"|clips|samples?|featurettes?|extras?|special[ ._-]features?|supplements?|bonus(?:[ ._-].*)?|trailers?"
    r"|teasers?"
    r"|making[ ._-]of|outtakes|gag[ ._-]reel|theme-music|soundtracks?|ost|backdrops|proof|covers?|artwork"
    r"|screens(?:hots)?|subs|subtitles|extrafanart|extrathumbs|metadata|(?:nfo|poster)s?"
    # Series.
    r"|tv|tv[ ._-]?(?:shows?|series)|shows|series|seriale|serien"
    # What is not all there yet, or is going away.
    r"|temp|tmp|_?incomplete(?:[ ._-].*)?|unfinished|in[ ._-]progress|downloading|_(?:unpack|failed)_.*"
    r"|trash|recycle[ ._-]?bin|deleted|to[ ._-]delete"
    # What file systems, network drives and programs keep for themselves, some of it deleted films.
    r"|lost\+found|@eadir|[@#]recycle|@recently-snapshot|#snapshot|\$recycle\.bin|recycler"
    r"|system volume information|network trash folder|temporary items|__macosx|node_modules"
)
# Words that are also the name of a shelf; inside the folder of a film they hold its extras.
_NO_FILM_INSIDE = re.compile(r"(?i)shorts?|others?|bonus|promos?|documentar(?:y|ies)|commentar(?:y|ies)|misc")
_SEASON_FOLDER = re.compile(
    r"(?i)(?:season|series|staffel|sezonul|saison|temporada|stagione)[ ._-]?\d+|s\d\d|specials"
)
_PART_FOLDER = re.compile(r"(?i)bdmv|stream|video_ts|hvdvd_ts|(?:cd|dvd|dis[ck]|disque)[ ._-]?\d{1,2}")
_EXTRA_FILE = re.compile(
    r"(?i)(?:^|[-._ (\[])(?:trailer|teaser|sample)[-._ ]?\d*[)\]]?$|^sample-"
    # Only after a hyphen, as Plex and Jellyfin want it: "The Big Short" and "The Interview" are films.
    r"|-(?:scene|clip|interview|behindthescenes|deleted(?:scene)?|featurette|short|extra|other)\d*$"
    r"|-x\d{2}(?:[-._ ]|$)"
    r"|(?:^|[-._ ])(?:making[-._ ]of|behind[-._ ]the[-._ ]scenes|deleted[-._ ]scenes|gag[-._ ]reel)$"
)
SERIES = re.compile(
    r"(?i)(?<![a-z0-9])s\d{1,2}(?:[ ._-]?e\d{1,3}|(?<=\d\d))(?![a-z0-9])"
    r"|(?<=[ ._\[-])\d{1,2}x\d{2,3}(?![0-9a-z])"
    # Not "season": "Open Season 2" is a film.
    r"|(?<![a-z0-9])(?:staffel|saison|temporada|sezonul)[ ._-]?\d{1,2}(?!\d)"
    r"|(?<=[ ._-])(?:e|ep[ ._]?)\d{2,3}(?![0-9a-z])|[\[({]tvdb(?:id)?[-=:]"
)


def is_video_name(name: str) -> bool:
    """Whether a file of this name may hold a film: no extra, no episode."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path; asked for every single file
    return (
        suffix.casefold() in VIDEO_SUFFIXES
        and not name.startswith(".")
        and not _EXTRA_FILE.search(stem)
        and not SERIES.search(stem)
    )


def is_episode(name: str) -> bool:
    """Whether a file is an episode of a series."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - as above
    return suffix.casefold() in VIDEO_SUFFIXES and SERIES.search(stem) is not None


def finished_name(name: str) -> str | None:
    """What a half-downloaded file will be called when it is whole; None for any other file."""
    whole = _UNFINISHED.sub("", name)
    return whole if whole != name else None


def holds_no_film(folder: str) -> bool:
    """Whether a folder of this name holds extras, a series, or something that is no film anywhere."""
    return is_season(folder) or _NO_FILM_FOLDER.fullmatch(folder) is not None


def is_season(folder: str) -> bool:
    """Whether a folder of this name holds a season of a series."""
    return _SEASON_FOLDER.fullmatch(folder) is not None


def holds_extras_inside(folder: str) -> bool:
    """Whether a folder of this name holds extras when it lies in the folder of a film."""
    return _NO_FILM_INSIDE.fullmatch(folder) is not None


def is_part_folder(folder: str) -> bool:
    """Whether a folder of this name is a part of the film that the folder around it holds."""
    return _PART_FOLDER.fullmatch(folder) is not None
