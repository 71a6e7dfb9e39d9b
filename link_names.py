"""The name of a film's file for Plex, Jellyfin, Kodi and Radarr: "Title (Year)/Title (Year).mkv".

Pure, for any thread. Titles come from a website and are not trusted: whatever they hold, the result is one
folder and one file in it, with names that are legal on all common file systems and hidden by none.
"""

import re
import unicodedata
from pathlib import PurePath

LONGEST_NAME = 255
"""Bytes of a name that nearly every file system takes."""
UNTITLED = "Untitled"
_LONGEST_SUFFIX = 16

# As Radarr does it unless told otherwise: CleanFileName with the "smart" colon, CleanFolderName and
# ReplaceReservedDeviceNames in src/NzbDrone.Core/Organizer/FileNameBuilder.cs.
_REPLACED = str.maketrans({"\\": "+", "/": "+", "<": "", ">": "", "?": "!", "*": "-", "|": "", '"': ""})
_REPEATED = re.compile(r"([- ._])\1+")
# Beyond Radarr's: devices with no dot behind them, and those that Windows has had since.
_DEVICE = re.compile(r"(?i)^(aux|con|conin\$|conout\$|nul|prn|(?:com|lpt)[0-9¹²³])(?: *\.|(?= *$))")
# Signs without a picture that turn the writing around or hide; joiners stay, as some scripts need them.
_HIDDEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def link_name(title: str, year: int | None, suffix: str) -> PurePath:
    """Folder and file of a film: "Face+Off (1997)/Face+Off (1997).mkv" for "Face/Off".

    `suffix` is that of its video, with the dot. A title that is too long is cut, one without any sign that
    may stand in a name is `UNTITLED`; different titles may so get the same name.
    """
    ending = _legal(suffix)[:_LONGEST_SUFFIX].rstrip(" .").lower()
    of_year = "" if year is None else f" ({year})"
    room = LONGEST_NAME - len(f"_{of_year}{ending}".encode())
    stem = (_cut(_legal(title).lstrip(" ."), room) or UNTITLED) + of_year
    name = _DEVICE.sub(r"\1_", stem.rstrip(" ."))
    return PurePath(name, name + ending)


def _legal(text: str) -> str:
    """`text` as it may stand in a name: Radarr's replacements, no control signs, single blanks, NFC."""
    shown = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in text)
    plain = " ".join(_HIDDEN.sub("", unicodedata.normalize("NFC", shown)).split())
    replaced = plain.replace(": ", " - ").replace(":", "-").translate(_REPLACED)
    return _REPEATED.sub(r"\1", unicodedata.normalize("NFC", replaced)).strip()


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip()
