"""What the API's answers mean: rows in both shapes of every field, and each "no" as the right error."""

import json
from typing import Any

import pytest

from errors import AuthError, Blocked, FilmFault, MovieSyncError, RateLimited, ServiceUnavailable
from filelist_answers import category_id, read_rows, refusal, release_from
from web import Answer

NOW = 1_800_000_000.0
PASSKEY = "0123456789abcdef0123456789abcdef"
ROW: dict[str, Any] = {
    "id": 4711,
    "name": "The.Matrix.1999.1080p.BluRay.x264-GRP",
    "imdb": "tt0133093",
    "freeleech": 1,
    "doubleup": 0,
    "internal": 0,
    "upload_date": "2026-01-15 12:00:00",
    "download_link": f"https:\\/\\/flro.org\\/download.php?id=4711&passkey={PASSKEY}",
    "size": 12_500_000_000,
    "category": "Filme HD",
    "seeders": 42,
    "leechers": 3,
}


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers, raw, "http://127.0.0.1/api.php")


def error(body: object, status: int = 200, **headers: str) -> MovieSyncError:
    with pytest.raises(MovieSyncError) as raised:
        read_rows(answer(body, status, **headers), NOW, PASSKEY)
    return raised.value


def test_a_row_is_read_field_by_field() -> None:
    release = release_from(ROW)
    assert (release.tracker, release.id, release.name) == ("filelist", "4711", ROW["name"])
    assert (release.imdb_id, release.category_id, release.category) == ("tt0133093", 4, "Filme HD")
    assert (release.size, release.seeders, release.leechers) == (12_500_000_000, 42, 3)
    assert (release.freeleech, release.doubleup, release.internal) == (True, False, False)


def test_every_field_means_the_same_in_its_other_shape() -> None:
    other = {
        **ROW,
        "id": "4711",
        "name": f" {ROW['name']}\n",
        "imdb": 133093,
        "freeleech": "1",
        "doubleup": False,
        "internal": "0",
        "size": "12500000000",
        "seeders": "42",
        "leechers": 3.0,
    }
    assert release_from(other) == release_from(ROW)


@pytest.mark.parametrize("flag", [1, "1", True, "true"])
def test_a_flag_is_set_in_each_of_its_shapes(flag: object) -> None:
    assert release_from({**ROW, "internal": flag}).internal


@pytest.mark.parametrize("flag", [0, "0", False, "false", None, "", "perhaps"])
def test_anything_else_is_no_flag(flag: object) -> None:
    assert not release_from({**ROW, "freeleech": flag}).freeleech


def test_a_row_of_the_time_before_doubleup_is_read() -> None:
    assert not release_from({key: value for key, value in ROW.items() if key != "doubleup"}).doubleup


@pytest.mark.parametrize("imdb", ["tt0133093", "tt133093", "133093", "tt00133093", 133093, " TT0133093 "])
def test_a_badly_padded_imdb_id_is_mended(imdb: object) -> None:
    assert release_from({**ROW, "imdb": imdb}).imdb_id == "tt0133093"


@pytest.mark.parametrize("imdb", [None, "", "tt", "tt0000000", 0, "none", [], True])
def test_an_imdb_id_that_is_none_costs_the_row_nothing(imdb: object) -> None:
    assert release_from({**ROW, "imdb": imdb}).imdb_id is None


def test_html_entities_and_odd_signs_of_a_name_do_no_harm() -> None:
    assert release_from({**ROW, "name": "Tom &amp; Jerry\ud800\x1b[2J"}).name == "Tom &amp; Jerry  [2J"


@pytest.mark.parametrize(
    ("stamp", "unix"), [("2026-01-15 12:00:00", 1768471200), ("2026-07-15 12:00:00", 1784106000)]
)
def test_upload_dates_are_romanian_time_in_winter_and_summer(stamp: str, unix: int) -> None:
    assert release_from({**ROW, "upload_date": stamp}).uploaded_at in {unix, None}


@pytest.mark.parametrize("stamp", [None, "", "0000-00-00 00:00:00", "yesterday", 5])
def test_a_date_that_cannot_be_told_is_left_out(stamp: object) -> None:
    assert release_from({**ROW, "upload_date": stamp}).uploaded_at is None


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Filme HD", 4),
        ("Movies HD", 4),
        ("movies hd ro", 19),
        ("Filme 4K Blu-Ray", 26),
        ("Movies 4K BluRay", 26),
        ("Desene", 15),
        ("Cartoons", 15),
        ("TV-Series HD", 21),
        (6, 6),
        (" 6 ", 6),
        ("Filme 8K", None),
        (None, None),
        (True, None),
    ],
)
def test_a_category_is_known_by_number_and_by_each_of_its_names(name: object, number: int | None) -> None:
    assert category_id(name) == number


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"id": None}, "`id`"),
        ({"id": "../x"}, "`id`"),
        ({"id": True}, "`id`"),
        ({"name": "  "}, "`name`"),
        ({"name": 300}, "`name`"),
        ({"size": "12.5 GB"}, "`size`"),
        ({"size": -1}, "`size`"),
        ({"seeders": []}, "`seeders`"),
        ({"seeders": 10**30}, "`seeders`"),
        ({"leechers": float("inf")}, "`leechers`"),
    ],
)
def test_a_broken_row_is_named_and_the_others_are_kept(damage: dict[str, Any], reason: str) -> None:
    rows = read_rows(answer([{**ROW, **damage}, ROW]), NOW, PASSKEY)
    assert rows.releases == (release_from(ROW),)
    assert len(rows.broken) == 1
    assert reason in rows.broken[0]


def test_a_row_that_is_no_object_is_a_broken_row() -> None:
    assert len(read_rows(answer([None, "x", 3, [ROW]]), NOW, PASSKEY).broken) == 4


def test_the_body_is_read_as_json_whatever_its_header_says() -> None:
    page = Answer(200, {"content-type": "text/html"}, json.dumps([ROW]).encode(), "http://127.0.0.1/")
    assert len(read_rows(page, NOW, PASSKEY).releases) == 1


@pytest.mark.parametrize("body", [[], {"error": "Not found"}, b"<html>Not Found</html>"])
def test_a_404_is_nothing_found(body: object) -> None:
    assert read_rows(answer(body, 404), NOW, PASSKEY).releases == ()


@pytest.mark.parametrize("status", [200, 401, 403])
def test_wrong_credentials_are_told_by_words_or_status(status: int) -> None:
    refused = error({"error": "Invalid passkey/username!"}, status)
    assert isinstance(refused, AuthError)
    assert refused.ban_seconds is None
    assert str(refused).startswith("Invalid credentials: FileList refused the user name or passkey")
    assert "It needs your passkey, not your password" in str(refused)
    assert "python main.py --config" in str(refused)


@pytest.mark.parametrize(
    ("body", "status"),
    [({"error": "Username and passkey cannot be empty."}, 401), (b"Forbidden", 403), ({"error": ""}, 403)],
)
def test_401_and_403_are_refused_credentials_in_any_form(body: object, status: int) -> None:
    assert isinstance(error(body, status), AuthError)


@pytest.mark.parametrize("status", [200, 403])
def test_a_lock_out_is_known_to_last_an_hour(status: int) -> None:
    banned = error({"error": "Too many failed authentications. Try again in one hour!"}, status)
    assert isinstance(banned, AuthError)
    assert banned.ban_seconds == 3600


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 429),
        ({"error": "Invalid passkey/username!"}, 429),
        ({"error": "Rate limit reached"}, 200),
        ({"error": 429, "message": "Rate limit"}, 200),
    ],
)
def test_too_many_calls_are_told_before_anything_else(body: object, status: int) -> None:
    limited = error(body, status)
    assert isinstance(limited, RateLimited)
    assert str(limited).startswith("Rate limit reached")
    assert not limited.own_ledger
    assert limited.retry_at is None


def test_the_services_own_word_when_to_come_back_is_kept() -> None:
    limited = error(b"", 429, **{"retry-after": "120"})
    assert isinstance(limited, RateLimited)
    assert limited.retry_at == NOW + 120


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"error": "Service unavailable at the moment!"}, 200),
        ({"error": "Service unavailable at the moment!"}, 503),
        (b"<html>502</html>", 502),
        ([ROW], 500),
        (b"<html>login</html>", 200),
        (b"", 200),
        (b"[" * 100_000, 200),
        (b'[{"id": 1', 200),
        ({}, 200),
        (None, 200),
        ({"error": "the hamster died"}, 200),
        (b"<html>Bad Request</html>", 400),
        ([ROW], 302),
    ],
)
def test_what_is_no_answer_is_a_service_out_of_order(body: object, status: int) -> None:
    assert type(error(body, status)) is ServiceUnavailable


def test_a_search_called_invalid_is_the_films_own_failure() -> None:
    assert isinstance(error({"error": "Invalid search/filter"}, 400), FilmFault)


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (b"<html><title>Just a moment...</title>", 403, {}),
        (b"<html><TITLE>Attention Required! | Cloudflare</title>", 503, {}),
        (b"", 403, {"cf-mitigated": "challenge"}),
    ],
)
def test_a_shield_in_front_is_no_word_about_the_credentials(
    body: bytes, status: int, headers: dict[str, str]
) -> None:
    assert isinstance(error(body, status, **headers), Blocked)


def test_a_page_in_place_of_the_list_has_its_own_sentence() -> None:
    assert "sent a page where its API's answer was due" in str(error(b"<html>welcome back</html>"))


def test_an_unknown_error_is_quoted_without_the_passkey() -> None:
    said = str(error({"error": f"key {PASSKEY} is\nodd"}))
    assert '"key *** is odd"' in said
    assert PASSKEY not in said


def test_a_torrent_is_no_refusal() -> None:
    assert refusal(answer(b"d8:announce3:urle"), NOW, PASSKEY) is None


@pytest.mark.parametrize("form", ["{}", "<html><body><p>{}</p></body></html>"])
@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Too many failed authentications. Try again in one hour!", AuthError),
        ("Invalid passkey/username!", AuthError),
        ("Rate limit reached", RateLimited),
        ("Service unavailable at the moment!", ServiceUnavailable),
        ("Invalid search/filter", FilmFault),
    ],
)
def test_the_apis_own_words_count_as_bare_text_and_as_a_small_page(
    form: str, status: int, words: str, kind: type[MovieSyncError]
) -> None:
    raised = error(form.format(words).encode(), status)
    assert isinstance(raised, kind)
    assert getattr(raised, "ban_seconds", None) == (3600 if "Too many" in words else None)


def test_a_page_of_the_site_that_speaks_of_passkeys_is_no_refusal() -> None:
    page = "<html>" + "Your passkey keeps the account yours. Invalid passkey/username! " * 40 + "</html>"
    assert isinstance(error(page.encode()), ServiceUnavailable)


@pytest.mark.parametrize(
    ("name", "category"),
    [("Film.1999.2160p.WEB-DL", 6), ("Film.1999.1080p.BluRay", 4), ("Film.1999.DVDRip", 1)],
)
def test_a_category_nobody_knows_is_told_by_the_releases_name(name: str, category: int) -> None:
    assert release_from({**ROW, "name": name, "category": "Something new"}).category_id == category
    assert release_from({**ROW, "name": name, "category": None}).category_id == category


def test_a_row_with_a_season_is_a_series() -> None:
    assert release_from({**ROW, "tv": {"season": 1, "episode": None}}).series
    assert not release_from({**ROW, "tv": {"season": None, "episode": None}}).series
