"""Titles, years and IMDb ids as they stand in names of releases, folders and files.

Pure text work for every room and thread: no I/O, no clock, no state, and nothing here raises on any text.
It compares names and reads them; what a match leads to is decided elsewhere. A false "same film" is the worse
error (the film would never be fetched, or the wrong one would be), so every doubt means "not the same".
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

FIRST_YEAR, LAST_YEAR = 1880, 2039
SHORT_TITLE = 6
ALIKE = 85.0
_LONG_WORD = 9
_MOST_MISSPELT = 2

_ARTICLES = frozenset({"a", "an", "the"})
_PART_WORDS = frozenset({"part", "pt", "vol", "volume", "chapter", "episode"})
_NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_TENS_WORDS = {
    word: 10 * number
    for number, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_FIGURES = {word: str(number) for number, word in enumerate(_NUMBER_WORDS)}
_FIGURES |= {word: str(number) for word, number in _TENS_WORDS.items()}
_TENS = ("", "x", "xx", "xxx")
_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_ROMAN = {_TENS[n // 10] + _UNITS[n % 10]: str(n) for n in range(1, 40)}

_BY_HAND = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d"}
    | {"þ": "th", "Þ": "th", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ħ": "h", "Ħ": "h", "ı": "i"}
    | {"½": " 1 2 ", "⅓": " 1 3 ", "⅔": " 2 3 ", "¼": " 1 4 ", "¾": " 3 4 "}
    | {sign: f" {number} " for number, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {"™": " ", "®": " ", "©": " "}
    | dict.fromkeys("'’‘`´ʼ′＇", "")
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})

_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"[0-9]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9]) (?=[0-9])")
# "Face/Off" becomes "Face+Off" on disk, so a tight plus is a mere separator; a free one means "and".
_TIGHT_PLUS = re.compile(r"(?<=\w)\+(?=\w)")
_THOUSANDS = re.compile(r"(?<=[0-9])[.,](?=[0-9]{3}(?![0-9]))")
_MOVED_ARTICLE = re.compile(
    r"^(?P<title>.+),\s*(?P<article>the|an|a|der|die|das|le|la|les|el|los|las|il|lo|gli|une?|een|het|den|det)\s*$",
    re.IGNORECASE,
)

_EXTENSION = re.compile(r"\.(?:mkv|mp4|avi|m4v|m2ts|ts|iso|wmv|mov|torrent|nfo)$", re.IGNORECASE)
SITE = re.compile(r"^\s*www\.\S+\s*-\s*", re.IGNORECASE)
_ID_TAG = re.compile(
    r"[\[({]\s*(?:imdb|tmdb|tvdb|edition)(?:id)?\s*[-=:][^\])}]*[\])}]|\btt[0-9]{6,10}\b", re.IGNORECASE
)
_YEAR = re.compile(
    r"(?P<open>[(\[{]\s*)?(?<![^\W_])(?P<year>(?:18|19|20)[0-9]{2})(?![^\W_])(?P<close>\s*[)\]}])?"
)
# Only tags that are no words of any language: "web", "cam" or "german" may be part of a title.
RELEASE_TAG = re.compile(
    r"(?<![^\W_])(?:[0-9]{3,4}[pi]|[0-9]{3,4}x[0-9]{3,4}|uhd|blu-?ray|b[dr]-?rip|bd-?remux|remux|dvd-?rip|dvd-?scr"
    r"|dvd-?[59r]|hdtv|hd-?rip|web-?dl|web-?rip|hd-?cam|cam-?rip|telesync|[xh][ .]?26[45]|hevc|avc|xvid|divx"
    r"|dts|ac3|aac|e-?ac3|flac|truehd)(?![^\W_])",
    re.IGNORECASE,
)
_IMDB = re.compile(
    r"(?<![a-z0-9])(?:imdb(?:id)?\s*[-=:]\s*(?:tt)?|tt)([0-9]{5,10})(?![a-z0-9])", re.IGNORECASE
)
_ONE_IMDB = re.compile(r"\s*(?:tt)?([0-9]{1,12})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class NameParts:
    """A name taken apart. `rest` is what follows the year, or the title when there is no year."""

    title: str
    year: int | None
    rest: str


@dataclass(frozen=True)
class YearAt:
    """A plausible year of release and where it stands in its text, brackets included."""

    year: int
    start: int
    end: int


def fold(title: str) -> str:
    """The title without case, accents, punctuation and articles: words divided by one blank.

    A title of nothing but punctuation is returned as it is, so that two of them are not taken for one.
    """
    if title.isascii():  # most titles; the result is the same
        text = title.replace("'", "").replace("`", "").casefold()
    else:
        text = unicodedata.normalize("NFKD", title.translate(_BY_HAND))
        text = "".join(letter for letter in text if not unicodedata.combining(letter)).casefold()
    text = _THOUSANDS.sub("", text)
    text = _TIGHT_PLUS.sub(" ", text).replace("&", " and ").replace("+", " and ")
    words = _WORD.findall(_article_first(text))
    return " ".join(_without_articles(_with_letters_joined(words))) or title.strip().casefold()


def numbers(title: str) -> frozenset[str]:
    """Every number of the title in digits ("Part Two", "II" and "2" are one), as a set of texts."""
    return numbers_of(" ".join(_plain_words(title)))


def numbers_of(plain: str) -> frozenset[str]:
    """The `numbers` of a title whose plain form is known already."""
    return frozenset(number.lstrip("0") or "0" for number in _DIGITS.findall(plain))


def plain_title(title: str) -> str:
    """The folded title with numerals as digits: titles of the same plain form are the same words."""
    return " ".join(_plain_words(title))


def title_key(title: str) -> str:
    """What two spellings of one title share, as one word: "Spider-Man: Part II" and "Spiderman 2" agree."""
    return key_of(plain_title(title))


def key_of(plain: str) -> str:
    """The `title_key` of a title whose plain form is known already."""
    return _BETWEEN_DIGITS.sub("_", plain).replace(" ", "")


def same_title(a: str, b: str) -> bool:
    """Whether both are the same words, numerals and articles aside."""
    return plain_title(a) == plain_title(b)


def similarity(a: str, b: str) -> float:
    """How much alike the folded titles are, 0 to 100 (plain ratio: no partial and no token scoring)."""
    return fuzz.ratio(plain_title(a), plain_title(b))


def same_film_name(title_a: str, year_a: int | None, title_b: str, year_b: int | None) -> bool:
    """Whether two titles with years name one film, as far as names can tell.

    With equal years they may be written together or apart, or be misspelt; one year apart or without a year
    they must be the same words.
    """
    if year_a != year_b or year_a is None:
        near = year_a is None or year_b is None or abs(year_a - year_b) == 1
        return near and same_title(title_a, title_b)
    plain_a, plain_b = plain_title(title_a), plain_title(title_b)
    return key_of(plain_a) == key_of(plain_b) or misspelt(plain_a, plain_b)


def misspelt(plain_a: str, plain_b: str) -> bool:
    """Whether two plain titles of films of one year are one title, misspelt or spelt the British way.

    They are 85 % alike, with equal numbers, as many words, and words that differ by a letter or two at most;
    a title of six letters or less is never misspelt. An added letter at the end makes another word:
    "Passenger" and "Passengers" are two films of 2016.
    """
    if min(len(key_of(plain_a)), len(key_of(plain_b))) <= SHORT_TITLE or numbers_of(plain_a) != numbers_of(
        plain_b
    ):
        return False
    words_a, words_b = plain_a.split(), plain_b.split()
    if len(words_a) != len(words_b) or fuzz.ratio(plain_a, plain_b) < ALIKE:
        return False
    pairs = [(a, b) for a, b in zip(words_a, words_b, strict=True) if a != b]
    shortest = SHORT_TITLE if len(words_a) > 1 else SHORT_TITLE + 2
    return len(pairs) <= _MOST_MISSPELT and all(_one_word(a, b, shortest) for a, b in pairs)


def title_forms(title: str) -> tuple[str, ...]:
    """The title, and the way German names are written without umlauts where that differs."""
    if title.isascii():
        return (title,)
    return tuple(dict.fromkeys((title, title.translate(_UMLAUTS))))


def whole_titles(titles: Sequence[str]) -> tuple[str, ...]:
    """The titles that a film's page lists, each once.

    It lists them divided by commas, so that one with a comma comes in pieces: neighbours are also taken
    together.
    """
    joined = (", ".join(titles[at : at + count]) for count in (2, 3) for at in range(len(titles) - count + 1))
    return tuple(title for title in dict.fromkeys((*titles, *joined)) if title.strip())


def split_title_year(name: str) -> tuple[str, int | None]:
    """Title and year of a release, folder or file name; the year is None when the name has none."""
    parts = read_name(name)
    return parts.title, parts.year


def read_name(name: str) -> NameParts:
    """Take a release, folder or file name apart. A year that is the whole title is the title."""
    text = _EXTENSION.sub("", _ID_TAG.sub(" ", SITE.sub("", name)).strip())
    tag = RELEASE_TAG.search(text, 1)
    tags_at = tag.start() if tag else len(text)
    found = year_in(text, after=1)
    if found is None or not _WORD.search(text[: found.start]):
        leading = _YEAR.match(text)
        if leading and leading["open"] and _WORD.search(text[leading.end() : tags_at]):
            return NameParts(_shown(text[leading.end() : tags_at]), int(leading["year"]), text[tags_at:])
        return NameParts(_shown(text[:tags_at]), None, text[tags_at:])
    return NameParts(_shown(text[: min(found.start, tags_at)]), found.year, text[found.end :])


def year_in(text: str, *, after: int = 0) -> YearAt | None:
    """The year of release in a name, from position `after` on.

    It is the last plausible year before the first release tag, a bracketed one before a bare one; only
    without any there, the first one after the tag ("Title.BluRay.1996").
    """
    tag = RELEASE_TAG.search(text, after)
    tags_at = tag.start() if tag else len(text)
    found = [hit for hit in _YEAR.finditer(text, after) if FIRST_YEAR <= int(hit["year"]) <= LAST_YEAR]
    bracketed = [hit for hit in found if hit["open"] and hit["close"]]
    for hits in (bracketed, found):
        early = [hit for hit in hits if hit.start() < tags_at]
        if early:
            return _year_at(early[-1])
    return _year_at(found[0]) if found else None


def imdb_ids(text: str) -> tuple[str, ...]:
    """Every IMDb id in a name or text, once each, as "tt" and at least seven digits."""
    found = (f"tt{int(digits):07d}" for digits in _IMDB.findall(text) if int(digits))
    return tuple(dict.fromkeys(found))


def same_imdb(a: str | None, b: str | None) -> bool:
    """Whether both are one IMDb id. The number counts, not its zeros; no id is the same as none."""
    number = imdb_number(a)
    return number is not None and number == imdb_number(b)


def imdb_number(text: str | None) -> int | None:
    """The number of one IMDb id ("tt0133093", "133093"); None when there is none, or only zeros."""
    match = _ONE_IMDB.fullmatch(text or "")
    return (int(match[1]) or None) if match else None


def _article_first(title: str) -> str:
    moved = _MOVED_ARTICLE.match(title)
    return f"{moved['article']} {moved['title']}" if moved else title


def _with_letters_joined(words: list[str]) -> list[str]:
    """Write "l a confidential" as "la confidential": initials are divided in many ways."""
    joined: list[str] = []
    in_run = False
    for word in words:
        is_letter = len(word) == 1 and word.isascii() and word.isalpha()
        if is_letter and in_run:
            joined[-1] += word
        else:
            joined.append(word)
        in_run = is_letter
    return joined


def _without_articles(words: list[str]) -> list[str]:
    """Drop one leading article and the inner ones; "The A-Team" and "Plan A" keep their letter."""
    kept = words[1:] if len(words) > 1 and words[0] in _ARTICLES else words
    last = len(kept) - 1
    return [
        word
        for place, word in enumerate(kept)
        if place == 0 or word not in _ARTICLES or (word == "a" and place == last)
    ]


def _plain_words(title: str) -> list[str]:
    """The folded words with numerals as digits, and without "and" and the "part" before a number.

    A title of one word stays as it is: "9" and "Nine" are two films of one year.
    """
    words = fold(title).split()
    if len(words) < 2:
        return words
    words = _with_tens_joined(words)
    figures = [_figure(words, place) for place in range(len(words))]
    plain = []
    for place, word in enumerate(words):
        follows = figures[place + 1] if place + 1 < len(words) else None
        if word == "and" or (place and word in _PART_WORDS and follows):
            continue
        plain.append(figures[place] or word)
    return plain or words


def _with_tens_joined(words: list[str]) -> list[str]:
    """Write "thirty nine steps" as "39 steps"; the two words alone stay, as "nine" does."""
    joined: list[str] = []
    for word in words:
        unit = int(_FIGURES.get(word, "0"))
        if len(words) > 2 and joined and joined[-1] in _TENS_WORDS and 0 < unit < 10:
            joined[-1] = str(_TENS_WORDS[joined[-1]] + unit)
        else:
            joined.append(word)
    return joined


def _figure(words: list[str], place: int) -> str | None:
    """The number that the word at this place stands for, in digits, or None.

    A single "i", "v" or "x" is a number only at the end or after "part": "Batman v Superman" has none.
    """
    word = words[place]
    if word.isascii() and word.isdigit():
        return word.lstrip("0") or "0"
    if word in _FIGURES:
        return _FIGURES[word]
    if place == 0 or word not in _ROMAN:
        return None
    stands_free = place == len(words) - 1 or words[place - 1] in _PART_WORDS
    return _ROMAN[word] if len(word) > 1 or stands_free else None


def _one_word(a: str, b: str, shortest: int) -> bool:
    """Whether two words are spellings of one. Short ones are not: "The Bride" is not "The Bridge"."""
    if _american(a) == _american(b):
        return True
    least = min(len(a), len(b))
    if least < shortest or a[0] != b[0] or a.startswith(b) or b.startswith(a):
        return False
    if a.replace("men", "man") == b.replace("men", "man"):
        return False
    return OSA.distance(a, b) <= (2 if least >= _LONG_WORD else 1)


def _american(word: str) -> str:
    """A word in American spelling, roughly: it serves for comparing alone."""
    if len(word) < 4:
        return word
    word = word.replace("grey", "gray").replace("our", "or").replace("ise", "ize")
    return f"{word[:-2]}er" if word.endswith("tre") else word.removesuffix("ue")


def _year_at(hit: re.Match[str]) -> YearAt:
    whole = hit["open"] and hit["close"]
    return YearAt(int(hit["year"]), *(hit.span() if whole else hit.span("year")))


def _shown(title: str) -> str:
    """A title as people write it: dots and underscores that stood for blanks become blanks."""
    stripped = title.strip(" -–_.,:").rstrip("([{ -–_.,:")
    dotted = " " not in stripped
    spaced = re.sub(r"[._\s]+" if dotted else r"[_\s]+", " ", stripped)
    return _article_first(spaced.strip())
