"""Harm done to the requests that we make to a real qBittorrent: each fault at each of them."""

import logging
import shutil
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "e2e"))

from crew import Row, scratch
from kills import sample
from qbittorrent_harms import Case, Company, cases, wrong
from qbittorrent_life import Told

from demo import private_qbittorrent

LEAST = 60
WHAT = "a fault between us and a real qBittorrent, at each request from hand-over to completion"
TARGET = f"at least {LEAST} combinations: 0 lost, 0 doubled, 0 login loops"


def harmed_requests(part: float) -> Row:
    """All combinations, or a part of them, where there is a qBittorrent."""
    if not private_qbittorrent.available():
        return Row(WHAT, TARGET, "not installed here", False)
    root, before = scratch(), logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with Company(root) as company:
            normal = company.undisturbed()
            lives = list(company.live(sample(cases(normal), part)))
    finally:
        logging.disable(before)
        shutil.rmtree(root, ignore_errors=True)
    failures = [one for case, told in lives for one in wrong(case, told, normal)]
    met = sum(bool(told.harmed) for _, told in lives)
    reached = not failures and met >= min(LEAST, len(lives))
    return Row(WHAT, TARGET, _measured(lives, met, len(failures)), reached, failures=tuple(failures))


def _measured(lives: list[tuple[Case, Told]], met: int, failures: int) -> str:
    faults = {case.harm.fault for case, _ in lives if case.harm}
    calls = {case.harm.call for case, _ in lives if case.harm}
    logins = max(len(told.logins) for _, told in lives)
    unmet = f" ({len(lives) - met} more came to no such request)" if met < len(lives) else ""
    return (
        f"{met:,} combinations of {len(faults)} faults and {len(calls)} calls{unmet}: {failures} violations; "
        f"at most {logins} logins in a life"
    )
