"""The plan of the house: what each module may import, said once as an order and read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(ROOT.glob("*.py"))
DEMO = sorted((ROOT / "demo").rglob("*.py"))

LAYERS = " ".join(
    (
        "main demo search_command cleanup_command commands under_way running program why",
        "repair repair_files repair_plan salvage",
        "workers cleaning emptying trash trash_back trash_ground cleanup_text cleanup_facts",
        "cleanup_copies cleanup_sharing cleanup cleanup_journal cleanup_case",
        "linking uploads monitor_worker removals removal_plan loop new_films",
        "follow_up finished leftovers absence acquisition room stalls turns",
        "report",
        "monitor import_file export_file reading shortcut list_memory diary_feed",
        "letterboxd_pages letterboxd_markup film_store",
        "filelist_downloader filelist_answers call_ledger release_choice download_service",
        "destination qbittorrent_manager qbittorrent_connection qbittorrent_answers qbittorrent_refusals",
        "torrent_store torrent_file disk_files folder_walk",
        "film_links link_names film_files shared_path library library_scan library_folders library_nfo",
        "library_index library_match library_titles library_names release_names names places services",
        "queue_manager departures transitions retries in_flight queue_store queue_files history identity",
        "wizard credentials_manager config config_entries options option_rules download_window",
        "console signals logs web movie storage errors",
    )
).split()
"""From top to bottom: a module may import what stands after it."""

WRITES_BESIDES_STATE = {
    "console": "nothing, in place of a stdout that was closed",
    "credentials_manager": "removes a store that cannot be opened any more",
    "history": "the history, which is appended to",
    "logs": "the log file, which is appended to",
    "destination": "the .torrent in the download directory",
    "places": "the marker in the download directory",
    "film_links": "films, linked or copied into the link directory",
    "disk_files": "removes or moves films for cleanup",
    "wizard": "the download directory that the user agreed to",
}


def stem(path: Path) -> str:
    return path.stem


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, (node.module or "").split(".")[0]


def file_writes(path: Path) -> Iterator[str]:
    """Calls that create or change files, other than through `storage`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = " ".join(ast.unparse(argument) for argument in (*node.args, *node.keywords))
        opened = name.split(".")[-1] in {"open", "fdopen"} and any(
            sign in given for sign in ("'w", "'a", "'x", "+'", "O_WRONLY", "O_RDWR", "O_CREAT")
        )
        written = name.split(".")[-1] in {"write_text", "write_bytes", "mkdir", "touch", "unlink", "rmtree"}
        moved = name in {"os.replace", "os.rename", "os.link", "os.remove", "shutil.move", "shutil.copy"}
        if (opened or written or moved) and not name.startswith("storage."):
            yield f"{path.name}:{node.lineno}: {name}"


def test_every_module_has_its_place_in_the_order() -> None:
    assert sorted(LAYERS) == sorted({*map(stem, PRODUCT), "demo"})


@pytest.mark.parametrize("path", PRODUCT, ids=stem)
def test_nothing_imports_upwards(path: Path) -> None:
    above = LAYERS[: LAYERS.index(path.stem) + 1]
    assert [f"{path.name}:{line}: {name}" for line, name in imported(path) if name in above] == []


@pytest.mark.parametrize("path", DEMO, ids=stem)
def test_the_demo_knows_no_product_module(path: Path) -> None:
    product = set(map(stem, PRODUCT))
    assert [f"{path.name}:{line}: {name}" for line, name in imported(path) if name in product] == []


@pytest.mark.parametrize("path", [*PRODUCT, *DEMO], ids=stem)
def test_each_module_opens_with_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", PRODUCT, ids=stem)
def test_one_module_knows_the_library_for_qbittorrent(path: Path) -> None:
    knows = "qbittorrentapi" in {name for _, name in imported(path)}
    assert not knows or path.stem == "qbittorrent_manager"


@pytest.mark.parametrize("path", [path for path in PRODUCT if path.stem != "storage"], ids=stem)
def test_only_storage_writes_state(path: Path) -> None:
    assert path.stem in WRITES_BESIDES_STATE or list(file_writes(path)) == []


@pytest.mark.parametrize("name", WRITES_BESIDES_STATE)
def test_each_exception_is_still_needed(name: str) -> None:
    assert list(file_writes(ROOT / f"{name}.py"))
