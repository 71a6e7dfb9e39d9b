"""A run of the program leaves nothing of its own open in qBittorrent."""

from pathlib import Path

from fake_qbittorrent import FakeQBittorrent
from run_program import run_main

from demo.films import FILMS
from demo.world import World

FILM = FILMS[0]


def test_a_single_run_takes_leave_of_qbittorrent(tmp_path: Path) -> None:
    """It keeps 15 sessions; runs that left theirs behind would soon throw out the user's own."""
    with World(tmp_path, films=(FILM,)) as world, FakeQBittorrent() as qbittorrent:
        world.filelist.add_torrent(FILM, "A.Trip.to.the.Moon.1902.1080p.BluRay.x264-GRP")
        env = world.env(
            MOVIE_SYNC_QBITTORRENT__ENABLED="true",
            MOVIE_SYNC_QBITTORRENT__PORT=str(qbittorrent.port),
            MOVIE_SYNC_QBITTORRENT__HOST=qbittorrent.host,
            MOVIE_SYNC_QBITTORRENT_USERNAME=qbittorrent.username,
            MOVIE_SYNC_QBITTORRENT_PASSWORD=qbittorrent.password,
        )
        run = run_main(env, "--once")
        assert run.code == 0, run.out
        assert len(qbittorrent.torrents) == 1
        assert qbittorrent.sessions == set()
