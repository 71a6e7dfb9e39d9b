"""Labelled release names, then the choice itself. A label is a part of the reason, or "" for "it fits"."""

import random
from dataclasses import replace

import pytest

from download_service import Release
from movie import Movie, movie_from
from release_choice import NOT_THE_BEST, Choice, Preferences, choose_release, summary

ANY = Preferences((6, 4, 19, 1), True, 1, None, None, (), ())
HEAT = "Heat.1995.1080p.BluRay.x264-GRP"


def release(name: str, **changes: object) -> Release:
    plain = Release(
        tracker="filelist",
        id="1",
        name=name,
        imdb_id=None,
        category_id=4,
        category="Filme HD",
        size=8_000_000_000,
        seeders=20,
        leechers=0,
        freeleech=False,
        doubleup=False,
        internal=False,
        uploaded_at=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def film(title: str, year: int | None, imdb_id: str | None = None, **extra: object) -> Movie:
    return movie_from({"title": title, "year": year, "imdb_id": imdb_id, **extra})


def reason(row: Release, movie: Movie, preferences: Preferences = ANY) -> str:
    """Why the only release of a search is refused; "" if it is chosen."""
    choice = choose_release([row], movie, preferences)
    return choice.refused[0].reason if choice.refused else ""


def chosen(rows: list[Release], preferences: Preferences = ANY) -> str:
    best = choose_release(rows, film("Heat", 1995), preferences).chosen
    assert best is not None
    return best.name


THE_FILM = [
    ("The Matrix", 1999, "The.Matrix.1999.1080p.BluRay.x264-GRP"),
    ("The Matrix", 1999, "Matrix.1999.REMASTERED.2160p.UHD.BluRay.x265-GRP"),
    ("2012", 2009, "2012.2009.1080p.BluRay.x264-GRP"),
    ("2012", 2009, "2012 (2009) 1080p BrRip x264 - 1.7GB - GRP"),
    ("1776", 1972, "1776.1972.DIRECTORS.CUT.720p.BluRay.x264-GRP"),
    ("1917", 2019, "1917.2019.2160p.WEB-DL.DDP5.1.Atmos.HEVC-GRP"),
    ("2001: A Space Odyssey", 1968, "2001.A.Space.Odyssey.1968.2160p.UHD.BluRay.DoVi.x265-GRP"),
    ("Blade Runner 2049", 2017, "Blade.Runner.2049.2017.1080p.WEB-DL.DD5.1.H264-GRP"),
    ("Class of 1984", 1982, "Class.of.1984.1982.1080p.BluRay.x264-GRP"),
    ("Wonder Woman 1984", 2020, "Wonder.Woman.1984.2020.IMAX.1080p.BluRay.x264-GRP"),
    ("Death Race 2000", 1975, "Death Race 2000 (1975) 720p BDRip x264"),
    ("Deep Web", 2015, "Deep.Web.2015.BluRay.1080i.DTS-HD.MA.2.0.AVC.REMUX-GRP"),
    ("The Good German", 2006, "The.Good.German.2006.720p.BluRay.x264-GRP"),
    ("South Park: Bigger, Longer & Uncut", 1999, "South.Park.Bigger.Longer.and.Uncut.1999.1080p.BluRay-G"),
    ("8-Bit Christmas", 2021, "8-Bit.Christmas.(2021)(2160p.HMAX-WEBRip.DoVi.HDR.x265.E-AC3.5.1)[GRP-4K]"),
    ("A Very Harold & Kumar 3D Christmas", 2011, "A.Very.Harold.and.Kumar.3D.Christmas.2011.BDRip-G"),
    ("FAT: A Documentary", 2019, "FAT.A.Documentary.2019.1080p.AMZN.WEB-DL.DDP5.1.H.264-GRP"),
    ("Cam", 2018, "Cam.2018.1080p.NF.WEB-DL.DDP5.1.x264-GRP"),
    ("The Collection", 2012, "The.Collection.2012.1080p.BluRay.x264-GRP"),
    ("Extras", 2001, "Extras.2001.720p.WEB-DL.H264-GRP"),
    ("Workprint", 2010, "Workprint.2010.DVDRip.XviD-GRP"),
    ("Face/Off", 1997, "Face.Off.1997.1080p.BluRay.x264-GRP"),
    ("Romeo + Juliet", 1996, "Romeo + Juliet 1996 BluRay 1080p DTS-HD MA 5.1 AVC REMUX-GRP"),
    ("Mr. & Mrs. Smith", 2005, "Mr..&.Mrs..Smith-2005(720p)-GRP"),
    ("L.A. Confidential", 1997, "L.A.Confidential.1997.1080p.BluRay.x264-GRP"),
    ("WALL·E", 2008, "WALL-E.2008.1080p.BluRay.x264-GRP"),
    ("Léon: The Professional", 1994, "Leon.The.Professional.1994.Extended.1080p.BluRay.x264-GRP"),
    ("Spider-Man", 2002, "Spiderman.2002.1080p.BluRay.x264-GRP"),
    ("Ocean's Eleven", 2001, "Oceans.11.2001.1080p.BluRay.x264-GRP"),
    ("The Godfather Part II", 1974, "The.Godfather.II.1974.1080p.BluRay.x264-GRP"),
    ("Rocky II", 1979, "Rocky.2.1979.1080p.BluRay.x264-GRP"),
    ("Kill Bill: Vol. 2", 2004, "Kill.Bill.Volume.2.2004.1080p.BluRay.x264-GRP"),
    ("Dune: Part Two", 2024, "Dune.Part.Two.2024.2160p.WEB-DL.DDP5.1.Atmos.DV.HDR.H.265-GRP"),
    ("Alien³", 1992, "Alien.3.1992.Special.Edition.1080p.BluRay.x264-GRP"),
    ("8½", 1963, "8.1.2.1963.Criterion.1080p.BluRay.x264-GRP"),
    ("[REC]", 2007, "[REC].2007.1080p.BluRay.x264-GRP"),
    ("(500) Days of Summer", 2009, "(500).Days.Of.Summer.(2009).DTS.1080p.BluRay.x264.NLsubs"),
    ("Das Mädchen", 2008, "Das.Maedchen.2008.German.1080p.BluRay.x264-GRP"),
    ("Hard Eight", 1996, "Sydney A.K.A. Hard Eight 1996 1080p AMZN WEB-DL DD+ 2.0 H.264"),
    ("Run Lola Run", 1998, "Run Lola Run AKA Lola Rennt 1998 1080p BluRay x264 DTS-GRP"),
    ("Enola Holmes", 2020, "Енола Голмс / Enola Holmes (2020) UHD WEB-DL 2160p 4K HDR H.265"),
    ("Troy", 2004, "Troy.Director's.Cut.2004.BluRay.1080p.LPCM.5.1.VC-1.REMUX-GRP"),
    ("The Frighteners", 1996, "The.Frighteners.15th.Anniversary.Edition.1996.1080p.BluRay.DTS.x264.D-GRP"),
    ("The English Patient", 1996, "The.English.Patient.BluRay.1996.German.DTS.x264"),
    ("Zombie Shark", 2015, "Zombie Shark French 2015 AC3 BDRiP x264-GRP"),
    ("Uncut Gems", 2019, "Uncut Gems 2019 Criterion Collection UHD 2160p Bluray DoVi HEVC X265-GRP"),
    ("Rashomon", 1950, "Rashômon.1950.1080p.Criterion.Collection.BluRay.FLAC.x264-GRP"),
    ("Talk to Me", 2022, "Talk.to.Me.2022.1080p.Remux.AVC.TrueHD.Atmos.7.1-GRP"),
    ("The Hateful Eight", 2015, "The Hateful Eight (2015) 720p BluRay - x265 HEVC - 999MB - GRP"),
    ("Song of the South", 1946, "Song Of The South 1946 V2 1080p 35mm FLAC 2.0 x264-GRP"),
    ("Soare", 2019, "Soare.2019.1080p.WEB-DL.RoSubbed.H264-GRP"),
    ("E.T. the Extra-Terrestrial", 1982, "E.T.the.Extra-Terrestrial.1982.2160p.BluRay.HEVC.REMUX-GRP"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "year", "name"), THE_FILM)
def test_a_name_of_the_film_is_taken_without_an_imdb_id(title: str, year: int, name: str) -> None:
    assert reason(release(name), film(title, year)) == ""


def test_no_name_is_taken_for_another_film_of_the_table() -> None:
    """With the year set equal, so that only the titles keep the films apart."""
    for title, _, _ in THE_FILM:
        for own, year, name in THE_FILM:
            assert own == title or reason(release(name), film(title, year)), f"{name} for {title}"


NOT_THE_FILM = [
    ("Up", 2009, "Up.in.the.Air.2009.1080p.BluRay.x264-GRP", "further words"),
    ("Max", 2015, "Mad.Max.2015.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Cars", 2006, "Cars.2.2006.1080p.BluRay.x264-GRP", "further words"),
    ("Cars 2", 2011, "Cars.2011.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Saw", 2004, "Saw.III.2006.1080p.BluRay.x264-GRP", "further words"),
    ("Saw II", 2005, "Saw.III.2005.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Kill Bill: Vol. 1", 2003, "Kill.Bill.Vol.2.2003.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Dune", 2021, "Dune.Part.Two.2021.1080p.WEB-DL.H264-GRP", "further words"),
    ("RoboCop", 2014, "RoboCop.1987.1080p.BluRay.x264-GRP", "the year is 1987, not 2014"),
    ("Wonder Woman", 2017, "Wonder.Woman.1984.2020.1080p.BluRay.x264-GRP", "further words"),
    ("9", 2009, "Nine.2009.1080p.BluRay.x264-GRP", "title does not agree"),
    ("9", 2009, "District.9.2009.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Lincoln", 2012, "Abraham.Lincoln.Vampire.Hunter.2012.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Heat", 1995, "Heat.1996.1080p.BluRay.x264-GRP", "the year is 1996"),
    ("Heat", 1995, "Heat.1080p.BluRay.x264-GRP", "its name has no year"),
    ("Blade Runner", 1982, "Blade.Runner.2049.2017.1080p.WEB-DL.H264-GRP", "further words"),
    ("The Matrix Reloaded", 2003, "The.Matrix.Revolutions.2003.1080p.BluRay-GRP", "title does not agree"),
    ("Joy", 2015, "Joy.Ride.2015.1080p.BluRay.x264-GRP", "further words"),
    ("911", 2015, "9.11.2015.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Heat", 1995, "", "title does not agree"),
    ("???", 1995, "1995.1080p.BluRay.x264-GRP", "title does not agree"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "year", "name", "why"), NOT_THE_FILM)
def test_a_name_of_another_film_is_refused(title: str, year: int, name: str, why: str) -> None:
    assert why in reason(release(name), film(title, year))


NOT_A_FILM = [
    ("Fargo.S01.1080p.BluRay.x264-GRP", "series"),
    ("Fargo.S01E04.1995.720p.HDTV.x264-GRP", "series"),
    ("Fargo.1995.1x05.720p.HDTV.x264-GRP", "series"),
    ("Fargo.Season.1.1995.720p.BluRay.x264-GRP", "series"),
    ("Fargo.1995.Complete.Series.720p.WEB-DL.H264-GRP", "series"),
    ("Fargo.Trilogy.1995-2003.1080p.BluRay.x264-GRP", "pack"),
    ("Fargo.1995-1999.1080p.BluRay.x264-GRP", "pack"),
    ("Fargo.Collection.1995-2003.1080p.BluRay.x264-GRP", "pack"),
    ("Fargo.Anthology.1995.1080p.BluRay.x264-GRP", "pack"),
    ("Fargo.3.Film.Collection.1995.1080p.BluRay.x264-GRP", "pack"),
    ("Fargo.1995.SAMPLE.1080p.BluRay.x264-GRP", "sample"),
    ("Fargo.1995.Extras.1080p.BluRay.REMUX.AVC.DD2.0-GRP", "extras"),
    ("Fargo.Extras.Only.1995.1080p.Blu-Ray-GRP", "extras"),
    ("Fargo.1995.Bonus.Disc.1080p.BluRay.x264-GRP", "extras"),
    ("Fargo.Making.Of.1995.720p.WEB-DL.H264-GRP", "extras"),
    ("Fargo.OST.1995.FLAC", "soundtrack"),
    ("Fargo.1995.Original.Soundtrack.MP3.320kbps", "soundtrack"),
    ("Fargo.1995.FLAC.24bit-GRP", "soundtrack"),
    ("Fargo.1995.SWEDiSH.SUBPACK.BluRay-GRP", "subtitles"),
    ("Fargo.1995.1080p.BluRay.Subs.Only", "subtitles"),
    ("Fargo.1995.CAM.x264-GRP", "filmed in a cinema"),
    ("Fargo (CamRip / 1995)", "filmed in a cinema"),
    ("Fargo.1995.720p.HDCAM.x264-GRP", "filmed in a cinema"),
    ("Fargo.1995.NEWCAM.x264-GRP", "filmed in a cinema"),
    ("Fargo 1995 TELESYNC x264 AC3 GRP", "filmed in a cinema"),
    ("Fargo.1995.1080p.HDTS.x264-GRP", "filmed in a cinema"),
    ("Fargo.1995.TS.XviD-GRP", "filmed in a cinema"),
    ("Fargo.1995.HDTC.720p.x264-GRP", "filmed in a cinema"),
    ("Fargo.1995.TELECINE.XviD-GRP", "filmed in a cinema"),
    ("Fargo.1995.DVDSCR.XviD-GRP", "filmed in a cinema"),
    ("Fargo.1995.SCREENER.XviD-GRP", "filmed in a cinema"),
    ("Fargo.1995.WORKPRINT.XviD-GRP", "filmed in a cinema"),
    ("Fargo.1995.R5.DVDRip.XviD.LiNE-GRP", "filmed in a cinema"),
    ("Fargo.1995.HC.HDRip.XviD.AC3-GRP", "burnt"),
    ("Fargo.1995.1080p.KORSUB.WEBRip.x264-GRP", "burnt"),
    ("Fargo.1995.720p.WEBRip.HardSub.x264-GRP", "burnt"),
    ("Fargo.1995.German.Subbed.DVDRip.XviD-GRP", "burnt"),
    ("Fargo.1995.3D.1080p.BRRip.Half-SBS.x264-GRP", "3D"),
    ("Fargo.1995.1080p.BluRay.H-OU.x264-GRP", "3D"),
    ("Fargo.1995.COMPLETE.BLURAY-GRP", "full disc"),
    ("Fargo.1995.MULTI.COMPLETE.UHD.BLURAY-GRP", "full disc"),
    ("Fargo.1995.1080p.Blu-ray.AVC.DTS-HD.MA.5.1-GRP", "full disc"),
    ("Fargo.1995.2160p.UHD.Blu-ray.HEVC.TrueHD.7.1-GRP", "full disc"),
    ("Fargo.1995.1080p.Blu-ray.VC-1.DD.5.1-GRP", "full disc"),
    ("Fargo.1995.1080p.Full.Bluray.DTS-GRP", "full disc"),
    ("Fargo.1995.BD25.1080p-GRP", "full disc"),
    ("Fargo.1995.1080p.BD50.AVC-GRP", "full disc"),
    ("Fargo.1995.NTSC.DVD5-GRP", "full disc"),
    ("Fargo.1995.PAL.DVD9-GRP", "full disc"),
    ("Fargo.1995.PAL.DVDR-GRP", "full disc"),
    ("Fargo.1995.DVD-R-GRP", "full disc"),
]


@pytest.mark.parametrize(("name", "why"), NOT_A_FILM)
def test_what_is_no_film_or_a_poor_copy_is_refused_by_name(name: str, why: str) -> None:
    assert why in reason(release(name, imdb_id="tt0116282"), film("Fargo", 1995, "tt0116282"))


WITH_THE_IMDB_ID = [
    ("Star Wars", 1977, "Star.Wars.Episode.IV.A.New.Hope.1977.1080p.BluRay.x264-GRP", ""),
    ("Birdman or (The Unexpected Virtue of Ignorance)", 2014, "Birdman.2014.1080p.BluRay.x264-GRP", ""),
    ("Dune", 2021, "Dune.Part.One.2021.1080p.BluRay.x264-GRP", ""),
    ("Fargo", 1996, "Fargo.1995.1080p.BluRay.x264-GRP", ""),
    ("Fargo", 1996, "Fargo.1080p.BluRay.x264-GRP", ""),
    ("Fargo", None, "Fargo.1996.1080p.BluRay.x264-GRP", ""),
    ("Fargo", None, "Fargo.Rising.1996.1080p.BluRay.x264-GRP", "further words"),
    ("Fargo", 1996, "Fargo.2003.1080p.BluRay.x264-GRP", "the year is 2003"),
    ("Fargo", 1996, "Another.Film.1996.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Dune: Part Two", 2024, "Dune.2024.1080p.BluRay.x264-GRP", "title does not agree"),
    ("Up", 2009, "Up.in.the.Air.2009.1080p.BluRay.x264-GRP", "further words"),
    ("Joyride", 2022, "Joy.Ride.2023.1080p.BluRay.x264-GRP", "the year is 2023"),
]


@pytest.mark.parametrize(("title", "year", "name", "why"), WITH_THE_IMDB_ID)
def test_even_with_the_imdb_id_title_and_year_must_agree(
    title: str, year: int | None, name: str, why: str
) -> None:
    answer = reason(release(name, imdb_id="tt0116282"), film(title, year, "tt0116282"))
    assert answer == "" if not why else why in answer


def test_another_imdb_id_refuses_whatever_the_name_says() -> None:
    row = release("Fargo.1996.1080p.BluRay.x264-GRP", imdb_id="tt0000001")
    assert "IMDb id is another" in reason(row, film("Fargo", 1996, "tt0116282"))


def test_the_padding_of_an_imdb_id_does_not_matter() -> None:
    row = release("Fargo.1995.1080p.BluRay.x264-GRP", imdb_id="116282")
    assert reason(row, film("Fargo", 1996, "tt0116282")) == ""


def test_without_a_year_a_name_alone_proves_nothing() -> None:
    assert "year is not known" in reason(release("Fargo.1996.1080p.BluRay.x264-GRP"), film("Fargo", None))


def test_the_original_title_counts_as_the_title() -> None:
    row = release("Kimi.no.Na.wa.2016.1080p.BluRay.x264-GRP")
    assert reason(row, film("Your Name.", 2016, original_title="Kimi no Na wa.")) == ""


def test_further_titles_count_as_the_title() -> None:
    rows = [release("Colectiv.2019.1080p.WEB-DL.H264-GRP")]
    movie = film("Collective", 2019)
    assert choose_release(rows, movie, ANY).chosen is None
    assert choose_release(rows, movie, ANY, titles=("Collectiv", "Colectiv")).chosen == rows[0]


def test_a_title_with_a_comma_may_come_in_pieces() -> None:
    rows = [release("4.luni.3.saptamani.si.2.zile.2007.1080p.BluRay.x264-GRP")]
    pieces = ("4 Monate", "4 luni", "3 săptămâni și 2 zile", "4 mois")
    movie = film("4 Months, 3 Weeks and 2 Days", 2007)
    assert choose_release(rows, movie, ANY, titles=pieces).chosen == rows[0]


def test_each_refusal_names_its_rule() -> None:
    rows = [
        release(HEAT, id="1", seeders=0),
        release("Heat.1995.CAM.x264-GRP", id="2"),
        release("Red.Heat.1988.1080p.BluRay.x264-GRP", id="3"),
        release(HEAT, id="4"),
        release(HEAT, id="5"),
        release("Heat.1995.Season.1.1080p-GRP", id="6"),
        release(HEAT, id="7", series=True),
    ]
    rules = {row.release.id: row.rule for row in choose_release(rows, film("Heat", 1995), ANY).refused}
    assert rules == {
        "1": "minimum_seeders",
        "2": "early_copy",
        "3": "title",
        "5": NOT_THE_BEST,
        "6": "series",
        "7": "series_row",
    }


def test_of_two_wanted_films_of_one_name_only_an_imdb_id_proves() -> None:
    rows = [release("Fargo.1996.1080p.BluRay.x264-GRP")]
    choice = choose_release(rows, film("Fargo", 1996, "tt0116282"), ANY, name_proves=False)
    assert "another wanted film" in choice.refused[0].reason


# Each pair: the better release first. The worse one is given first and has the smaller id.
BETTER = [
    (
        {"name": "Heat.1995.720p.WEB-DL.H264-A", "category_id": 6},
        {"name": "Heat.1995.1080p.BluRay.x264-B", "category_id": 4, "seeders": 900, "freeleech": True},
    ),
    (
        {"name": "Heat.1995.1080p.BluRay.x264-A", "size": 7_000_000_000},
        {"name": "Heat.1995.720p.PROPER.BluRay.x264-B", "freeleech": True, "seeders": 900},
    ),
    ({"name": "Heat.1995.2160p.WEB-DL.H265-A"}, {"name": "Heat.1995.1080p.BluRay.x264-B"}),
    ({"name": "Heat.1995.720p.BluRay.x264-A"}, {"name": "Heat.1995.DVDRip.x264-B"}),
    (
        {"name": "Heat.1995.REPACK.1080p.BluRay.x264-A"},
        {"name": "Heat.1995.1080p.BluRay.x264-B", "freeleech": True},
    ),
    ({"name": "Heat.1995.REPACK2.1080p.BluRay.x264-A"}, {"name": "Heat.1995.REPACK.1080p.BluRay.x264-B"}),
    ({"name": "Heat.1995.1080p.BluRay.x264-A", "freeleech": True}, {"name": HEAT, "internal": True}),
    ({"name": "Heat.1995.1080p.BluRay.x264-A", "internal": True}, {"name": HEAT, "seeders": 900}),
    ({"name": "Heat.1995.1080p.BluRay.x264-A", "seeders": 200}, {"name": HEAT, "size": 9_000_000_000}),
    (
        {"name": "Heat.1995.1080p.BluRay.x264-A", "seeders": 40, "size": 9_000_000_000},
        {"name": HEAT, "seeders": 80},
    ),
]


@pytest.mark.parametrize(("better", "worse"), BETTER)
def test_the_order_of_what_matters(better: dict[str, object], worse: dict[str, object]) -> None:
    rows = [release(id="1", **worse), release(id="2", **better)]  # type: ignore[arg-type]
    assert chosen(rows) == better["name"]


def test_freeleech_is_ignored_unless_preferred() -> None:
    rows = [release(HEAT, freeleech=True), release("Heat.1995.1080p.BluRay.x264-A", id="2", seeders=900)]
    assert chosen(rows, replace(ANY, prefer_freeleech=False)) == rows[1].name


def test_among_equals_the_smallest_id_is_chosen() -> None:
    rows = [release("Heat.1995.1080p.BluRay.x264-" + number, id=number) for number in ("10", "9", "11")]
    assert chosen(rows).endswith("-9")


def test_every_release_that_is_not_chosen_keeps_a_reason() -> None:
    rows = [release(HEAT, id=str(number), seeders=number % 3) for number in range(1, 200)]
    choice = choose_release(rows, film("Heat", 1995), ANY)
    assert len(choice.refused) == 198
    assert choice.refused[0].reason == f"a better one was chosen: {HEAT}"
    assert choice.refused[-1].reason == "it has 0 seeders, and minimum_seeders is 1"


def test_nothing_found_is_an_empty_choice() -> None:
    assert choose_release([], film("Heat", 1995), ANY) == Choice(None, ())


def test_the_choice_does_not_depend_on_the_order_of_the_rows() -> None:
    names = [name for _, _, name in THE_FILM] + [name for name, _ in NOT_A_FILM] + [HEAT]
    rows = [release(name, id=str(number % 7), seeders=number % 5) for number, name in enumerate(names)]
    expected = choose_release(rows, film("Heat", 1995), ANY)
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert choose_release(rows, film("Heat", 1995), ANY) == expected


@pytest.mark.parametrize(
    ("name", "size", "text"),
    [
        ("The.Matrix.1999.1080p.BluRay.x264-GRP", 12_500_000_000, "1080p BluRay, 12.5 GB"),
        ("Talk.to.Me.2022.2160p.UHD.Blu-ray.Remux.HEVC-GRP", 60_000_000_000, "2160p BluRay Remux, 60.0 GB"),
        ("Deep.Web.2015.DVDRip.XviD-GRP", 700_000_000, "DVDRip, 700 MB"),
        ("Film.2020.720p.NF.WEB-DL.H264", 0, "720p WEB-DL, size unknown"),
        ("Odd name", 1_000_000_000, "Filme HD, 1.0 GB"),
    ],
)
def test_the_summary_is_short(name: str, size: int, text: str) -> None:
    assert summary(release(name, size=size)) == text


def test_preferences_sort_the_categories_by_their_priority() -> None:
    config = {
        "category_priority": [
            {"id": 6, "name": "Filme 4K", "priority": 2},
            {"id": 4, "name": "Filme HD", "priority": 1},
            {"id": 19, "name": "Filme HD-RO", "priority": 2},
        ],
        "download_preferences": {"minimum_seeders": 3, "excluded_words": ["CAM"]},
    }
    preferences = Preferences.from_config(config)
    assert preferences == Preferences((4, 6, 19), True, 3, None, None, (), ("CAM",))


def test_a_film_known_by_its_imdb_id_alone_is_proven_by_that_id_alone() -> None:
    movie = movie_from({"title": "tt0113277", "imdb_id": "tt0113277"})
    right = release("Heat.1995.1080p.BluRay.x264-GRP", imdb_id="tt0113277")
    silent = release("Heat.1995.2160p.BluRay.x265-GRP", imdb_id=None)
    pack = release("Heat.S01.1995.1080p.BluRay.x264-GRP", imdb_id="tt0113277")
    assert choose_release([silent, pack, right], movie, ANY).chosen == right
