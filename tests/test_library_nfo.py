"""What `.nfo` files say."""

from pathlib import Path

import pytest

from library_nfo import LARGEST, Nfo, parse_nfo, read_nfo

KODI = """<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
<movie>
    <title>Der Pate</title>
    <set><name>Der Pate</name><tmdbid>230</tmdbid></set>
    <uniqueid type="tmdb" default="false">238</uniqueid>
    <uniqueid type="imdb" default="true">tt0068646</uniqueid>
    <actor><name>Al Pacino</name><tmdbid>1158</tmdbid><imdbid>tt0000199</imdbid></actor>
</movie>
"""
GODFATHER = Nfo(("tt0068646",), ("238",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_any_encoding_is_read(encoding: str) -> None:
    assert parse_nfo(KODI.encode(encoding)) == GODFATHER


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<movie><imdbid>tt0068646</imdbid><tmdbid>238</tmdbid></movie>", GODFATHER),
        ("<movie><imdb_id>tt68646</imdb_id></movie>", Nfo(("tt0068646",))),
        ("<movie><id>tt0068646</id></movie>", Nfo(("tt0068646",))),
        ("<movie><id>238</id></movie>", Nfo()),
        ("<movie><title>tt</title></movie>\nhttps://www.imdb.com/title/tt0068646/", Nfo(("tt0068646",))),
        ("https://www.imdb.com/title/tt0068646", Nfo(("tt0068646",))),
        ("iMDB...: http://us.imdb.com/Title?0068646 ", Nfo(("tt0068646",))),
        ("https://www.themoviedb.org/movie/238-the-godfather", Nfo((), ("238",))),
        (
            "░▒▓ http://www.imdb.com/title/tt0068646/ ▓▒░ http://www.imdb.com/title/tt0068646/",
            Nfo(("tt0068646",)),
        ),
        ("tt0068646 and tt0071562", Nfo()),
        ("no link at all", Nfo()),
        ("", Nfo()),
        ("<tvshow><uniqueid type='imdb'>tt0068646</uniqueid></tvshow>", Nfo(series=True)),
        ("<episodedetails/>", Nfo(series=True)),
    ],
)
def test_what_an_nfo_says(text: str, found: Nfo) -> None:
    assert parse_nfo(text.encode()) == found


def test_a_large_file_is_no_nfo(tmp_path: Path) -> None:
    path = tmp_path / "movie.nfo"
    path.write_bytes(KODI.encode().ljust(LARGEST + 1))
    assert read_nfo(str(path)) == Nfo()


def test_the_beginning_of_a_long_nfo_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "movie.nfo"
    path.write_bytes(KODI.encode() + b"<plot>" + b"x" * 900_000)
    assert read_nfo(str(path)) == GODFATHER


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "movie.nfo").mkdir()
    assert read_nfo(str(tmp_path / "movie.nfo")) == Nfo()
    assert read_nfo(str(tmp_path / "gone.nfo")) == Nfo()


def test_any_bytes_are_read() -> None:
    hypothesis = pytest.importorskip("hypothesis")
    pieces = hypothesis.strategies.sampled_from(
        [
            b"<actor>",
            b"</actor>",
            b"<movie>",
            b"tt1234567",
            b"\0",
            b"<uniqueid type='imdb'>",
            b"\xff",
            b"imdb.com",
        ]
    )

    @hypothesis.settings(deadline=None, database=None)  # type: ignore[untyped-decorator]
    @hypothesis.given(
        hypothesis.strategies.lists(pieces, max_size=40).map(b"".join)
        | hypothesis.strategies.binary(max_size=200)
    )  # type: ignore[untyped-decorator]
    def reads(data: bytes) -> None:
        assert all(found.startswith("tt") for found in parse_nfo(data).ids)

    reads()
