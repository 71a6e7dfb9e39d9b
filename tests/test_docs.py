"""What the pages say of the program is compared with the program, where a machine can."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import read_config
from main import parse_arguments
from movie import FIELDS
from options import OPTIONS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONFIG = (ROOT / "doc" / "config.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "doc").glob("*.md"))]
MODULES = sorted(ROOT.glob("*.py"))
SETTINGS = {"options", "option_rules", "config_entries", "wizard"}
IGNORED_FOR_EVER = {"use_threads"}


def texts(path: Path) -> Iterator[str]:
    """Every text in a module's source, with those that stand side by side joined."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def section(page: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    return page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def effectless() -> set[str]:
    """The options whose name is used by no module that does anything with settings."""
    used = {text for path in MODULES if path.stem not in SETTINGS for text in texts(path)}
    return {key for key in OPTIONS if key.rsplit(".", 1)[-1] not in used} - IGNORED_FOR_EVER


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    assert [t for t in targets if "://" not in t and not (page.parent / t).is_file()] == []


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "doc" / "INDEX.md").read_text()
    pages = {page.name for page in (ROOT / "doc").glob("*.md")} - {"INDEX.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


def test_every_module_is_named_by_the_architecture() -> None:
    page = (ROOT / "doc" / "architecture.md").read_text()
    assert [path.name for path in MODULES if f"| `{path.name}` |" not in page] == []


def test_every_option_of_the_command_line_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--help"])
    options = set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    assert options == set(re.findall(r"--[a-z][a-z-]*", section(README, "Options")))


def test_every_message_of_the_troubleshooting_is_one_of_the_program() -> None:
    known = [text for path in MODULES for text in texts(path)]
    headings = re.findall(r"^#### (.*)$", section(README, "Troubleshooting"), re.MULTILINE)
    quoted = [phrase for heading in headings for phrase in re.findall(r'"([^"]+)"', heading)]
    assert len(quoted) >= len(headings) > 0
    assert [phrase for phrase in quoted if not any(phrase in text for text in known)] == []


def test_the_settings_shown_in_the_readme_are_right() -> None:
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    main = [block for block in blocks if not read_config(block, {}, {})[1]]
    filelist = [block for block in blocks if not read_config({}, block, {})[1]]
    assert len(main) > 1
    assert len(filelist) == 1
    assert len(blocks) == len(main) + len(filelist)


def test_every_key_without_effect_is_marked_and_no_other_one() -> None:
    marked = set(re.findall(r"^\| `([^`]+)` .*\| not yet \|$", CONFIG, re.MULTILINE))
    assert marked == effectless()


def test_the_readme_lists_the_keys_without_effect() -> None:
    listed = section(README, "What this version does not do yet").split("no effect yet", 1)
    named = set(re.findall(r"`([^`]+)`", listed[1])) if len(listed) == 2 else set()
    assert named - IGNORED_FOR_EVER == effectless()


def test_every_field_of_a_film_is_explained() -> None:
    page = (ROOT / "doc" / "queue_manager.md").read_text()
    assert [field for field in FIELDS if f"`{field}`" not in section(page, "Fields")] == []
