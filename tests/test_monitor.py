"""The monitor against a small Letterboxd on loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from letterboxd_html import CHALLENGE, MISSING, PRIVATE, SIGN_IN, Item, film_page, items, watchlist

from errors import (
    Blocked,
    FilmFault,
    Interrupted,
    RateLimited,
    ServiceUnavailable,
    StateError,
)
from monitor import LetterboxdWatchlistMonitor, Outcome
from movie import ListedFilm
from web import WebClient

NOW = 1_790_000_000
PAGE_1 = "/alice/watchlist/"
PAGE_2 = "/alice/watchlist/page/2/"
PAGE_3 = "/alice/watchlist/page/3/"


@dataclass
class Reply:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """Serves what `pages` holds; of several replies for a path each is given once, the last one for ever."""

    url: str = ""
    pages: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, *replies: Reply | str) -> None:
        self.pages[path] = [Reply(body=reply) if isinstance(reply, str) else reply for reply in replies]

    def answer(self, path: str) -> Reply:
        self.asked.append(path)
        replies = self.pages.get(path)
        if not replies:
            return Reply(404, MISSING)
        return replies.pop(0) if len(replies) > 1 else replies[0]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = site.answer(self.path)
            data = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


class Stop(threading.Event):
    """Notes each wait instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


Make = Callable[..., LetterboxdWatchlistMonitor]


@pytest.fixture
def make(site: Site, tmp_path: Path) -> Iterator[Make]:
    webs = []

    def build(
        username: str = "alice", *, interval: float = 0.0, stop: threading.Event | None = None
    ) -> LetterboxdWatchlistMonitor:
        stop = stop or threading.Event()
        webs.append(WebClient("letterboxd", site.url, "test", stop, seconds=5))
        return LetterboxdWatchlistMonitor(
            username,
            webs[-1],
            tmp_path,
            request_interval=interval,
            check_interval=3600,
            stop=stop,
            now=lambda: NOW,
            jitter=lambda: 1.0,
        )

    yield build
    for web in webs:
        web._session.close()


def put_list(site: Site, count: int, generation: str = "4") -> None:
    """alice's list of `count` films, 28 a page."""
    pages = range(1, -(-count // 28) + 1)
    for number in pages:
        following = f"/alice/watchlist/page/{number + 1}/" if number < len(pages) else None
        shown = items(28 * number - 27, min(28 * number, count))
        path = PAGE_1 if number == 1 else f"/alice/watchlist/page/{number}/"
        site.put(path, watchlist(shown, generation=generation, total=count, next_href=following))


# --- readings that prove something


@pytest.mark.parametrize("generation", ["1a", "1b", "2", "3", "4"])
def test_a_list_over_three_pages_is_complete(site: Site, make: Make, generation: str) -> None:
    put_list(site, 57, generation)
    reading = make().read_watchlist()
    assert (reading.outcome, reading.proven, len(reading.films)) == (Outcome.COMPLETE, True, 57)
    assert reading.message == "The watchlist of alice was read in full: 57 films."
    assert site.asked == [PAGE_1, PAGE_2, PAGE_3]
    assert (reading.owner, reading.path, reading.promised, reading.read_at) == ("alice", "watchlist", 57, NOW)


def test_a_proven_reading_is_kept_with_its_proof(site: Site, make: Make, tmp_path: Path) -> None:
    put_list(site, 29)
    (tmp_path / "watchlist.json").write_text('{"bob/watchlist": {"films": ["7"]}}')
    make().read_watchlist()
    kept = json.loads((tmp_path / "watchlist.json").read_text())
    assert kept["bob/watchlist"] == {"films": ["7"]}
    assert kept["alice/watchlist"]["films"][:2] == ["1001", "1002"]
    assert kept["alice/watchlist"]["proof"] == "29 of 29 films on 2 pages"
    assert kept["alice/watchlist"]["read_at"] == NOW


def test_an_empty_list_is_proven(site: Site, make: Make) -> None:
    site.put(PAGE_1, watchlist([]))
    reading = make().read_watchlist()
    assert (reading.outcome, reading.proven, reading.films) == (Outcome.EMPTY, True, ())
    assert "The watchlist of alice is empty" in reading.message


def test_the_name_of_the_member_has_no_case(site: Site, make: Make, tmp_path: Path) -> None:
    put_list(site, 3)
    reading = make("Alice").read_watchlist()
    assert (reading.outcome, reading.owner) == (Outcome.COMPLETE, "alice")
    assert "alice/watchlist" in json.loads((tmp_path / "watchlist.json").read_text())


def test_a_film_shown_twice_counts_once(site: Site, make: Make) -> None:
    again = [Item("Film 1 (1951)", "film-1-renamed", 1001, "l1")]
    site.put(PAGE_1, watchlist(items(1, 2) + again, total=2))
    assert make().read_watchlist().outcome is Outcome.COMPLETE


def test_a_list_that_shifts_is_read_once_more(site: Site, make: Make) -> None:
    first, second = items(1, 28), items(29, 30)
    new = Item("New (2026)", "new", 5000)
    site.put(
        PAGE_1,
        watchlist(first, total=30, next_href=PAGE_2),
        watchlist([new, *first[:-1]], total=31, next_href=PAGE_2),
    )
    site.put(PAGE_2, watchlist([first[-1], *second], total=31))
    reading = make().read_watchlist()
    assert (reading.outcome, len(reading.films)) == (Outcome.COMPLETE, 31)
    assert site.asked == [PAGE_1, PAGE_2] * 2


def test_a_list_that_keeps_shifting_is_partial(site: Site, make: Make) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=30, next_href=PAGE_2))
    site.put(PAGE_2, watchlist(items(28, 29), total=30))
    reading = make().read_watchlist()
    assert (reading.outcome, len(reading.films)) == (Outcome.PARTIAL, 29)
    assert len(site.asked) == 4


def test_two_passes_together_prove_nothing(site: Site, make: Make, tmp_path: Path) -> None:
    site.put(
        PAGE_1,
        watchlist(items(1, 2), total=3, next_href=PAGE_2),
        watchlist(items(2, 3), total=3, next_href=PAGE_2),
    )
    site.put(PAGE_2, watchlist(items(2, 2), total=3))
    reading = make().read_watchlist()
    assert (reading.outcome, len(reading.films)) == (Outcome.PARTIAL, 3)
    assert not (tmp_path / "watchlist.json").exists()


@pytest.mark.parametrize("gone", [Reply(404, MISSING), Reply(403, "<h1>403 Forbidden</h1>")])
def test_a_last_page_that_vanished_leads_to_another_pass(site: Site, make: Make, gone: Reply) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=29, next_href=PAGE_2), watchlist(items(1, 28)))
    site.put(PAGE_2, gone)
    assert make().read_watchlist().outcome is Outcome.COMPLETE


def test_a_later_page_that_stays_refused_is_blocked(site: Site, make: Make) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=57, next_href=PAGE_2))
    site.put(PAGE_2, Reply(403, "<h1>403 Forbidden</h1>"))
    assert make().read_watchlist().outcome is Outcome.BLOCKED
    assert site.asked == [PAGE_1, PAGE_2] * 2


def test_a_challenge_on_a_later_page_ends_the_reading_at_once(site: Site, make: Make) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=57, next_href=PAGE_2))
    site.put(PAGE_2, Reply(403, CHALLENGE))
    assert make().read_watchlist().outcome is Outcome.BLOCKED
    assert site.asked == [PAGE_1, PAGE_2]


# --- readings that prove nothing


def test_a_short_list_is_partial_and_its_films_count(site: Site, make: Make, tmp_path: Path) -> None:
    site.put(PAGE_1, watchlist(items(1, 2), total=3, extra='<li class="griditem"><i></i></li>'))
    reading = make().read_watchlist()
    assert (reading.outcome, reading.proven, len(reading.films)) == (Outcome.PARTIAL, False, 2)
    assert "read in part: 2 of 3 films. Places that could not be understood: 1." in reading.message
    assert "read_at" not in json.loads((tmp_path / "watchlist.json").read_text())["alice/watchlist"]


def test_a_list_of_unknown_length_is_partial(site: Site, make: Make) -> None:
    page = watchlist(items(1, 2)).replace("data-num-entries", "data-other").replace("js-watchlist-count", "")
    site.put(PAGE_1, page)
    reading = make().read_watchlist()
    assert (reading.outcome, len(reading.films)) == (Outcome.PARTIAL, 2)
    assert "2 films of an unknown number" in reading.message


def test_a_private_list_tells_how_to_open_it(site: Site, make: Make) -> None:
    site.put(PAGE_1, Reply(403, PRIVATE))
    reading = make().read_watchlist()
    assert (reading.outcome, reading.error) == (Outcome.PRIVATE, None)
    assert "alice is private: make it public in the settings" in reading.message


def test_an_unknown_member_tells_which_key_to_check(site: Site, make: Make) -> None:
    reading = make("nobody").read_watchlist()
    assert (reading.outcome, reading.error) == (Outcome.NO_SUCH_USER, None)
    assert reading.message.startswith("Letterboxd has no member 'nobody': check `username`")


@pytest.mark.parametrize("status", [200, 403, 429, 503])
def test_a_challenge_is_blocked_and_not_evaded(site: Site, make: Make, status: int) -> None:
    site.put(PAGE_1, Reply(status, CHALLENGE))
    reading = make().read_watchlist()
    assert reading.outcome is Outcome.BLOCKED
    assert isinstance(reading.error, Blocked)
    assert f"refused us (HTTP {status}); Movie Sync does not evade it" in reading.message
    assert "your own export" in reading.message
    assert site.asked == [PAGE_1]


def test_a_refusal_by_something_else_is_blocked(site: Site, make: Make) -> None:
    site.put(PAGE_1, Reply(403, "<html><body>Forbidden</body></html>"))
    assert make().read_watchlist().outcome is Outcome.BLOCKED


@pytest.mark.parametrize("status", [426, 429])
def test_a_rate_limit_carries_its_pause(site: Site, make: Make, status: int) -> None:
    site.put(PAGE_1, Reply(status, "", {"Retry-After": "120"}))
    reading = make().read_watchlist()
    assert reading.outcome is Outcome.RATE_LIMITED
    assert isinstance(reading.error, RateLimited)
    assert reading.error.retry_at == NOW + 120
    assert reading.message.startswith(
        f"Rate limit reached: Letterboxd asks for fewer requests (HTTP {status})"
    )


def test_a_failing_server_is_unavailable(site: Site, make: Make) -> None:
    site.put(PAGE_1, Reply(502, "bad gateway"))
    reading = make().read_watchlist()
    assert reading.outcome is Outcome.UNAVAILABLE
    assert isinstance(reading.error, ServiceUnavailable)
    assert "(HTTP 502). It is asked again by itself" in reading.message


def test_no_server_is_unavailable(site: Site, make: Make) -> None:
    monitor = make()
    monitor._web.base_url = "http://127.0.0.1:1"
    monitor._web._origin = "http://127.0.0.1:1"
    reading = monitor.read_watchlist()
    assert reading.outcome is Outcome.UNAVAILABLE
    assert "connection refused" in reading.message


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (SIGN_IN, "it is no watchlist (its title is “Sign in • Letterboxd”)"),
        (MISSING, "it is no watchlist"),
        (watchlist(items(1, 3), owner="bob"), "it is the watchlist of bob, not of alice"),
        (watchlist([]).replace(' data-owner="alice"', ""), "it does not say whose watchlist it is"),
        (watchlist([], total=57), "it promises 57 films and shows none that can be read"),
        (
            watchlist([]).replace("data-num-entries", "x").replace("js-watchlist-count", ""),
            "it shows no film that can be read, and does not say how many there are",
        ),
    ],
)
def test_a_page_that_is_not_the_list_is_kept_for_a_look(
    site: Site, make: Make, tmp_path: Path, page: str, reason: str
) -> None:
    site.put(PAGE_1, page)
    reading = make().read_watchlist()
    kept = tmp_path / "logs" / "letterboxd-page.html"
    assert (reading.outcome, reading.films, reading.error) == (Outcome.PAGE_CHANGED, (), None)
    assert reason in reading.message
    assert str(kept) in reading.message
    assert kept.read_text() == page
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("host", ["https://letterboxd.com", "http://www.letterboxd.com"])
def test_a_next_link_with_letterboxds_own_host_is_followed_on_the_configured_one(
    site: Site, make: Make, host: str
) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=30, next_href=f"{host}{PAGE_2}"))
    site.put(PAGE_2, watchlist(items(29, 30), total=30))
    assert make().read_watchlist().outcome is Outcome.COMPLETE
    assert site.asked == [PAGE_1, PAGE_2]


def test_a_list_that_leads_to_another_members_may_belong_to_a_renamed_account(
    site: Site, make: Make, tmp_path: Path
) -> None:
    site.put(PAGE_1, Reply(301, "", {"Location": "/bob/watchlist/"}))
    reading = make().read_watchlist()
    assert reading.outcome is Outcome.PAGE_CHANGED
    assert "to that of bob" in reading.message
    assert "If the account was renamed, set `username` to bob in config.json." in reading.message
    assert not (tmp_path / "logs").exists()


def test_a_list_that_leads_to_a_login_is_private(site: Site, make: Make) -> None:
    site.put(PAGE_1, Reply(302, "", {"Location": "/sign-in/?to=/alice/watchlist/"}))
    reading = make().read_watchlist()
    assert reading.outcome is Outcome.PRIVATE
    assert reading.message.startswith(
        "Letterboxd asks for a login. The watchlist of alice is private: make it"
    )


@pytest.mark.parametrize(
    "href",
    [
        "/bob/watchlist/page/2/",
        "/alice/watchlist/by/added/page/2/",
        "https://e.example/alice/watchlist/page/2/",
    ],
)
def test_a_next_link_to_elsewhere_is_not_followed(site: Site, make: Make, href: str) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=57, next_href=href))
    reading = make().read_watchlist()
    assert (reading.outcome, len(reading.films)) == (Outcome.PAGE_CHANGED, 28)
    assert f"it names '{href}' as its next page" in reading.message
    assert site.asked == [PAGE_1]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(503, CHALLENGE), Outcome.BLOCKED),
        (Reply(429), Outcome.RATE_LIMITED),
        (Reply(500), Outcome.UNAVAILABLE),
        (Reply(200, SIGN_IN), Outcome.PAGE_CHANGED),
        (Reply(200, watchlist([], total=57)), Outcome.PAGE_CHANGED),
        (Reply(404, MISSING), Outcome.PARTIAL),
        (Reply(403, PRIVATE), Outcome.PARTIAL),
    ],
)
def test_films_seen_before_a_later_page_failed_are_kept(
    site: Site, make: Make, reply: Reply, outcome: Outcome
) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=57, next_href=PAGE_2))
    site.put(PAGE_2, reply)
    reading = make().read_watchlist()
    assert (reading.outcome, len(reading.films)) == (outcome, 28)
    assert "28 films" in reading.message or "28 of 57 films" in reading.message


def test_pages_in_a_circle_end(site: Site, make: Make) -> None:
    site.put(PAGE_1, watchlist(items(1, 28), total=57, next_href=PAGE_2))
    site.put(PAGE_2, watchlist(items(29, 56), total=57, next_href=PAGE_2))
    assert make().read_watchlist().outcome is Outcome.PARTIAL
    assert site.asked == [PAGE_1, PAGE_2]


def test_pages_without_end_are_cut_off(site: Site, make: Make) -> None:
    for number in range(1, 20):
        path = PAGE_1 if number == 1 else f"/alice/watchlist/page/{number}/"
        following = f"/alice/watchlist/page/{number + 1}/"
        site.put(path, watchlist(items(28 * number, 28 * number + 27), total=57, next_href=following))
    assert make().read_watchlist().outcome is Outcome.PARTIAL
    assert len(site.asked) == 4


def test_a_broken_watchlist_file_stops_the_run(site: Site, make: Make, tmp_path: Path) -> None:
    put_list(site, 1)
    (tmp_path / "watchlist.json").write_text("[")
    with pytest.raises(StateError, match=r"watchlist\.json"):
        make().read_watchlist()


# --- the pages of films

LISTED = ListedFilm("Unbelievable", 2019, "557494", "mHg2", "unbelievable-2019")
FILM = "/film/unbelievable-2019/"


def test_a_film_page_is_fetched_once_and_kept_over_runs(site: Site, make: Make, tmp_path: Path) -> None:
    site.put(FILM, film_page())
    monitor = make()
    assert monitor.known_facts(LISTED) is None
    facts = monitor.facts(LISTED)
    assert (facts.imdb_id, facts.fetched_at) == ("tt7909970", NOW)
    assert monitor.facts(LISTED) == make().facts(LISTED) == facts
    assert site.asked == [FILM]
    assert list(json.loads((tmp_path / "films.json").read_text())) == ["557494"]


@pytest.mark.parametrize(
    "mention",
    [
        ListedFilm("Renamed", None, "557494", None, "new-slug"),
        ListedFilm("Unbelievable", None, None, "mHg2", None),
        ListedFilm("Unbelievable", None, None, None, "unbelievable-2019"),
    ],
)
def test_known_facts_are_found_by_any_id(site: Site, make: Make, mention: ListedFilm) -> None:
    site.put(FILM, film_page())
    monitor = make()
    monitor.facts(LISTED)
    assert monitor.known_facts(mention) is not None


def test_a_film_added_by_its_imdb_id_is_found_through_letterboxds_redirect(site: Site, make: Make) -> None:
    site.put("/imdb/tt7909970/", Reply(302, "", {"Location": FILM}))
    site.put(FILM, film_page())
    facts = make().facts(ListedFilm("tt7909970", imdb_id="tt7909970"))
    assert (facts.title, facts.year, facts.imdb_id) == ("Unbelievable", 2019, "tt7909970")
    assert facts.slug == "unbelievable-2019"


@pytest.mark.parametrize("reply", [Reply(403, "forbidden by cloudflare"), Reply(404, "no such page")])
def test_an_imdb_id_without_a_page_is_the_films_own_failure_and_rests_nothing(
    site: Site, make: Make, reply: Reply
) -> None:
    site.put("/imdb/tt7909970/", reply)
    with pytest.raises(FilmFault, match="no page /imdb/tt7909970/"):
        make().facts(ListedFilm("tt7909970", imdb_id="tt7909970"))


def test_a_slug_that_passed_on_to_another_film_is_no_match(site: Site, make: Make) -> None:
    site.put(FILM, film_page())
    monitor = make()
    monitor.facts(LISTED)
    heir = ListedFilm("Other", None, "1", None, "unbelievable-2019")
    assert monitor.known_facts(heir) is None
    with pytest.raises(FilmFault, match="page of another film, Unbelievable"):
        monitor.facts(heir)


def test_facts_written_by_another_process_are_seen(site: Site, make: Make, tmp_path: Path) -> None:
    monitor = make()
    assert monitor.known_facts(LISTED) is None
    (tmp_path / "films.json").write_text('{"557494": {"title": "By hand", "film_id": "557494"}}')
    known = monitor.known_facts(LISTED)
    assert known is not None
    assert known.title == "By hand"


def test_a_film_page_may_move_to_another_slug(site: Site, make: Make) -> None:
    site.put("/film/old/", Reply(301, "", {"Location": FILM}))
    site.put(FILM, film_page())
    facts = make().facts(ListedFilm("Unbelievable", slug="old"))
    assert facts.slug == "unbelievable-2019"


@pytest.mark.parametrize(
    ("reply", "error", "text"),
    [
        (Reply(404, MISSING), FilmFault, "no page /film/unbelievable-2019/"),
        (Reply(403, PRIVATE), FilmFault, "no page /film/unbelievable-2019/"),
        (Reply(200, SIGN_IN), FilmFault, "not the page of a film"),
        (Reply(403, CHALLENGE), Blocked, "does not evade"),
        (Reply(200, CHALLENGE), Blocked, "does not evade"),
        (Reply(429), RateLimited, "Rate limit reached"),
        (Reply(500), ServiceUnavailable, "HTTP 500"),
    ],
)
def test_each_failure_of_a_film_page_has_its_name(
    site: Site, make: Make, tmp_path: Path, reply: Reply, error: type[Exception], text: str
) -> None:
    site.put(FILM, reply)
    with pytest.raises(error, match=text):
        make().facts(LISTED)
    assert not (tmp_path / "films.json").exists()


def test_a_film_without_an_address_is_its_own_fault(make: Make) -> None:
    with pytest.raises(FilmFault, match="address of its Letterboxd page is not known"):
        make().facts(ListedFilm("Export only", lid="ab"))


# --- pace and stop


def test_requests_keep_their_distance(site: Site, make: Make) -> None:
    put_list(site, 57)
    stop = Stop()
    make(interval=4.0, stop=stop).read_watchlist()
    assert stop.waits == [0.0, 5.0, 5.0]


def test_a_stop_interrupts_before_the_next_request(site: Site, make: Make) -> None:
    put_list(site, 57)
    stop = threading.Event()
    monitor = make(interval=3600, stop=stop)
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(Interrupted):
        monitor.read_watchlist()
    assert site.asked == [PAGE_1]
