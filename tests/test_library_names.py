"""What the names of files and folders say of their kind."""

import pytest

from library_names import (
    finished_name,
    holds_extras_inside,
    holds_no_film,
    is_episode,
    is_part_folder,
    is_season,
    is_video_name,
)


@pytest.mark.parametrize(
    "name",
    [
        "Heat (1995).mkv",
        "HEAT.ISO",
        "Sample People (2000).mkv",
        "The Trailer Park Boys.avi",
        "The Big Short.mkv",
        "Open Season 2 (2008).mkv",
        "10x10 (2018).mkv",
        "S1m0ne (2002).mkv",
        "Seven.mkv",
        "Film.1920x1080.mkv",
        "tt0133093.mkv",
    ],
)
def test_films(name: str) -> None:
    assert is_video_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Heat (1995).nfo",
        ".Heat.mkv",
        "Heat (1995)-trailer.mkv",
        "Heat (1995) trailer2.mkv",
        "teaser.mp4",
        "sample-heat.mkv",
        "heat-sample.mkv",
        "Heat-behindthescenes.mkv",
        "Heat-deleted.mkv",
        "Moon_(2009)-x02-Making_Of.mkv",
        "Heat - Making of.mkv",
    ],
)
def test_no_films(name: str) -> None:
    assert not is_video_name(name)
    assert not is_episode(name)


@pytest.mark.parametrize(
    "name",
    [
        "Fargo.S01E01.mkv",
        "Fargo.S01.mkv",
        "Fargo - 1x01 - Title.mkv",
        "Fargo [1x01].mkv",
        "Fargo Staffel 2.mkv",
        "Fargo - E07.mkv",
        "Fargo (2014) {tvdb-269613}.mkv",
    ],
)
def test_episodes(name: str) -> None:
    assert is_episode(name)
    assert not is_video_name(name)


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("film.mkv.part", "film.mkv"),
        ("film.mkv.!qB", "film.mkv"),
        ("film.mkv.crdownload", "film.mkv"),
        ("film.mkv", None),
        ("part", None),
    ],
)
def test_what_a_loading_file_will_be(name: str, whole: str | None) -> None:
    assert finished_name(name) == whole


@pytest.mark.parametrize("name", ["Season 1", "S02", "Staffel 3", "Specials"])
def test_seasons(name: str) -> None:
    assert is_season(name)
    assert holds_no_film(name)


@pytest.mark.parametrize(
    "name",
    ["Extras", "sample", "Deleted Scenes", "Bonus Disc", "temp", "incomplete", "TV Shows", "$RECYCLE.BIN"],
)
def test_folders_without_films(name: str) -> None:
    assert holds_no_film(name)


@pytest.mark.parametrize(
    "name", ["Trailers from Hell (2010)", "Temp Agency (2001)", "Other (2025)", "Shorts"]
)
def test_folders_with_films(name: str) -> None:
    assert not holds_no_film(name)


def test_what_a_folder_in_a_films_folder_is() -> None:
    assert holds_extras_inside("Shorts")
    assert is_part_folder("CD1")
    assert is_part_folder("VIDEO_TS")
    assert not is_part_folder("Director's Cut")
