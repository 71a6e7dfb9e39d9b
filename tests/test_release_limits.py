"""What a fitting release is refused for: the limits a user sets, and too few bytes for what it claims."""

from dataclasses import replace

import pytest
from test_release_choice import ANY, HEAT, film, reason, release

from release_choice import choose_release

POLICY = [
    ({}, {"category_id": 25, "category": "Filme 3D"}, "category Filme 3D is not in category_priority"),
    ({}, {"category_id": None, "category": ""}, "category unknown is not in category_priority"),
    ({"minimum_seeders": 5}, {"seeders": 4}, "4 seeders, and minimum_seeders is 5"),
    ({"minimum_seeders": 0}, {"seeders": 0}, ""),
    ({"minimum_size": 9_000_000_000}, {}, "8.0 GB is below minimum_size (9.0 GB)"),
    ({"maximum_size": 700_000_000}, {}, "8.0 GB is above maximum_size (700 MB)"),
    ({"minimum_size": 9, "maximum_size": 9}, {"size": 0}, ""),
    ({"required_words": ("x264", "BluRay")}, {}, ""),
    ({"required_words": ("x265",)}, {}, "the required word “x265” is missing"),
    ({"required_words": ("heat",)}, {}, "the required word “heat” is missing"),
    ({"excluded_words": ("grp",)}, {}, "the excluded word “grp” is in its name"),
    ({"excluded_words": ("heat", "", "x26")}, {}, ""),
]


@pytest.mark.parametrize(("wanted", "changes", "why"), POLICY)
def test_the_users_own_limits_are_named(
    wanted: dict[str, object], changes: dict[str, object], why: str
) -> None:
    answer = reason(release(HEAT, **changes), film("Heat", 1995), replace(ANY, **wanted))  # type: ignore[arg-type]
    assert answer == why if not why else why in answer


TOO_SMALL = [
    ("Heat.1995.1080p.BluRay.x264-GRP", 374_000_000, 170, "too small for 1080p: 2.2 MB a minute"),
    ("Heat.1995.1080p.BluRay.x265-GRP", 424_000_000, 170, "too small for 1080p: 2.4 MB a minute"),
    ("Heat.1995.1080p.BluRay.x265-GRP", 426_000_000, 170, ""),
    ("Heat.1995.2160p.WEB-DL.H265-GRP", 600_000_000, 170, "too small for 2160p: 3.5 MB a minute"),
    ("Heat.1995.2160p.BluRay.x265-YTS", 4_000_000_000, 170, ""),
    ("Heat.1995.1080p.BluRay.REMUX.AVC-GRP", 1_300_000_000, 170, "too small for a 1080p remux: 7.6 MB"),
    ("Heat.1995.1080p.BluRay.REMUX.AVC-GRP", 9_000_000_000, 170, ""),
    ("Heat.1995.720p.WEBRip.x264-GRP", 150_000_000, 170, "too small for 720p: 0.8 MB a minute"),
    ("Heat.1995.720p.x265.300MB-GRP", 300_000_000, 170, ""),
    ("Heat.1995.DVDRip.XviD-GRP", 90_000_000, 170, "too small for a film: 0.5 MB a minute"),
    ("Heat.1995.DVDRip.XviD-GRP", 700_000_000, 170, ""),
    ("Heat.1995.1080p.BluRay.x264-GRP", 70_000_000, 7, ""),
    ("Heat.1995.1080p.BluRay.x264-GRP", 250_000_000, None, "too small for 1080p: 2.2 MB a minute"),
    ("Heat.1995.1080p.BluRay.x264-GRP", 1_500_000_000, None, ""),
    ("Heat.1995.1080p.BluRay.x264-GRP", 0, 170, ""),
    ("Heat.1995.1080p.BluRay.x264-GRP", 64 * 2**20 - 1, 170, ""),
]


@pytest.mark.parametrize(("name", "size", "minutes", "why"), TOO_SMALL)
def test_what_cannot_be_the_whole_film_is_too_small(
    name: str, size: int, minutes: int | None, why: str
) -> None:
    choice = choose_release([release(name, size=size)], film("Heat", 1995), ANY, runtime=minutes)
    told = choice.refused[0] if choice.refused else None
    assert (told.reason if told else "").startswith(why)
    assert (told.rule if told else "") == ("too_small" if why else "")
