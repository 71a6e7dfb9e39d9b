"""Which films a name may mean."""

import pytest

from library_titles import read_film_name


def claims(name: str) -> set[tuple[str, int | None]]:
    return {(claim.plain, claim.year) for claim in read_film_name(name).claims}


CLAIMS = [
    ("The Matrix (1999)", "matrix", 1999),
    ("The.Matrix.1999.1080p.BluRay.x264-GRP", "matrix", 1999),
    ("Downfall AKA Der Untergang (2004)", "downfall", 2004),
    ("Downfall AKA Der Untergang (2004)", "der untergang", 2004),
    ("Форрест Гамп / Forrest Gump [1994]", "forrest gump", 1994),
    ("Oldboy (Oldeuboi) (2003)", "oldboy", 2003),
    ("Amélie [Le Fabuleux Destin] (2001)", "le fabuleux destin", 2001),
    ("The Thing (John Carpenter, 1982)", "thing", 1982),
    ("[Group] Akira (1988)", "akira", 1988),
    ("[1080p BluRay] Akira (1988)", "akira", 1988),
    ("01 - Rocky (1976)", "rocky", 1976),
    ("007. Goldfinger (1964)", "goldfinger", 1964),
    ("(2)Rocky II (1979)", "rocky 2", 1979),
    ("1999 - The Matrix", "matrix", 1999),
    ("1993- Jurassic Park", "jurassic park", 1993),
    ("Alien - Director's Cut (1979)", "alien", 1979),
    ("Sin.City.RECUT.EXTENDED.2005.1080p", "sin city", 2005),
    ("Zombie.Shark.FRENCH.2015.BDRip", "zombie shark", 2015),
    ("Baraka_Edition_Collector", "baraka", None),
    ("Blade Runner 1982 Final Cut 2007 BluRay", "blade runner", 1982),
    ("Metropolis.1927.2010.Restoration.1080p", "metropolis", 1927),
    ("Toy Story 1 (1995)", "toy story", 1995),
    ("10.000.BC.2008.1080p", "10000 bc", 2008),
    ("Star Wars - The Empire Strikes Back (1980)", "empire strikes back", 1980),
    ("The Matrix CD2", "matrix", None),
    ("REDLINE (BD 1080p H264) [3xR]", "redline", None),
]


@pytest.mark.parametrize(("name", "title", "year"), CLAIMS)
def test_what_a_name_may_mean(name: str, title: str, year: int | None) -> None:
    assert (title, year) in claims(name)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Kill Bill Vol. 1 (2003)", "kill bill"),
        ("Che Part 1 (2008)", "che"),
        ("Nymphomaniac (Vol. 2) (2013)", "nymphomaniac"),
        ("Mission - Impossible (1996)", "impossible"),
        ("Alien - Resurrection (1997)", "resurrection"),
        ("Death Race 2000 (1975)", "death race"),
        ("Rocky (1976-2006)", "rocky"),
        ("Wonder Woman 1984 (2020)", "wonder woman"),
    ],
)
def test_what_a_name_does_not_mean(name: str, title: str) -> None:
    assert title not in {found for found, _ in claims(name)}


def test_the_name_as_it_stands_comes_first_and_is_whole() -> None:
    first, *others = read_film_name("Alien - Resurrection of the Queen 3D (1997)").claims
    assert (first.plain, first.whole) == ("alien resurrection of queen 3d", True)
    assert others
    assert not any(claim.whole for claim in others)


def test_ids_of_a_name() -> None:
    reading = read_film_name("The Matrix (1999) {imdb-tt0133093} [tmdbid=603]")
    assert (reading.ids, reading.tmdb_ids) == (("tt0133093",), ("603",))


@pytest.mark.parametrize(
    ("name", "sure"),
    [
        ("Heat (1995)", True),
        ("Heat [1995]", True),
        ("Heat.1995.1080p.BluRay", True),
        ("Heat 1995", False),
        ("Films of 2019", False),
        ("Heat", False),
    ],
)
def test_whether_a_name_can_only_be_that_of_one_film(name: str, sure: bool) -> None:
    assert read_film_name(name).sure is sure


@pytest.mark.parametrize(
    "name", ["movie", "The Film", "cd1", "VTS_01_1", "00001", "7", "289989b689e14bc0a54cb3dc"]
)
def test_names_that_name_nothing(name: str) -> None:
    assert read_film_name(name).nameless


@pytest.mark.parametrize("name", ["M", "300", "1917", "The Film (1999)", "Film Stars", "Movie Night"])
def test_short_titles_are_names(name: str) -> None:
    assert not read_film_name(name).nameless


def test_any_text_is_read() -> None:
    hypothesis = pytest.importorskip("hypothesis")

    @hypothesis.settings(deadline=None, database=None)  # type: ignore[untyped-decorator]
    @hypothesis.given(hypothesis.strategies.text(max_size=120))  # type: ignore[untyped-decorator]
    def reads(name: str) -> None:
        assert read_film_name(name).claims

    reads()
