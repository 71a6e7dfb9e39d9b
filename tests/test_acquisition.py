"""One film's attempt: every step can be repeated, and a crash between any two of them doubles nothing."""

import contextlib
from pathlib import Path

import pytest
from bench import GONE, HUGE, Bench, FakeTracker, found, make_torrent
from support import NOON, Clock, full_disk

from acquisition import Acquisition, AlreadyThere, HandedOver, Overtaken
from download_service import NoRelease
from errors import FilmFault, NoSpace, PlaceUnavailable, ServiceUnavailable, StateWriteError
from movie import ChosenRelease, Movie
from queue_files import PENDING
from torrent_file import TorrentFile
from torrent_store import keep_torrent

HOUR = 3600
OLD = ChosenRelease(name="Alien.1999.720p", tracker="filelist", id="3", chosen_at=NOON)


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


@pytest.fixture
def acquisition(bench: Bench) -> Acquisition:
    return bench.acquisition


def crashed_after_choosing(bench: Bench) -> tuple[Movie, TorrentFile]:
    """A claimed film whose release was chosen and kept by a run that ended before qBittorrent was asked."""
    bench.want("Alien")
    torrent = make_torrent("Alien.1999.720p")
    keep_torrent(bench.folder, torrent)
    return bench.claim(torrent_hash=torrent.info_hash, release=OLD), torrent


def put_on_disk(bench: Bench, name: str) -> None:
    (bench.downloads / name).mkdir()
    (bench.downloads / name / "film.mkv").write_bytes(b"film")


# --- the way through


def test_a_found_release_is_handed_over(bench: Bench, acquisition: Acquisition) -> None:
    bench.want("Alien")
    torrent = bench.offer("Alien")
    outcome = acquisition.attempt(bench.claim())
    assert isinstance(outcome, HandedOver)
    assert (outcome.torrent_hash, outcome.handed.owned, outcome.handed.already_there) == (
        torrent.info_hash,
        True,
        False,
    )
    assert outcome.release is not None
    assert list(bench.qbittorrent.statuses) == [torrent.info_hash]


def test_the_choice_is_on_the_disk_before_qbittorrent_is_asked_to_take_it(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("Alien")
    torrent = bench.offer("Alien")
    bench.qbittorrent.refuse = GONE
    with pytest.raises(ServiceUnavailable):
        acquisition.attempt(bench.claim())
    written = Bench(bench.folder.parent, bench.clock).film("Alien")
    assert (written.status, written.torrent_hash) == (PENDING, torrent.info_hash)
    assert written.release is not None


def test_a_choice_that_cannot_be_written_is_not_handed_over(bench: Bench, acquisition: Acquisition) -> None:
    bench.want("Alien")
    bench.place.check()
    movie = bench.claim()
    bench.offer("Alien")
    with contextlib.ExitStack() as disk:
        bench.tracker.during_search = lambda: disk.enter_context(full_disk())
        with pytest.raises(StateWriteError):
            acquisition.attempt(movie)
    assert bench.tracker.asked == ["Alien"]
    assert "add" not in bench.qbittorrent.asked


def test_nothing_found_is_a_result(bench: Bench, acquisition: Acquisition) -> None:
    bench.want("Alien")
    assert acquisition.attempt(bench.claim()) == NoRelease("No torrents found")


def test_answers_are_noted_as_successes_of_both_services(bench: Bench, acquisition: Acquisition) -> None:
    for service in ("filelist", "qbittorrent"):
        bench.services.failed(ServiceUnavailable(service, "away"))
    bench.want("Alien")
    acquisition.attempt(bench.claim())
    for service in ("filelist", "qbittorrent"):
        assert bench.services.failed(ServiceUnavailable(service, "away")) is None


# --- resuming


def test_a_kept_choice_is_handed_over_again_without_a_search(bench: Bench, acquisition: Acquisition) -> None:
    movie, torrent = crashed_after_choosing(bench)
    bench.offer("Alien")
    bench.clock.time += 23 * HOUR
    outcome = acquisition.attempt(movie)
    assert isinstance(outcome, HandedOver)
    assert (outcome.torrent_hash, outcome.release, outcome.handed.owned) == (torrent.info_hash, OLD, True)
    assert bench.tracker.asked == []


def test_a_choice_of_yesterday_is_not_handed_over_any_more(bench: Bench, acquisition: Acquisition) -> None:
    movie, _ = crashed_after_choosing(bench)
    better = bench.offer("Alien")
    bench.clock.time += 24 * HOUR
    outcome = acquisition.attempt(movie)
    assert isinstance(outcome, HandedOver)
    assert outcome.torrent_hash == better.info_hash
    assert bench.tracker.asked == ["Alien"]
    assert list(bench.qbittorrent.statuses) == [better.info_hash]


def test_a_choice_whose_torrent_was_lost_leads_to_a_new_search(
    bench: Bench, acquisition: Acquisition
) -> None:
    movie, torrent = crashed_after_choosing(bench)
    (bench.folder / "torrents" / f"{torrent.info_hash}.torrent").unlink()
    better = bench.offer("Alien")
    outcome = acquisition.attempt(movie)
    assert isinstance(outcome, HandedOver)
    assert outcome.torrent_hash == better.info_hash


@pytest.mark.parametrize(("tags", "owned"), [(["movie_sync"], True), (["mine"], False), ([], False)])
@pytest.mark.parametrize("hours", [0, 100])
def test_a_torrent_that_qbittorrent_has_already_is_a_hand_over_and_ours_only_by_our_tag(
    bench: Bench, acquisition: Acquisition, tags: list[str], owned: bool, hours: int
) -> None:
    movie, torrent = crashed_after_choosing(bench)
    bench.qbittorrent.put(torrent, *tags, name="renamed by somebody")
    bench.clock.time += hours * HOUR
    outcome = acquisition.attempt(movie)
    assert isinstance(outcome, HandedOver)
    assert (outcome.torrent_hash, outcome.release) == (torrent.info_hash, OLD)
    assert (outcome.handed.owned, outcome.handed.already_there) == (owned, True)
    assert "add" not in bench.qbittorrent.asked
    assert bench.tracker.asked == []


def test_without_qbittorrent_a_kept_choice_is_saved_again(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, qbittorrent=False)
    movie, torrent = crashed_after_choosing(bench)
    outcome = bench.acquisition.attempt(movie)
    assert isinstance(outcome, HandedOver)
    assert [path.read_bytes() for path in bench.downloads.glob("*.torrent")] == [torrent.data]
    assert bench.tracker.asked == []


def test_a_torrent_that_was_refused_is_not_handed_over_a_second_time(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("Alien")
    bench.offer("Alien")
    bench.qbittorrent.refuse = FilmFault("qBittorrent refused the torrent.")
    with pytest.raises(FilmFault):
        acquisition.attempt(bench.claim())
    assert (bench.film("Alien").torrent_hash, bench.film("Alien").release) == (None, None)
    bench.qbittorrent.refuse = None
    acquisition.attempt(bench.film("Alien"))
    assert bench.tracker.asked == ["Alien", "Alien"]


def test_the_users_own_torrent_of_the_same_bytes_stays_the_users(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("Alien")
    bench.qbittorrent.put(bench.offer("Alien"), name="renamed by somebody", content_path="/films/renamed")
    outcome = acquisition.attempt(bench.claim())
    assert isinstance(outcome, HandedOver)
    assert (outcome.handed.owned, outcome.handed.already_there) == (False, True)


# --- overtaken


def test_a_film_that_is_not_pending_any_more_is_let_go_before_anybody_is_asked(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("Alien")
    movie = bench.claim()
    other = Bench(bench.folder.parent, bench.clock)
    other.queue.add_to_completed(other.film("Alien"))
    assert acquisition.attempt(movie) == Overtaken()
    assert (bench.tracker.asked, bench.qbittorrent.asked) == ([], [])


def test_a_film_overtaken_during_the_search_is_not_handed_over(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("Alien")
    movie = bench.claim()
    other = Bench(bench.folder.parent, bench.clock)

    bench.offer("Alien")
    bench.tracker.during_search = lambda: other.queue.add_to_completed(other.film("Alien"))
    assert acquisition.attempt(movie) == Overtaken()
    assert "add" not in bench.qbittorrent.asked
    assert bench.film("Alien").torrent_hash is None


# --- already there


def test_a_film_on_the_disk_is_not_searched_for(bench: Bench, acquisition: Acquisition) -> None:
    put_on_disk(bench, "Alien (1999)")
    bench.want("Alien")
    outcome = acquisition.attempt(bench.claim())
    assert outcome == AlreadyThere(str(bench.downloads / "Alien (1999)"))
    assert bench.tracker.asked == []


@pytest.mark.parametrize(("tags", "owned"), [(["movie_sync", "more"], True), ([], False)])
def test_a_film_that_is_a_torrent_already_is_ours_only_by_our_tag(
    bench: Bench, acquisition: Acquisition, tags: list[str], owned: bool
) -> None:
    torrent = make_torrent("Alien.1999.2160p.REMUX")
    bench.qbittorrent.put(torrent, *tags)
    bench.want("Alien")
    outcome = acquisition.attempt(bench.claim())
    assert isinstance(outcome, AlreadyThere)
    assert (outcome.torrent_hash, outcome.owned) == (torrent.info_hash, owned)
    assert outcome.where == f"qBittorrent: {torrent.name}"


def test_of_two_wanted_namesakes_no_name_proves_either(bench: Bench, acquisition: Acquisition) -> None:
    put_on_disk(bench, "Alien (1999)")
    bench.qbittorrent.put(make_torrent("Alien.1999.2160p.REMUX"))
    for number in ("1", "2"):
        bench.queue.add_to_pending(Movie(title="Alien", year=1999, film_id=number))
    outcome = acquisition.attempt(bench.claim())
    assert outcome == NoRelease("No torrents found")
    assert bench.tracker.name_proved == [False]


def test_an_imdb_id_in_a_name_proves_a_namesake_too(bench: Bench, acquisition: Acquisition) -> None:
    put_on_disk(bench, "Alien (1999) {imdb-tt0000001}")
    for number in ("1", "2"):
        film = Movie(title="Alien", year=1999, film_id=number, imdb_id=f"tt000000{number}")
        bench.queue.add_to_pending(film)
    first, second = (bench.queue.get_next_pending() for _ in range(2))
    assert first is not None
    assert second is not None
    assert isinstance(acquisition.attempt(first), AlreadyThere)
    assert isinstance(acquisition.attempt(second), NoRelease)


def test_all_torrents_are_listed_once_for_films_that_follow_each_other(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("One", "Two", "Three")
    for movie in bench.queue.films(PENDING):
        acquisition.attempt(movie)
    assert bench.qbittorrent.asked.count("torrents") == 1
    bench.clock.time += 31
    acquisition.attempt(bench.film("One"))
    assert bench.qbittorrent.asked.count("torrents") == 2


def test_a_clock_that_was_set_back_does_not_keep_an_old_list_of_torrents(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("One")
    acquisition.attempt(bench.film("One"))
    bench.clock.time -= HOUR
    acquisition.attempt(bench.film("One"))
    assert bench.qbittorrent.asked.count("torrents") == 2


def test_where_only_qbittorrent_sees_the_directory_only_it_is_asked(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    bench.want("Alien")
    bench.offer("Alien", size=HUGE)
    bench.qbittorrent.free = 2 * HUGE
    assert isinstance(bench.acquisition.attempt(bench.claim()), HandedOver)


def test_a_qbittorrent_elsewhere_says_itself_how_much_room_there_is(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    bench.want("Alien")
    bench.offer("Alien", size=HUGE)
    with pytest.raises(NoSpace, match="where qBittorrent saves"):
        bench.acquisition.attempt(bench.claim())


# --- no place, no room


def test_a_missing_place_is_said_before_anybody_is_asked(bench: Bench, acquisition: Acquisition) -> None:
    bench.want("Alien")
    bench.downloads.rmdir()
    with pytest.raises(PlaceUnavailable):
        acquisition.attempt(bench.claim())
    assert (bench.tracker.asked, bench.qbittorrent.asked) == ([], [])


def test_a_release_without_room_is_kept_as_the_choice_and_not_handed_over(
    bench: Bench, acquisition: Acquisition
) -> None:
    bench.want("Epic")
    torrent = bench.offer("Epic", size=HUGE)
    for _ in range(2):
        with pytest.raises(NoSpace):
            acquisition.attempt(bench.film("Epic"))
    assert bench.film("Epic").torrent_hash == torrent.info_hash
    assert bench.tracker.asked == ["Epic"]
    assert "add" not in bench.qbittorrent.asked


@pytest.fixture
def short_of_room(tmp_path: Path, clock: Clock) -> Bench:
    """qBittorrent is on another machine and short of room for the film that is wanted."""
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    bench.want("Epic")
    bench.offer("Epic", size=HUGE)
    with pytest.raises(NoSpace):
        bench.acquisition.attempt(bench.film("Epic"))
    return bench


def test_a_choice_is_kept_until_it_fits_however_old_and_over_restarts(short_of_room: Bench) -> None:
    short_of_room.clock.time += 50 * HOUR
    again = Bench(short_of_room.folder.parent, short_of_room.clock, elsewhere=True)
    again.downloads.rmdir()
    with pytest.raises(NoSpace):
        again.acquisition.attempt(again.film("Epic"))
    again.qbittorrent.free = 2 * HUGE
    again.clock.time += 60
    outcome = again.acquisition.attempt(again.film("Epic"))
    assert isinstance(outcome, HandedOver)
    assert outcome.release is not None
    assert not outcome.release.waits_for_room
    assert again.tracker.asked == []


def test_a_choice_that_somebody_added_meanwhile_needs_no_room(short_of_room: Bench) -> None:
    torrent = short_of_room.offer("Epic", size=HUGE)
    short_of_room.qbittorrent.put(torrent, "mine", state="stoppedDL")
    short_of_room.clock.time += 60
    outcome = short_of_room.acquisition.attempt(short_of_room.film("Epic"))
    assert isinstance(outcome, HandedOver)
    assert (outcome.handed.owned, outcome.handed.already_there) == (False, True)


def test_a_found_release_that_is_there_under_another_name_needs_no_room(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, elsewhere=True)
    bench.downloads.rmdir()
    bench.want("Epic")
    torrent = bench.offer("Epic", size=HUGE)
    bench.qbittorrent.put(torrent, name="renamed", content_path="/films/renamed", state="stoppedDL")
    assert isinstance(bench.acquisition.attempt(bench.claim()), HandedOver)


def test_a_small_torrent_file_needs_no_room_for_its_film(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, qbittorrent=False)
    bench.want("Epic")
    bench.offer("Epic", size=HUGE)
    assert isinstance(bench.acquisition.attempt(bench.claim()), HandedOver)


# --- several trackers


def test_trackers_are_asked_in_turn_and_the_last_no_stands(bench: Bench) -> None:
    second = FakeTracker(bench.folder)
    second.name = "other"
    second.answers["Alien"] = found("Alien.1999", bench.clock)
    bench.trackers.append(second)
    acquisition = bench.acquisition
    bench.want("Alien", "Brazil")
    assert isinstance(acquisition.attempt(bench.film("Alien")), HandedOver)
    assert isinstance(acquisition.attempt(bench.film("Brazil")), NoRelease)
    assert bench.tracker.asked == second.asked == ["Alien", "Brazil"]
