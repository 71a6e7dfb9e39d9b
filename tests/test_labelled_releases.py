"""How well names are read, in figures: the labelled collections of tests/labelled against the rules.

`pytest -s tests/test_labelled_releases.py` prints the figures.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from download_service import Release
from movie import Movie
from release_choice import NOT_THE_BEST, RULES, Choice, Preferences, choose_release

LABELLED = Path(__file__).parent / "labelled"
ANY = Preferences((4,), True, 1, None, None, (), ())
ROWS_A_SEARCH = 100
IMDB_ID = "tt0000077"

Film = tuple[str, int]


def rows(name: str, columns: int) -> list[list[str]]:
    lines = (LABELLED / name).read_text().splitlines()
    found = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert all(len(row) in (columns - 1, columns) for row in found)
    return [row + [""] * (columns - len(row)) for row in found]


RELEASES = [(name, (title, int(year)), others) for name, title, year, others in rows("releases.tsv", 4)]
REFUSALS = [(name, (title, int(year)), rule) for name, title, year, rule in rows("refusals.tsv", 4)]
OTHER_TITLES: dict[Film, tuple[str, ...]] = {}
for _, film, others in RELEASES:
    known = OTHER_TITLES.get(film, ())
    OTHER_TITLES[film] = (*known, *(other for other in others.split(" ; ") if other and other not in known))


def release(name: str, number: int = 1) -> Release:
    return Release(
        "filelist", str(number), name, None, 4, "", 8_000_000_000, 20, 0, False, False, False, None
    )


def choice(found: list[Release], film: Film, imdb_id: str | None = None) -> Choice:
    movie = Movie(title=film[0], year=film[1], imdb_id=imdb_id)
    return choose_release(found, movie, ANY, titles=OTHER_TITLES.get(film, ()))


def answer(name: str, film: Film) -> str:
    """The rule that refuses the only release of a search, or "good"."""
    refused = choice([release(name)], film).refused
    return refused[0].rule if refused else "good"


def accepted(found: list[Release], film: Film, imdb_id: str | None) -> set[str]:
    """The ids of all releases that are taken for the film, the best one or not."""
    refused = choice(found, film, imdb_id).refused
    return {row.id for row in found} - {row.release.id for row in refused if row.rule != NOT_THE_BEST}


def wrong_pairs(imdb_id: str | None) -> Iterator[tuple[str, Film]]:
    """Every release against every other film, as searches of a hundred rows."""
    found = [replace(release(name, at), imdb_id=imdb_id) for at, (name, _, _) in enumerate(RELEASES)]
    for start in range(0, len(found), ROWS_A_SEARCH):
        part = found[start : start + ROWS_A_SEARCH]
        for film in OTHER_TITLES:
            for number in sorted(map(int, accepted(part, film, imdb_id))):
                name, own, _ = RELEASES[number]
                if own != film:
                    yield name, film


def say(figure: str) -> None:
    sys.stdout.write(f"\n{figure}\n")


def test_the_collections_are_large_enough() -> None:
    assert len({name for name, _, _ in RELEASES}) == len(RELEASES) >= 320
    assert len({name for name, _, _ in REFUSALS}) == len(REFUSALS) >= 220
    assert sum(rule == "good" for _, _, rule in REFUSALS) >= len(REFUSALS) / 2
    assert {rule for _, _, rule in REFUSALS} <= {*RULES, "good"}


def test_at_least_99_percent_are_recognised_by_their_name_alone() -> None:
    missed = [f"{name}: {rule}" for name, film, _ in RELEASES if (rule := answer(name, film)) != "good"]
    figure = f"{len(RELEASES) - len(missed)} of {len(RELEASES)} names recognised, {len(OTHER_TITLES)} films"
    say(figure)
    assert len(missed) <= len(RELEASES) / 100, "\n".join((figure, *missed))


@pytest.mark.parametrize("imdb_id", [None, IMDB_ID], ids=["by name", "rows with the IMDb id of the film"])
def test_no_name_is_taken_for_another_film(imdb_id: str | None) -> None:
    """With a wrong id in every row, too: trackers give remakes and sequels the id of the original."""
    wrong = list(wrong_pairs(imdb_id))
    pairs = sum(own != film for _, own, _ in RELEASES for film in OTHER_TITLES)
    say(f"{len(wrong)} wrong films in {pairs} pairs")
    assert wrong == []


def test_at_least_98_percent_of_the_refusals_are_right_and_no_good_release_is_refused() -> None:
    told = [(name, rule, answer(name, film)) for name, film, rule in REFUSALS]
    wrong = [f"{name}: {said}, not {rule}" for name, rule, said in told if said != rule]
    kinds = Counter(rule for _, rule, _ in told)
    figure = f"{len(told) - len(wrong)} of {len(told)} refusals right, {kinds['good']} of them good releases"
    say(figure)
    assert len(wrong) <= len(told) / 50, "\n".join((figure, *wrong))
    assert [name for name, rule, said in told if rule == "good" != said] == []
