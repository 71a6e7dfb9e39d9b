"""Clocks and disks that fail the program, accounts and sources that are changed under it."""

from pathlib import Path

from hostile_lists import (
    DAY,
    FILMS,
    FORTY,
    LIST,
    STRANGERS,
    TURNS,
    Scene,
    Trouble,
    case,
    exported,
    failing,
    fine,
    in_turn,
    listing,
    renamed,
    started,
    together,
    without,
)
from letterboxd_html import CHALLENGE, MISSING, PRIVATE, SIGN_IN

from demo.films import DemoFilm
from reading import Outcome

FULL, EMPTY, SAME, PARTIAL = Outcome.COMPLETE, Outcome.EMPTY, Outcome.UNCHANGED, Outcome.PARTIAL
CLOSED, NOBODY, DOWN = Outcome.PRIVATE, Outcome.NO_SUCH_USER, Outcome.UNAVAILABLE
BLOCKED, LIMITED = Outcome.BLOCKED, Outcome.RATE_LIMITED
YEAR = 365 * DAY
ACCEPT = "`python main.py --accept-removals` accepts exactly these"

# --- clock and disk


def jump(seconds: int) -> Trouble:
    def set_clock(scene: Scene, number: int) -> None:
        scene.clock.time += seconds

    return set_clock


def disk_of(size: int) -> Trouble:
    """No file can be written that is longer than this."""

    def fill(scene: Scene, number: int) -> None:
        scene.disk = size

    return fill


ONE_GONE, TWELVE_GONE = listing(without(3)), listing(without(*range(12)))
SURROUNDINGS = [
    case("clock a year ahead and back", in_turn(jump(YEAR), jump(-YEAR)), FULL, *FORTY),
    case("clock a year back and ahead", in_turn(jump(-YEAR), jump(YEAR)), FULL, *FORTY),
    case(
        "clock a year back for good",
        in_turn(jump(-YEAR), *[jump(0)] * 4),
        (FULL, SAME),
        *FORTY,
    ),
    case(
        "a film gone until the clock jumps ahead",
        in_turn(ONE_GONE, together(jump(YEAR), fine)),
        FULL,
        "Found 39 movies",
        2,
    ),
    case(
        "a film gone before and after the clock jumps back",
        in_turn(ONE_GONE, together(jump(-YEAR), ONE_GONE), fine),
        FULL,
        "Found 39 movies",
        3,
    ),
    case(
        "twelve gone while the clock jumps",
        together(TWELVE_GONE, in_turn(jump(YEAR), jump(-YEAR))),
        FULL,
        ACCEPT,
    ),
    case(
        "a challenge while the clock jumps",
        together(failing(LIST, 403, body=CHALLENGE), in_turn(jump(YEAR), jump(-YEAR))),
        BLOCKED,
        "does not evade it",
    ),
    case(
        "429 for a day while the clock jumps",
        together(failing(LIST, 429, headers={"Retry-After": f"{DAY}"}), in_turn(jump(YEAR), jump(-YEAR))),
        LIMITED,
        "Rate limit reached",
    ),
    case("a full disk", disk_of(0), (), "cannot be written"),
    case("a full disk, and the list is empty", together(listing(()), disk_of(0)), (), "cannot be written"),
    case(
        "a full disk, and all films renamed",
        together(listing(map(renamed, FILMS)), disk_of(3000)),
        (SAME, FULL),
        "cannot be written",
    ),
    case(
        "a page that cannot be kept",
        together(failing("alice", 200, body=SIGN_IN), disk_of(0)),
        (),
        "cannot be written",
    ),
]

# --- another account, another source


def member(name: str, films: list[DemoFilm] | tuple[DemoFilm, ...]) -> Trouble:
    """The program was started with the name of a member with this list; alice is no more."""

    def change(scene: Scene, number: int) -> None:
        scene.site.set_user(name, films)
        scene.site.fail("alice/", 404, body=MISSING)
        started(name)(scene, number)

    return change


def export_of(text: str, name: str = "watchlist.csv") -> Trouble:
    """The configured export has this content."""

    def write(scene: Scene, number: int) -> None:
        path = scene.root / name
        path.write_text(text)
        started(source=path)(scene, number)

    return write


def missing_export(scene: Scene, number: int) -> None:
    started(source=Path("/nowhere/watchlist.csv"))(scene, number)


ALL, FEW = exported(FILMS), exported(FILMS[:10])
SOURCES = [
    case("the account was renamed", member("alice_b", FILMS), (SAME, FULL), *FORTY),
    case(
        "the account was renamed and emptied",
        member("alice_b", ()),
        EMPTY,
        "The watchlist of alice_b is empty",
    ),
    case("the name of somebody else", member("bob", STRANGERS[:9]), FULL, "Found 9 movies", TURNS),
    case(
        "somebody else wants some of the same",
        member("bob", (*FILMS[:20], *STRANGERS[:5])),
        FULL,
        "Found 25",
        TURNS,
    ),
    case(
        "somebody else whose list shrinks",
        in_turn(member("bob", STRANGERS), member("bob", STRANGERS[:2])),
        FULL,
        "Found 2 m",
        2,
    ),
    case("the name in capitals", started("ALICE"), (SAME, FULL), *FORTY),
    case("the name of nobody", started("al1ce"), NOBODY, "no member 'al1ce': check `username`"),
    case(
        "the name of somebody private",
        together(started("bob"), failing("bob", 403, body=PRIVATE)),
        CLOSED,
        "of bob is private",
    ),
    case("an export of all", ALL, FULL, *FORTY),
    case("an export of few", FEW, FULL, "Found 10 movies", TURNS),
    case("an export without films", exported(()), EMPTY, "Found 0 movies", TURNS),
    case(
        "an old export of few",
        exported(FILMS[:10], age=90 * DAY),
        FULL,
        "older than what was read before",
    ),
    case(
        "an export that shrinks", in_turn(ALL, ALL, FEW, FEW, FEW), FULL, "only 10 of 40 films are left on it"
    ),
    case("an export that loses twelve", in_turn(ALL, *[exported(without(*range(12)))] * 4), FULL, ACCEPT),
    case(
        "an export that is emptied",
        in_turn(ALL, ALL, *[exported(())] * 3),
        (FULL, EMPTY),
        "the list is empty now",
    ),
    case(
        "an export with broken rows",
        in_turn(ALL, *[exported(FILMS[:10], broken="2026-01-01,Half a row")] * 4),
        (FULL, PARTIAL),
        "was read in part: line 12 cannot be read",
    ),
    case(
        "an export cut in the head",
        in_turn(ALL, *[export_of("Date,Na")] * 4),
        (FULL, DOWN),
        "lacks the column Name",
    ),
    case("a zip that is none", export_of("PK\x03\x04", "watchlist.zip"), DOWN, "is no whole zip file"),
    case("no export at all", missing_export, DOWN, "cannot be used (No such file or directory)"),
]
