"""Ways to damage a page, and ways to write the same page differently.

Pure: bytes or text and dice in, the same out. A damaging way may do anything; after a harmless one the page
must read exactly as before.
"""

import html
import random
import re
from collections.abc import Callable

Dice = random.Random
Damage = Callable[[bytes, Dice], bytes]
Rewriting = Callable[[str, Dice], str]

_SCRAPS = (
    *(b"<", b">", b'"', b"'", b"&", b"=", b"/", b"</div>", b"</ul>", b"</body>", b"<body>", b"</html>"),
    *(b"<aside>", b"</aside>", b"<nav>", b"<li>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<script>"),
    *(b"<style>", b"<textarea>", b"<plaintext>", b"<title>", b"<svg>", b"<template>", b"<frameset>"),
    *(b"<?xml version='1.0' encoding='utf-16'?>", b"<meta charset=utf-16>", b"<base href='//x.example/'>"),
    *(b'<div class="js-watchlist-content">', b'<div data-num-entries="57">', b'<li class="griditem">'),
    *(b'<div data-num-entries="0">', b'<b class="js-watchlist-count">0 films</b>', b"1.2K films"),
    *(b"data-num-entries='' ", b"&quot;", b"&#0;", b"&#xD800;", b"&#99999999999;", b"&nbsp;", b"\xc2\xa0"),
    *(b"\0", b"\x1b[2J", b"\xff", b"\xc3", b"\xe2\x80\x8e", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"film:"),
)
_ODD_VALUES = (
    *(b"", b" ", b"0", b"-1", b"1e3", b"01", b"2**31", b"null", b"NaN", b"true", b"[]", b"{}", b"[[]]"),
    *(b"9" * 18, b"9" * 19, b"9" * 5000, b"\xd9\xa3", b"\xc2\xb2", b"a" * 50_000, b"/film/", b"/film//"),
    *(b"/film/x/", b"/list/x/", b"//x.example/film/x/", b"http://[", b"javascript:void(0)", b"#", b"../.."),
    *(
        b"film:0",
        b"film:-1",
        b"list:7",
        b"film:7:8",
        b"\\u0000",
        b"\\ud800",
        b"<b>",
        b"(1984)",
        b"Up (20209)",
    ),
)
_NESTED = (
    *(
        b"<div>",
        b"<aside>",
        b"<li class=griditem>",
        b"<div data-item-slug=x>",
        b"<b>",
        b"<table>",
        b"<ul><li>",
    ),
    *(b"<div data-num-entries=3>", b"<a class=next href=/x>", b"[", b'{"a":', b"<title", b"<!--", b"&amp;"),
)
_BOMB = (
    b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
)
_ATTRIBUTE = re.compile(rb"""([\w-]+)=("[^"]*"|'[^']*'|[^\s"'>]+)""")
_JSON = re.compile(rb"\{[^<>]{2,4000}\}")
_NUMBER = re.compile(rb"\d+")
_TAG = re.compile(rb"</?[a-zA-Z][^<>]*>")


def damaged(page: bytes, other: bytes, dice: Dice) -> bytes:
    """The page after one to four accidents; `other` lends its parts."""
    changed = page
    for _ in range(dice.choice((1, 1, 2, 3, 4))):
        if dice.random() < 0.12:
            changed = _splice(changed, other, dice)
        else:
            changed = dice.choice(DAMAGES)(changed, dice)
    return changed if changed != page else page[:-1]


def _span(data: bytes, dice: Dice) -> slice:
    start = dice.randrange(len(data) + 1)
    return slice(start, start + dice.choice((1, 4, 30, 200, 1000, 8000)))


def _splice(data: bytes, other: bytes, dice: Dice) -> bytes:
    if dice.random() < 0.5:
        return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]
    place = dice.randrange(len(data) + 1)
    return data[:place] + other[_span(other, dice)] + data[place:]


def _flip(data: bytes, dice: Dice) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8, 100)) if data else 0):
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _drop(data: bytes, dice: Dice) -> bytes:
    span = _span(data, dice)
    return data[: span.start] + data[span.stop :]


def _double(data: bytes, dice: Dice) -> bytes:
    span = _span(data, dice)
    return data[: span.stop] + data[span] * dice.choice((1, 1, 3, 20)) + data[span.stop :]


def _cut(data: bytes, dice: Dice) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _insert(data: bytes, dice: Dice) -> bytes:
    place = dice.randrange(len(data) + 1)
    return data[:place] + dice.choice(_SCRAPS) + data[place:]


def _nest(data: bytes, dice: Dice) -> bytes:
    place = dice.randrange(len(data) + 1)
    return data[:place] + dice.choice(_NESTED) * dice.choice((3, 50, 300, 3000, 20_000)) + data[place:]


def _wreck(data: bytes, dice: Dice) -> bytes:
    """The wrong encoding, or bytes that are none."""
    place = dice.randrange(len(data) + 1)
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: data.decode("utf-8", "replace").encode("latin-1", "replace"),
        lambda: data.decode("latin-1").encode("utf-8"),
        lambda: data.decode("utf-8", "replace").encode("utf-16"),
        lambda: data[:place] + dice.randbytes(dice.choice((1, 20, 500))) + data[place:],
        lambda: data[:place] + b"\0" * dice.choice((1, 20, 5000)) + data[place:],
        lambda: data[place:] + data[:place],
    )
    return dice.choice(ways)()


def _blow_up(data: bytes, dice: Dice) -> bytes:
    """Entities that stand for entities, and numbers of characters that there are not."""
    filling = dice.choice(
        (b"&c;" * 100, b"&amp;" * 5000, b"&" * 5000, b"&#x" + b"9" * 5000 + b";", b"&#38;#38;")
    )
    place = dice.randrange(len(data) + 1)
    return (_BOMB if dice.random() < 0.5 else b"") + data[:place] + filling + data[place:]


def _at_one_of(pattern: re.Pattern[bytes], change: Callable[[re.Match[bytes], Dice], bytes]) -> Damage:
    """A change to one of the places that the pattern finds."""

    def mutate(data: bytes, dice: Dice) -> bytes:
        found = list(pattern.finditer(data))
        if not found:
            return _flip(data, dice)
        place = dice.choice(found)
        return data[: place.start()] + change(place, dice) + data[place.end() :]

    return mutate


def _odd_attribute(found: re.Match[bytes], dice: Dice) -> bytes:
    name, value, odd = found[1], found[2], dice.choice(_ODD_VALUES)
    ways = (
        b"",
        name,
        name + b"=" + value[1:-1],
        name + b"=" + value[:-1],
        name + b'="' + odd + b'"',
        name + b"='" + odd + b"' " + found[0],
        found[0] + b" " + name + b"='" + odd + b"'",
        b"data-" + name + b"=" + value,
        name.upper() + b" = " + value,
        name + b"=" + value.replace(b"&quot;", b'"'),
        name + b"=" + value.replace(b"&", b"&amp;"),
    )
    return dice.choice(ways)


def _odd_json(found: re.Match[bytes], dice: Dice) -> bytes:
    text = found[0]
    parts = list(re.finditer(rb"(&quot;|\")([^\"&]*)\1", text))
    if not parts or dice.random() < 0.2:
        return dice.choice(
            (b"", b"{}", b"{", text[:-1], text[: len(text) // 2], text * 2, b"[" + text + b"]")
        )
    part = dice.choice(parts)
    odd = dice.choice(_ODD_VALUES)
    put = dice.choice((odd, part[1] + odd + part[1], part[1] + odd, b""))
    return text[: part.start()] + put + text[part.end() :]


def _odd_number(found: re.Match[bytes], dice: Dice) -> bytes:
    zeros = b"0" * dice.choice((1, 6, 400, 5000))
    return dice.choice(
        (found[0] + zeros, b"-" + found[0], found[0] + b".5", b"9" * 19, b"1," + found[0], b"0")
    )


def _odd_tag(found: re.Match[bytes], dice: Dice) -> bytes:
    return dice.choice((b"", found[0] * 2, found[0][:-1], b"<" + found[0], b"<!--" + found[0], b"<p>"))


DAMAGES: tuple[Damage, ...] = (
    *(_flip, _flip, _drop, _drop, _double, _cut, _insert, _insert, _nest, _wreck, _blow_up),
    *(_at_one_of(_ATTRIBUTE, _odd_attribute),) * 3,
    *(_at_one_of(_JSON, _odd_json),) * 2,
    *(_at_one_of(_NUMBER, _odd_number), _at_one_of(_TAG, _odd_tag), _at_one_of(_TAG, _odd_tag)),
)


# --- the same page in other words

_START = re.compile(r"""<([a-z][a-z0-9]*)((?:\s+[\w:-]+(?:="[^"]*"|='[^']*'|=[^\s"'>]+)?)*)\s*>""")
_PAIR = re.compile(r"""([\w:-]+)(?:=("[^"]*"|'[^']*'|[^\s"'>]+))?""")


def rewritten(page: str, dice: Dice) -> str:
    """The page as another server or browser might have sent it: it must read just the same."""
    for way in dice.sample(REWRITINGS, dice.randint(1, len(REWRITINGS))):
        page = way(page, dice)
    return page


def _retag(page: str, dice: Dice) -> str:
    """Attributes in another order, between other quotes, with other entities, and new ones beside them."""
    quote = dice.choice("\"'")
    numeric = dice.random() < 0.5

    def attribute(pair: re.Match[str]) -> str:
        if pair[2] is None:
            return pair[1]
        raw = html.unescape(pair[2].strip(pair[2][0]) if pair[2][0] in "\"'" else pair[2])
        text = "".join(f"&#{ord(c)};" for c in raw) if numeric else html.escape(raw)
        return f"{pair[1]}={quote}{text}{quote}"

    def tag(found: re.Match[str]) -> str:
        # Of an attribute that stands there twice the first counts: those keep their order.
        pairs = {pair[1]: attribute(pair) for pair in reversed(list(_PAIR.finditer(found[2])))}
        written = [*pairs.values(), 'data-new="1"']
        dice.shuffle(written)
        return f"<{found[1]} {' '.join(written)}>"

    return _START.sub(tag, page)


def _shout(page: str, dice: Dice) -> str:
    return re.sub(r"<(/?)(div|li|ul|span|a|body|meta|img)\b", lambda tag: f"<{tag[1]}{tag[2].upper()}", page)


def _between_tags(page: str, dice: Dice) -> str:
    scrap = dice.choice(("<!-- x -->", "\n", "\r\n\t ", "<!-- <div data-num-entries='0'> -->", "\0"))
    return re.sub(r"(?<=>)(?=<(?:div|li|ul|section|aside)\b)", lambda _: scrap * dice.randint(0, 1), page)


def _surround(page: str, dice: Dice) -> str:
    head = dice.choice(("\ufeff", "\n\n", "<!-- saved from url=(0022)https://letterboxd.com/ -->", ""))
    return head + page + dice.choice(("", "\n", "<!-- 0.2s -->", "<script>var a = '<div>';</script>"))


def _crowd(page: str, dice: Dice) -> str:
    """Other lists in boxes at the side."""
    other = (
        "<aside><h3>More</h3><div data-num-entries='0'><ul><li class='posteritem'><div data-item-slug='bobs' "
        "data-item-name='Other (1999)'></div></li></ul><a class='next' href='/bob/watchlist/page/9/'>More</a>"
        "</div></aside>"
    )
    return page.replace("</body>", f"{other}</body>")


REWRITINGS: tuple[Rewriting, ...] = (_retag, _shout, _between_tags, _surround, _crowd)
