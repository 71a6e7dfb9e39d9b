"""Films that left the list, as a process beside a real qBittorrent: the plan, the trash, the way back."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cleanup_stage import LIST, ON, OTHERS, QUICK, TRASH, Stage
from qbittorrent_faults import LOGIN, FaultingProxy, Harm
from run_program import Daemon, run_main
from support import Clock, eventually

from demo.films import CALIGARI, DETOUR, NOSFERATU, THE_GENERAL
from demo.world import World
from signals import LOOK

sys.path.append(str(Path(__file__).parent.parent / "contract"))

from generations import Generation, to_run

pytestmark = [pytest.mark.e2e, pytest.mark.qbittorrent]

FILM = NOSFERATU
YES = ("--cleanup", "--yes")
SPOKEN = (
    r"🧹 Processing 1 movie\(s\) for cleanup\.\.\.\n"
    r"   🗑️  Cleaning up: Nosferatu \(1922\)\n"
    r"      Removed from watchlist: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n"
    r"(.*\n)?"
    r"  🗑️  Deleted movie files for: Nosferatu \(1922\).*\n"
    r"  🗑️  Deleted torrent file for: Nosferatu \(1922\).*\n"
    r"  🗑️  Removed from qBittorrent: Nosferatu \(1922\)\n"
    r"      ✓ Cleanup complete for: Nosferatu\n"
)


@pytest.fixture(scope="module")
def one_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("cleanup")) as stage:
        yield stage


@pytest.fixture
def stage(one_stage: Stage) -> Stage:
    one_stage.begin()
    return one_stage


# --- the daemon


def test_a_film_that_leaves_the_list_goes_by_itself_and_stays_once_it_is_brought_back(tmp_path: Path) -> None:
    with World(tmp_path, films=(FILM, *OTHERS), swarm=True, qbittorrent=True) as world:
        for film in OTHERS:
            (world.downloads / f"{film.label}.mkv").write_bytes(b"video")
        (tmp_path / "links").mkdir()
        link = tmp_path / "links" / FILM.label / f"{FILM.label}.mkv"
        torrent = world.offer(FILM, "Nosferatu.1922.1080p.BluRay.x264-GRP")
        env = world.env(**QUICK, **ON, MOVIE_SYNC_LINK_DIRECTORY=str(tmp_path / "links"))
        with Daemon(env) as daemon:
            daemon.wait_for(f"✅ Download completed: {FILM.label}", 60)
            eventually(link.exists)
            world.letterboxd.remove("demo", FILM)
            daemon.wait_for("📤 Marked for removal: Nosferatu (1922)")
            eventually(lambda: (world.entry(FILM) or {}).get("missing_for", 0) >= 1, 20)
            daemon.send(LOOK)
            said = daemon.wait_for("✓ Cleanup complete for: Nosferatu", 60)
            assert re.search(SPOKEN, said)
            assert not link.exists()
            assert world.entry(FILM) is None
            back = run_main(env, "--undo", "nosferatu")
            assert (back.code, "↩️  Brought back: Nosferatu (1922)" in back.out) == (0, True)
            daemon.send(LOOK)
            eventually(link.exists, 20)
            read = len(world.letterboxd.requests)
            eventually(lambda: len(world.letterboxd.requests) >= read + 3, 20)
            entry = world.entry(FILM)
            assert (entry and (entry["status"], entry["lists"])) == ("completed", ["manual"])
            assert torrent.lies_in(world.downloads)
            assert daemon.stop().code == 0


def test_a_single_run_cleans_up_what_is_due(stage: Stage) -> None:
    torrent = stage.left(FILM)
    run = stage.run("--once", **ON)
    assert run.code == 0
    assert re.search(SPOKEN, run.out)
    assert stage.is_gone(FILM, torrent)
    assert stage.in_trash(torrent)
    assert all((stage.downloads / f"{film.label}.mkv").exists() for film in OTHERS)


def test_nothing_goes_while_the_grace_lasts_or_while_cleanup_is_off(stage: Stage) -> None:
    torrent = stage.left(FILM)
    assert "🧹" not in stage.run("--once").out
    assert "🧹" not in stage.run("--once", **ON, MOVIE_SYNC_REMOVAL_GRACE_PERIOD="3600").out
    assert stage.is_untouched(FILM, torrent)


def test_what_waits_when_cleanup_is_switched_on_is_held_until_one_yes(stage: Stage) -> None:
    stage.disarm()
    first = stage.left(FILM)
    run = stage.run("--once", **ON)
    assert "`python main.py --cleanup --yes` does this once" in run.out
    assert "Nosferatu (1922) - into the trash" in run.out
    assert stage.is_untouched(FILM, first)
    assert stage.run(*YES, **ON).code == 0
    assert stage.is_gone(FILM, first)
    second = stage.left(CALIGARI)
    stage.run("--once", **ON)
    assert stage.is_gone(CALIGARI, second)


# --- the command


def test_the_plan_names_everything_and_changes_nothing(stage: Stage) -> None:
    torrent = stage.left(FILM)
    kept = {path: path.read_bytes() for path in stage.world.home.glob("*.json*")}
    run = stage.run("--cleanup")
    assert run.code == 0
    assert "🧹 Cleanup plan: 1 of 1 removed films may go" in run.out
    assert all(str(stage.downloads / path) in run.out for path, _ in torrent.files)
    assert "Nothing was done." in run.out
    assert stage.is_untouched(FILM, torrent)
    assert {path: path.read_bytes() for path in stage.world.home.glob("*.json*")} == kept


def test_yes_acts_with_cleanup_off_and_beside_a_running_daemon(stage: Stage) -> None:
    torrent = stage.left(FILM)
    with Daemon(stage.env(MOVIE_SYNC_CHECK_INTERVAL="3600")) as daemon:
        daemon.wait_for("Workers started")
        run = stage.run(*YES)
        assert run.code == 0
        assert re.search(SPOKEN, run.out)
        assert daemon.stop().code == 0
    assert stage.is_gone(FILM, torrent)
    assert stage.in_trash(torrent)


def test_seeding_that_is_owed_is_named_and_waited_for(stage: Stage) -> None:
    torrent = stage.left(FILM)
    run = stage.run(*YES, MOVIE_SYNC_QBITTORRENT__MINIMUM_SEED_TIME="360000")
    assert "Nosferatu (1922) - waits: it has to seed 4 days more, or to a ratio of 1 (0.00 now)" in run.out
    assert stage.is_untouched(FILM, torrent)


def test_a_torrent_whose_tag_was_taken_off_is_left_alone(stage: Stage) -> None:
    torrent = stage.left(FILM)
    stage.api.torrents_remove_tags(tags="movie_sync", torrent_hashes=torrent.info_hash)
    run = stage.run(*YES)
    assert "our tag was taken off" in run.out
    assert stage.is_untouched(FILM, torrent)


def test_the_files_of_a_torrent_that_was_taken_out_are_left_alone(stage: Stage) -> None:
    torrent = stage.left(FILM)
    stage.api.torrents_delete(delete_files=False, torrent_hashes=torrent.info_hash)
    eventually(lambda: not stage.rows())
    run = stage.run(*YES)
    assert "its torrent is not in qBittorrent any more" in run.out
    assert torrent.lies_in(stage.downloads)


def test_no_more_go_within_a_day_than_the_limit_allows(stage: Stage) -> None:
    films = (FILM, CALIGARI, DETOUR, THE_GENERAL)
    torrents = [stage.left(film) for film in films]
    run = stage.run("--once", **ON)
    assert "🧹 Processing 3 movie(s) for cleanup..." in run.out
    assert "⚠️  Cleanup stops for now: `removal_limit` allows 3 of 10 films within 24 hours" in run.out
    left = [film for film, torrent in zip(films, torrents, strict=True) if torrent.info_hash in stage.rows()]
    assert len(left) == 1
    again = stage.run(*YES)
    assert f"{left[0].label} - waits: `removal_limit` allows 3 of 10 films" in again.out
    assert len(stage.rows()) == 1


# --- back on the list


def test_a_film_that_is_on_the_list_again_stays(stage: Stage) -> None:
    torrent = stage.left(FILM)
    stage.world.letterboxd.add("demo", FILM)
    stage.run("--once", **ON)
    stage.run(*YES)
    entry = stage.world.entry(FILM)
    assert (entry and (entry["status"], entry["lists"])) == ("completed", [LIST])
    assert torrent.lies_in(stage.downloads)
    assert stage.state(torrent) == "stalledUP"


def test_a_film_that_comes_back_to_the_list_after_its_cleanup_is_new(stage: Stage) -> None:
    torrent = stage.left(FILM)
    stage.run(*YES)
    stage.world.letterboxd.add("demo", FILM)
    row = stage.world.filelist.add_torrent(FILM, torrent.name, 4, torrent)
    stage.run("--once", **ON)
    stage.world.filelist.remove_torrent(row)
    entry = stage.world.entry(FILM)
    assert (entry and (entry["status"], entry["lists"])) == ("completed", [LIST])
    assert stage.in_trash(torrent)
    assert stage.rows()[torrent.info_hash]["progress"] < 1


# --- the trash


def test_the_trash_is_emptied_after_its_period_of_what_was_put_there(stage: Stage) -> None:
    torrent = stage.left(FILM)
    mine = stage.downloads / TRASH / "mine.mkv"
    stage.run(*YES)
    mine.write_bytes(b"the user's own")
    assert "deleted in 7 days" in stage.run("--cleanup").out
    stage.days_in_trash(6.9)
    stage.run("--once", **ON)
    assert stage.in_trash(torrent)
    stage.days_in_trash(0.2)
    run = stage.run("--once", **ON)
    assert "🗑️  Deleted from the trash: Nosferatu (1922)" in run.out
    assert list((stage.downloads / TRASH).iterdir()) == [mine]
    assert "No film in the trash matches" in stage.run("--undo", "nosferatu").out


def test_without_a_trash_period_the_files_are_deleted_at_once(stage: Stage) -> None:
    torrent = stage.left(FILM)
    run = stage.run(*YES, MOVIE_SYNC_TRASH_PERIOD="0")
    assert re.search(SPOKEN, run.out)
    assert stage.is_gone(FILM, torrent)
    assert not (stage.downloads / TRASH).exists()
    assert list((stage.world.home / "torrents").glob(f"{torrent.info_hash}*")) == []


def test_undo_brings_back_files_torrent_and_record_and_no_reading_takes_them_again(stage: Stage) -> None:
    torrent = stage.left(FILM)
    stage.run(*YES)
    back = stage.run("--undo", "nosferatu")
    assert (back.code, back.err) == (0, "")
    for _ in range(2):
        stage.run("--once", **ON)
    entry = stage.world.entry(FILM)
    assert (entry and (entry["status"], entry["lists"])) == ("completed", ["manual"])
    assert torrent.lies_in(stage.downloads)
    row = stage.rows()[torrent.info_hash]
    assert (row["progress"], row["state"], row["tags"]) == (1, "stalledUP", "movie_sync")
    assert list((stage.downloads / TRASH).glob("*")) == []


def test_a_film_that_was_damaged_in_the_trash_is_not_called_whole(stage: Stage) -> None:
    torrent = stage.left(FILM)
    stage.run(*YES)
    [film] = (stage.downloads / TRASH).rglob("*.mkv")
    film.write_bytes(film.read_bytes()[:-70_000] + bytes(70_000))
    run = stage.run("--undo", "nosferatu")
    assert "of its files are right" in run.out
    assert not torrent.lies_in(stage.downloads)


def test_a_film_that_is_not_in_the_trash_cannot_be_brought_back(stage: Stage) -> None:
    stage.left(FILM)
    stage.run(*YES)
    run = stage.run("--undo", "Heat (1995)")
    assert run.code == 1
    assert "❌ No film in the trash matches 'Heat (1995)'. In it: Nosferatu (1922)." in run.out


# --- trouble with qBittorrent


@pytest.mark.parametrize("options", [YES, ("--cleanup",), ("--undo", "nosferatu")])
def test_a_wrong_password_costs_one_login_and_does_nothing(stage: Stage, options: tuple[str, ...]) -> None:
    torrent = stage.left(FILM)
    if options[0] == "--undo":
        stage.run(*YES)
    before = stage.journal()
    with FaultingProxy(stage.daemon, Clock()) as proxy:
        wrong = {"MOVIE_SYNC_QBITTORRENT__HOST": proxy.host, "MOVIE_SYNC_QBITTORRENT_PASSWORD": "guessed"}
        runs = [stage.run(*options, **wrong) for _ in range(2)]
        assert proxy.count(LOGIN) == 1
    assert [run.code for run in runs] == [1, 1]
    assert runs[0].out.startswith("❌")
    assert "qBittorrent is left alone until" in runs[1].out
    assert stage.journal() == before
    assert stage.in_trash(torrent) if options[0] == "--undo" else stage.is_untouched(FILM, torrent)
    stage.api.auth_log_in()


def test_without_an_answer_nothing_is_done(stage: Stage) -> None:
    torrent = stage.left(FILM)
    run = stage.run(*YES, MOVIE_SYNC_QBITTORRENT__PORT="9")
    assert (run.code, run.out.count("❌")) == (1, 1)
    assert "Traceback" not in run.out + run.err
    assert stage.is_untouched(FILM, torrent)


@pytest.mark.parametrize("options", [YES, ("--once",)])
def test_a_cleanup_that_was_interrupted_is_finished_by_the_next_one(
    stage: Stage, options: tuple[str, ...]
) -> None:
    torrent = stage.left(FILM)
    with FaultingProxy(stage.daemon, Clock()) as proxy:
        proxy.begin(Harm("hang", "torrents/setLocation hashes", 1))
        env = stage.env(MOVIE_SYNC_QBITTORRENT__HOST=proxy.host, **ON)
        with Daemon(env, *options) as daemon:
            eventually(lambda: proxy.count("torrents/setLocation hashes"), 20)
            stopped = daemon.stop()
    assert stopped.code in {0, 130}
    assert "Traceback" not in stopped.out
    assert stage.run(*options, **ON).code == 0
    assert stage.is_gone(FILM, torrent)
    assert stage.in_trash(torrent)


@pytest.mark.parametrize("generation", to_run()[1:], ids=lambda one: one.label)
def test_other_generations_of_qbittorrent_do_the_same(generation: Generation, tmp_path: Path) -> None:
    with Stage(tmp_path, generation.need()) as stage:
        torrent = stage.left(FILM)
        assert re.search(SPOKEN, stage.run(*YES).out)
        assert stage.is_gone(FILM, torrent)
        assert stage.in_trash(torrent)
        assert stage.run("--undo", "nosferatu").code == 0
        assert torrent.lies_in(stage.downloads)
        eventually(lambda: stage.state(torrent) == "stalledUP")
