"""The downloader against a small FileList on loopback."""

import base64
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelist_fake import (
    GIB,
    MATRIX,
    NAME,
    NOW,
    PASSKEY,
    USER,
    FakeFileList,
    Reply,
    downloader_for,
    fake_filelist,
    hash_of,
    offer,
    row,
    torrent,
)

from download_service import Found, NoRelease
from errors import AuthError, FilmFault, MovieSyncError, RateLimited, ServiceUnavailable, StateError
from filelist_downloader import FileListDownloader, counted, queries_for, search_path, searchable
from movie import Movie


@pytest.fixture
def filelist() -> Iterator[FakeFileList]:
    with fake_filelist() as fake:
        yield fake


@pytest.fixture
def downloader(filelist: FakeFileList, tmp_path: Path) -> FileListDownloader:
    return downloader_for(filelist, tmp_path)


# Asking


def test_the_best_release_is_found_fetched_proven_and_kept(
    filelist: FakeFileList, downloader: FileListDownloader, tmp_path: Path
) -> None:
    offer(filelist, row(7))
    found = downloader.download_movie(MATRIX)
    assert isinstance(found, Found)
    assert (found.release.tracker, found.release.id, found.release.name) == ("filelist", "7", NAME)
    assert (found.release.size, found.release.category, found.release.chosen_at) == (9 * GIB, "Filme HD", NOW)
    assert found.torrent.info_hash == hash_of(torrent())
    assert (tmp_path / "torrents" / f"{found.torrent.info_hash}.torrent").read_bytes() == torrent()


def test_the_search_is_by_imdb_id_with_basic_authentication_and_no_category(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row())
    downloader.download_movie(MATRIX)
    path, query, authorization = filelist.asked[0]
    assert path == "/sub/api.php"
    assert query == {"action": "search-torrents", "type": "imdb", "query": "tt0133093"}
    assert authorization == "Basic " + base64.b64encode(f"{USER}:{PASSKEY}".encode()).decode()


def test_the_torrent_is_asked_for_beside_the_api_and_never_by_a_rows_own_link(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row(7, download_link="https://filelist.ro/download.php?id=7&usetoken=1"))
    downloader.download_movie(MATRIX)
    assert filelist.asked[-1][:2] == ("/sub/download.php", {"id": "7", "passkey": PASSKEY})


def test_a_mapping_is_accepted_for_a_movie(filelist: FakeFileList, downloader: FileListDownloader) -> None:
    offer(filelist, row())
    film = {"id": "tt0133093", "title": "The Matrix", "year": 1999}
    assert isinstance(downloader.download_movie(film), Found)


def test_the_name_is_asked_for_only_while_nothing_fits(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    filelist.replies = {
        "imdb": Reply([row(1, seeders=0)]),
        "name": Reply([row(1, seeders=0), row(2)]),
        "download": Reply(torrent()),
    }
    found = downloader.download_movie(MATRIX)
    assert isinstance(found, Found)
    assert found.release.id == "2"
    assert [query["query"] for query in filelist.searches] == ["tt0133093", "The Matrix 1999"]


def test_rows_of_both_searches_are_merged_by_id(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    filelist.replies = {
        "imdb": Reply([row(1, seeders=0), row(3, seeders=0)]),
        "name": Reply([row("1", seeders=0), row(2, seeders=0)]),
    }
    result = downloader.download_movie(MATRIX)
    assert isinstance(result, NoRelease)
    assert sorted(refused.release.id for refused in result.refused) == ["1", "2", "3"]


def test_nothing_is_cut_off_before_the_choice(filelist: FakeFileList, downloader: FileListDownloader) -> None:
    offer(filelist, *(row(number, seeders=0) for number in range(1, 150)), row(150))
    found = downloader.download_movie(MATRIX)
    assert isinstance(found, Found)
    assert found.release.id == "150"


def test_a_film_that_nothing_identifies_is_not_asked_for(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    result = downloader.download_movie(Movie(title="Up", id="letterboxd:1"))
    assert isinstance(result, NoRelease)
    assert result.reason.startswith("Nothing to search by")
    assert filelist.asked == []


def test_a_name_proves_nothing_where_two_wanted_films_share_it(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row(imdb=None))
    assert isinstance(downloader.download_movie(MATRIX, name_proves=False), NoRelease)
    assert isinstance(downloader.download_movie(MATRIX), Found)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Mission: Impossible - Fallout", "Mission Impossible Fallout"),
        ("Amélie", "Amelie"),
        ("WALL·E", "WALL E"),
        ("Schindler’s List", "Schindlers List"),
        ("Smørrebrød & Łódź", "Smorrebrod Lodz"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("Брат 2", "Брат 2"),
        ("Se7en", "Se7en"),
        ("¡Three Amigos!", "Three Amigos"),
        ("?", ""),
    ],
)
def test_a_title_becomes_plain_words(title: str, words: str) -> None:
    assert searchable(title) == words


def test_a_name_without_a_year_is_not_asked_for() -> None:
    assert queries_for(Movie(title="Up", imdb_id="tt1049413")) == ({"type": "imdb", "query": "tt1049413"},)
    assert queries_for(Movie(title="Up", year=2009)) == ({"type": "name", "query": "Up 2009"},)


# Nothing there


def test_no_rows_at_all_is_no_torrents_found(filelist: FakeFileList, downloader: FileListDownloader) -> None:
    assert downloader.download_movie(MATRIX) == NoRelease("No torrents found")
    assert len(filelist.searches) == 2


def test_the_reasons_of_refused_releases_are_counted(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row(1, seeders=0), row(2, seeders=0))
    result = downloader.download_movie(MATRIX)
    assert isinstance(result, NoRelease)
    assert result.reason.startswith("No fitting release: 2 × ")


def test_the_most_frequent_reasons_come_first_and_the_rest_is_a_number() -> None:
    reasons = ["a", "b", "b", "c", "c", "d", "e"]
    assert counted(reasons) == "2 × b; 2 × c; 1 × a; 2 more"


def test_a_broken_row_is_skipped_with_one_warning(
    filelist: FakeFileList, downloader: FileListDownloader, caplog: pytest.LogCaptureFixture
) -> None:
    offer(filelist, row(1, size="huge"), None, row(2))  # type: ignore[arg-type]
    assert isinstance(downloader.download_movie(MATRIX), Found)
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "2 rows" in warning.getMessage()
    assert "`size`" in warning.getMessage()


def test_rows_that_cannot_be_read_are_not_called_nothing(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row(1, id=None))
    result = downloader.download_movie(MATRIX)
    assert result == NoRelease("No fitting release: 1 × its row could not be read")


def test_a_404_is_nothing_found_and_said_once(
    filelist: FakeFileList, downloader: FileListDownloader, caplog: pytest.LogCaptureFixture
) -> None:
    filelist.replies = {"imdb": Reply(b"", 404), "name": Reply(b"", 404)}
    for _ in range(2):
        assert downloader.download_movie(MATRIX) == NoRelease("No torrents found")
    assert len([record for record in caplog.records if "404" in record.getMessage()]) == 1


def test_the_last_search_of_a_film_is_written_down(
    filelist: FakeFileList, downloader: FileListDownloader, tmp_path: Path
) -> None:
    offer(filelist, row(1), row(2, seeders=0))
    downloader.download_movie(MATRIX)
    text = (tmp_path / "searches" / "tt0133093.json").read_text()
    account = json.loads(text)
    assert (account["id"], account["title"], account["searched_at"]) == (
        "tt0133093",
        "The Matrix (1999)",
        NOW,
    )
    assert account["queries"] == ["imdb: tt0133093"]
    assert account["chosen"]["id"] == "1"
    assert [(refused["id"], bool(refused["reason"])) for refused in account["refused"]] == [("2", True)]
    assert PASSKEY not in text


@pytest.mark.parametrize(
    ("film", "stem"),
    [("tt0133093", "tt0133093"), ("letterboxd:51518", "letterboxd:51518"), ("title:Face/Off (1997)", None)],
)
def test_a_search_file_is_named_by_the_films_id_and_stays_in_its_folder(
    tmp_path: Path, film: str, stem: str | None
) -> None:
    path = search_path(tmp_path, Movie(title="x", id=film))
    assert path.parent == tmp_path / "searches"
    assert stem is None or path.name == f"{stem}.json"


def test_ids_that_differ_only_in_unsafe_signs_have_files_of_their_own(tmp_path: Path) -> None:
    ids = ["title:A/B", "title:A\\B", "title:A_B", "x" * 300, "x" * 301, "../..", "title:é", "title:ü"]
    paths = {search_path(tmp_path, Movie(title="x", id=film)) for film in ids}
    assert len(paths) == len(ids)
    assert all(len(path.name.encode()) < 120 for path in paths)


# Being refused


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"error": "Invalid passkey/username!"}, 403), AuthError),
        (Reply({"error": "Invalid passkey/username!"}, kind="text/html"), AuthError),
        (Reply({"error": "Too many failed authentications. Try again in one hour!"}, 403), AuthError),
        (Reply({"error": "Rate limit reached"}, 429), RateLimited),
        (Reply({"error": "Service unavailable at the moment!"}, 503), ServiceUnavailable),
        (Reply(b"<html>maintenance</html>", kind="text/html"), ServiceUnavailable),
        (Reply(b'[{"id": 1}', promised=500), ServiceUnavailable),
        (Reply({"error": "Invalid search/filter"}, 400), FilmFault),
    ],
)
def test_a_refused_search_is_raised_and_never_repeated(
    filelist: FakeFileList, downloader: FileListDownloader, reply: Reply, kind: type[MovieSyncError]
) -> None:
    filelist.replies["imdb"] = reply
    with pytest.raises(kind):
        downloader.download_movie(MATRIX)
    assert len(filelist.asked) == 1


def test_an_answer_that_drips_for_ever_is_given_up(filelist: FakeFileList, tmp_path: Path) -> None:
    held = threading.Event()
    filelist.replies["imdb"] = Reply([], drip=held)
    with pytest.raises(ServiceUnavailable):
        downloader_for(filelist, tmp_path, seconds=0.3).download_movie(MATRIX)
    held.set()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(b"<html>Log in</html>", kind="text/html"), ServiceUnavailable),
        (Reply(b"", kind="application/x-bittorrent"), ServiceUnavailable),
        (Reply({"error": "Invalid passkey/username!"}), AuthError),
        (Reply(b"", 429), RateLimited),
        (Reply(b"", 502), ServiceUnavailable),
    ],
)
def test_what_is_no_torrent_is_neither_kept_nor_believed(
    filelist: FakeFileList,
    downloader: FileListDownloader,
    tmp_path: Path,
    reply: Reply,
    kind: type[MovieSyncError],
) -> None:
    offer(filelist, row())
    filelist.replies["download"] = reply
    with pytest.raises(kind):
        downloader.download_movie(MATRIX)
    assert not (tmp_path / "torrents").exists()


def test_a_page_in_place_of_the_torrent_points_at_the_passkey(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row(), data=b"<html>Log in</html>")
    with pytest.raises(
        ServiceUnavailable, match=r"a page in place of the torrent.*passkey may not be accepted"
    ):
        downloader.download_movie(MATRIX)


# The ledger


def test_each_api_call_is_on_disk_before_it_arrives(
    filelist: FakeFileList, downloader: FileListDownloader, tmp_path: Path
) -> None:
    booked: list[int] = []
    ledger_file = tmp_path / "filelist_calls.json"
    filelist.on_request = lambda: booked.append(len(json.loads(ledger_file.read_text())))
    downloader.download_movie(MATRIX)
    assert booked == [1, 2]


def test_a_full_ledger_sends_nothing(filelist: FakeFileList, tmp_path: Path) -> None:
    with pytest.raises(RateLimited) as full:
        downloader_for(filelist, tmp_path, limit=1).download_movie(MATRIX)
    assert full.value.own_ledger
    assert len(filelist.asked) == 1


def test_a_429_before_our_calls_are_used_up_holds_until_the_next_call_is_free(
    filelist: FakeFileList, downloader: FileListDownloader, tmp_path: Path
) -> None:
    filelist.replies["imdb"] = Reply({"error": "Rate limit reached"}, 429)
    with pytest.raises(RateLimited, match="some of them by other programs") as limited:
        downloader.download_movie(MATRIX)
    assert (limited.value.own_ledger, limited.value.retry_at) == (False, NOW + 3600)
    assert len(json.loads((tmp_path / "filelist_calls.json").read_text())) == 150


def test_a_broken_ledger_sends_nothing(
    filelist: FakeFileList, downloader: FileListDownloader, tmp_path: Path
) -> None:
    (tmp_path / "filelist_calls.json").write_text("{")
    with pytest.raises(StateError):
        downloader.download_movie(MATRIX)
    assert filelist.asked == []


@pytest.mark.parametrize("reply", [Reply(b"gone", 404), Reply(b"d4:spam4:eggse")])
def test_a_release_whose_torrent_is_no_good_gives_way_to_the_next_best(
    filelist: FakeFileList, downloader: FileListDownloader, reply: Reply
) -> None:
    offer(filelist, row(7, seeders=500), row(8, seeders=5))
    filelist.replies["download 7"] = reply
    found = downloader.download_movie(MATRIX)
    assert isinstance(found, Found)
    assert found.release.id == "8"


def test_where_no_torrent_is_any_good_the_film_has_no_release_and_each_reason_is_kept(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row(7), row(8), row(9), row(10))
    filelist.replies["download"] = Reply(b"d4:spam4:eggse")
    nothing = downloader.download_movie(MATRIX)
    assert isinstance(nothing, NoRelease)
    broken = [r for r in nothing.refused if "its .torrent cannot be used" in r.reason]
    assert len(broken) == 3
    assert len([asked for asked in filelist.asked if "download" in asked[0]]) == 3
