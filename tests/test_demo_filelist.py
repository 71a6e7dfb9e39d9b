"""The stand-in FileList answers as the real API does, with its types, limits and refusals."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from demo.filelist import PASSKEY, USERNAME, StandInFileList
from demo.filelist_rows import MISSING, bucharest
from demo.films import NOSFERATU
from demo.torrents import make_release

LOGIN = (USERNAME, PASSKEY)


def ask(url: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, **{"timeout": 5, "allow_redirects": False, **options})


@pytest.fixture
def filelist() -> Iterator[StandInFileList]:
    with StandInFileList() as server:
        yield server
        assert server.errors == []


def search(server: StandInFileList, query: str, kind: str = "imdb", **more: str) -> Any:
    params = {"action": "search-torrents", "type": kind, "query": query, **more}
    answer = ask(server.api_url, params=params, auth=LOGIN)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_row_has_the_types_of_the_real_api(filelist: StandInFileList) -> None:
    winter = 1_700_000_000
    row_id = filelist.add_torrent(NOSFERATU, "Nosferatu.1922.1080p", freeleech=True, uploaded_at=winter)
    (row,) = search(filelist, "tt0013442")
    link = f"{filelist.url}/download.php?id={row_id}&passkey={PASSKEY}"
    assert (row["id"], row["download_link"]) == (row_id, link)
    assert row["upload_date"] == "2023-11-15 00:13:20"
    assert (row["freeleech"], row["doubleup"], row["internal"]) == (1, 0, 0)
    assert row["category"] == "Filme HD"


def test_slashes_arrive_escaped_and_categories_may_be_english(filelist: StandInFileList) -> None:
    filelist.add_torrent(NOSFERATU, "Nosferatu.1922.2160p", 6)
    filelist.language = "en"
    answer = ask(filelist.api_url, params={"action": "latest-torrents"}, auth=LOGIN)
    assert r"http:\/\/127.0.0.1" in answer.text
    assert answer.json()[0]["category"] == "Movies 4K"


def test_optional_fields_may_be_null_or_missing(filelist: StandInFileList) -> None:
    filelist.add_torrent(None, "Old.Row", imdb=None, doubleup=None, uploaded_at=2)
    filelist.add_torrent(None, "Older.Row", imdb=MISSING, uploaded_at=1)
    rows = ask(filelist.api_url, params={"action": "latest-torrents"}, auth=LOGIN).json()
    assert rows[0]["imdb"] is None
    assert "doubleup" not in rows[0]
    assert "imdb" not in rows[1]


@pytest.mark.parametrize("query", ["tt0013442", "0013442", "13442"])
def test_an_imdb_search_compares_numbers(filelist: StandInFileList, query: str) -> None:
    filelist.add_torrent(None, "Nosferatu.1922.1080p", imdb="tt13442")
    assert len(search(filelist, query)) == 1
    assert search(filelist, "tt9999999") == []


def test_a_name_search_is_loose_and_a_colon_finds_nothing(filelist: StandInFileList) -> None:
    filelist.add_torrent(NOSFERATU, "Nosferatu.1922.1080p")
    filelist.add_torrent(None, "Nosferatu.the.Vampyre.1979.1080p")
    filelist.add_torrent(None, "Detour.1945.1080p")
    names = [row["name"] for row in search(filelist, "Nosferatu 1922", "name")]
    assert names == ["Nosferatu.1922.1080p", "Nosferatu.the.Vampyre.1979.1080p"]
    assert search(filelist, "Nosferatu: 1922", "name") == []


def test_filters_leave_rows_out(filelist: StandInFileList) -> None:
    filelist.add_torrent(NOSFERATU, "Nosferatu.1922.2160p", 6)
    filelist.add_torrent(NOSFERATU, "Nosferatu.1922.1080p", 4, freeleech=True)
    assert [row["name"][-5:] for row in search(filelist, "tt0013442", category="4,1")] == ["1080p"]
    assert [row["name"][-5:] for row in search(filelist, "tt0013442", freeleech="1")] == ["1080p"]


@pytest.mark.parametrize(
    ("params", "auth", "status", "words"),
    [
        ({"action": "latest-torrents"}, None, 401, "Username and passkey cannot be empty."),
        ({"action": "latest-torrents"}, ("demo", "wrong"), 403, "Invalid passkey/username!"),
        ({"action": "search-torrents", "type": "imdb"}, LOGIN, 400, "Invalid search/filter"),
        ({"action": "latest-torrents", "category": ""}, LOGIN, 400, "Invalid search/filter"),
        ({"action": "latest-torrents", "limit": "101"}, LOGIN, 400, "Invalid search/filter"),
        ({}, LOGIN, 400, "Invalid search/filter"),
    ],
)
def test_errors_are_objects_where_a_list_is_due(
    filelist: StandInFileList, params: dict[str, str], auth: Any, status: int, words: str
) -> None:
    answer = ask(filelist.api_url, params=params, auth=auth)
    assert answer.status_code == status
    assert answer.json() == {"error": words}


def test_an_error_may_come_as_200_and_html(filelist: StandInFileList) -> None:
    filelist.errors_as_200 = True
    answer = ask(filelist.api_url, params={"action": "nothing"}, auth=LOGIN)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json() == {"error": "Invalid search/filter"}


def test_scheduled_statuses_use_the_services_own_words(filelist: StandInFileList) -> None:
    filelist.fail("api.php", 503, times=1)
    answer = ask(filelist.api_url, auth=LOGIN)
    assert (answer.status_code, answer.json()) == (503, {"error": "Service unavailable at the moment!"})


def test_the_login_works_in_the_query_too(filelist: StandInFileList) -> None:
    params = {"action": "latest-torrents", "username": USERNAME, "passkey": PASSKEY}
    assert ask(filelist.api_url, params=params).json() == []


def test_wrong_logins_lock_the_account_for_an_hour() -> None:
    now = [1000.0]
    with StandInFileList(clock=lambda: now[0], wrong_logins=2) as server:
        params = {"action": "latest-torrents"}

        def words(passkey: str) -> Any:
            return ask(server.api_url, params=params, auth=(USERNAME, passkey)).json()

        assert words("x") == words("x") == {"error": "Invalid passkey/username!"}
        locked = {"error": "Too many failed authentications. Try again in one hour!"}
        assert words("x") == words(PASSKEY) == locked
        now[0] += 3600
        assert words(PASSKEY) == []


def test_the_151st_call_of_an_hour_is_refused() -> None:
    now = [1000.0]
    with StandInFileList(clock=lambda: now[0], limit=3) as server:
        params = {"action": "latest-torrents"}
        statuses = [ask(server.api_url, params=params, auth=LOGIN).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        now[0] += 3601
        assert ask(server.api_url, params=params, auth=LOGIN).status_code == 200


def test_a_download_gives_the_torrent_or_a_page(filelist: StandInFileList) -> None:
    torrent = make_release("Nosferatu.1922", filelist.announce_url, size=1000)
    row_id = filelist.add_torrent(NOSFERATU, "Nosferatu.1922", 4, torrent)
    url = f"{filelist.url}/download.php"
    right = ask(url, params={"id": str(row_id), "passkey": PASSKEY})
    assert right.content == torrent.data
    assert right.headers["Content-Type"] == "application/x-bittorrent"
    assert "<html>" in ask(url, params={"id": str(row_id), "passkey": "wrong"}).text
    assert ask(url, params={"id": "1", "passkey": PASSKEY}).status_code == 404
    assert filelist.downloads(row_id) == 2


def test_bucharest_time_changes_twice_a_year() -> None:
    assert bucharest(1_711_846_799).hour == 2  # 2024-03-31 00:59:59 UTC
    assert bucharest(1_711_846_800).hour == 4  # a second later
    assert bucharest(1_729_990_800).hour == 3  # 2024-10-27 01:00 UTC
