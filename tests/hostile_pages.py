"""Answers that are no watchlist, or not all of one, or not the right one; each with what is to come of it."""

import gzip

from hostile_lists import (
    DAY,
    FILMS,
    FIRST,
    FORTY,
    LIST,
    SECOND,
    STRANGERS,
    Scene,
    case,
    changed,
    cut,
    failing,
    fine,
    in_new_markup,
    in_turn,
    page,
    promising,
    second_page,
    showing,
    started,
    together,
)
from letterboxd_html import CHALLENGE, MISSING, PRIVATE, SHIELD, SIGN_IN

from demo.letterboxd_markup import SHIELD_PAGE
from reading import Outcome

FULL, SAME, PARTIAL = Outcome.COMPLETE, Outcome.UNCHANGED, Outcome.PARTIAL
CHANGED, CLOSED, NOBODY = Outcome.PAGE_CHANGED, Outcome.PRIVATE, Outcome.NO_SUCH_USER
BLOCKED, LIMITED, DOWN = Outcome.BLOCKED, Outcome.RATE_LIMITED, Outcome.UNAVAILABLE

TOO_FAST = (
    "<html><head><title>Access denied | letterboxd.com used Cloudflare to restrict access</title></head>"
    "<body><h1>Error 1015</h1><h2>You are being rate limited</h2></body></html>"
)
BANNED = TOO_FAST.replace("1015", "1020").replace("You are being rate limited", "Access denied")
GZIP = gzip.compress(page().encode())
NEXT = "/alice/watchlist/page/2/"

# --- answers that are no list

EVADES_NOT = "Movie Sync does not evade it and asks again later. What works without it is your own export"
SLOWER = "set a longer `request_interval` or `check_interval`"

REFUSALS = [
    *(
        case(
            f"challenge at {status}",
            failing(LIST, status, body=CHALLENGE),
            BLOCKED,
            f"(HTTP {status}); {EVADES_NOT}",
        )
        for status in (200, 403, 429, 503)
    ),
    *(
        case(f"attention required at {status}", failing(LIST, status, body=SHIELD), BLOCKED, EVADES_NOT)
        for status in (200, 403)
    ),
    case("banned by the shield", failing(LIST, 403, body=BANNED), BLOCKED, EVADES_NOT),
    case(
        "unknown path behind the shield",
        failing(LIST, 403, body=SHIELD_PAGE),
        BLOCKED,
        "A mistyped `username`",
    ),
    *(
        case(f"rate limit page at {status}", failing(LIST, status, body=TOO_FAST), LIMITED, SLOWER)
        for status in (200, 403, 426, 429)
    ),
    case("429 without Retry-After", failing(LIST, 429), LIMITED, SLOWER),
    case("429 for half a minute", failing(LIST, 429, headers={"Retry-After": "30"}), LIMITED, SLOWER),
    case("429 for a day", failing(LIST, 429, headers={"Retry-After": f"{DAY}"}), LIMITED, SLOWER),
    case(
        "429 until a day that no calendar has",
        failing(LIST, 429, headers={"Retry-After": "never"}),
        LIMITED,
        SLOWER,
    ),
    case(
        "private",
        failing(LIST, 403, body=PRIVATE),
        CLOSED,
        "alice is private: make it public in the settings",
    ),
    case(
        "private overnight",
        in_turn(failing(LIST, 403, body=PRIVATE), fine),
        (CLOSED, FULL),
        "is private",
        2,
    ),
    case(
        "private as a page of 200",
        showing(page(films=(), promised=40)),
        CHANGED,
        "promises 40 films and shows none",
    ),
    case(
        "unknown member at 404",
        failing(LIST, 404, body=MISSING),
        NOBODY,
        "no member 'alice': check `username`",
    ),
    case(
        "unknown member at 403",
        failing(LIST, 403, body=MISSING),
        NOBODY,
        "no member 'alice': check `username`",
    ),
    case("gone for good", failing(LIST, 410, body=""), NOBODY, "no member 'alice': check `username`"),
    *(
        case(
            f"server error {status}",
            failing(LIST, status),
            DOWN,
            f"(HTTP {status}). It is asked again by itself",
        )
        for status in (500, 502, 522)
    ),
    case("a status that nobody knows", failing(LIST, 999, body=page()), DOWN, "(HTTP 999)"),
    case("connection reset", failing(LIST, "reset"), DOWN, "check the network and `letterboxd_url`"),
    case("redirect to another host", failing(LIST, "redirect"), DOWN, "sends us to another host"),
    case(
        "redirect in a circle",
        failing(FIRST, "redirect", location="/alice/watchlist/"),
        DOWN,
        "redirects in a circle",
    ),
    case(
        "redirect to the login page",
        together(failing(LIST, "redirect", location="/sign-in/"), failing("sign-in", "page", body=SIGN_IN)),
        CLOSED,
        "Letterboxd asks for a login. The watchlist of alice is private",
    ),
    case(
        "redirect to another member",
        together(
            failing(LIST, "redirect", location="/bob/watchlist/"),
            failing("bob", "page", body=page(films=STRANGERS[:5], owner="bob")),
        ),
        CHANGED,
        "If the account was renamed, set `username` to bob",
    ),
    case(
        "redirect to a part of the list",
        together(
            failing(FIRST, "redirect", location="/alice/watchlist/genre/horror/"),
            failing("genre", "page", body=page(films=FILMS[:25])),
        ),
        CHANGED,
        "/alice/watchlist/genre/horror/",
    ),
    case(
        "redirect to page 2",
        failing(FIRST, "redirect", location=NEXT),
        CHANGED,
        "it leads to '/alice/watchlist/page/2/', which is another page",
    ),
    case(
        "gzip that is none",
        failing(LIST, 200, body=page(), headers={"Content-Encoding": "gzip"}),
        DOWN,
        "its answer could not be unpacked",
    ),
    case(
        "gzip cut in the middle",
        failing(FIRST, 200, body=GZIP[: len(GZIP) // 2], headers={"Content-Encoding": "gzip"}),
        PARTIAL,
        "of 40 films",
    ),
    case(
        "a page without end",
        together(started(max_bytes=2**17), failing(LIST, "page", body=page() + "<p>more</p>" * 20_000)),
        DOWN,
        "its answer has more than 131072 bytes",
    ),
    case("half of a page", failing(FIRST, "truncate"), DOWN, "the connection broke off"),
]

# --- pages of 200 that are not the list, or not all of it

PAGES = [
    case("no body", failing(LIST, 200, body=""), CHANGED, "it is no watchlist"),
    case("204 without a body", failing(LIST, 204, body=""), CHANGED, "it is no watchlist"),
    case("bytes", failing(LIST, 200, body=bytes(range(256)) * 40), CHANGED, "it is no watchlist"),
    case("UTF-16", failing(FIRST, 200, body=page().encode("utf-16")), (SAME, FULL), *FORTY),
    case("JSON", failing(LIST, 200, body='{"result": true, "films": []}'), CHANGED, "it is no watchlist"),
    case("login page", failing(LIST, 200, body=SIGN_IN), CHANGED, "look for a newer Movie Sync"),
    case("error page at 200", failing(LIST, 200, body=MISSING), CHANGED, "it is no watchlist"),
    case(
        "another member's page", showing(page(films=STRANGERS, owner="bob")), CHANGED, "of bob, not of alice"
    ),
    case(
        "another member's empty page", showing(page(films=(), owner="bob")), CHANGED, "of bob, not of alice"
    ),
    case(
        "nobody's empty page",
        showing(changed(page(films=()), 'data-owner="alice"', "")),
        CHANGED,
        "it does not say whose watchlist it is",
    ),
    case(
        "another owner on page 2", second_page(page(2, owner="bob")), (SAME, CHANGED), "of bob, not of alice"
    ),
    case(
        "cut before the first film",
        showing(cut(page(), "griditem")),
        CHANGED,
        "promises 40 films and shows none",
    ),
    case("cut in the head", showing(cut(page(), "</title>")), CHANGED, "it is no watchlist"),
    case("cut in a film", showing(cut(page(), "hostile-9", 4)), PARTIAL, "read in part: 9 of 40 films"),
    case(
        "cut before the next page", showing(cut(page(), '<div class="pagination')), PARTIAL, "28 of 40 films"
    ),
    case(
        "cut in a film of page 2",
        second_page(cut(page(2), "hostile-33", 4)),
        (SAME, PARTIAL),
        "33 of 40 films",
    ),
    case(
        "all attributes renamed",
        showing(changed(page(), "data-", "data-v5-")),
        CHANGED,
        "shows none that can be read",
    ),
    case(
        "some films in new markup", showing(in_new_markup(page(), (3, 9, 20))), PARTIAL, "be understood: 3."
    ),
    case(
        "page 2 in new markup",
        second_page(in_new_markup(page(2), range(1, 13))),
        (SAME, CHANGED),
        "shows none",
    ),
    case(
        "both pages in part",
        showing(in_new_markup(page(), [5]), in_new_markup(page(2), [6])),
        PARTIAL,
        "38 of 40 films",
    ),
    case(
        "no number anywhere",
        showing(
            *(changed(changed(page(n), "data-num-entries", "x"), "js-watchlist-count", "x") for n in (1, 2))
        ),
        PARTIAL,
        "40 films of an unknown number",
    ),
    case("one more promised", promising(41), PARTIAL, "read in part: 40 of 41 films"),
    case("one fewer promised", promising(39), PARTIAL, "it shows 40 films, more than the 39 it promises"),
    case("a million promised", promising(10**6), PARTIAL, "read in part: 40 of 1000000 films"),
    case("more promised than can be", promising(10**12), PARTIAL, "40 films of an unknown number"),
    case("fewer than none promised", promising(-40), PARTIAL, "40 films of an unknown number"),
    case("text promised", promising("forty"), PARTIAL, "40 films of an unknown number"),
    case(
        "none promised beside films", promising(0), PARTIAL, "it shows 28 films, more than the 0 it promises"
    ),
    case("page 1 alone promised", promising(28), PARTIAL, "it shows 40 films, more than the 28 it"),
    case(
        "another number on page 2",
        second_page(page(2, promised=12)),
        (SAME, PARTIAL),
        "40 films, more than the 12 it",
    ),
    case(
        "an empty page 2",
        second_page(page(films=(), promised=0)),
        (SAME, PARTIAL),
        "28 films, more than the 0 it",
    ),
    case("page 1 as page 2", second_page(page()), (SAME, PARTIAL), "read in part: 28 of 40 films"),
    case("page 2 as page 1", showing(page(2)), PARTIAL, "read in part: 12 of 40 films"),
    case(
        "a film twice, another not",
        second_page(page(2, (*FILMS[:39], FILMS[0]))),
        (SAME, PARTIAL),
        "39 of 40 films",
    ),
    case(
        "no next link", showing(changed(page(), 'class="next"', "")), PARTIAL, "read in part: 28 of 40 films"
    ),
    case("next is page 1", showing(changed(page(), NEXT, "/alice/watchlist/")), PARTIAL, "28 of 40 films"),
    case("next is page 3", showing(changed(page(), NEXT, NEXT.replace("2", "3"))), BLOCKED, EVADES_NOT),
    case(
        "after page 2 comes page 1",
        second_page(changed(page(2, pages=3), "page/3/", "")),
        (SAME, FULL),
        *FORTY,
    ),
    case(
        "after page 2 comes page 2",
        second_page(changed(page(2, pages=3), "/3/", "/2/")),
        (SAME, FULL),
        *FORTY,
    ),
    *(
        case(
            f"next is {link}",
            showing(changed(page(), f'"next" href="{NEXT}', f'"next" href="{link}')),
            CHANGED,
            link,
        )
        for link in (
            "/bob/watchlist/page/2/",
            "http://elsewhere.invalid/alice/watchlist/page/2/",
            "/alice/watchlist/by/added/page/2/",
            "/alice/likes/films/page/2/",
        )
    ),
]

# --- a second page that does not come


def impatient(scene: Scene, number: int) -> None:
    """From the second reading on, the first that asks for all pages."""
    if number == 1:
        scene.start(seconds=0.15)


SECOND_PAGES = [
    case(
        "page 2 never answers",
        together(impatient, failing(SECOND, "hang")),
        (SAME, DOWN),
        "within 0.15 s",
    ),
    case(
        "page 2 drips",
        together(impatient, failing(SECOND, "drip")),
        (SAME, DOWN),
        "within 0.15 s",
    ),
    case(
        "page 2 drips its head",
        together(impatient, failing(SECOND, "drip_headers")),
        (SAME, DOWN),
        "within 0.15 s",
    ),
    case(
        "page 2 breaks off",
        failing(SECOND, "truncate"),
        (SAME, DOWN),
        "The 28 films seen before that still count",
    ),
    case("page 2 at 500", failing(SECOND, 500), (SAME, DOWN), "The 28 films seen before that still count"),
    case("page 2 at 403", failing(SECOND, 403), (SAME, BLOCKED), EVADES_NOT),
    case("page 2 at 404", failing(SECOND, 404, body=MISSING), (SAME, PARTIAL), "28 of 40 films"),
    case("page 2 is private", failing(SECOND, 403, body=PRIVATE), (SAME, PARTIAL), "28 of 40 films"),
    case("page 2 is a challenge", failing(SECOND, 200, body=CHALLENGE), (SAME, BLOCKED), EVADES_NOT),
    case("page 2 is too much", failing(SECOND, 429), (SAME, LIMITED), SLOWER),
    case("page 2 is the login page", second_page(SIGN_IN), (SAME, CHANGED), "it is no watchlist"),
]
