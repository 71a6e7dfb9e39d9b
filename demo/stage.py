"""What the demo plays: which films are on the list, which releases wait for them, how each must end.

Owns the story of each film and the judging of it; `ending` compares queue files, folders and the tracker's
log with the story. It never runs or stops anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo import films
from demo.films import DemoFilm
from demo.torrents import DemoTorrent, content_of
from demo.world import World

HD_4K, HD, HD_RO, SD = 6, 4, 19, 1


@dataclass(frozen=True)
class Offer:
    """A release of a film: its name, category and what else its row says. `folder` makes a folder torrent."""

    name: str
    category: int = HD
    seeders: int = 20
    freeleech: bool = False
    folder: bool = False


@dataclass(frozen=True)
class Story:
    """One film's part: its releases (the first one is the right choice) and the fate it must meet.

    `fate` is a key of `FATES`; `why` tells a person what this film is there to show.
    """

    film: DemoFilm
    fate: str
    why: str
    offers: tuple[Offer, ...] = ()


STORIES = (
    Story(
        films.CHARADE,
        "downloaded",
        "4K before HD and SD",
        (
            Offer("Charade.1963.2160p.UHD.BluRay.x265-DEMO", HD_4K),
            Offer("Charade.1963.1080p.BluRay.x264-DEMO", seeders=60),
            Offer("Charade.1963.DVDRip.XviD-DEMO", SD, seeders=90),
        ),
    ),
    Story(
        films.METROPOLIS,
        "downloaded",
        "freeleech before its equal",
        (
            Offer("Metropolis.1927.1080p.BluRay.x264-FREE", freeleech=True),
            Offer("Metropolis.1927.1080p.BluRay.x264-PLAIN"),
        ),
    ),
    Story(
        films.NOSFERATU,
        "downloaded",
        "neither the dead 4K nor a remake under its IMDb id",
        (
            Offer("Nosferatu.1922.1080p.BluRay.x264-DEMO"),
            Offer("Nosferatu.1922.2160p.UHD.BluRay.x265-DEAD", HD_4K, seeders=0),
            Offer("Nosferatu.2024.2160p.WEB-DL.x265-REMAKE", HD_4K, seeders=900),
        ),
    ),
    Story(
        films.THE_GENERAL,
        "downloaded",
        "a folder with subtitles",
        (
            Offer("The.General.1926.1080p.BluRay.x264-DEMO", folder=True),
            Offer("The.General.1926.1080p.BluRay.RoSubbed.x264-DEMO", HD_RO),
        ),
    ),
    Story(
        films.HIS_GIRL_FRIDAY,
        "downloaded",
        "only SD exists",
        (Offer("His.Girl.Friday.1940.DVDRip.XviD-DEMO", SD, seeders=2),),
    ),
    Story(
        films.CALIGARI,
        "downloaded",
        "a dot in the title",
        (Offer("The.Cabinet.of.Dr.Caligari.1920.1080p.BluRay.x264-DEMO"),),
    ),
    Story(
        films.HAXAN,
        "downloaded",
        "an accent in the title",
        (Offer("Haxan.1922.1080p.BluRay.x264-DEMO"),),
    ),
    Story(
        films.INTOLERANCE,
        "downloaded",
        "colon and apostrophe in the title",
        (Offer("Intolerance.Loves.Struggle.Throughout.the.Ages.1916.1080p.BluRay.x264-DEMO"),),
    ),
    Story(
        films.SHERLOCK_JR,
        "downloaded",
        "the better seeded of two HD releases",
        (
            Offer("Sherlock.Jr.1924.1080p.BluRay.x264-DEMO", seeders=200),
            Offer("Sherlock.Jr.1924.720p.BluRay.x264-DEMO", seeders=3),
        ),
    ),
    Story(
        films.DETOUR,
        "already there",
        "lies in the download directory",
        (Offer("Detour.1945.1080p.BluRay.x264-DEMO"),),
    ),
    Story(
        films.CARNIVAL_OF_SOULS,
        "found later",
        "uploaded after its first search",
        (Offer("Carnival.of.Souls.1962.1080p.BluRay.x264-DEMO"),),
    ),
    Story(films.LONDON_AFTER_MIDNIGHT, "not found", "nobody has it: a lost film"),
    Story(
        films.LES_VAMPIRES,
        "skipped",
        "a series, not a film",
        (Offer("Les.Vampires.1915.1080p.BluRay.x264-DEMO", folder=True),),
    ),
)


class Stage:
    """The stories set up in a world: releases made, seeded and offered, the old film in its folder."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._torrents: dict[Story, list[DemoTorrent]] = {}
        self._rows: dict[Story, list[int]] = {}

    def set_up(self) -> None:
        """Everything as it is before the program starts; releases of a film "found later" are held back."""
        world = self.world
        for story in STORIES:
            self._torrents[story] = [world.make(offer.name, folder=offer.folder) for offer in story.offers]
            if story.fate == "already there":
                self._put_into_library(story.film)
        world.seed(*(torrent for torrents in self._torrents.values() for torrent in torrents))
        for story in STORIES:
            if story.fate != "found later":
                self.upload(story)
        world.letterboxd.set_user(world.username, [story.film for story in STORIES])

    def upload(self, story: Story) -> None:
        """Put the story's releases on the tracker."""
        self._rows[story] = [
            self.world.filelist.add_torrent(
                story.film,
                offer.name,
                offer.category,
                torrent,
                seeders=offer.seeders,
                freeleech=offer.freeleech,
            )
            for offer, torrent in zip(story.offers, self._torrents[story], strict=True)
        ]

    def upload_late_ones(self) -> list[Story]:
        """Upload what was held back for films whose first search has failed by now; returns those stories."""
        due = [
            story
            for story in STORIES
            if story.fate == "found later" and story not in self._rows and self.status(story) == "failed"
        ]
        for story in due:
            self.upload(story)
        return due

    def status(self, story: Story) -> str:
        """The queue status of the story's film; empty while it is in no queue."""
        return str((self.world.entry(story.film) or {}).get("status", ""))

    def ending(self, story: Story) -> str | None:
        """`None` once the story has come to its end as told; until then what is still missing."""
        return FATES[story.fate](self, story)

    def _put_into_library(self, film: DemoFilm) -> None:
        folder = self.world.downloads / film.label
        folder.mkdir()
        (folder / f"{film.label}.mkv").write_bytes(content_of(film.label, 200_000))

    def _downloaded(self, story: Story) -> str | None:
        entry = self.world.entry(story.film)
        if entry is None or entry.get("status") != "completed":
            return _state_of(entry)
        torrent, downloads = self._torrents[story][0], self.world.downloads
        if self.world.qbittorrent is None:
            saved = any(path.read_bytes() == torrent.data for path in downloads.glob("*.torrent"))
            return None if saved else f"the .torrent of {torrent.name} was not saved in {downloads}"
        if not entry.get("downloaded_at"):
            return "handed over, but not known to be downloaded"
        return None if torrent.lies_in(downloads) else f"{torrent.name} is not in {downloads} byte for byte"

    def _found_later(self, story: Story) -> str | None:
        if story not in self._rows:
            return "its first search has not failed yet"
        return self._downloaded(story)

    def _already_there(self, story: Story) -> str | None:
        if self.status(story) != "completed":
            return _state_of(self.world.entry(story.film))
        return self._not_fetched(story)

    def _skipped(self, story: Story) -> str | None:
        if not self.world.letterboxd.asked(rf"^/film/{story.film.slug}/"):
            return "its film page was not looked at"
        if self.status(story) in {"pending", "completed"}:
            return _state_of(self.world.entry(story.film))
        return self._not_fetched(story)

    def _not_fetched(self, story: Story) -> str | None:
        fetched = any(self.world.filelist.downloads(row) for row in self._rows[story])
        return "a release of it was fetched" if fetched else None

    def _not_found(self, story: Story) -> str | None:
        entry = self.world.entry(story.film)
        if entry is None or entry.get("status") != "failed":
            return _state_of(entry)
        return None if entry.get("retry_count", 0) >= 1 else "not searched a second time yet"


def _state_of(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "in no queue"
    reason = entry.get("last_error")
    return f"{entry.get('status')}: {reason}" if reason else str(entry.get("status"))


FATES: dict[str, Callable[[Stage, Story], str | None]] = {
    "downloaded": Stage._downloaded,
    "already there": Stage._already_there,
    "found later": Stage._found_later,
    "not found": Stage._not_found,
    "skipped": Stage._skipped,
}
