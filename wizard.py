"""`--config`: asks for the settings that everybody needs, and writes them in one go at the end.

Talks through the functions it is given and knows neither terminal nor colours; main calls it, before any
thread. Nothing is written before the last answer, so that an interrupt changes nothing. Secrets are asked
for and never shown. Options it does not ask about stay in the files as they are.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config import Config, right_entries
from config_entries import fault_of
from credentials_manager import PASSKEY_PAGE, Credentials, CredentialsManager
from errors import StateError, UsageError
from options import CREDENTIALS, OPTIONS

Ask = Callable[[str], str]
Say = Callable[[str], None]

DONE, ENDED, INTERRUPTED = 0, 1, 130
TERMS = (
    "Letterboxd's terms forbid automated extraction without its permission since December 2025; the export "
    "of your data (Settings, Data) is the way it offers: set watchlist_source to that file to use it."
)
_NEEDS_TERMINAL = (
    "--config asks questions and needs a terminal; without one, write the settings into config.json and "
    "filelist_config.json, or set MOVIE_SYNC_… variables (doc/config.md lists them)"
)
_GENERAL = {
    "username": "Letterboxd user name",
    "check_interval": "Seconds between looks at the watchlist",
    "download_directory": "Directory for films",
    "retry_interval": "Seconds before the first retry of a film",
    "max_retries": "Retries before giving a film up",
    "backoff_multiplier": "Each further wait is longer by the factor",
}
_CLEANUP = {
    "enable_removal_cleanup": "Clean up films that left your list",
    "removal_grace_period": "Seconds a film must be missing before that (a day is 86400)",
    "cleanup_watched": "Clean up films that you watched too",
}
_FIRST_CLEANUP = (
    "  Films that wait for that already are only shown, until one `python main.py --cleanup --yes`."
)
_CLIENT = {"qbittorrent.host": "Host of its Web UI", "qbittorrent.port": "Port of its Web UI"}


@dataclass
class _Answers:
    """What the person said so far; nothing of it is on the disk yet."""

    current: dict[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    credentials: dict[str, Credentials] = field(default_factory=dict)
    new_directory: Path | None = None
    start_over: bool = False

    def value(self, key: str) -> Any:
        return {**self.current, **self.changes}.get(key, OPTIONS[key].default)


def run_wizard(
    folder: Path,
    ask: Ask,
    ask_secret: Ask,
    say: Say,
    *,
    terminal: bool = True,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Ask, then write; the exit code: 0, 1 if the input ended, 130 after Ctrl-C (nothing changed by both).

    `ask` shows a question and gives the answer, `ask_secret` the same without echo. Raises `ConfigError`
    without a terminal, `StateError` if a file can be neither read nor written.
    """
    if not terminal:
        raise UsageError([_NEEDS_TERMINAL])
    current, problems = right_entries(folder)
    _greet(folder, problems, os.environ if environ is None else environ, say)
    answers = _Answers(current)
    manager = CredentialsManager(folder, {})
    try:
        _ask_all(answers, manager, _Talk(ask, ask_secret, say))
    except (KeyboardInterrupt, EOFError) as stop:
        say("\nStopped. Nothing was changed.")
        return INTERRUPTED if isinstance(stop, KeyboardInterrupt) else ENDED
    return _write(folder, answers, manager, say)


def _greet(folder: Path, problems: list[str], environ: Mapping[str, str], say: Say) -> None:
    say(f"Settings of Movie Sync in {folder}. Enter keeps what is in [brackets]; Ctrl-C changes nothing.")
    say(TERMS)
    if problems:
        say("These entries are wrong and will be left out when the rest is written:")
        for problem in problems:
            say(f"  - {problem}")
    for name in _overriding(environ):
        say(f"{name} is set in the environment and wins over what you enter here.")


def _overriding(environ: Mapping[str, str]) -> Iterator[str]:
    keys = [*_GENERAL, *_CLEANUP, "qbittorrent.enabled", *_CLIENT]
    yield from (OPTIONS[key].variable for key in keys if OPTIONS[key].variable in environ)
    for names in CREDENTIALS.values():
        yield from (form for name in names.values() for form in (name, f"{name}_FILE") if form in environ)


@dataclass(frozen=True)
class _Talk:
    ask: Ask
    ask_secret: Ask
    say: Say

    def option(self, key: str, question: str, answers: _Answers) -> None:
        """Ask for one option until the answer fits; Enter keeps the current value."""
        current = answers.value(key)
        brackets = "" if current is None else f" [{_plain(current)}]"
        while True:
            text = self.ask(f"{question}{brackets}: ").strip()
            if not text and (current is not None or answers.value("watchlist_source") != "web"):
                return
            value = OPTIONS[key].parse(text)
            fault = fault_of(key, value, {**answers.current, **answers.changes})
            if not fault:
                answers.changes.update({} if value == current else {key: value})
                return
            self.say(
                f"  That {fault}." if text else f"  Nothing stands there yet; write {OPTIONS[key].wants()}."
            )

    def switch(self, key: str, question: str, answers: _Answers) -> bool:
        """Ask for an option that is on or off; what it is now."""
        current = bool(answers.value(key))
        wanted = self.yes(question, current)
        if wanted != current:
            answers.changes[key] = wanted
        return wanted

    def yes(self, question: str, default: bool) -> bool:
        """Ask until the answer is yes, no or Enter for the default."""
        while True:
            text = self.ask(f"{question} [{'yes' if default else 'no'}]: ").strip().lower()
            if not text:
                return default
            if text in ("y", "yes", "n", "no", "true", "false"):
                return text in ("y", "yes", "true")
            self.say("  Write yes or no.")

    def login(
        self, title: str, secret: str, stored: Credentials | None, *, optional: bool = False
    ) -> Credentials | None:
        """Ask for a user name and its secret; None leaves all as it is, empty ones mean no login."""
        old = stored or Credentials()
        hint = " (none if it asks for no login)" if optional else ""
        typed = self.ask(f"{title} user name{hint} [{old.username or 'none'}]: ").strip()
        username = typed or old.username
        if not username or (optional and typed == "none"):
            return Credentials() if optional and (typed or stored is None) else None
        keeps = username == old.username and bool(old.secret)
        while True:
            answer = self.ask_secret(f"{title} {secret}{' [stored]' if keeps else ''}: ").strip()
            if answer:
                return Credentials(username, answer)
            if keeps:
                return None
            self.say(f"  {title} needs the {secret} of that user; it cannot be empty.")


def _plain(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _ask_all(answers: _Answers, manager: CredentialsManager, talk: _Talk) -> None:
    for key, question in _GENERAL.items():
        talk.option(key, question, answers)
        if key == "download_directory":
            _offer_directory(answers, talk)
    _ask_cleanup(answers, talk)
    readable = _store_readable(answers, manager, talk)
    if readable:
        _ask_filelist(answers, manager, talk)
    enabled = talk.switch("qbittorrent.enabled", "Hand torrents to qBittorrent", answers)
    if enabled:
        for key, question in _CLIENT.items():
            talk.option(key, question, answers)
    if enabled and readable:
        _ask_qbittorrent(answers, manager, talk)


def _ask_cleanup(answers: _Answers, talk: _Talk) -> None:
    on, grace, watched = _CLEANUP
    was_on = answers.value(on)
    if not talk.switch(on, _CLEANUP[on], answers):
        return
    if not was_on:
        talk.say(_FIRST_CLEANUP)
    talk.option(grace, _CLEANUP[grace], answers)
    talk.switch(watched, _CLEANUP[watched], answers)


def _offer_directory(answers: _Answers, talk: _Talk) -> None:
    directory = Path(answers.value("download_directory")).expanduser()
    if directory.is_dir():
        return
    if talk.yes(f"{directory} does not exist. Create it", True):
        answers.new_directory = directory
    else:
        talk.say("  Films will wait until it is there.")


def _store_readable(answers: _Answers, manager: CredentialsManager, talk: _Talk) -> bool:
    """Whether credentials can be asked for: the store can be read, or is to be begun anew."""
    try:
        manager.stored("filelist")
    except StateError as error:
        talk.say(str(error))
        answers.start_over = talk.yes("Begin a new store of credentials in its place", False)
        return answers.start_over
    return True


def _stored(answers: _Answers, manager: CredentialsManager, service: str) -> Credentials | None:
    return None if answers.start_over else manager.stored(service)


def _ask_filelist(answers: _Answers, manager: CredentialsManager, talk: _Talk) -> None:
    talk.say(f"FileList wants your user name and your passkey, which is not your password: {PASSKEY_PAGE}")
    login = talk.login("FileList", "passkey", _stored(answers, manager, "filelist"))
    if login:
        answers.credentials["filelist"] = login


def _ask_qbittorrent(answers: _Answers, manager: CredentialsManager, talk: _Talk) -> None:
    login = talk.login("qBittorrent", "password", _stored(answers, manager, "qbittorrent"), optional=True)
    if login:
        answers.credentials["qbittorrent"] = login


def _write(folder: Path, answers: _Answers, manager: CredentialsManager, say: Say) -> int:
    notes = Config.save(folder, answers.changes)
    if answers.start_over:
        manager.start_over()
    for service, credentials in answers.credentials.items():
        manager.save(service, credentials)
    for note in notes:
        say(note)
    say(f"Saved in {folder}. Start with `python main.py`.")
    return _create(answers.new_directory, say)


def _create(directory: Path | None, say: Say) -> int:
    try:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        say(
            f"{directory} could not be created ({error.strerror}). Create it yourself; films wait until then."
        )
        return ENDED
    return DONE
