import unicodedata
from pathlib import PurePath

import pytest

from link_names import LONGEST_NAME, UNTITLED, link_name

TITLES = {
    "Heat": "Heat (1995)",
    "Face/Off": "Face+Off (1995)",
    "Mission: Impossible": "Mission - Impossible (1995)",
    "Mission : Impossible": "Mission - Impossible (1995)",
    "2:22": "2-22 (1995)",
    "What's Up, Doc?": "What's Up, Doc! (1995)",
    "M*A*S*H": "M-A-S-H (1995)",
    '"Crocodile" Dundee': "Crocodile Dundee (1995)",
    "<A|B>\\C": "AB+C (1995)",
    "...And Justice for All": "And Justice for All (1995)",
    ".hidden": "hidden (1995)",
    "E.T.": "E.T. (1995)",
    "Wait...": "Wait. (1995)",
    "Tora! Tora! Tora!": "Tora! Tora! Tora! (1995)",
    "  a \n\t b\u00a0c\x00d ": "a b c d (1995)",
    "Ame\u0301lie": "Am\u00e9lie (1995)",
    "\u202egnp.exe": "gnp.exe (1995)",
    "\ud800Film": "Film (1995)",
    "..": f"{UNTITLED} (1995)",
    "": f"{UNTITLED} (1995)",
    '"<>|"': f"{UNTITLED} (1995)",
    "../../etc/passwd": "+.+etc+passwd (1995)",
    "con.air": "con_air (1995)",
    "Con": "Con (1995)",
    "七人の侍": "七人の侍 (1995)",
}
BARE = {
    "Con": "Con_",
    "aux.": "aux_",
    "LPT1": "LPT1_",
    "com².x": "com²_x",
    "Conan": "Conan",
    "E.T.": "E.T",
    "Heat . ": "Heat",
    "..": UNTITLED,
}


@pytest.mark.parametrize("title", TITLES)
def test_a_title_becomes_a_legal_name(title: str) -> None:
    stem = TITLES[title]
    assert link_name(title, 1995, ".mkv") == PurePath(stem, f"{stem}.mkv")


@pytest.mark.parametrize("title", BARE)
def test_without_a_year_the_title_alone_is_the_name(title: str) -> None:
    assert link_name(title, None, ".mkv") == PurePath(BARE[title], f"{BARE[title]}.mkv")


@pytest.mark.parametrize("letter", ["a", "é", "七", "🎬"])
def test_a_long_title_is_cut_so_that_the_file_has_a_legal_length(letter: str) -> None:
    folder, file = link_name(letter * 400, 1995, ".mkv").parts
    assert LONGEST_NAME - 4 <= len(file.encode()) <= LONGEST_NAME
    assert file == f"{folder}.mkv"
    assert folder.strip(letter) == " (1995)"


def test_a_suffix_is_written_small_and_leads_nowhere() -> None:
    assert link_name("Heat", 1995, ".MKV").name == "Heat (1995).mkv"
    assert link_name("Heat", 1995, "").name == "Heat (1995)"
    assert len(link_name("Heat", 1995, "./../" + "x" * 400).parts) == 2


def test_any_title_gives_one_legal_folder_and_file() -> None:
    hypothesis = pytest.importorskip("hypothesis")
    st = pytest.importorskip("hypothesis.strategies")
    signs = st.sampled_from([*' .-_/\\:*?"<>|\0\n\u202e', "con", "aux", "\u0301", "e", "..", "nul."])
    titles = st.lists(signs | st.characters() | st.text(max_size=3), max_size=90).map("".join)
    suffixes = st.sampled_from([".mkv", ".M2TS", ""]) | st.text(max_size=30)

    def check(title: str, year: int | None, suffix: str) -> None:
        parts = link_name(title, year, suffix).parts
        assert len(parts) == 2
        for name in parts:
            assert 0 < len(name.encode()) <= LONGEST_NAME
            assert not set(name) & {*'\\/:*?"<>|\u202e', *map(chr, range(32))}
            assert name == name.rstrip(" .")
            assert not name.startswith((" ", "."))
            assert unicodedata.is_normalized("NFC", name)
            assert name.split(".")[0].rstrip().casefold() not in {"con", "aux", "nul", "com1"}
        assert parts[1].startswith(parts[0])

    years = st.none() | st.integers(1, 9999)
    hypothesis.settings(max_examples=400, deadline=None)(hypothesis.given(titles, years, suffixes)(check))()
