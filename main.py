"""Movie Sync's command line: arguments, start and end, signals, the periodic status line, exit codes.

The main thread lives here. It holds no rule of the business: it puts the program together, waits for
signals, and sees to it that whatever happens ends in one clear line and the right exit code.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import storage
from config import Config
from console import Console, drop_the_rest
from credentials_manager import SERVICES, CredentialsManager
from errors import ConfigError, MovieSyncError, StateError, StateWriteError
from logs import Redactor, log_path, set_up_logging
from signals import Signals

VERSION = "0.1.0"
COMMANDS = (
    ("why", "FILM", "what happened to a film, and what happens next"),
    ("first", "FILM", "make a film the next one to be tried"),
    ("retry", "FILM|all", "try a film, or all failed ones, again now"),
    ("forget", "FILM", "drop a film for good; its files and torrent stay"),
    ("search", "FILM", "what would be chosen for a film now, and why"),
    ("add", "FILM", 'want a film that is on no list: "Title (Year)" or tt1234567'),
    ("import", "FILE", "want the films of a Letterboxd export, or of a text file with one film a line"),
)
METHODS = {"import": "import_films"}
"""Of `Commands`, where a command's name cannot be one."""

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_BUG, EXIT_INTERRUPTED = 0, 1, 2, 3, 130

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = parse_arguments(arguments)
    redactor = Redactor()
    console = Console(redactor)
    folder = storage.state_folder()
    return guarded(lambda: dispatch(args, folder, redactor, console), folder, console)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; usage errors end the process with exit code 2."""
    parser = argparse.ArgumentParser(
        prog="main.py",
        allow_abbrev=False,
        description="Brings the films of a Letterboxd watchlist to disk, by FileList.io and qBittorrent.",
        epilog="Without an option it runs until it is stopped (Ctrl-C).",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stats", action="store_true", help="show queue statistics and exit")
    what.add_argument("--config", action="store_true", help="ask for the settings and credentials")
    what.add_argument("--once", action="store_true", help="one look at the list, what is due now, then exit")
    what.add_argument("--repair", action="store_true", help="put a damaged or lost state folder right again")
    for name, metavar, text in COMMANDS:
        what.add_argument(f"--{name}", metavar=metavar, type=readable, help=text)
    what.add_argument(
        "--cleanup", action="store_true", help="show what would be cleaned up; with --yes, clean it up"
    )
    what.add_argument("--undo", metavar="FILM", type=readable, help="bring a film back from the trash")
    what.add_argument("--demo", action="store_true", help="show the whole way of a film, without any account")
    parser.add_argument(
        "--accept-removals",
        action="store_true",
        help="mark the films as removed that were shown as too many; goes with --once too",
    )
    parser.add_argument("--yes", action="store_true", help="with --cleanup: do it")
    parser.add_argument("--username", metavar="NAME", help="Letterboxd user, for this run")
    parser.add_argument("--interval", metavar="SECONDS", help="time between looks at the list, for this run")
    parser.add_argument(
        "--json", action="store_true", help="with --stats, --why, --search: for programs to read"
    )
    parser.add_argument("--verbose", action="store_true", help="show the log on stderr too")
    parser.add_argument("--version", action="version", version=f"Movie Sync {VERSION}")
    args = parser.parse_args(arguments)
    if args.accept_removals and asks_for_more(args):
        parser.error("--accept-removals goes alone or with --once")
    if args.yes and not args.cleanup:
        parser.error("--yes goes with --cleanup")
    if args.json and not (args.stats or args.why is not None or args.search is not None):
        parser.error("--json goes with --stats, --why or --search")
    return args


def asks_for_more(args: argparse.Namespace) -> bool:
    """Whether there is something to do besides accepting removals, other than a single run."""
    others = (args.stats, args.config, args.repair, args.demo, args.cleanup, args.undo is not None)
    return any((*others, command_in(args)))


def command_in(args: argparse.Namespace) -> str | None:
    """The command about a single film that was given."""
    return next((name for name, _, _ in COMMANDS if getattr(args, name) is not None), None)


def readable(text: str) -> str:
    """An argument as UTF-8, whatever the locale made of its bytes."""
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError("it is not UTF-8") from None


def guarded(action: Callable[[], int], folder: Path, console: Console) -> int:
    """The one place where errors become a line for the user and an exit code."""
    try:
        return action()
    except ConfigError as error:
        console.say(f"❌ {error.heading}")
        console.say(str(error))
        return EXIT_USAGE
    except MovieSyncError as error:
        logger.warning("ended: %s", error)
        console.say(f"❌ {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception:
        logger.exception("a bug ended the program")
        console.say(f"❌ Movie Sync hit a bug. The details are in {log_path(folder)}; please report them.")
        return EXIT_BUG


def dispatch(args: argparse.Namespace, folder: Path, redactor: Redactor, console: Console) -> int:
    """Do what the options ask for."""
    if args.demo:
        from demo.show import run as run_demo

        return run_demo(Path(__file__))
    start_log(args, folder, redactor)
    if args.config:
        return configure(folder)
    if args.repair:
        return repair_folder(loaded(args, folder), redactor, console)
    if args.search is not None:
        return search_for(args, folder, redactor, console)
    if args.cleanup or args.undo is not None:
        return clean_up(args, folder, redactor, console)
    command = command_in(args)
    if args.stats or command is not None or (args.accept_removals and not args.once):
        return run_command(args, command, loaded(args, folder), console)
    config, credentials = ready(args, folder)
    redactor.learn(credentials.secrets(), basic_pairs(credentials))
    with storage.daemon_lock(folder / storage.DAEMON_LOCK, "Movie Sync"):
        # From here on a stop signal is answered with the final statistics, also while the rest is loaded.
        signals = Signals()
        storage.sweep(folder)
        storage.tighten(folder)
        # Imported here: `--stats` and `--version` need neither network nor parser libraries.
        from running import run

        if args.accept_removals:
            run_command(args, None, config, console)
        return run(config, credentials, console, signals, once=args.once)


def search_for(args: argparse.Namespace, folder: Path, redactor: Redactor, console: Console) -> int:
    """`--search`: the one command besides a run that asks a tracker."""
    config, credentials = loaded(args, folder), CredentialsManager(folder)
    if problems := credentials.problems():
        raise ConfigError(problems)
    redactor.learn(credentials.secrets(), basic_pairs(credentials))
    from search_command import search

    return search(args.search, config, credentials, console, as_json=args.json)


def clean_up(args: argparse.Namespace, folder: Path, redactor: Redactor, console: Console) -> int:
    """`--cleanup` and `--undo`: they ask qBittorrent, and no tracker."""
    config, credentials = loaded(args, folder), CredentialsManager(folder)
    if problems := credentials.problems():
        raise ConfigError(problems)
    redactor.learn(credentials.secrets(), basic_pairs(credentials))
    from cleanup_command import CleanupCommand

    command = CleanupCommand(config, credentials, console)
    return command.cleanup(yes=args.yes) if args.cleanup else command.undo(args.undo)


def repair_folder(config: Config, redactor: Redactor, console: Console) -> int:
    """`--repair`: needs neither a user name nor FileList's credentials, and no program that runs."""
    credentials, trouble = CredentialsManager(config.folder), None
    if problems := credentials.problems():
        raise ConfigError(problems)
    try:
        redactor.learn(credentials.secrets(), basic_pairs(credentials))
    except StateError as error:
        # They are not ours to mend; what needs none of them is repaired all the same.
        trouble = str(error)
    with storage.daemon_lock(config.folder / storage.DAEMON_LOCK, "Movie Sync"):
        storage.sweep(config.folder)
        storage.tighten(config.folder)
        from program import repair_state

        return repair_state(config, credentials, console, trouble)


def start_log(args: argparse.Namespace, folder: Path, redactor: Redactor) -> None:
    """Open the log. What only looks has to work on a full or read-only disk too, without one."""
    try:
        set_up_logging(folder, redactor, verbose=args.verbose)
    except StateWriteError:
        if not args.stats and args.why is None:
            raise
        logging.getLogger().addHandler(logging.NullHandler())


def configure(folder: Path) -> int:
    """The wizard."""
    from getpass import getpass

    from wizard import run_wizard

    return run_wizard(folder, input, getpass, print, terminal=at_terminal())


def at_terminal() -> bool:
    """Whether there is a person to ask."""
    # Both are None in a process that was started with them closed.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def run_command(args: argparse.Namespace, name: str | None, config: Config, console: Console) -> int:
    """A command; beside a running daemon or without one."""
    from commands import Commands

    commands = Commands(config, console)
    if args.accept_removals:
        return commands.accept_removals()
    if name is None:
        return commands.stats(as_json=args.json)
    if name == "why":
        return commands.why(args.why, as_json=args.json)
    change: Callable[[str], int] = getattr(commands, METHODS.get(name, name))
    return change(getattr(args, name))


def loaded(args: argparse.Namespace, folder: Path) -> Config:
    """The configuration with the command line's word on top. Raises `ConfigError`."""
    config = Config.load(folder)
    config.override(username=args.username, interval=args.interval)
    return config


def ready(args: argparse.Namespace, folder: Path) -> tuple[Config, CredentialsManager]:
    """All that a run needs; asks for credentials at a terminal. Raises `ConfigError` with all problems."""
    credentials = CredentialsManager(folder)
    problems = list(credentials.problems())
    services = list(SERVICES)
    config = Config()
    try:
        config = loaded(args, folder)
        problems += config.missing_for_run()
    except ConfigError as error:
        problems += error.problems
    if not config["qbittorrent"]["enabled"]:
        services.remove("qbittorrent")
    if not problems and at_terminal():
        for service in filter(credentials.needs_asking, services):
            credentials.ask(service)
    if not credentials.problems():
        problems += [missing for service in services if (missing := credentials.missing(service))]
    if problems:
        raise ConfigError(problems)
    return config, credentials


def basic_pairs(credentials: CredentialsManager) -> list[tuple[str, str]]:
    """User name and secret of each service, as HTTP Basic joins them."""
    known = filter(None, map(credentials.get, SERVICES))
    return [(account.username, account.secret) for account in known]


def leave(code: int) -> int:
    """Write out what stdout still holds; if it cannot take it, drop it: that is no failure of the work."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        drop_the_rest(sys.stdout)
    return code


if __name__ == "__main__":
    try:
        sys.exit(leave(main()))
    except SystemExit as end:
        # argparse ends the process by itself after --help, --version and a usage error.
        sys.exit(leave(end.code if isinstance(end.code, int) else EXIT_FAILED))
