"""The films of the demo and the tests: real, old, and in the public domain.

Titles, years, directors, IMDb ids and slugs are the real ones, with the punctuation and accents that trip
parsers; `film_id` and `lid` are made up, for they belong to Letterboxd. Values only, nothing here changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class DemoFilm:
    """One film as Letterboxd knows it.

    `film_id` is the digits of "film:<n>", `slug` bare, `runtime` in minutes. `kind` is "film" or "series";
    `page=False` makes its film page a 404; `year`, `imdb_id` and `runtime` may be unknown (`None`).
    """

    title: str
    year: int | None
    directors: tuple[str, ...]
    imdb_id: str | None
    film_id: str
    lid: str
    slug: str
    kind: str = "film"
    original_title: str | None = None
    runtime: int | None = None
    page: bool = True

    @property
    def label(self) -> str:
        """`Title (Year)`, or the title alone while the year is unknown."""
        return f"{self.title} ({self.year})" if self.year else self.title


TRIP_TO_THE_MOON = DemoFilm(
    "A Trip to the Moon",
    1902,
    ("Georges Méliès",),
    "tt0000417",
    "40417",
    "2bgA",
    "a-trip-to-the-moon",
    original_title="Le Voyage dans la Lune",
    runtime=15,
)
INTOLERANCE = DemoFilm(
    "Intolerance: Love's Struggle Throughout the Ages",
    1916,
    ("D.W. Griffith",),
    "tt0006864",
    "46864",
    "1Xzc",
    "intolerance-loves-struggle-throughout-the-ages",
    runtime=197,
)
CALIGARI = DemoFilm(
    "The Cabinet of Dr. Caligari",
    1920,
    ("Robert Wiene",),
    "tt0010323",
    "50323",
    "29qU",
    "the-cabinet-of-dr-caligari",
    original_title="Das Cabinet des Dr. Caligari",
    runtime=77,
)
NOSFERATU = DemoFilm(
    "Nosferatu",
    1922,
    ("F. W. Murnau",),
    "tt0013442",
    "53442",
    "28CC",
    "nosferatu",
    original_title="Nosferatu, eine Symphonie des Grauens",
    runtime=95,
)
HAXAN = DemoFilm(
    "Häxan",
    1922,
    ("Benjamin Christensen",),
    "tt0013257",
    "53257",
    "1Y0s",
    "haxan",
    runtime=105,
)
SHERLOCK_JR = DemoFilm(
    "Sherlock Jr.",
    1924,
    ("Buster Keaton",),
    "tt0015324",
    "55324",
    "1Ymc",
    "sherlock-jr",
    runtime=45,
)
THE_GENERAL = DemoFilm(
    "The General",
    1926,
    ("Buster Keaton", "Clyde Bruckman"),
    "tt0017925",
    "57925",
    "2aPE",
    "the-general",
    runtime=79,
)
METROPOLIS = DemoFilm(
    "Metropolis",
    1927,
    ("Fritz Lang",),
    "tt0017136",
    "57136",
    "2b3K",
    "metropolis",
    runtime=153,
)
LONDON_AFTER_MIDNIGHT = DemoFilm(
    "London After Midnight",
    1927,
    ("Tod Browning",),
    "tt0018097",
    "58097",
    "1WPo",
    "london-after-midnight",
    runtime=69,
)
HIS_GIRL_FRIDAY = DemoFilm(
    "His Girl Friday",
    1940,
    ("Howard Hawks",),
    "tt0032599",
    "62599",
    "29Gc",
    "his-girl-friday",
    runtime=92,
)
DETOUR = DemoFilm(
    "Detour",
    1945,
    ("Edgar G. Ulmer",),
    "tt0037638",
    "67638",
    "1RYG",
    "detour",
    runtime=69,
)
PLAN_9 = DemoFilm(
    "Plan 9 from Outer Space",
    1957,
    ("Edward D. Wood Jr.",),
    "tt0052077",
    "72077",
    "28M4",
    "plan-9-from-outer-space",
    runtime=79,
)
CARNIVAL_OF_SOULS = DemoFilm(
    "Carnival of Souls",
    1962,
    ("Herk Harvey",),
    "tt0055830",
    "75830",
    "1SvG",
    "carnival-of-souls",
    runtime=78,
)
CHARADE = DemoFilm(
    "Charade",
    1963,
    ("Stanley Donen",),
    "tt0056923",
    "76923",
    "29dS",
    "charade",
    runtime=113,
)
LIVING_DEAD = DemoFilm(
    "Night of the Living Dead",
    1968,
    ("George A. Romero",),
    "tt0063350",
    "83350",
    "2a0I",
    "night-of-the-living-dead",
    runtime=96,
)
LES_VAMPIRES = DemoFilm(
    "Les Vampires",
    1915,
    ("Louis Feuillade",),
    "tt0006206",
    "46206",
    "1L2m",
    "les-vampires",
    kind="series",
    runtime=421,
)

FILMS: tuple[DemoFilm, ...] = (
    TRIP_TO_THE_MOON,
    INTOLERANCE,
    CALIGARI,
    NOSFERATU,
    HAXAN,
    SHERLOCK_JR,
    THE_GENERAL,
    METROPOLIS,
    LONDON_AFTER_MIDNIGHT,
    HIS_GIRL_FRIDAY,
    DETOUR,
    PLAN_9,
    CARNIVAL_OF_SOULS,
    CHARADE,
    LIVING_DEAD,
)
"""All films here but the one series, `LES_VAMPIRES`, and the two of `ELSEWHERE`."""

ELSEWHERE: tuple[DemoFilm, ...] = (
    DemoFilm("Safety Last!", 1923, ("Fred C. Newmeyer",), "tt0014429", "54429", "27vQ", "safety-last"),
    DemoFilm("The Kid", 1921, ("Charlie Chaplin",), "tt0012349", "52349", "29Yc", "the-kid-1921"),
)
"""Films that a profile page shows beside a list (favourites, recent activity) without being on it."""


def made_up(count: int, *, first: int = 1) -> Iterator[DemoFilm]:
    """`count` different invented films, for long lists. The same number always gives the same film."""
    for number in range(first, first + count):
        yield DemoFilm(
            f"Reel Number {number}",
            1900 + number % 68,
            (f"Director {number % 9}",),
            f"tt9{number:06d}",
            f"{900000 + number}",
            f"z{number:04x}",
            f"reel-number-{number}",
            runtime=60 + number % 90,
        )
