"""Each refusal has its sentence, loses nothing and costs no film a try."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from run_program import run_main

from demo.films import FILMS
from demo.private_qbittorrent import PrivateQBittorrent
from demo.world import World

pytestmark = pytest.mark.e2e

FILM, OTHER = FILMS[0], FILMS[3]
NAME = "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One film on the list and its release on the tracker; `.torrent`s are saved."""
    with World(tmp_path, films=(FILM,)) as world:
        world.filelist.add_torrent(FILM, NAME)
        yield world


def untouched(world: World) -> bool:
    """No film failed, and what was wanted is still pending."""
    return world.queue("failed") == [] and [e["title"] for e in world.queue("pending")] in ([FILM.title], [])


def test_nothing_configured_and_no_terminal_names_all_that_is_missing(world: World) -> None:
    env = world.env(
        MOVIE_SYNC_USERNAME=None, MOVIE_SYNC_FILELIST_USERNAME=None, MOVIE_SYNC_FILELIST_PASSKEY=None
    )
    run = run_main(env)
    assert run.code == 2
    for word in ("username", "MOVIE_SYNC_USERNAME", "MOVIE_SYNC_FILELIST_PASSKEY", "python main.py --config"):
        assert word in run.out
    assert "Traceback" not in run.out + run.err


Arrange = Callable[[World], object]

LETTERBOXD: list[tuple[Arrange, str]] = [
    (lambda world: world.letterboxd.delete_user(world.username), "no member"),
    (lambda world: world.letterboxd.set_state(world.username, "private"), "private"),
    (lambda world: world.letterboxd.challenge(403), "does not evade"),
    (lambda world: world.letterboxd.challenge(200), "does not evade"),
    (lambda world: world.letterboxd.rate_limit("120"), "Rate limit reached"),
    (lambda world: world.letterboxd.unavailable(), "503"),
    (lambda world: world.letterboxd.fail("watchlist", "reset"), "broke off"),
    (lambda world: world.letterboxd.fail("watchlist", "truncate"), "broke off"),
    (lambda world: world.letterboxd.fail("watchlist", "page"), "page"),
    (lambda world: world.letterboxd.fail("watchlist", "redirect"), "another host"),
]


@pytest.mark.parametrize(("arrange", "word"), LETTERBOXD)
def test_a_watchlist_that_proves_nothing_is_said_and_exits_with_one(
    world: World, arrange: Arrange, word: str
) -> None:
    arrange(world)
    run = run_main(world.env(), "--once")
    assert run.code == 1, run.out
    assert word.casefold() in run.out.casefold()
    assert run.err == ""
    assert untouched(world)


FILELIST: list[tuple[Arrange, str]] = [
    (lambda world: setattr(world.filelist, "passkey", "e" * 32), "Invalid credentials"),
    (
        lambda world: world.filelist.fail("api.php", 403, body='{"error": "Invalid passkey/username!"}'),
        "passkey",
    ),
    (lambda world: world.filelist.fail("api.php", 429), "Rate limit reached"),
    (lambda world: world.filelist.fail("api.php", 503), "out of service"),
    (lambda world: world.filelist.fail("api.php", "page"), "FileList"),
    (lambda world: world.filelist.fail("api.php", "reset"), "broke off"),
    (lambda world: world.filelist.fail("download.php", "page"), "in place of the torrent"),
]


@pytest.mark.parametrize(("arrange", "word"), FILELIST)
def test_trouble_with_the_tracker_costs_the_film_nothing(world: World, arrange: Arrange, word: str) -> None:
    env = world.env()
    arrange(world)
    run = run_main(env, "--once")
    assert run.code == 1, run.out
    assert word.casefold() in run.out.casefold()
    assert world.queue("failed") == []
    [entry] = world.queue("pending")
    assert entry.get("retry_count", 0) == 0
    assert "Left for a later run" in run.out
    assert FILM.title in run.out.split("Left for a later run")[1]


def test_refused_credentials_are_not_tried_again_by_the_next_run_until_they_change(world: World) -> None:
    good = world.env()
    bad = world.env(MOVIE_SYNC_FILELIST_PASSKEY="f" * 32)
    run_main(bad, "--once")
    asked = len(world.filelist.calls)
    again = run_main(bad, "--once")
    assert again.code == 1
    assert "Invalid credentials" in again.out
    assert len(world.filelist.calls) == asked == 1
    assert run_main(good, "--once").code == 0
    assert len(world.queue("completed")) == 1


def test_a_missing_download_directory_makes_films_wait_and_is_not_made(world: World) -> None:
    missing = world.root / "not mounted"
    run = run_main(world.env(MOVIE_SYNC_DOWNLOAD_DIRECTORY=str(missing)), "--once")
    assert run.code == 1
    assert f"Download directory {missing} is missing" in run.out
    assert not missing.exists()
    assert not world.filelist.calls
    assert [entry["title"] for entry in world.queue("pending")] == [FILM.title]


def test_a_directory_without_its_marker_is_an_unmounted_disk(world: World) -> None:
    run_main(world.env(), "--once")
    marker = world.downloads / ".movie_sync"
    marker.unlink()
    world.letterboxd.add(world.username, OTHER)
    run = run_main(world.env(), "--once")
    assert run.code == 1
    assert f"touch {marker}" in run.out
    assert [entry["title"] for entry in world.queue("pending")] == [OTHER.title]
    marker.touch()
    assert run_main(world.env(), "--once").code == 0


def test_a_film_that_always_fails_pays_only_once_others_got_through(world: World) -> None:
    """A page in place of its torrent, twice, while the tracker serves others, is the film's own failure."""
    world.letterboxd.add(world.username, OTHER)
    world.filelist.add_torrent(OTHER, "Nosferatu.1922.1080p.BluRay.x264-GRP")
    world.filelist.fail(r"download\.php.*id=700002", "page")
    run_main(world.env(), "--once")
    assert [entry["title"] for entry in world.queue("pending")] == [OTHER.title]
    run_main(world.env(), "--once")
    [entry] = world.queue("failed")
    assert (entry["title"], entry["retry_count"]) == (OTHER.title, 0)


def test_a_night_of_outage_leaves_every_film_as_it_was(world: World) -> None:
    world.letterboxd.add(world.username, OTHER)
    world.filelist.fail("api.php", 503)
    for _ in range(6):
        run_main(world.env(), "--once")
    assert world.queue("failed") == []
    assert {entry.get("retry_count", 0) for entry in world.queue("pending")} == {0}
    world.filelist.heal()
    run_main(world.env(), "--once")
    assert FILM.title in [entry["title"] for entry in world.queue("completed")]


def test_a_corrupt_queue_file_stops_the_run_and_is_kept_aside(world: World) -> None:
    world.home.mkdir()
    (world.home / "queue_completed.json").write_text('[{"title": "Half a')
    run = run_main(world.env(), "--once")
    assert run.code == 1
    assert "queue_completed.json" in run.out
    assert [path.read_text() for path in world.home.glob("queue_completed.json.corrupt-*")] == [
        '[{"title": "Half a'
    ]
    assert (world.home / "queue_completed.json").read_text() == '[{"title": "Half a'
    assert not world.filelist.calls


def test_configuration_problems_are_all_named_at_once(world: World) -> None:
    world.home.mkdir()
    (world.home / "config.json").write_text('{"chek_interval": 100, "max_retries": "five"}')
    run = run_main(world.env(MOVIE_SYNC_RETRY_INTERVALL="3"), "--once")
    assert run.code == 2
    for word in ("chek_interval", "check_interval", "max_retries", "MOVIE_SYNC_RETRY_INTERVALL"):
        assert word in run.out
    assert not world.letterboxd.requests


@pytest.mark.qbittorrent
class TestWithQBittorrent:
    """The same with a real one."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[World]:
        with World(tmp_path, films=(FILM,), qbittorrent=True) as world:
            world.filelist.add_torrent(FILM, NAME)
            yield world

    def qbittorrent(self, world: World) -> PrivateQBittorrent:
        assert world.qbittorrent is not None
        return world.qbittorrent

    def test_a_stopped_qbittorrent_is_named_and_nothing_is_searched(self, world: World) -> None:
        self.qbittorrent(world).stop()
        run = run_main(world.env(), "--once")
        assert run.code == 1
        assert "Could not connect to qBittorrent" in run.out
        assert not world.filelist.calls
        assert len(world.queue("pending")) == 1
        self.qbittorrent(world).start()
        assert run_main(world.env(), "--once").code == 0
        assert len(world.queue("completed")) == 1

    def test_a_wrong_password_is_tried_once_over_several_runs(self, world: World) -> None:
        bad = world.env(MOVIE_SYNC_QBITTORRENT_PASSWORD="wrong-password")
        runs = [run_main(bad, "--once") for _ in range(7)]
        assert {run.code for run in runs} == {1}
        assert all("Login failed" in run.out for run in runs)
        # Five wrong logins would have been a ban.
        assert run_main(world.env(), "--once").code == 0
        assert len(world.queue("completed")) == 1

    def test_the_users_own_torrent_stays_the_users(self, world: World) -> None:
        torrent = world.make(NAME)
        world.filelist.remove_torrent(700001)
        world.filelist.add_torrent(FILM, NAME, torrent=torrent)
        with self.qbittorrent(world).client() as client:
            client.torrents_add(
                torrent_files=torrent.data, save_path=str(world.root / "mine"), category="mine"
            )
            run = run_main(world.env(), "--once")
            [theirs] = client.torrents_info()
        assert run.code == 0, run.out
        assert (theirs.category, theirs.tags) == ("mine", "")
        [entry] = world.queue("completed")
        assert entry["owned"] is False
