"""The commands about single films, in process; beside a running daemon they are tried in tests/e2e."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

import storage
from commands import matching
from main import main
from movie import ChosenRelease, FilmFacts, Movie
from queue_files import COMPLETED, FAILED, FORGOTTEN, PENDING
from queue_manager import QueueManager
from services import Services

MATRIX = Movie(title="The Matrix", year=1999, imdb_id="tt0133093", film_id="51518", slug="the-matrix")
RELOADED = Movie(title="The Matrix Reloaded", year=2003, imdb_id="tt0234215", film_id="51517")
RELEASE = ChosenRelease(name="The.Matrix.1999.1080p", tracker="filelist", id="7", chosen_at=5)


@pytest.fixture
def queue(folder: Path) -> QueueManager:
    queue = QueueManager(folder, max_retries=5)
    queue.add_many_to_pending([MATRIX, RELOADED])
    return queue


Out = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "name", ["tt0133093", "TT0133093", "letterboxd:51518", "51518", "the-matrix", "the matrix (1999)"]
)
def test_a_film_is_found_by_id_slug_or_title_and_year(queue: QueueManager, name: str) -> None:
    assert main(["--forget", name]) == 0
    assert [movie.title for movie in queue.films(FORGOTTEN)] == ["The Matrix"]


def test_a_part_of_the_title_will_do_if_only_one_film_has_it(queue: QueueManager) -> None:
    assert main(["--forget", "reload"]) == 0
    assert [movie.title for movie in queue.films(FORGOTTEN)] == ["The Matrix Reloaded"]


def test_a_title_that_is_a_part_of_another_one_names_both(queue: QueueManager, capsys: Out) -> None:
    assert main(["--forget", "The Matrix"]) == 1
    assert "2 films match" in capsys.readouterr().out


UP, SHUT_UP = Movie(title="Up", year=2009, imdb_id="tt1049413"), Movie(title="Shut Up", year=2009)
NO_YEAR, RERUN = Movie(title="Solaris", imdb_id="tt0069293"), Movie(title="Rerun (1984)", year=1990)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Up (2009)", ["Up"]),
        ("up  (2009) ", ["Up"]),
        ("Up (2010)", []),
        ("t Up (2009)", []),
        ("SHUT UP! (2009)", ["Shut Up"]),
        ("up", ["Up", "Shut Up"]),
        ("hut", ["Shut Up"]),
        ("2009", []),
        ("Solaris", ["Solaris"]),
        ("Solaris (1972)", []),
        ("Rerun (1984)", ["Rerun (1984)"]),
        ("Rerun (1984) (1990)", ["Rerun (1984)"]),
    ],
)
def test_a_title_with_its_year_is_a_whole_name_and_any_other_text_a_part(
    folder: Path, text: str, titles: list[str]
) -> None:
    queue = QueueManager(folder, max_retries=5)
    queue.add_many_to_pending([UP, SHUT_UP, NO_YEAR, RERUN])
    assert [movie.title for movie in matching(queue, text)] == titles


def test_the_whole_name_of_a_film_without_a_year_goes_before_a_part_of_another(folder: Path) -> None:
    queue = QueueManager(folder, max_retries=5)
    queue.add_many_to_pending([NO_YEAR, Movie(title="Solaris", year=2002, imdb_id="tt0307479")])
    assert [movie.id for movie in matching(queue, "solaris")] == ["tt0069293"]


def test_an_argument_that_is_no_utf_8_is_a_usage_error(queue: QueueManager) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--add", "F\udcff (2001)"])
    assert stop.value.code == 2


@pytest.mark.parametrize("command", ["--why", "--first", "--retry", "--forget"])
def test_several_matches_are_listed_and_nothing_is_done(
    queue: QueueManager, capsys: Out, command: str
) -> None:
    before = queue.revision
    assert main([command, "matrix"]) == 1
    out = capsys.readouterr().out
    assert "The Matrix (1999) [tt0133093]" in out
    assert "The Matrix Reloaded (2003) [tt0234215]" in out
    assert queue.revision == before


@pytest.mark.parametrize("command", ["--why", "--first", "--retry", "--forget"])
def test_an_unknown_film_exits_with_one(queue: QueueManager, capsys: Out, command: str) -> None:
    assert main([command, "Heat"]) == 1
    assert "No film matches 'Heat'" in capsys.readouterr().out


def test_first_puts_a_film_at_the_head_and_ends_its_wait(queue: QueueManager) -> None:
    queue.note(RELOADED, PENDING, not_before=2_000_000_000)
    assert main(["--first", "tt0234215"]) == 0
    claimed = queue.get_next_pending()
    assert claimed is not None
    assert claimed.title == "The Matrix Reloaded"


def test_first_takes_a_failed_film_back_and_keeps_its_count(queue: QueueManager) -> None:
    for _ in range(2):
        queue.add_to_failed(RELOADED, "No torrents found", 2_000_000_000)
    assert main(["--first", "tt0234215"]) == 0
    first = queue.films(PENDING)[0]
    assert (first.title, first.retry_count) == ("The Matrix Reloaded", 1)


def test_first_of_a_completed_film_names_the_way(queue: QueueManager, capsys: Out) -> None:
    queue.add_to_completed(MATRIX)
    assert main(["--first", "tt0133093"]) == 1
    assert "--retry" in capsys.readouterr().out


def test_retry_of_a_permanent_failure_gives_it_all_its_tries(queue: QueueManager) -> None:
    for _ in range(6):
        queue.add_to_failed(MATRIX, "No torrents found", 0)
    assert len(queue.get_permanent_failures()) == 1
    assert main(["--retry", "tt0133093"]) == 0
    [_, movie] = queue.films(PENDING)
    assert (movie.title, movie.retry_count, movie.last_failed_at) == ("The Matrix", 0, None)


def test_retry_of_a_completed_film_chooses_a_release_anew(queue: QueueManager) -> None:
    queue.add_to_completed(replace(MATRIX, torrent_hash="a" * 40, release=RELEASE, owned=True))
    assert main(["--retry", "tt0133093"]) == 0
    movie = queue.find("tt0133093")
    assert movie is not None
    assert (movie.status, movie.torrent_hash, movie.release, movie.completed_at) == (
        PENDING,
        None,
        None,
        None,
    )


def test_retry_of_a_torrent_that_the_user_took_out_hands_it_over_again(queue: QueueManager) -> None:
    queue.add_to_completed(replace(MATRIX, torrent_hash="a" * 40, release=RELEASE, owned=True))
    queue.note(MATRIX, COMPLETED, removed_by_user=True)
    assert main(["--retry", "tt0133093"]) == 0
    movie = queue.find("tt0133093")
    assert movie is not None
    assert movie.release is not None
    assert (movie.torrent_hash, movie.release.chosen_at > RELEASE.chosen_at) == ("a" * 40, True)


def test_retry_all_takes_every_failed_film_and_ends_the_rests(queue: QueueManager, folder: Path) -> None:
    from errors import AuthError, RateLimited

    queue.add_to_failed(MATRIX, "No torrents found", 2_000_000_000)
    queue.add_to_failed(RELOADED, "No torrents found", 2_000_000_000)
    services = Services(folder, lambda _: "")
    services.failed(AuthError("filelist", "refused"))
    services.failed(RateLimited("letterboxd", "later", retry_at=4_000_000_000))
    assert main(["--retry", "all"]) == 0
    assert queue.films(FAILED) == []
    assert services.resting("filelist") is None
    assert services.resting("letterboxd") is not None


def test_forget_keeps_lists_from_bringing_a_film_back_and_add_takes_it_back(queue: QueueManager) -> None:
    main(["--forget", "tt0133093"])
    assert queue.add_to_pending(MATRIX) is False
    assert main(["--add", "tt0133093"]) == 0
    movie = queue.find("tt0133093")
    assert movie is not None
    assert movie.status == PENDING
    assert "manual" in movie.lists


@pytest.mark.parametrize(
    "text",
    ["Heat (1995)", "tt0113277", " Heat  (1995) ", "TT0113277", "https://www.imdb.com/title/tt0113277/"],
)
def test_add_wants_a_film_by_hand(queue: QueueManager, text: str) -> None:
    assert main(["--add", text]) == 0
    movie = queue.films(PENDING)[-1]
    assert movie.lists == ("manual",)
    assert movie.id in {"tt0113277", "title:Heat (1995)"}


@pytest.mark.parametrize("text", ["", "Heat", "Heat 1995", "tt12", "nm0000134"])
def test_add_of_a_text_that_names_no_film_exits_with_two(queue: QueueManager, capsys: Out, text: str) -> None:
    assert main(["--add", text]) == 2
    assert 'write "Title (Year)"' in capsys.readouterr().out


def test_add_of_a_known_film_says_where_it_is(queue: QueueManager, capsys: Out) -> None:
    assert main(["--add", "The Matrix (1999)"]) == 0
    assert "is known already: pending" in capsys.readouterr().out
    assert len(queue.films(PENDING)) == 2


def test_add_by_imdb_id_uses_the_title_of_a_page_read_before(folder: Path) -> None:
    facts = FilmFacts(title="Heat", year=1995, imdb_id="tt0113277", film_id="1", slug="heat-1995")
    storage.write_json(folder / "films.json", {"1": facts})
    assert main(["--add", "tt0113277"]) == 0
    assert QueueManager(folder, max_retries=5).films(PENDING)[0].label == "Heat (1995)"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return tmp_path / "films.txt"


def test_import_wants_the_films_of_a_file_by_hand(queue: QueueManager, films: Path, capsys: Out) -> None:
    films.write_text("Heat (1995)\ntt0078748\nHeat (1995)\nThe Matrix (1999)\n")
    assert main(["--import", str(films)]) == 0
    assert capsys.readouterr().out == f"✓ Imported from {films}: 2 films added, 1 known already.\n"
    added = queue.films(PENDING)[2:]
    assert [(movie.label, movie.lists) for movie in added] == [
        ("Heat (1995)", ("manual",)),
        ("tt0078748", ("manual",)),
    ]


def test_import_is_one_write_a_file_for_any_number_of_films(
    queue: QueueManager, folder: Path, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.forget(queue.films(PENDING)[0])
    films.write_text("tt0133093\n" + "".join(f"Film {number} (1950)\n" for number in range(300)))
    written: list[str] = []
    write = storage.write_bytes

    def noted(path: Path, data: bytes) -> None:
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(storage, "write_bytes", noted)
    assert main(["--import", str(films)]) == 0
    assert sorted(name for name in written if name.endswith(".json")) == [
        "forgotten.json",
        "queue_pending.json",
    ]
    assert (len(queue.films(PENDING)), queue.films(FORGOTTEN)) == (302, [])


def test_import_tells_a_known_film_its_ids_and_leaves_it_where_it_is(
    queue: QueueManager, films: Path
) -> None:
    queue.add_to_completed(replace(MATRIX, torrent_hash="a" * 40))
    queue.add_to_failed(RELOADED, "No torrents found", 2_000_000_000)
    films.write_text(
        "Name,Year,Letterboxd URI\n"
        "The Matrix,1999,https://boxd.it/2a1m\n"
        "The Matrix Reloaded,2003,https://boxd.it/2a1c\n"
    )
    assert main(["--import", str(films)]) == 0
    [matrix], [reloaded] = queue.films(COMPLETED), queue.films(FAILED)
    assert (matrix.lid, matrix.lists, matrix.torrent_hash) == ("2a1m", ("manual",), "a" * 40)
    assert (reloaded.lid, reloaded.lists, reloaded.last_error) == ("2a1c", ("manual",), "No torrents found")


def test_import_names_the_lines_that_it_cannot_read_and_takes_the_others(
    queue: QueueManager, films: Path, capsys: Out
) -> None:
    films.write_text("Heat\nAlien (1979)\nhttps://boxd.it/zzzz\n")
    assert main(["--import", str(films)]) == 1
    out = capsys.readouterr().out
    assert f"❌ 2 lines of {films} cannot be read" in out
    assert "line 1: 'Heat': write \"Title (Year)\"" in out
    assert "line 3: 'https://boxd.it/zzzz': a short link" in out
    assert "1 film added, 0 known already" in out


def test_import_shows_twenty_lines_and_counts_the_rest(queue: QueueManager, films: Path, capsys: Out) -> None:
    before = queue.revision
    films.write_text("no film\n" * 25 + "x" * 5000)
    assert main(["--import", str(films)]) == 1
    out = capsys.readouterr().out
    assert out.count("• line") == 20
    assert "… and 6 more" in out
    assert "none of its lines names a film" in out
    assert queue.revision == before


def test_import_knows_a_film_by_its_short_link_or_page_from_any_queue(
    queue: QueueManager, films: Path, capsys: Out
) -> None:
    queue.add_to_completed(Movie(title="Alien", year=None, lid="2awY", slug="alien", imdb_id="tt0078748"))
    films.write_text("https://boxd.it/2awY\nhttps://letterboxd.com/film/alien/\ntt0078748\n")
    assert main(["--import", str(films)]) == 0
    assert "0 films added, 1 known already" in capsys.readouterr().out
    [alien] = queue.films(COMPLETED)
    assert (alien.title, alien.lists) == ("Alien", ("manual",))


def test_import_uses_what_pages_said_before(folder: Path, films: Path) -> None:
    facts = FilmFacts(title="Heat", year=1995, imdb_id="tt0113277", film_id="1", lid="29pK", slug="heat-1995")
    storage.write_json(folder / "films.json", {"1": facts})
    films.write_text("boxd.it/29pK\nhttps://letterboxd.com/film/heat-1995/\ntt0113277\nHeat (1995)\n")
    assert main(["--import", str(films)]) == 0
    [heat] = QueueManager(folder, max_retries=5).films(PENDING)
    assert (heat.id, heat.label, heat.film_id, heat.slug) == ("tt0113277", "Heat (1995)", "1", "heat-1995")


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_import_of_what_is_no_list_exits_with_one(tmp_path: Path, capsys: Out, name: str) -> None:
    assert main(["--import", str(tmp_path / name)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"❌ {tmp_path}")
    assert out.count("\n") == 1


def test_import_of_no_name_at_all_is_not_the_folder_we_are_in(queue: QueueManager, capsys: Out) -> None:
    assert main(["--import", ""]) == 2
    assert "name a file" in capsys.readouterr().out


def test_why_tells_the_life_of_a_film(queue: QueueManager, capsys: Out) -> None:
    queue.add_to_failed(MATRIX, "No torrents found", 4_000_000_000)
    assert main(["--why", "tt0133093"]) == 0
    out = capsys.readouterr().out
    assert "🎬 The Matrix (1999)" in out
    assert "new → pending: new" in out
    assert "pending → failed: No torrents found" in out
    assert "What happens next: retry #1" in out
    assert "It was not searched for yet" in out


def test_why_as_json_has_the_films_keys_its_history_and_what_comes_next(
    queue: QueueManager, folder: Path, capsys: Out
) -> None:
    refused = {"name": "The.Matrix.CAM", "reason": "a copy filmed in a cinema", "size": 1, "seeders": 3}
    storage.write_json(
        folder / "searches" / "tt0133093.json", {"queries": ["imdb: tt0133093"], "refused": [refused]}
    )
    queue.add_to_completed(replace(MATRIX, torrent_hash="a" * 40, owned=True))
    assert main(["--why", "tt0133093", "--json"]) == 0
    life = json.loads(capsys.readouterr().out)
    assert (life["id"], life["status"]) == ("tt0133093", COMPLETED)
    assert [event["to"] for event in life["history"]] == [PENDING, COMPLETED]
    assert life["search"]["refused"][0]["reason"] == "a copy filmed in a cinema"
    assert "followed" in life["next"]["what"]


def test_why_as_json_has_the_release_of_a_film_that_was_handed_over(queue: QueueManager, capsys: Out) -> None:
    release = ChosenRelease(name="Heat.1995.1080p.BluRay.x264-GRP", tracker="filelist", id="7", size=8)
    queue.add_to_completed(Movie(title="Heat", year=1995, release=release, torrent_hash="a" * 40))
    assert main(["--why", "Heat", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["release"]["name"] == release.name


def test_stats_as_json_has_the_four_numbers_at_its_top_level(queue: QueueManager, capsys: Out) -> None:
    queue.add_to_failed(MATRIX, "No torrents found", 0)
    assert main(["--stats", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert {key: page[key] for key in queue.get_statistics()} == queue.get_statistics()
    assert page["retries"][0]["title"] == "The Matrix"


def test_json_without_a_page_to_show_is_a_usage_error(capsys: Out) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--once", "--json"])
    assert stop.value.code == 2


def test_why_of_a_permanent_failure_says_what_still_comes(queue: QueueManager, capsys: Out) -> None:
    for _ in range(6):
        queue.add_to_failed(MATRIX, "No torrents found", 0)
    assert main(["--why", "tt0133093"]) == 0
    told = capsys.readouterr().out
    assert "taken as soon as a fitting torrent is uploaded, and searched for again, at 20" in told
    assert "(in 30 days)" in told


def test_why_of_a_film_that_is_not_out_says_so(queue: QueueManager, capsys: Out) -> None:
    soon = Movie(title="Next Year", year=2090, film_id="7", not_before=4_000_000_000)
    queue.add_to_pending(soon)
    assert main(["--why", "Next Year"]) == 0
    assert "What happens next: it is not out yet; " in capsys.readouterr().out


def test_why_tells_the_life_of_a_film_that_was_cleaned_up_too(queue: QueueManager, capsys: Out) -> None:
    queue.add_to_completed(MATRIX)
    [gone] = queue.mark_removed([MATRIX], "me/watchlist")
    assert main(["--why", "the matrix (1999)"]) == 0
    assert "`--cleanup` shows whether and when it goes" in capsys.readouterr().out
    assert queue.let_go(gone)
    assert main(["--why", "the matrix (1999)"]) == 0
    told = capsys.readouterr().out
    assert "cleaned up" in told
    assert "--undo" in told
