"""Kept torrents: what comes back is what was put there, or nothing."""

from pathlib import Path

import pytest
from filelist_fake import torrent

from torrent_file import read_torrent
from torrent_store import keep_torrent, kept_torrent


def test_a_kept_torrent_is_read_back(tmp_path: Path) -> None:
    ours = read_torrent(torrent())
    keep_torrent(tmp_path, ours)
    assert kept_torrent(tmp_path, ours.info_hash) == ours


@pytest.mark.parametrize("info_hash", ["0" * 40, "../credentials"])
def test_a_torrent_that_was_never_kept_is_none(tmp_path: Path, info_hash: str) -> None:
    assert kept_torrent(tmp_path, info_hash) is None


@pytest.mark.parametrize("content", [b"torn", b"", torrent("Another.Film.2001")])
def test_a_kept_torrent_that_is_broken_or_another_is_none_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "torrents").mkdir()
    (tmp_path / "torrents" / f"{'a' * 40}.torrent").write_bytes(content)
    assert kept_torrent(tmp_path, "a" * 40) is None
    assert "kept torrent ignored" in caplog.text
