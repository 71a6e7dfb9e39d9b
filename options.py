"""The table of every setting: its file, key path, default, what may be written, and one sentence of help.

The single source for defaults, checks, environment names and doc/config.md. Reads no file and no
environment; everything is pure and may be used from any thread. A dot in a key means nesting. The
top-level keys of the two files are disjoint, so that an environment name needs no word about the file.
"""

import json
from dataclasses import dataclass
from typing import Any

import option_rules as rules
from option_rules import Rule, number, whole

MAIN_FILE = "config.json"
FILELIST_FILE = "filelist_config.json"
PREFIX = "MOVIE_SYNC_"
CREDENTIALS = {
    "filelist": {"username": "MOVIE_SYNC_FILELIST_USERNAME", "secret": "MOVIE_SYNC_FILELIST_PASSKEY"},
    "qbittorrent": {
        "username": "MOVIE_SYNC_QBITTORRENT_USERNAME",
        "secret": "MOVIE_SYNC_QBITTORRENT_PASSWORD",
        "api_key": "MOVIE_SYNC_QBITTORRENT_API_KEY",
    },
}
"""Environment names of the credentials, by service and field; each also exists with `_FILE` appended."""


@dataclass(frozen=True)
class Option:
    """One setting. `key` is its path in `file`; `example` is for those without a default."""

    key: str
    file: str
    default: Any
    rule: Rule
    help: str
    example: Any = None

    @property
    def variable(self) -> str:
        """The environment form of the key."""
        return variable_name(self.key)

    def fault(self, value: Any) -> str | None:
        """None if `value` may stand in the file, else what is wrong and what to write."""
        if value is None and self.default is None:
            return None
        fault = self.rule.fault(value)
        return f"{fault}; write {self.wants()}" if fault else None

    def wants(self) -> str:
        """What may be written, with an example."""
        example = self.default if self.example is None else self.example
        return f"{self.rule.wants}, such as {json.dumps(example, ensure_ascii=False)}"

    def parse(self, text: str) -> Any:
        """The value that the text of an environment variable or an answer stands for; not checked yet."""
        if self.rule.is_text:
            return None if text == "null" and self.default is None and self.rule.fault(text) else text
        try:
            return json.loads(text.lower() if isinstance(self.default, bool) else text)
        except (ValueError, RecursionError):
            return text

    def tidy(self, value: Any) -> Any:
        """The form in which the program uses a right value: `~` expanded, numbers of one type."""
        return None if value is None else self.rule.tidy(value)


def variable_name(key: str) -> str:
    """The environment name of a key path."""
    return PREFIX + key.upper().replace(".", "__")


_FILELIST_CATEGORIES = [
    {"id": 6, "name": "Filme 4K", "priority": 1},
    {"id": 4, "name": "Filme HD", "priority": 2},
    {"id": 19, "name": "Filme HD-RO", "priority": 3},
    {"id": 1, "name": "Filme SD", "priority": 4},
]
_MAIN: tuple[tuple[Any, ...], ...] = (
    ("username", None, rules.NAME, "Your Letterboxd user name; the watchlist must be public.", "your-name"),
    ("check_interval", 3600, rules.CHECK_SECONDS, "Time between two readings of the watchlist."),
    ("download_directory", "~/Downloads", rules.DIRECTORY, "Where films are saved; it must exist."),
    ("retry_interval", 3600, rules.SECONDS, "Wait before the first retry of a film that failed."),
    ("max_retries", 5, whole(0, 1000), "Retries before a failure counts as permanent."),
    ("backoff_multiplier", 2.0, number(1, 1000), "Each further wait is this many times longer."),
    ("enable_removal_cleanup", False, rules.YES_NO, "Clean up films that left the watchlist."),
    ("removal_grace_period", 604800, rules.SECONDS, "How long a film must be missing before cleanup."),
    ("letterboxd_url", "https://letterboxd.com", rules.URL, "Where Letterboxd is."),
    (
        "request_interval",
        3.0,
        number(0, 3600),
        "Seconds between requests to Letterboxd, varied; at least 1.",
    ),
    (
        "user_agent",
        "MovieSync/0.1 (+personal watchlist sync)",
        rules.AGENT,
        "How the program names itself to Letterboxd and FileList.",
    ),
    (
        "watchlist_source",
        "web",
        rules.SOURCE,
        "The website, or an export: `watchlist.csv`, the zip, or its folder.",
        "~/Downloads/watchlist.csv",
    ),
    (
        "permanent_recheck",
        2592000,
        rules.SECONDS_OR_NEVER,
        "Time between searches for permanent failures; 0: never.",
    ),
    ("latest_interval", 900, rules.SECONDS_OR_NEVER, "Time between looks at the newest torrents; 0: never."),
    (
        "stalled_after",
        86400,
        rules.SECONDS_OR_NEVER,
        "Standing still so long, a download is stalled; 0: never.",
    ),
    (
        "removal_limit",
        0.1,
        number(0, 1),
        "Share of the list that may vanish, or be cleaned up, in 24 h; 3 films always may.",
    ),
    (
        "cleanup_watched",
        True,
        rules.YES_NO,
        "Also clean up films that left the list because you watched them.",
    ),
    (
        "cleanup_unowned",
        False,
        rules.YES_NO,
        "Also clean up films that were in `download_directory` already.",
    ),
    (
        "trash_directory",
        None,
        rules.DIRECTORY,
        "Where cleaned films wait; null: `.movie_sync_trash` in `download_directory`.",
        "/srv/trash",
    ),
    (
        "trash_period",
        604800,
        rules.SECONDS_OR_NEVER,
        "How long they wait there; 0: no trash, deleted at once.",
    ),
    (
        "library_directories",
        [],
        rules.DIRECTORIES,
        "Further places to look for films you have; only read.",
        ["/srv/films"],
    ),
    (
        "link_directory",
        None,
        rules.DIRECTORY,
        "Where links to finished films are put; null: nowhere.",
        "/srv/films",
    ),
    (
        "download_window",
        None,
        rules.WINDOW,
        "Hours in which downloads may start; null: always.",
        "23:00-07:00",
    ),
    ("use_threads", True, rules.YES_NO, "From older versions: accepted and ignored."),
)
_FILELIST: tuple[tuple[Any, ...], ...] = (
    ("api_url", "https://filelist.io/api.php", rules.URL, "Where the FileList API is."),
    (
        "category_priority",
        _FILELIST_CATEGORIES,
        rules.CATEGORIES,
        "Categories to take from; the lowest priority number first.",
    ),
    ("download_preferences.prefer_freeleech", True, rules.YES_NO, "Among equals, take a freeleech release."),
    ("download_preferences.minimum_seeders", 1, whole(0, 1_000_000), "Fewest seeders of a release."),
    (
        "download_preferences.minimum_size",
        None,
        rules.LEAST_BYTES,
        "Smallest release; null: any.",
        700_000_000,
    ),
    ("download_preferences.maximum_size", None, rules.BYTES, "Largest release; null: any.", 30_000_000_000),
    (
        "download_preferences.required_words",
        [],
        rules.WORDS,
        "Words that a release name must have.",
        ["1080p"],
    ),
    (
        "download_preferences.excluded_words",
        [],
        rules.WORDS,
        "Words that a release name must not have.",
        ["CAM"],
    ),
    (
        "qbittorrent.enabled",
        True,
        rules.YES_NO,
        "If false, the `.torrent` is saved in `download_directory` instead.",
    ),
    ("qbittorrent.host", "localhost", rules.HOST, "Where qBittorrent's Web UI is."),
    ("qbittorrent.port", 8080, whole(1, 65535), "The port of its Web UI."),
    ("qbittorrent.use_https", False, rules.YES_NO, "Whether the Web UI speaks HTTPS."),
    ("qbittorrent.verify_certificate", True, rules.YES_NO, "Whether its certificate must be valid."),
    ("qbittorrent.category", "Movies", rules.CATEGORY, "The category of our torrents; empty: none."),
    ("qbittorrent.tag", "movie_sync", rules.TAG, "The tag of our torrents."),
    (
        "qbittorrent.save_path",
        None,
        rules.SAVE_PATH,
        "`download_directory` as qBittorrent sees it; null: the same path.",
        "/downloads",
    ),
    (
        "qbittorrent.minimum_seed_time",
        172800,
        rules.SECONDS_OR_NEVER,
        "Seconds of seeding owed before cleanup, or the ratio; 0: no duty.",
    ),
    (
        "qbittorrent.minimum_ratio",
        1.0,
        number(0, 1000),
        "Upload ratio owed before cleanup, or the time; 0: no duty.",
    ),
    (
        "qbittorrent.speed_limit",
        None,
        rules.BYTES,
        "Bytes a second for each of our downloads; null: no limit.",
        5_000_000,
    ),
)

OPTIONS: dict[str, Option] = {
    row[0]: Option(row[0], file, *row[1:])
    for file, rows in ((MAIN_FILE, _MAIN), (FILELIST_FILE, _FILELIST))
    for row in rows
}
"""Every option by its key path, in the order of the documentation."""

SECTIONS: dict[str, str] = {key.split(".")[0]: option.file for key, option in OPTIONS.items() if "." in key}
"""The nested objects and the file each belongs to."""


def nearest(name: str, known: list[str]) -> str:
    """The one of `known` that `name` was meant to be; a nested key is known by its last part too."""
    from difflib import SequenceMatcher

    def likeness(candidate: str) -> float:
        ends = (candidate, candidate.rsplit(".", 1)[-1])
        return max(SequenceMatcher(None, name.lower(), end.lower()).ratio() for end in ends)

    return max(known, key=likeness)
