import pytest

from film_files import LEAST_SHARE, holds_program, main_video, whole_film, why_no_film
from library_names import VIDEO_SUFFIXES

GB = 10**9
FILM = ("Heat.1995/Heat.1995.mkv", 8 * GB)
HONEST = {
    "a single file": [("Heat.1995.1080p.mkv", 8 * GB)],
    "a stand-in of a few bytes": [("Heat.1995.mkv", 3)],
    "with what comes along": [
        FILM,
        ("Heat.1995/Heat.1995.nfo", 700),
        ("Heat.1995/Sample/heat-sample.mkv", 40 * 10**6),
        ("Heat.1995/Proof/heat.jpg", 10**6),
        ("Heat.1995/Subs/heat.idx", 10**5),
        ("Heat.1995/Subs/heat.sub", 10**7),
        ("Heat.1995/www.site.com.txt", 100),
        ("Heat.1995/Download more.url", 100),
        ("Heat.1995/RARBG_DO_NOT_MIRROR.exe", 99),
    ],
    "in two parts": [("Heat/CD1/heat.cd1.avi", 700), ("Heat/CD2/heat.cd2.avi", 700)],
    "with more extras than film": [FILM, ("Heat.1995/Extras/Making.of.mkv", 900 * GB)],
    "a disc image": [("Heat.iso", 40 * GB), ("Heat.jpg", 10**6)],
    "a Blu-ray with menus": [
        ("Heat/BDMV/index.bdmv", 400),
        ("Heat/BDMV/JAR/00001.jar", 10**6),
        ("Heat/BDMV/BACKUP/JAR/00001.jar", 10**6),
        ("Heat/BDMV/STREAM/00001.m2ts", 30 * GB),
        ("Heat/BDMV/STREAM/SSIF/00001.ssif", 40 * GB),
        ("Heat/CERTIFICATE/id.bdmv", 100),
    ],
    "a DVD": [
        ("VIDEO_TS/VIDEO_TS.IFO", 10**4),
        *((f"VIDEO_TS/VTS_01_{part}.VOB", GB) for part in range(1, 9)),
    ],
    "a folder called as an extra": [("Interviews/Interviews.mkv", GB)],
    "a film called as an extra": [("The.Sample.2012.1080p.mkv", GB)],
    "another one": [("Trailer.Park.Boys.The.Movie.2006.mkv", GB)],
    "a group called as an extra": [("Heat.1995.1080p.x264-EXTRA.mkv", GB)],
}
PROGRAMS = [
    "setup.exe",
    "Heat.1995.mkv.exe",
    "Heat.1995.mkv.EXE",
    "Heat.1995.mkv.lnk",
    "Heat.exe .",
    "Heat.ex\u200be",
    "Heat\u202evkm.scr",
    "sub\\setup.bat",
    "www.site.com",
    "codec.msi",
    "player.jar",
    "RARBG_DO_NOT_MIRROR.exe",
    "Codec.app/Contents/MacOS/Codec",
    *(
        f"a.{suffix}"
        for suffix in ["cmd", "vbs", "ps1", "apk", "pif", "js", "wsf", "hta", "sh", "dmg", "dll"]
    ),
]


@pytest.mark.parametrize("files", HONEST.values(), ids=HONEST.keys())
def test_an_honest_release_is_a_film(files: list[tuple[str, int]]) -> None:
    assert why_no_film(files) is None
    assert main_video(files)


@pytest.mark.parametrize("suffix", sorted(VIDEO_SUFFIXES))
def test_every_video_is_a_film_in_any_case(suffix: str) -> None:
    assert why_no_film([(f"Heat{suffix}", 1)]) is None
    assert main_video([(f"Heat{suffix.upper()}", 1)])


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_program_beside_the_film_condemns_it(path: str) -> None:
    files = [FILM, (f"Heat.1995/{path}", 5000)]
    assert holds_program(files) == f"Heat.1995/{path}"
    assert (why_no_film(files) or "").startswith("it holds a program (")


def test_the_program_is_named_without_its_folder() -> None:
    assert why_no_film([FILM, ("Heat.1995/bin/setup.exe", 1)]) == "it holds a program (setup.exe)"


def test_a_jar_beside_a_blu_ray_is_a_program() -> None:
    files = [("Heat/BDMV/STREAM/00001.m2ts", GB), ("Heat/player.jar", 10**6)]
    assert holds_program(files) == "Heat/player.jar"


def test_a_decoy_of_the_size_of_a_program_is_one() -> None:
    assert holds_program([("RARBG_DO_NOT_MIRROR.exe", 129)])


def test_a_folder_with_the_name_of_a_site_is_no_program() -> None:
    assert holds_program([("www.site.com/Heat.mkv", GB)]) is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "it holds no video"),
        ([("Heat/Heat.nfo", 700)], "it holds no video"),
        ([("Heat/.Heat.mkv", GB)], "it holds no video"),
        ([("Heat/heat.r00", GB), ("Heat/heat.rar", GB)], "it holds no video, but an archive (heat.r00)"),
        ([("Heat.mkv", 0)], "its video is empty (Heat.mkv)"),
        (
            [("Heat/Sample/heat.mkv", GB), ("Heat/Heat.nfo", 700)],
            "it holds extras or a sample, not the film (heat.mkv)",
        ),
        ([("heat-sample.mkv", GB)], "it holds extras or a sample, not the film (heat-sample.mkv)"),
        ([("heat.sample-grp.mkv", GB)], "it holds extras or a sample, not the film (heat.sample-grp.mkv)"),
        ([("Heat (Trailer).mp4", GB)], "it holds extras or a sample, not the film (Heat (Trailer).mp4)"),
        (
            [("Heat/Heat.mkv", 10**6), ("Heat/Heat.rar", 4 * GB)],
            "its video is next to nothing of it (Heat.mkv)",
        ),
    ],
)
def test_what_is_no_film_is_said_with_its_reason(files: list[tuple[str, int]], reason: str) -> None:
    assert why_no_film(files) == reason
    assert main_video(files) is None
    assert whole_film(files) is None


def test_a_video_of_the_least_share_is_a_film() -> None:
    other = 10**6
    least = int(LEAST_SHARE * other / (1 - LEAST_SHARE)) + 1
    assert why_no_film([("a.mkv", least), ("b.bin", other)]) is None
    assert why_no_film([("a.mkv", least - 1), ("b.bin", other)])


def test_the_main_video_is_the_largest_that_is_no_extra() -> None:
    files = [("Heat/a.mkv", 5), ("Heat/b.mkv", 9), ("Heat/Extras/c.mkv", 99), ("Heat/heat-trailer.mkv", 99)]
    assert main_video(files) == "Heat/b.mkv"


def test_the_main_video_is_known_beside_a_program_too() -> None:
    assert main_video([FILM, ("setup.exe", 1)]) == FILM[0]


def test_a_video_with_lesser_ones_beside_it_is_the_whole_film() -> None:
    assert whole_film([FILM, ("Heat.1995/intro.mkv", GB)]) == FILM[0]


@pytest.mark.parametrize("release", ["in two parts", "a Blu-ray with menus", "a DVD"])
def test_a_part_of_a_film_is_not_the_whole(release: str) -> None:
    assert whole_film(HONEST[release]) is None


def test_a_name_is_shown_safe_and_short() -> None:
    reason = why_no_film([("\x1b[31m" + "x" * 500 + ".mkv.exe", 1)]) or ""
    assert reason.isprintable()
    assert reason.startswith("it holds a program (?[31mxxx")
    assert reason.endswith("…xxxxxxx.mkv.exe)")
    assert len(reason) < 90


def test_any_names_and_sizes_give_an_answer() -> None:
    hypothesis = pytest.importorskip("hypothesis")
    st = pytest.importorskip("hypothesis.strategies")
    words = st.sampled_from(["Heat", "Sample", "BDMV", "..", "", ".mkv", ".exe", "a.mkv", "a.EXE", "\n"])
    paths = st.lists(words | st.text(max_size=5), max_size=4).map("/".join)

    def check(files: list[tuple[str, int]]) -> None:
        reason = why_no_film(files)
        assert reason is None or (reason.isprintable() and reason.startswith("it"))
        assert (reason is None) == (main_video(files) is not None and holds_program(files) is None)
        assert whole_film(files) in {None, main_video(files)}

    files = st.lists(st.tuples(paths, st.integers(0, 10**12)), max_size=6)
    hypothesis.settings(max_examples=300, deadline=None)(hypothesis.given(files)(check))()
