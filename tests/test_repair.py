"""`--repair`: whatever was lost, no film is lost or fetched twice; a healthy folder is left alone."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench import GONE, HUGE, TAG, Bench, make_torrent
from queue_entries import left_as
from support import NOON, Clock, full_disk

import storage
from call_ledger import LIMIT, CallLedger
from errors import AuthError, FilmFault, RateLimited, StateError, StateWriteError
from film_store import FilmStore
from movie import ChosenRelease, FilmFacts, Movie, movie_to_mapping
from places import MARKER
from queue_files import COMPLETED, FAILED, FILE_NAMES, FORGOTTEN, PENDING, QUEUES, REMOVED
from queue_manager import QueueManager
from repair import repair
from services import Services
from torrent_file import TorrentFile
from torrent_store import keep_torrent

NAME = "Charade.1963.1080p.BluRay.x264-GRP"
CHARADE = Movie(title="Charade", year=1963, imdb_id="tt0056923", film_id="76923", lists=("me/watchlist",))
DETOUR = Movie(title="Detour", year=1945, imdb_id="tt0037638", film_id="67638", lists=("me/watchlist",))


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Bench:
    return Bench(tmp_path, clock)


def run(bench: Bench, **options: Any) -> int:
    """A repair, as a new process would do it; what it says goes to the bench's console."""
    client = options.pop("client", bench.client)
    return repair(bench.folder, client, bench.place, bench.library, bench.console.say, bench.clock, **options)


def afresh(bench: Bench) -> QueueManager:
    return QueueManager(bench.folder, max_retries=5, now=bench.clock)


def places(bench: Bench) -> dict[str, str]:
    """Each film's queue; fails if a film is in two."""
    queue = afresh(bench)
    found = [(movie.title, name) for name in QUEUES for movie in queue.films(name)]
    assert len(dict(found)) == len(found)
    return dict(found)


def the_film(bench: Bench, movie: Movie = CHARADE) -> Movie:
    found = afresh(bench).find(movie)
    assert found is not None
    return found


def content(folder: Path) -> dict[str, bytes]:
    """Every file's bytes, apart from locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith("lock")
    }


def handed_over(bench: Bench, movie: Movie = CHARADE, name: str = NAME, size: int = 2000) -> TorrentFile:
    """A film that was handed over and is complete, with its file in the download directory."""
    torrent = make_torrent(name, size)
    bench.place.check()
    keep_torrent(bench.folder, torrent)
    bench.qbittorrent.put(torrent, TAG, complete=True)
    bench.queue.add_to_pending(movie)
    bench.queue.note(movie, PENDING, "chosen", torrent_hash=torrent.info_hash)
    known = bench.queue.find(movie)
    assert known is not None
    bench.queue.add_to_completed(movie_with(known, owned=True))
    bench.queue.note(movie, COMPLETED, "downloaded", downloaded_at=NOON)
    (bench.downloads / f"{name}.mkv").write_bytes(b"x" * size)
    return torrent


def movie_with(movie: Movie, **fields: Any) -> dict[str, Any]:
    return {**movie_to_mapping(movie), **fields}


def lose(bench: Bench, *names: str) -> None:
    for name in names or [path.name for path in bench.folder.iterdir() if path.name != "daemon.lock"]:
        path = bench.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


QUEUE_FILES = tuple(FILE_NAMES.values())


# --- a healthy folder


def test_a_healthy_folder_is_left_as_it_is_to_the_byte(bench: Bench) -> None:
    handed_over(bench)
    bench.queue.add_to_failed(DETOUR, "No torrents found", NOON + 60)
    before = content(bench.folder)
    assert run(bench) == 0
    assert bench.said == ["✓ Nothing to repair"]
    assert content(bench.folder) == before


def test_a_folder_that_was_never_used_has_nothing_to_repair(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock)
    lose(bench)
    assert run(bench) == 0
    assert content(bench.folder) == {}


def test_what_was_repaired_needs_no_repair(bench: Bench) -> None:
    handed_over(bench)
    bench.queue.add_to_pending(DETOUR)
    left_as(bench.folder / "queue_completed.json", b"\0" * 900)
    left_as(bench.folder / "services.json", "[")
    left_as(bench.folder / "history.jsonl", (bench.folder / "history.jsonl").read_bytes() + b'{"torn')
    assert run(bench) == 0
    assert bench.said[-1] == "✓ Repaired."
    after = content(bench.folder)
    assert run(bench) == 0
    assert bench.said[-1] == "✓ Nothing to repair"
    assert content(bench.folder) == after


# --- files


def test_a_torn_queue_keeps_its_whole_entries_and_the_history_brings_back_the_others(bench: Bench) -> None:
    bench.queue.add_many_to_pending([CHARADE, DETOUR])
    path = bench.folder / "queue_pending.json"
    torn = path.read_bytes()[:-40]
    left_as(path, torn)
    assert run(bench) == 0
    assert places(bench) == {"Charade": PENDING, "Detour": PENDING}
    assert [copy.read_bytes() for copy in bench.folder.glob("queue_pending.json.corrupt-*")] == [torn]
    assert bench.said_of("entry 1 (Detour (1945), tt0037638): is not whole") == 1
    assert bench.said_of("Detour (1945) is back from the history: pending") == 1


def test_an_entry_that_nothing_else_knows_is_named_and_the_exit_code_says_so(bench: Bench) -> None:
    bench.queue.add_many_to_pending([CHARADE, DETOUR])
    lose(bench, "history.jsonl")
    path = bench.folder / "queue_pending.json"
    left_as(path, path.read_bytes()[:-40])
    assert run(bench) == 1
    assert places(bench) == {"Charade": PENDING}
    assert bench.said_of("❌ Detour (1945) [tt0037638] of queue_pending.json is lost") == 1
    assert run(bench) == 0


def test_a_wrong_key_costs_the_film_that_key_alone(bench: Bench) -> None:
    bench.queue.add_to_completed(movie_with(CHARADE, torrent_hash="a" * 40, note="mine"))
    path = bench.folder / "queue_completed.json"
    left_as(path, path.read_text().replace('"completed_at": 1800000000', '"completed_at": "yesterday"'))
    assert run(bench) == 0
    kept = the_film(bench)
    assert (kept.status, kept.torrent_hash, kept["note"]) == (COMPLETED, "a" * 40, "mine")
    assert bench.said_of("kept without `completed_at`") == 1


@pytest.mark.parametrize("damage", ["", "\0" * 100, "[", "{}", "null", '[{"title": 5}]'])
@pytest.mark.parametrize("queue", [PENDING, COMPLETED])
def test_a_queue_of_which_nothing_is_left_comes_back_from_the_history(
    bench: Bench, queue: str, damage: str
) -> None:
    bench.queue.add_to_pending(CHARADE)
    if queue == COMPLETED:
        bench.queue.add_to_completed(CHARADE)
    left_as(bench.folder / FILE_NAMES[queue], damage)
    run(bench)
    assert places(bench) == {"Charade": queue}


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_touched(bench: Bench) -> None:
    handed_over(bench)
    path = bench.folder / "queue_completed.json"
    path.rename(bench.folder / "elsewhere")
    path.mkdir()
    before = content(bench.folder)
    assert run(bench) == 1
    assert bench.said_of("queue_completed.json: cannot be read") == 1
    assert content(bench.folder) == before
    assert bench.qbittorrent.asked == []


def test_a_folder_of_a_newer_program_is_refused_untouched(bench: Bench) -> None:
    handed_over(bench)
    left_as(bench.folder / "queue_completed.json", "in a form of next year")
    left_as(bench.folder / "version.json", '{"state": 2}')
    before = content(bench.folder)
    with pytest.raises(StateError, match="Upgrade Movie Sync"):
        run(bench)
    assert content(bench.folder) == before


def test_a_broken_version_is_written_anew(bench: Bench) -> None:
    bench.queue.add_to_pending(CHARADE)
    left_as(bench.folder / "version.json", '{"state": "one"}')
    assert run(bench) == 0
    assert json.loads((bench.folder / "version.json").read_text()) == {"state": 1}
    assert places(bench) == {"Charade": PENDING}


def test_a_full_disk_leaves_everything_as_it_was(bench: Bench) -> None:
    bench.queue.add_many_to_pending([CHARADE, DETOUR])
    path = bench.folder / "queue_pending.json"
    left_as(path, path.read_bytes()[:-40])
    before = content(bench.folder)
    with full_disk(), pytest.raises(StateWriteError):
        run(bench)
    assert content(bench.folder) == before
    assert run(bench) == 0
    assert places(bench) == {"Charade": PENDING, "Detour": PENDING}


# --- the other files


@pytest.mark.parametrize("damage", ["", "{", '{"calls": 3}', "[1, 2, 3"])
def test_a_broken_ledger_admits_no_call_for_an_hour(bench: Bench, damage: str) -> None:
    bench.queue.add_to_pending(CHARADE)
    path = bench.folder / "filelist_calls.json"
    left_as(path, damage)
    assert run(bench) == 0
    ledger = CallLedger(path, now=bench.clock)
    assert ledger.used() == LIMIT
    with pytest.raises(RateLimited):
        ledger.book()
    bench.clock.time += 3601
    ledger.book()


def test_of_a_ledger_with_wrong_entries_none_counts_less(bench: Bench) -> None:
    path = bench.folder / "filelist_calls.json"
    storage.write_bytes(path, b'[%d, "%d", null]' % (NOON - 10, NOON - 5))
    assert run(bench) == 0
    assert json.loads(path.read_text()) == [NOON - 10, NOON, NOON]


def test_right_entries_of_films_services_and_lists_are_kept(bench: Bench) -> None:
    pages = FilmStore(bench.folder / "films.json")
    for title in ("Charade", "Detour"):
        pages.keep(FilmFacts(title=title, slug=title.lower()))
    bench.services.failed(AuthError("filelist", "no"))
    for name in ("films.json", "services.json"):
        left_as(bench.folder / name, (bench.folder / name).read_bytes()[:-12])
    left_as(bench.folder / "watchlist.json", '{"me/watchlist": {"films": ["1"]}, "you/watchlist": {')
    assert run(bench) == 0
    kept = json.loads((bench.folder / "films.json").read_text())
    assert [facts["title"] for facts in kept.values()] == ["Charade"]
    assert json.loads((bench.folder / "watchlist.json").read_text()) == {"me/watchlist": {"films": ["1"]}}
    Services(bench.folder, lambda service: "", bench.clock)
    assert bench.said_of("was broken") == 3


def test_a_broken_list_of_places_knows_the_directory_with_our_marker(bench: Bench) -> None:
    bench.place.check()
    left_as(bench.folder / "places.json", '["/mnt/old", "/mn')
    assert run(bench) == 0
    assert json.loads((bench.folder / "places.json").read_text()) == ["/mnt/old", str(bench.downloads)]
    (bench.downloads / MARKER).unlink()
    left_as(bench.folder / "places.json", "?")
    run(bench)
    assert bench.said_of("is mounted before you start") == 1


def test_a_broken_list_of_filled_directories_keeps_whole_paths(bench: Bench) -> None:
    left_as(bench.folder / "library.json", '["/mnt/films", "/mn')
    assert run(bench) == 0
    assert json.loads((bench.folder / "library.json").read_text()) == ["/mnt/films"]
    assert bench.said_of("make sure that their disks are mounted") == 1


def test_a_broken_journal_of_cleanup_forgets_that_it_may_act_by_itself(bench: Bench) -> None:
    left_as(bench.folder / "cleanup.json", '{"armed": true, "entr')
    assert run(bench) == 0
    assert json.loads((bench.folder / "cleanup.json").read_text()) == {}
    assert bench.said_of("nothing is cleaned up before you have seen a plan") == 1


def test_a_film_that_was_cleaned_up_does_not_come_back(bench: Bench) -> None:
    film = bench.queue.add_many_to_pending(
        [Movie(title="Old Film", year=2010, film_id="1", lists=("me/list",))]
    )[0]
    bench.queue.add_to_completed(film)
    [gone] = bench.queue.mark_removed([film], "me/list")
    assert bench.queue.let_go(gone)
    for name in ("completed", "removed", "pending"):
        (bench.folder / f"queue_{name}.json").unlink(missing_ok=True)
    assert run(bench) == 0
    assert bench.queue.everything() == []


def test_a_broken_account_of_a_search_and_a_broken_torrent_are_moved_aside(bench: Bench) -> None:
    storage.write_bytes(bench.folder / "searches" / "tt1.json", b"[")
    storage.write_bytes(bench.folder / "torrents" / f"{'a' * 40}.torrent", b"<html>")
    assert run(bench) == 0
    for place in ("searches", "torrents"):
        [left] = (bench.folder / place).iterdir()
        assert ".corrupt-" in left.name


def test_configuration_and_credentials_are_not_touched(bench: Bench) -> None:
    broken = dict.fromkeys(("config.json", "filelist_config.json", "credentials.enc", ".key"), b"?")
    bench.folder.mkdir(exist_ok=True)
    for name, data in broken.items():
        left_as(bench.folder / name, data)
    assert run(bench) == 0
    assert content(bench.folder) == broken


# --- the history


def test_lost_queues_come_back_from_the_history_alone(bench: Bench) -> None:
    torrent = handed_over(bench)
    bench.queue.add_to_failed(DETOUR, "No torrents found", NOON + 60)
    bench.queue.add_to_failed(DETOUR, "No torrents found", NOON + 60)
    bench.queue.add_to_pending({"title": "Häxan", "year": 1922, "slug": "haxan", "lists": ["manual"]})
    bench.queue.forget(bench.queue.films(PENDING)[0])
    bench.queue.add_to_pending({"title": "Nosferatu", "film_id": "53442"})
    before = {movie.title: movie for name in QUEUES for movie in bench.queue.films(name)}
    lose(bench, *QUEUE_FILES)
    assert run(bench, client=None) == 0
    assert places(bench) == {
        "Charade": COMPLETED,
        "Detour": FAILED,
        "Häxan": FORGOTTEN,
        "Nosferatu": PENDING,
    }
    for title, movie in before.items():
        back = the_film(bench, movie)
        same = ("id", "imdb_id", "film_id", "slug", "lists", "retry_count", "torrent_hash", "owned")
        assert {key: back[key] for key in same} == {key: movie[key] for key in same}, title
    charade = the_film(bench)
    assert (charade.torrent_hash, charade.downloaded_at) == (torrent.info_hash, NOON)


def test_a_film_that_got_another_id_comes_back_once(bench: Bench) -> None:
    bench.queue.add_to_pending({"title": "Charade", "year": 1963, "film_id": "76923"})
    bench.queue.learn([CHARADE])
    bench.queue.add_to_failed(CHARADE, "no", NOON)
    lose(bench, *QUEUE_FILES)
    assert run(bench) == 0
    assert places(bench) == {"Charade": FAILED}
    assert the_film(bench).id == "tt0056923"
    assert "letterboxd:76923" in the_film(bench).aliases


@pytest.mark.parametrize("completed", ["listed", "added"])
def test_two_records_that_were_united_come_back_as_one(bench: Bench, completed: str) -> None:
    listed = {"title": "Charade", "film_id": "76923", "slug": "charade", "lists": ["me/watchlist"]}
    added = {"title": "tt0056923", "imdb_id": "tt0056923", "lists": ["manual"]}
    bench.queue.add_many_to_pending([listed, added])
    bench.queue.add_to_completed(listed if completed == "listed" else added)
    bench.queue.learn([CHARADE])
    assert len(places(bench)) == 1
    lose(bench, *QUEUE_FILES)
    assert run(bench) == 0
    [movie] = afresh(bench).films(COMPLETED)
    assert len(places(bench)) == 1
    assert (movie.id, movie.film_id) == ("tt0056923", "76923")


def test_a_film_of_the_history_takes_no_other_ones_id(bench: Bench) -> None:
    bench.queue.add_to_failed(CHARADE, "no", NOON)
    other = {"id": the_film(bench).id, "title": "Other", "film_id": "9", "event": "moved", "to": PENDING}
    with (bench.folder / "history.jsonl").open("ab") as history:
        history.write(json.dumps(other).encode() + b"\n")
    assert run(bench) == 0
    assert places(bench) == {"Charade": FAILED, "Other": PENDING}


def test_a_removed_film_comes_back_as_removed(bench: Bench) -> None:
    event = {"at": NOON, "id": "tt7", "title": "Gone", "event": "moved", "from": COMPLETED, "to": REMOVED}
    storage.write_bytes(bench.folder / "history.jsonl", json.dumps(event).encode() + b"\n")
    assert run(bench) == 0
    assert places(bench) == {"Gone": REMOVED}


def test_damaged_events_of_the_history_are_passed_over(bench: Bench) -> None:
    events: list[dict[str, Any]] = [
        {},
        {"event": "moved", "to": "pending"},
        {"id": 7, "title": ["x"], "event": "moved"},
        {"id": "tt1", "title": "A", "event": "moved", "to": "nowhere", "at": "noon", "retry_count": "two"},
        {"id": "tt2", "title": "B", "event": 5, "to": COMPLETED, "at": None, "release": 7},
    ]
    storage.write_bytes(
        bench.folder / "history.jsonl", b"".join(json.dumps(e).encode() + b"\n" for e in events)
    )
    assert run(bench) == 0
    assert places(bench) == {"B": PENDING}


# --- torrents of ours in qBittorrent


@pytest.fixture
def torrent(bench: Bench) -> TorrentFile:
    """A torrent with our tag that no film has, complete."""
    torrent = make_torrent(NAME)
    bench.qbittorrent.put(torrent, TAG, complete=True)
    return torrent


def completed_by(torrent: TorrentFile, movie: Movie) -> bool:
    facts = (movie.status, movie.torrent_hash, movie.owned, bool(movie.downloaded_at))
    return facts == (COMPLETED, torrent.info_hash, True, True)


def test_a_lost_folder_comes_back_by_the_names_of_our_torrents(bench: Bench, torrent: TorrentFile) -> None:
    bench.qbittorrent.put(make_torrent("Detour.1945.720p"), "mine")
    lose(bench)
    assert run(bench) == 0
    [movie] = afresh(bench).films(COMPLETED)
    assert completed_by(torrent, movie)
    assert (movie.title, movie.year, movie.lists) == ("Charade", 1963, ())


def test_the_next_reading_takes_such_a_film_over(bench: Bench, torrent: TorrentFile) -> None:
    run(bench)
    queue = afresh(bench)
    assert queue.learn([CHARADE]) == []
    movie = the_film(bench)
    assert completed_by(torrent, movie)
    assert (movie.id, movie.lists) == ("tt0056923", CHARADE.lists)


@pytest.mark.parametrize("status", [PENDING, FAILED])
@pytest.mark.parametrize("by", ["name", "hash", "release"])
def test_a_waiting_film_whose_torrent_is_there_is_completed(
    bench: Bench, torrent: TorrentFile, status: str, by: str
) -> None:
    title = "Charade" if by == "name" else "Zwei am Galgen"
    bench.queue.add_to_pending({**movie_to_mapping(CHARADE), "title": title})
    if by == "hash":
        bench.queue.note(CHARADE, PENDING, torrent_hash=torrent.info_hash)
    if by == "release":
        bench.queue.note(CHARADE, PENDING, release=ChosenRelease(name=NAME, tracker="", id=""))
    if status == FAILED:
        bench.queue.add_to_failed(CHARADE, "no", NOON)
    assert run(bench) == 0
    assert places(bench) == {title: COMPLETED}
    assert completed_by(torrent, the_film(bench))


def search(bench: Bench, chosen: str | None, *refused: str) -> None:
    account = {
        "id": "tt0056923",
        "title": "Zwei am Galgen (1963)",
        "chosen": {"name": chosen} if chosen else None,
        "refused": [{"name": name, "reason": "too big"} for name in refused],
    }
    storage.write_json(bench.folder / "searches" / "tt0056923.json", account)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("chosen", [True, False])
def test_the_account_of_a_search_tells_whose_torrent_it_is(
    bench: Bench, torrent: TorrentFile, known: bool, chosen: bool
) -> None:
    if known:
        bench.queue.add_to_pending({**movie_to_mapping(CHARADE), "title": "Zwei am Galgen"})
    search(bench, NAME if chosen else None, *() if chosen else (NAME,))
    assert run(bench) == 0
    assert places(bench) == {"Zwei am Galgen": COMPLETED}
    assert completed_by(torrent, the_film(bench))


def test_a_refused_release_of_another_year_is_no_evidence(bench: Bench) -> None:
    torrent = make_torrent("Charade.2002.1080p.BluRay.x264-GRP")
    bench.qbittorrent.put(torrent, TAG)
    search(bench, None, "Charade.2002.1080p.BluRay.x264-GRP")
    assert run(bench) == 0
    assert [(movie.title, movie.year) for movie in afresh(bench).films(COMPLETED)] == [("Charade", 2002)]


def test_the_history_tells_whose_torrent_it_is(bench: Bench, torrent: TorrentFile) -> None:
    """The queue file is an older one, which the user put back in the place of a broken one."""
    bench.queue.add_to_pending({**movie_to_mapping(CHARADE), "title": "Zwei am Galgen"})
    backup = (bench.folder / "queue_pending.json").read_bytes()
    bench.queue.note(CHARADE, PENDING, "chosen", torrent_hash=torrent.info_hash)
    left_as(bench.folder / "queue_pending.json", backup)
    assert run(bench) == 0
    assert completed_by(torrent, the_film(bench))


def test_a_torrent_that_its_film_gave_up_for_another_try_stays_given_up(
    bench: Bench, torrent: TorrentFile
) -> None:
    bench.queue.add_to_completed(movie_with(CHARADE, torrent_hash=torrent.info_hash, owned=True))
    bench.queue.retry([the_film(bench)])
    assert the_film(bench).torrent_hash is None
    before = content(bench.folder)
    assert run(bench) == 0
    assert content(bench.folder) == before


def test_a_film_page_that_was_read_gives_the_film_its_ids_and_lists(
    bench: Bench, torrent: TorrentFile
) -> None:
    facts = FilmFacts(title="Charade", year=1963, imdb_id="tt0056923", film_id="76923", slug="charade")
    FilmStore(bench.folder / "films.json").keep(facts)
    storage.write_json(bench.folder / "watchlist.json", {"me/watchlist": {"films": ["76923"], "read_at": 1}})
    assert run(bench) == 0
    movie = the_film(bench)
    assert completed_by(torrent, movie)
    assert (movie.id, movie.slug, movie.lists) == ("tt0056923", "charade", ("me/watchlist",))


def test_a_torrent_under_its_second_hash_is_known(bench: Bench) -> None:
    from dataclasses import replace

    torrent = handed_over(bench)
    status = bench.qbittorrent.statuses.pop(torrent.info_hash)
    hybrid = replace(status, hash="b" * 40, infohash_v2="b" * 64)
    bench.qbittorrent.statuses["b" * 40] = hybrid
    assert run(bench) == 0
    assert bench.said == ["✓ Nothing to repair"]


def test_a_torrent_that_two_films_may_have_is_named_and_left(bench: Bench, torrent: TorrentFile) -> None:
    for film_id in ("1", "2"):
        bench.queue.add_to_pending({"title": "Charade", "year": 1963, "film_id": film_id})
    assert run(bench) == 1
    assert len(afresh(bench).films(PENDING)) == 2
    assert bench.said_of(f'`torrent_hash` "{torrent.info_hash}"') == 1


def test_the_film_of_the_same_year_is_meant_before_one_of_the_year_beside_it(
    bench: Bench, torrent: TorrentFile
) -> None:
    bench.queue.add_to_pending({"title": "Charade", "year": 1962, "film_id": "1"})
    bench.queue.add_to_pending(CHARADE)
    assert run(bench) == 0
    assert completed_by(torrent, the_film(bench))


@pytest.mark.parametrize("gone", ["forgotten", "completed with another torrent"])
def test_a_torrent_of_a_film_that_is_settled_makes_no_second_film(
    bench: Bench, torrent: TorrentFile, gone: str
) -> None:
    bench.queue.add_to_pending(CHARADE)
    known = bench.queue.films(PENDING)[0]
    if gone == "forgotten":
        bench.queue.forget(known)
    else:
        bench.queue.add_to_completed({**movie_to_mapping(known), "torrent_hash": "c" * 40})
    before = content(bench.folder)
    assert run(bench) == 0
    assert content(bench.folder) == before


def test_a_stand_in_ends_in_the_film_it_stood_for(bench: Bench, torrent: TorrentFile) -> None:
    """The list spells the title in another way, so that the film was taken for a new one."""
    run(bench)
    bench.queue.add_to_completed({**movie_to_mapping(CHARADE), "title": "Charade!", "owned": False})
    assert len(places(bench)) == 2
    assert run(bench) == 0
    assert places(bench) == {"Charade!": COMPLETED}
    assert completed_by(torrent, the_film(bench))
    assert run(bench) == 0
    assert bench.said[-1] == "✓ Nothing to repair"


def test_two_torrents_of_one_film_make_one_film(bench: Bench, torrent: TorrentFile) -> None:
    bench.qbittorrent.put(make_torrent("Charade.1963.2160p.UHD.BluRay.x265-GRP"), TAG)
    assert run(bench) == 0
    assert places(bench) == {"Charade": COMPLETED}
    assert run(bench) == 0
    assert bench.said[-1] == "✓ Nothing to repair"


def test_a_running_torrent_is_not_downloaded_yet(bench: Bench) -> None:
    bench.qbittorrent.put(make_torrent(NAME), TAG)
    assert run(bench) == 0
    assert the_film(bench).downloaded_at is None


# --- torrents that qBittorrent lost


def test_a_reinstalled_qbittorrent_gets_what_lies_there_again(bench: Bench) -> None:
    torrent = handed_over(bench)
    bench.qbittorrent.statuses.clear()
    assert run(bench) == 0
    assert list(bench.qbittorrent.statuses) == [torrent.info_hash]
    assert completed_by(torrent, the_film(bench))
    assert bench.said_of("was added to qBittorrent again: its files are there") == 1
    assert run(bench) == 0
    assert bench.said[-1] == "✓ Nothing to repair"


def test_an_unfinished_film_is_handed_over_again_whatever_lies_there(bench: Bench) -> None:
    torrent = handed_over(bench)
    bench.queue.note(CHARADE, COMPLETED, downloaded_at=None)
    bench.qbittorrent.statuses.clear()
    (bench.downloads / f"{NAME}.mkv").unlink()
    assert run(bench) == 0
    assert list(bench.qbittorrent.statuses) == [torrent.info_hash]


@pytest.mark.parametrize("left", ["nothing", "another size", "a copy elsewhere"])
def test_a_finished_film_whose_files_are_gone_is_left_alone(bench: Bench, left: str) -> None:
    handed_over(bench)
    bench.qbittorrent.statuses.clear()
    file = bench.downloads / f"{NAME}.mkv"
    file.unlink()
    if left == "another size":
        file.write_bytes(b"y")
    if left == "a copy elsewhere":
        (bench.downloads / "Charade (1963)").mkdir()
        (bench.downloads / "Charade (1963)" / "film.mkv").write_bytes(b"x")
    before = content(bench.folder)
    assert run(bench) == 0
    assert bench.qbittorrent.statuses == {}
    assert bench.said_of("left alone") == 1
    assert bench.said[-1] == "✓ Nothing to repair"
    assert content(bench.folder) == before


def test_what_the_user_removed_by_hand_stays_removed(bench: Bench) -> None:
    handed_over(bench)
    bench.queue.note(CHARADE, COMPLETED, removed_by_user=True, downloaded_at=None)
    bench.qbittorrent.statuses.clear()
    assert run(bench) == 0
    assert bench.qbittorrent.statuses == {}


def test_an_unmounted_disk_is_not_taken_for_deleted_films(bench: Bench) -> None:
    handed_over(bench)
    bench.qbittorrent.statuses.clear()
    shutil.rmtree(bench.downloads)
    bench.downloads.mkdir()
    assert run(bench) == 1
    assert bench.said_of("has lost its marker") == 1
    assert bench.qbittorrent.statuses == {}


def test_files_that_cannot_be_seen_from_here_are_not_fetched_again(tmp_path: Path, clock: Clock) -> None:
    bench = Bench(tmp_path, clock, elsewhere=True)
    handed_over(bench)
    bench.qbittorrent.statuses.clear()
    shutil.rmtree(bench.downloads)
    assert run(bench) == 0
    assert bench.said_of("cannot be seen from here") == 1
    assert bench.qbittorrent.statuses == {}


def test_an_unfinished_film_without_its_torrent_is_named(bench: Bench) -> None:
    handed_over(bench)
    bench.queue.note(CHARADE, COMPLETED, downloaded_at=None)
    bench.qbittorrent.statuses.clear()
    lose(bench, "torrents")
    assert run(bench) == 1
    assert bench.said_of("`--retry tt0056923`") == 1


def test_a_film_too_big_for_the_disk_and_one_that_is_refused_stop_no_other(bench: Bench) -> None:
    handed_over(bench)
    huge = make_torrent("Detour.1945.2160p", HUGE)
    keep_torrent(bench.folder, huge)
    bench.queue.add_to_completed(movie_with(DETOUR, torrent_hash=huge.info_hash, owned=True))
    bench.qbittorrent.statuses.clear()
    assert run(bench) == 1
    assert bench.said_of("No room") == 1
    assert len(bench.qbittorrent.statuses) == 1
    bench.qbittorrent.statuses.clear()
    bench.qbittorrent.refuse = FilmFault("refused")
    assert run(bench) == 1
    assert bench.said_of("Charade (1963): refused") == 1


def test_a_kept_torrent_whose_files_lie_there_brings_its_film_back(bench: Bench) -> None:
    torrent = handed_over(bench)
    bench.qbittorrent.statuses.clear()
    lose(bench, *QUEUE_FILES, "history.jsonl")
    assert run(bench) == 0
    movie = the_film(bench)
    assert (movie.status, movie.torrent_hash, movie.owned) == (COMPLETED, torrent.info_hash, True)
    # Only qBittorrent can tell whether the files are whole.
    assert movie.downloaded_at is None
    assert list(bench.qbittorrent.statuses) == [torrent.info_hash]


def test_a_kept_torrent_without_its_files_proves_nothing(bench: Bench) -> None:
    keep_torrent(bench.folder, make_torrent(NAME))
    assert run(bench) == 0
    assert places(bench) == {}


# --- trouble with qBittorrent


def test_without_qbittorrent_everything_else_is_repaired(bench: Bench) -> None:
    handed_over(bench)
    lose(bench, *QUEUE_FILES)
    bench.qbittorrent.trouble = GONE
    assert run(bench) == 1
    assert places(bench) == {"Charade": COMPLETED}
    assert bench.said_of("Could not connect to qBittorrent") == 1


def test_refused_credentials_are_not_tried_again_by_the_next_repair(bench: Bench) -> None:
    bench.qbittorrent.trouble = AuthError("qbittorrent", "Login failed.")
    for _ in range(3):
        assert run(bench, fingerprint=lambda service: "same") == 1
    assert bench.qbittorrent.asked == ["torrents"]
    assert bench.said_of("Login failed.") == 3


def test_credentials_that_cannot_be_read_are_named(bench: Bench) -> None:
    handed_over(bench)
    assert run(bench, client=None, trouble="credentials.enc cannot be opened.") == 1
    assert bench.said_of("credentials.enc cannot be opened. qBittorrent was not asked.") == 1


# --- after a power cut


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_power_cut_left_of_some_files_one_repair_is_enough(bench: Bench, seed: int) -> None:
    """With what is left of the history, qBittorrent and the queues no handed-over film is lost."""
    chance = random.Random(seed)
    handed_over(bench)
    bench.queue.add_many_to_pending([{"title": f"Film {n}", "film_id": str(n)} for n in range(5)])
    bench.services.failed(AuthError("filelist", "no"))
    CallLedger(bench.folder / "filelist_calls.json", now=bench.clock).book()
    for path in chance.sample(sorted(p for p in bench.folder.rglob("*") if p.suffix != ".lock"), 4):
        if path.is_file() and path.stat().st_size:
            data, at = path.read_bytes(), chance.randrange(path.stat().st_size)
            left_as(path, data[:at] + b"\0" * chance.choice([0, len(data) - at]))
    run(bench)
    assert places(bench)["Charade"] == COMPLETED
    after = content(bench.folder)
    assert run(bench) == 0
    assert bench.said[-1] == "✓ Nothing to repair"
    assert content(bench.folder) == after


# --- killed


class Killed(BaseException):
    """The process ended here."""


def losses(bench: Bench) -> None:
    """A folder that lost something of every kind."""
    handed_over(bench)
    gone = handed_over(bench, DETOUR, "Detour.1945.1080p.BluRay.x264-GRP", size=3000)
    bench.qbittorrent.statuses.pop(gone.info_hash)
    bench.qbittorrent.put(make_torrent("Nosferatu.1922.1080p.BluRay.x264-GRP"), TAG)
    bench.queue.add_to_pending({"title": "Häxan", "year": 1922})
    left_as(bench.folder / "queue_completed.json", b"\0" * 700)
    left_as(bench.folder / "films.json", b"{")
    left_as(bench.folder / "filelist_calls.json", b"")
    lose(bench, "queue_pending.json")


def until_killed(write: Callable[[Path, bytes], None], survived: int) -> Callable[[Path, bytes], None]:
    left = [None] * survived

    def killing(path: Path, data: bytes) -> None:
        if not left:
            raise Killed
        left.pop()
        write(path, data)

    return killing


def damaged(root: Path, clock: Clock) -> Bench:
    root.mkdir()
    bench = Bench(root, clock)
    losses(bench)
    return bench


def test_killed_at_any_write_and_run_again_the_end_is_the_same(tmp_path: Path, clock: Clock) -> None:
    expected = {"Charade": COMPLETED, "Detour": COMPLETED, "Nosferatu": COMPLETED, "Häxan": PENDING}
    for survived in range(30):
        bench = damaged(tmp_path / str(survived), clock)
        finished = True
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(storage, "write_bytes", until_killed(storage.write_bytes, survived))
            try:
                run(bench)
            except Killed:
                finished = False
        assert run(bench) == 0
        assert places(bench) == expected
        assert len(bench.qbittorrent.statuses) == 3
        if finished:
            return
    raise AssertionError("the repair writes more often than expected")
