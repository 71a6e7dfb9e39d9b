"""Faults at the requests that we make to a real qBittorrent; `make crash` does all of them."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from qbittorrent_faults import FAULTS, LOGIN, LOGIN_FAULTS
from qbittorrent_harms import Case, Company, Undisturbed, cases, wrong

pytestmark = pytest.mark.qbittorrent

EXPECTED = {
    *("app/version", LOGIN, "app/webapiVersion", "torrents/info", "torrents/info hashes"),
    *("torrents/categories", "torrents/createCategory category", "torrents/add", "torrents/info tag"),
    *("torrents/files", "transfer/info", "torrents/delete hashes", "sync/maindata", "auth/logout"),
}


def one_of_each_fault(normal: Undisturbed) -> Iterator[Case]:
    """One case for each fault, always the same; what happens after the request does so at the hand-over."""
    once = [(case, harm) for case in cases(normal) if (harm := case.harm) and harm.times == 1]
    for fault in (*FAULTS, *LOGIN_FAULTS):
        places = [case for case, harm in once if harm.fault == fault]
        adding = [case for case, harm in once if (harm.fault, harm.call) == (fault, "torrents/add")]
        yield random.Random(fault).choice(adding if fault.endswith("after") else places)


def test_no_fault_at_any_request_loses_doubles_or_touches_anything(tmp_path: Path) -> None:
    with Company(tmp_path, 8) as company:
        normal = company.undisturbed()
        lives = list(company.live(one_of_each_fault(normal)))
    made = {call.name for told in normal.values() for call in told.calls}
    assert made >= EXPECTED
    assert {case.harm.call for case in cases(normal) if case.harm} == made
    assert [one for case, told in lives for one in wrong(case, told, normal)] == []
    assert sum(bool(told.harmed) for _, told in lives) >= len(lives) - 2
