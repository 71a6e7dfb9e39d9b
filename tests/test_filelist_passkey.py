"""Where the passkey goes, and where it must never show."""

import json
import logging
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelist_fake import MATRIX, PASSKEY, FakeFileList, Reply, downloader_for, fake_filelist, offer, row

from errors import MovieSyncError, ServiceUnavailable
from filelist_downloader import FileListDownloader


@pytest.fixture
def filelist() -> Iterator[FakeFileList]:
    with fake_filelist() as fake:
        yield fake


@pytest.fixture
def downloader(filelist: FakeFileList, tmp_path: Path) -> FileListDownloader:
    return downloader_for(filelist, tmp_path)


def test_the_passkey_is_in_no_address_but_the_downloads(
    filelist: FakeFileList, downloader: FileListDownloader
) -> None:
    offer(filelist, row())
    downloader.download_movie(MATRIX)
    told = [path for path, query, _ in filelist.asked if PASSKEY in json.dumps(query)]
    assert told == ["/sub/download.php"]


def test_a_good_run_leaves_no_passkey_in_our_log(
    filelist: FakeFileList, downloader: FileListDownloader, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    offer(filelist, row())
    downloader.download_movie(MATRIX)
    assert "movie=The Matrix (1999) searched: releases=1" in caplog.text
    assert PASSKEY not in caplog.text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(f"<html>your key is {PASSKEY}</html>".encode()),
        Reply(f"d8:announce{PASSKEY}".encode()),
        Reply({"error": f"odd key {PASSKEY}"}),
        Reply(b"d4:info", promised=500),
        Reply(b"", 503),
        Reply(b"", 403),
    ],
)
@pytest.mark.parametrize("step", ["imdb", "download"])
def test_no_failure_shows_the_passkey_in_text_traceback_or_log(
    filelist: FakeFileList,
    downloader: FileListDownloader,
    caplog: pytest.LogCaptureFixture,
    step: str,
    reply: Reply,
) -> None:
    caplog.set_level(logging.INFO)
    offer(filelist, row())
    filelist.replies[step] = reply
    with pytest.raises(MovieSyncError) as raised:
        downloader.download_movie(MATRIX)
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + caplog.text
    assert PASSKEY not in shown


def test_an_unreachable_download_does_not_show_the_passkey(
    filelist: FakeFileList, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    held = threading.Event()
    offer(filelist, row())
    filelist.replies["download"] = Reply(b"", drip=held)
    with pytest.raises(ServiceUnavailable) as raised:
        downloader_for(filelist, tmp_path, seconds=0.3).download_movie(MATRIX)
    held.set()
    assert PASSKEY not in "".join(traceback.format_exception(raised.value)) + caplog.text
