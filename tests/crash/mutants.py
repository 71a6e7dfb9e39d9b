"""Files as no program writes them: cut, flipped, of wrong types, with huge numbers, nested without end.

Pure: bytes and dice in, bytes out. Some ways work on any bytes, some on the tree of a JSON file.
"""

import json
import random
from collections.abc import Callable
from typing import Any

Dice = random.Random
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.5, -0.0, 1e308, "", " ", "0", "null", "tt", [], {}, [[]], [None]),
    *(
        2**31,
        2**53 + 1,
        2**63,
        2**64,
        -(2**63) - 1,
        10**30,
        10**400,
        "9" * 5000,
        "a" * 100_000,
        "\x00\x1b[2J",
    ),
    *("../../etc/passwd", "é" * 300, {"title": "x"}, ["x", 1], {"": {"": {}}}, "tt0000001", "\ud800"),
)
WHOLE = (b"", b" ", b"null", b"[]", b"{}", b"0", b'""', b"[null]", b"\xff\xfe[\x00]\x00", b"\xef\xbb\xbf[]")


def mutated(data: bytes, dice: Dice, *, text: bool) -> bytes:
    """Another content in place of `data`; `text` says that it is JSON, or lines of it."""
    ways = [*BYTES, *TREES, *TREES] if text else BYTES
    for _ in range(20):
        changed = dice.choice(ways)(data, dice)
        if changed != data:
            return changed
    return data[:-1]


def _cut(data: bytes, dice: Dice) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _flip(data: bytes, dice: Dice) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, dice: Dice) -> bytes:
    start = dice.randrange(len(data))
    length = min(dice.choice((1, 4, 64, 512, 4096)), len(data) - start)
    filling = dice.choice((b"\0" * length, dice.randbytes(length), b"[" * length, b"9" * length))
    return data[:start] + filling + data[start + length :]


def _drop(data: bytes, dice: Dice) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.choice((1, 4, 64, 512)) :]


def _double(data: bytes, dice: Dice) -> bytes:
    start = dice.randrange(len(data))
    end = start + dice.choice((1, 4, 64, 512))
    return data[:end] + data[start:]


def _replace(data: bytes, dice: Dice) -> bytes:
    return dice.choice(WHOLE)


def _append(data: bytes, dice: Dice) -> bytes:
    return data + dice.choice((b"]", b"}", b"\0" * 512, b"x", data, b",", b"\n\n"))


def _nest(data: bytes, dice: Dice) -> bytes:
    depth = dice.choice((3, 100, 1000, 5000, 100_000))
    opening, closing = dice.choice(((b"[", b"]"), (b'{"a":', b"}")))
    inside = dice.choice((data, b"1", b""))
    return opening * depth + inside + (closing * depth if dice.random() < 0.7 else b"")


BYTES: tuple[Callable[[bytes, Dice], bytes], ...] = (
    *(_cut, _flip, _flip, _overwrite, _drop, _double, _replace, _append, _nest),
)


def _on_the_tree(change: Callable[[list[tuple[Any, Any]], Dice], None]) -> Callable[[bytes, Dice], bytes]:
    """A change of one place in the file's tree; `change` gets every (container, key) there is."""

    def mutate(data: bytes, dice: Dice) -> bytes:
        try:
            tree = {"": json.loads(data)}
        except ValueError:
            lines = data.splitlines(keepends=True)
            if len(lines) < 2 or not lines[0].startswith(b"{"):
                return _flip(data, dice)
            chosen = dice.randrange(len(lines))
            lines[chosen] = mutate(lines[chosen].rstrip(b"\n"), dice) + b"\n"
            return b"".join(lines)
        change(list(_places(tree)), dice)
        text = json.dumps(tree.get(""), indent=2, ensure_ascii=dice.random() < 0.5)
        return text.encode("utf-8", "surrogatepass")

    return mutate


def _places(tree: Any) -> "list[tuple[Any, Any]]":
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found = []
    for key, value in pairs:
        found += [(tree, key), *_places(value)]
    return found


def _odd_value(places: list[tuple[Any, Any]], dice: Dice) -> None:
    container, key = dice.choice(places)
    container[key] = dice.choice(ODD_VALUES)


def _deep_value(places: list[tuple[Any, Any]], dice: Dice) -> None:
    container, key = dice.choice(places)
    deep: Any = container[key]
    for _ in range(dice.choice((2, 50, 400))):
        deep = [deep] if dice.random() < 0.5 else {"a": deep}
    container[key] = deep


def _other_number(places: list[tuple[Any, Any]], dice: Dice) -> None:
    numbers = [place for place in places if isinstance(place[0][place[1]], int)]
    if numbers:
        container, key = dice.choice(numbers)
        container[key] = dice.choice((-container[key], container[key] * 10**6, 2**63 - 1, 10**18, -(2**63)))


def _no_key(places: list[tuple[Any, Any]], dice: Dice) -> None:
    container, key = dice.choice(places)
    del container[key]


def _other_key(places: list[tuple[Any, Any]], dice: Dice) -> None:
    named = [place for place in places if isinstance(place[1], str) and place[1]]
    if named:
        container, key = dice.choice(named)
        container[dice.choice(("extra", key + " ", key.upper(), "id", "title", "x" * 5000))] = container[key]
        if dice.random() < 0.5:
            container.pop(key, None)


def _entry_twice(places: list[tuple[Any, Any]], dice: Dice) -> None:
    listed = [place for place in places if isinstance(place[1], int)]
    if listed:
        container, key = dice.choice(listed)
        container.insert(dice.randrange(len(container) + 1), container[key])


def _entries_mixed(places: list[tuple[Any, Any]], dice: Dice) -> None:
    lists = [container for container, key in places if isinstance(container, list) and key == 0]
    if lists:
        dice.shuffle(dice.choice(lists))


TREES = tuple(
    _on_the_tree(change)
    for change in (
        *(_odd_value, _odd_value, _odd_value, _deep_value, _other_number, _other_number),
        *(_no_key, _other_key, _entry_twice, _entries_mixed),
    )
)
