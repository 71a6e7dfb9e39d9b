"""The words in which qBittorrent's refusals reach the user."""

from qbittorrent_refusals import login_refused


def test_a_refused_key_is_mended_where_keys_come_from() -> None:
    text = str(login_refused("nas:8080", api_key=True, stored=True))
    assert "MOVIE_SYNC_QBITTORRENT_API_KEY" in text
    assert "--config" not in text


def test_a_refused_password_is_mended_with_the_wizard() -> None:
    assert "--config" in str(login_refused("nas:8080", api_key=False, stored=True))
