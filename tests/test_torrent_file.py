"""What is read from a good .torrent, and how everything else is refused."""

import hashlib
from typing import Any

import pytest
from bencode2 import bdecode, bencode

from torrent_file import NotATorrent, read_torrent

SINGLE: dict[bytes, Any] = {
    b"length": 5,
    b"name": b"Heat.mkv",
    b"piece length": 16384,
    b"pieces": b"x" * 20,
}
MULTI: dict[bytes, Any] = {
    b"files": [
        {b"length": 7, b"path": [b"Heat.mkv"]},
        {b"attr": b"p", b"length": 9, b"path": [b".pad", b"9"]},
        {b"length": 3, b"path": [b"Subs", b"en.srt"]},
    ],
    b"name": b"Heat",
    b"piece length": 16384,
    b"pieces": b"x" * 20,
}
TREE = {
    b"Heat.mkv": {b"": {b"length": 7, b"pieces root": b"r" * 32}},
    b"Subs": {b"en.srt": {b"": {b"length": 3, b"pieces root": b"r" * 32}}},
}
V2: dict[bytes, Any] = {b"file tree": TREE, b"meta version": 2, b"name": b"Heat", b"piece length": 16384}


def packed(info: object) -> bytes:
    return bencode({b"announce": b"http://tracker.test/0123456789abcdef/announce", b"info": info})


def sha1(info: object) -> str:
    return hashlib.sha1(bencode(info)).hexdigest()


def sha256(info: object) -> str:
    return hashlib.sha256(bencode(info)).hexdigest()[:40]


def refusal(data: bytes) -> str:
    with pytest.raises(NotATorrent) as caught:
        read_torrent(data)
    return str(caught.value)


def test_a_single_file_torrent() -> None:
    data = packed(SINGLE)
    torrent = read_torrent(data)
    assert torrent.data == data
    assert torrent.info_hash == sha1(SINGLE)
    assert torrent.candidates == (torrent.info_hash,)
    assert (torrent.name, torrent.size, torrent.files) == ("Heat.mkv", 5, (("Heat.mkv", 5),))


def test_files_lie_below_the_name_and_padding_is_left_out() -> None:
    torrent = read_torrent(packed(MULTI))
    assert torrent.size == 10
    assert torrent.files == (("Heat/Heat.mkv", 7), ("Heat/Subs/en.srt", 3))


def test_a_v2_torrent_is_known_by_its_cut_hash() -> None:
    torrent = read_torrent(packed(V2))
    assert torrent.candidates == (sha256(V2),)
    assert torrent.info_hash == sha256(V2)
    assert torrent.files == (("Heat/Heat.mkv", 7), ("Heat/Subs/en.srt", 3))


def test_a_v2_torrent_of_one_file_has_no_folder() -> None:
    info = {**V2, b"file tree": {b"Heat": {b"": {b"length": 7}}}}
    assert read_torrent(packed(info)).files == (("Heat", 7),)


def test_a_hybrid_torrent_may_be_known_by_either_hash() -> None:
    info = {**MULTI, **V2}
    torrent = read_torrent(packed(info))
    assert torrent.info_hash == sha1(info)
    assert torrent.candidates == (sha1(info), sha256(info))


def test_the_utf8_name_is_preferred_and_bad_bytes_do_no_harm() -> None:
    assert read_torrent(packed({**SINGLE, b"name.utf-8": "Amélie".encode()})).name == "Amélie"
    assert read_torrent(packed({**SINGLE, b"name": b"Am\xe9lie"})).name == "Am�lie"


def test_a_torrent_whose_first_key_is_long_is_one() -> None:
    data = bencode({b"announce-list": [[b"http://tracker.test/announce"]], b"info": SINGLE})
    assert not data.startswith(b"d8:")
    assert read_torrent(data).name == "Heat.mkv"


GOOD = packed(SINGLE)
NO_TORRENTS = [
    (b"", "it is empty"),
    (b" \r\n\t", "it is empty"),
    (b"<!DOCTYPE html><html><body>Login</body></html>", "it is an HTML page"),
    (b"\xef\xbb\xbf\n <HTML>", "it is an HTML page"),
    (b'{"error":"Invalid passkey/username!"}', "it is a JSON text"),
    (b"Service unavailable at the moment!", "it is not bencoded"),
    (b"dear user, this is not a torrent", "it is not bencoded, or damaged"),
    (GOOD[:-1], "it is not bencoded, or damaged"),
    (GOOD + b"\n", "it is not bencoded, or damaged"),
    (GOOD + GOOD, "it is not bencoded, or damaged"),
    (b"d4:infod4:name99999999999999999999:xee", "it is not bencoded, or damaged"),
    (b"d4:infod6:lengthi" + b"9" * 6000 + b"eee", "it is not bencoded, or damaged"),
    (b"d1:a" * 50_000, "it is not bencoded, or damaged"),
    (b"d1:a" * 50_000 + b"le" + b"e" * 50_000, "it is not bencoded, or damaged"),
    (b"d4:infod4:name1:a4:name1:bee", "it is not bencoded, or damaged"),
    (b"d4:infod4:name1:b3:abc1:cee", "it is not bencoded, or damaged"),
    (b"d3:abci01ee", "it is not bencoded, or damaged"),
    (b"de", "it is bencoded, but has no info dictionary"),
    (b"d4:infoi1ee", "it is bencoded, but has no info dictionary"),
    (b"le", "it is not bencoded"),
]


@pytest.mark.parametrize(("data", "said"), NO_TORRENTS)
def test_what_is_no_torrent_is_named(data: bytes, said: str) -> None:
    assert refusal(data) == said


def without(info: dict[bytes, Any], key: bytes) -> dict[bytes, Any]:
    return {name: value for name, value in info.items() if name != key}


BROKEN: list[object] = [
    {},
    without(SINGLE, b"name"),
    {**SINGLE, b"name": 5},
    {**SINGLE, b"name": b""},
    {**SINGLE, b"name": b".."},
    {**SINGLE, b"name": b"a/../../b"},
    without(SINGLE, b"length"),
    {**SINGLE, b"length": -5},
    {**SINGLE, b"length": 0},
    {**SINGLE, b"length": b"5"},
    {**SINGLE, b"length": 2**63},
    without(SINGLE, b"pieces"),
    {**SINGLE, b"pieces": 5},
    {**SINGLE, b"pieces": b""},
    {**SINGLE, b"files": []},
    {**MULTI, b"files": {}},
    {**MULTI, b"files": []},
    {**MULTI, b"files": [5]},
    {**MULTI, b"files": [{b"length": 5}]},
    {**MULTI, b"files": [{b"length": 5, b"path": []}]},
    {**MULTI, b"files": [{b"length": 5, b"path": b"x"}]},
    {**MULTI, b"files": [{b"length": 5, b"path": [5]}]},
    {**MULTI, b"files": [{b"length": 5, b"path": [b"..", b"x"]}]},
    {**MULTI, b"files": [{b"length": 5, b"path": [b"/etc/x"]}]},
    {**MULTI, b"files": [{b"length": 5, b"path": [b"a\0b"]}]},
    {**MULTI, b"files": [{b"length": 2**62, b"path": [b"x"]}] * 3},
    {**V2, b"meta version": 3},
    without(V2, b"file tree"),
    {**V2, b"file tree": {}},
    {**V2, b"file tree": {b"x": 5}},
    {**V2, b"file tree": {b"x": {b"": 5}}},
    {**V2, b"file tree": {b"": {b"length": 5}}},
    {**V2, b"file tree": {b"x": {b"": {b"length": -1}}}},
    {**V2, b"file tree": {b"..": {b"": {b"length": 5}}}},
    {**V2, b"file tree": {b"x": {b"": {b"length": 5}, b"y": {}}}},
]


@pytest.mark.parametrize("info", BROKEN)
def test_an_unusable_info_dictionary_is_refused(info: object) -> None:
    assert len(refusal(packed(info))) < 60


def test_a_file_tree_without_end_is_refused() -> None:
    tree: dict[bytes, Any] = {b"x": {b"": {b"length": 5}}}
    for _ in range(500):
        tree = {b"x": tree}
    assert "file tree" in refusal(packed({**V2, b"file tree": tree}))


def test_the_message_holds_nothing_of_the_data() -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    for data in (b"<a href='" + secret + b"'>", b"d" + secret, secret, GOOD + secret):
        assert secret.decode()[:8] not in refusal(data)


def test_the_hash_is_that_of_the_very_bytes() -> None:
    raw = GOOD[GOOD.index(b"4:info") + 6 : -1]
    assert read_torrent(GOOD).info_hash == hashlib.sha1(raw).hexdigest()
    assert bdecode(GOOD)[b"info"] == SINGLE
