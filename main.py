"""Movie Sync's command line: arguments, start and end, signals, the periodic status line, exit codes.

The main thread lives here. It holds no rule of the business: it puts the program together, waits for
signals, and sees to it that whatever happens ends in one clear line and the right exit code.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import report
import storage
from config import Config
from console import Console
from credentials_manager import SERVICES, CredentialsManager
from errors import SERVICE_TITLES, ConfigError, MovieSyncError
from logs import Redactor, log_path, set_up_logging
from queue_files import FAILED

VERSION = "0.1.0"
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
        description="Brings the films of a Letterboxd watchlist to disk, by FileList.io and qBittorrent.",
        epilog="Without an option it runs until it is stopped (Ctrl-C).",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stats", action="store_true", help="show queue statistics and exit")
    what.add_argument("--config", action="store_true", help="ask for the settings and credentials")
    what.add_argument("--once", action="store_true", help="one look at the list, what is due now, then exit")
    what.add_argument("--demo", action="store_true", help="show the whole way of a film, without any account")
    parser.add_argument("--username", metavar="NAME", help="Letterboxd user, for this run")
    parser.add_argument("--interval", metavar="SECONDS", help="time between looks at the list, for this run")
    parser.add_argument("--verbose", action="store_true", help="show the log on stderr too")
    parser.add_argument("--version", action="version", version=f"Movie Sync {VERSION}")
    return parser.parse_args(arguments)


def guarded(action: Callable[[], int], folder: Path, console: Console) -> int:
    """The one place where errors become a line for the user and an exit code."""
    try:
        return action()
    except ConfigError as error:
        console.say("❌ The configuration cannot be used:")
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
    set_up_logging(folder, redactor, verbose=args.verbose)
    if args.config:
        return configure(folder)
    if args.stats:
        return show_statistics(folder, loaded(args, folder), console)
    config, credentials = ready(args, folder)
    redactor.learn(credentials.secrets(), basic_pairs(credentials))
    with storage.daemon_lock(folder / "daemon.lock", "Movie Sync"):
        storage.sweep(folder)
        # Imported here: `--stats` and `--version` need neither network nor parser libraries.
        from running import run

        return run(config, credentials, folder, console, once=args.once)


def configure(folder: Path) -> int:
    """The wizard."""
    from getpass import getpass

    from wizard import run_wizard

    return run_wizard(folder, input, getpass, print, terminal=at_terminal())


def at_terminal() -> bool:
    """Whether there is a person to ask."""
    # Both are None in a process that was started with them closed.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def show_statistics(folder: Path, config: Config, console: Console) -> int:
    """`--stats`: works beside a running daemon."""
    from queue_manager import QueueManager
    from services import Services

    queue = QueueManager(folder, max_retries=config["max_retries"])
    services = Services(folder, CredentialsManager(folder).fingerprint)
    rests = [(name, rest) for name in SERVICE_TITLES if (rest := services.resting(name))]
    page = report.statistics_page(
        queue.get_statistics(), queue.films(FAILED), config["max_retries"], rests, time.time()
    )
    console.say("\n".join(page))
    return EXIT_OK


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


if __name__ == "__main__":
    sys.exit(main())
