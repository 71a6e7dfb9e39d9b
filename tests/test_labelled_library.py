"""How well the library is read, in figures: the labelled pairs of tests/labelled/library.tsv.

`pytest -s tests/test_labelled_library.py` prints the figures.
"""

import random
import sys
import time
from pathlib import Path

import pytest
from labelled_library import Pair, entries_in, pairs
from test_labelled_releases import OTHER_TITLES, RELEASES

from library import Entries, Entry, find_all, find_entry
from movie import FilmFacts, Movie
from names import plain_title

PAIRS = pairs()
SAME = [pair for pair in PAIRS if pair.same]
OTHER = [pair for pair in PAIRS if not pair.same]


def say(figure: str) -> None:
    sys.stdout.write(f"\n{figure}\n")


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Entries]:
    """The entries of each pair, by its line."""
    root = tmp_path_factory.mktemp("pairs")
    return {pair.line: entries_in(pair.things, root / str(pair.line)) for pair in PAIRS}


def found(pair: Pair, entries: Entries) -> bool:
    return find_entry(pair.movie, entries, facts=pair.facts) is not None


def test_the_collection_is_large_enough() -> None:
    assert len({(pair.things, pair.movie.label) for pair in PAIRS}) == len(PAIRS) >= 1000
    assert len(OTHER) >= len(PAIRS) / 2


def test_at_most_one_in_two_hundred_is_wrongly_taken_for_the_film(entries: dict[int, Entries]) -> None:
    wrong = [str(pair) for pair in OTHER if found(pair, entries[pair.line])]
    figure = f"{len(wrong)} of {len(OTHER)} that are not the film taken for it"
    say(figure)
    assert len(wrong) <= len(OTHER) / 200, "\n".join((figure, *wrong))


def test_at_most_three_in_a_hundred_are_missed(entries: dict[int, Entries]) -> None:
    missed = [str(pair) for pair in SAME if not found(pair, entries[pair.line])]
    figure = f"{len(missed)} of {len(SAME)} that are the film missed"
    say(figure)
    assert len(missed) <= len(SAME) * 0.03, "\n".join((figure, *missed))


def test_nothing_is_taken_for_one_of_the_other_films(entries: dict[int, Entries]) -> None:
    """Everything that is one of the films against all the other films."""
    meant = {entry: pair for pair in SAME for entry in entries[pair.line] if found(pair, Entries([entry]))}
    lying, films = Entries(meant), {(pair.movie.label, pair.movie.original_title): pair for pair in PAIRS}
    wrong = [
        f"{match.entry.name} as {pair.movie.label}"
        for pair in films.values()
        for match in find_all(pair.movie, lying, facts=pair.facts)
        if not _titles(pair) & _titles(meant[match.entry])
    ]
    say(f"{len(wrong)} wrong films in {len(lying) * len(films)} pairs of anything with any film")
    assert wrong == []


def _titles(pair: Pair) -> set[str]:
    titles = (pair.movie.title, pair.movie.original_title or "", *pair.facts.alternative_titles)
    return {plain_title(title) for title in titles if title}


def test_the_index_finds_what_a_look_at_every_entry_finds(entries: dict[int, Entries]) -> None:
    everything = Entries(entry for found in entries.values() for entry in found)
    for pair in PAIRS[::3]:
        by_index = find_all(pair.movie, everything, facts=pair.facts)
        one_by_one = find_all(pair.movie, tuple(everything), facts=pair.facts)
        assert by_index == one_by_one, pair


def test_the_names_of_releases_are_known_too() -> None:
    """The collection of tests/test_labelled_releases.py, as torrents, each against every film."""
    films = {film: (Movie(title=film[0], year=film[1]), others) for film, others in OTHER_TITLES.items()}
    lying = Entries(Entry(name, name, "a" * 40) for name, _, _ in RELEASES)
    taken = {
        (match.entry.name, film)
        for film, (movie, others) in films.items()
        for match in find_all(
            movie, lying, facts=FilmFacts(title=film[0], year=film[1], alternative_titles=others)
        )
    }
    right = {(name, film) for name, film, _ in RELEASES}
    missed, wrong = right - taken, taken - right
    say(
        f"{len(missed)} of {len(right)} releases missed, {len(wrong)} taken for another of {len(films)} films"
    )
    assert len(missed) <= len(right) / 100, missed
    assert wrong == set()


# --- speed

SYLLABLES = [first + last for first in "bklmnprstv" for last in "aeio"]
ALIASES = 8


def made_up(count: int, dice: random.Random) -> list[tuple[str, int]]:
    words = ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(1500)]
    return [
        (" ".join(dice.choices(words, k=dice.randint(1, 5))).title(), dice.randint(1930, 2024))
        for _ in range(count)
    ]


def test_a_thousand_films_are_looked_for_in_five_thousand_folders_at_once() -> None:
    dice = random.Random(7)
    there = made_up(5000, dice)
    lying = Entries(
        Entry(f"{title} ({year})", str(Path("/films") / f"{title} ({year})")) for title, year in there
    )
    wanted = made_up(500, dice) + there[:500]
    films = [
        (Movie(title=title, year=year), FilmFacts(title=title, year=year, alternative_titles=others))
        for title, year in wanted
        for others in [tuple(other for other, _ in made_up(ALIASES, dice))]
    ]
    find_entry(Movie(title="Any", year=2000), lying)
    begun = time.perf_counter()
    hits = sum(find_entry(movie, lying, facts=facts) is not None for movie, facts in films)
    seconds = time.perf_counter() - begun
    say(f"1,000 films of {ALIASES + 1} titles each in 5,000 folders: {seconds:.2f} s")
    assert hits >= 500


def test_only_a_few_entries_are_looked_at_for_a_film() -> None:
    """What makes it fast, counted: wall-clock time depends on the machine."""
    dice = random.Random(7)
    there = made_up(5000, dice)
    looked = 0

    class Counted(Entries):
        def likely(self, wanted):  # type: ignore[no-untyped-def]
            nonlocal looked
            for entry in super().likely(wanted):
                looked += 1
                yield entry

    lying = Counted(Entry(f"{title} ({year})", title) for title, year in there)
    for title, year in made_up(500, dice) + there[:500]:
        find_entry(Movie(title=title, year=year), lying)
    assert looked <= 5 * 1000
