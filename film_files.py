"""Whether the files of a torrent are a film, judged by their names and sizes alone.

Pure, for any thread; never looks at a disk. Sizes count only against each other, so a film may be of any
size. A program among the files condemns the whole torrent; a video that is next to nothing of it is a bait.
Paths are divided by "/", as a `.torrent` and qBittorrent write them; they are not trusted.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from library_names import VIDEO_SUFFIXES

Files = Sequence[tuple[str, int]]
"""Path and size in bytes of each file."""

LEAST_SHARE = 0.05
"""What the videos must be of a torrent, extras left aside. No film has subtitles of 20 times its size."""

# What runs when it is opened, on any system. Not here, as honest releases hold them and they only show
# something: .url, .html, .inf (DVDs), .bin (with .cue), .ifo, archives.
_PROGRAM = re.compile(
    r"(?i).*\.(?:exe|com|scr|pif|cpl|dll|ocx|sys|drv|ms[ipt]|msix(?:bundle)?|appx(?:bundle)?|appref-ms|application"
    r"|bat|cmd|btm|ps1|ps1xml|psm1|psc1|vb[es]?|jse?|ws[cfh]?|sct|hta|lnk|scf|reg|msc|chm|xll|gadget|diagcab"
    r"|library-ms|settingcontent-ms|jar|jnlp|apk|xapk|apkm|aab|ipa|app|dmg|m?pkg|command|workflow|scpt"
    r"|deb|rpm|appimage|flatpakref|snap|sh|bash|desktop|py[cwz]?)"
)
_MAC_PROGRAM = re.compile(r"(?is)(?:.*/)?[^/]+\.app/contents/.*")
# The menus of a Blu-ray are written in Java, and only a disc player runs them.
_BLU_RAY_MENU = re.compile(r"(?i)(?:.*/)?bdmv/(?:backup/)?jar/.*\.jar")
# A line of text that lay in each release of one group. No program is as small.
_DECOY = re.compile(r"(?i)(?:.*/)?rarbg_do_not_mirror\.exe")
_DECOY_BYTES = 128

_ARCHIVE = re.compile(r"(?i)\.(?:rar|[rs]\d\d|zipx?|7z|tar|t?gz|bz2|xz|zst|ace|arj|lzh|cab|00\d)$")
_SCENES = r"(?:behind[ ._-]*the|deleted)[ ._-]*scenes"
_EXTRA_FOLDER = re.compile(
    rf"(?i)samples?|proofs?|trailers?|teasers?|extras?|bonus[ ._-]*(?:dis[ck]|features?|material)?|{_SCENES}"
    r"|special[ ._-]*features?|making[ ._-]*of|featurettes?|interviews|shorts|clips|scenes|other|backdrops"
)
# Not the rule of `library_names`: the last word of a release, behind a hyphen, is the name of its group.
_EXTRA_FILE = re.compile(
    rf"(?i)(?:^|[-._ (\[])(?:sample|trailer|teaser|featurette|{_SCENES})[)\]]?\d*$"
    r"|^sample-|[-._](?:sample|trailer)-[^-._ ]+$"
)
_DISC = re.compile(r"(?is)(?:.*/)?(?:bdmv|video_ts)/.*")
_LONGEST_NAME = 60


def why_no_film(files: Files) -> str | None:
    """None if these files are a film, else why not, as the rest of a sentence ("it holds no video")."""
    program = holds_program(files)
    if program is not None:
        return f"it holds a program ({_shown(program)})"
    return None if _plausible(files) else _what_instead(files)


def holds_program(files: Files) -> str | None:
    """The path of the first file that would run when it is opened, or None."""
    return next((path for path, size in files if _is_program(path, size)), None)


def main_video(files: Files) -> str | None:
    """The path of the largest video that may be the film, or None. Of a disc it is only a part."""
    plausible = _plausible(files)
    return _largest(plausible) if plausible else None


def whole_film(files: Files) -> str | None:
    """The path of the main video if it alone is the film: not of a disc, nor one of several of its size."""
    plausible = _plausible(files)
    if not plausible:
        return None
    largest = max(size for _, size in plausible)
    several = sum(2 * size >= largest for _, size in plausible) > 1
    video = _largest(plausible)
    return None if several or _DISC.fullmatch(video) else video


def _what_instead(files: Files) -> str:
    videos = [(path, size) for path, size in files if _is_video(path)]
    if not videos:
        archive = next((path for path, _ in files if _ARCHIVE.search(path)), None)
        return "it holds no video" + (f", but an archive ({_shown(archive)})" if archive else "")
    name = _shown(_largest(videos))
    if not any(size > 0 for _, size in videos):
        return f"its video is empty ({name})"
    if not any(_may_be_film(files)):
        return f"it holds extras or a sample, not the film ({name})"
    return f"its video is next to nothing of it ({name})"


def _plausible(files: Files) -> list[tuple[str, int]]:
    """The videos that may be the film; none where they are a bait beside something else."""
    found = list(_may_be_film(files))
    video = sum(size for _, size in found)
    other = sum(size for path, size in files if not _is_video(path))
    return found if video >= LEAST_SHARE * (video + other) else []


def _may_be_film(files: Files) -> Iterator[tuple[str, int]]:
    top = _common_folder(files)
    for path, size in files:
        if size > 0 and _is_video(path) and not _is_extra(path, top):
            yield path, size


def _common_folder(files: Files) -> str | None:
    """The torrent's own folder: it bears the name of the film, and so says nothing of what a file is."""
    tops = {path.partition("/")[0] if "/" in path else None for path, _ in files}
    return tops.pop() if len(tops) == 1 else None


def _is_extra(path: str, top: str | None) -> bool:
    *folders, name = path.split("/")
    inner = folders if top is None else folders[1:]
    return any(map(_EXTRA_FOLDER.fullmatch, inner)) or bool(_EXTRA_FILE.search(PurePosixPath(name).stem))


def _is_video(path: str) -> bool:
    file = PurePosixPath(path)
    return file.suffix.casefold() in VIDEO_SUFFIXES and not file.name.startswith(".")


def _is_program(path: str, size: int) -> bool:
    if _BLU_RAY_MENU.fullmatch(path) or (size <= _DECOY_BYTES and _DECOY.fullmatch(path)):
        return False
    # Windows leaves out blanks and dots at the end of a name; what cannot be seen is there to deceive.
    name = "".join(sign for sign in path.rsplit("/", 1)[-1] if sign.isprintable()).rstrip(" .")
    return bool(_PROGRAM.fullmatch(name) or _MAC_PROGRAM.fullmatch(path))


def _largest(files: Files) -> str:
    return max(files, key=lambda file: file[1])[0]


def _shown(path: str) -> str:
    """A file's name for a sentence, safe to print whatever the torrent holds. Its end tells what it is."""
    name = "".join(sign if sign.isprintable() else "?" for sign in path.rsplit("/", 1)[-1])
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 16]}…{name[-15:]}"
