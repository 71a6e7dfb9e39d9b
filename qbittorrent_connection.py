"""What a connection to qBittorrent needs besides its client library: address, credentials, limits, patience.

Asks nobody by itself. Knows what the library would do by itself and must not: try again, follow a redirect.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from web import CONNECT_TIMEOUT, BoundedAdapter

if TYPE_CHECKING:
    import requests

_POLL = 0.1

T = TypeVar("T")
S = TypeVar("S", bound="requests.Session")


class Credentials(Protocol):
    """What the store holds for a service. An `api_key` (qBittorrent 5.2 or later) goes before the others."""

    @property
    def username(self) -> str | None: ...

    @property
    def secret(self) -> str | None: ...

    @property
    def api_key(self) -> str | None: ...


class NotQBittorrentError(ValueError):
    """Something answers at that address, but not as a qBittorrent does."""


def without_retries(arguments: dict[str, Any]) -> dict[str, Any]:
    """Less what the library's retry loop takes for itself."""
    loop = {"_retries", "_retry_backoff_factor", "version_introduced", "version_removed"}
    return {name: value for name, value in arguments.items() if name not in loop}


def refuse_redirect(response: "requests.Response") -> None:
    if 300 <= response.status_code < 400:
        raise NotQBittorrentError


def require_of(error: "requests.RequestException", call: str) -> None:
    """A refusal is an answer to `call` only if it came from there."""
    if error.response is None or not error.response.url.endswith(f"/{call}"):
        raise NotQBittorrentError from error


def request_arguments(settings: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    return {
        "timeout": (min(CONNECT_TIMEOUT, seconds), seconds),
        "allow_redirects": False,  # a 307 would carry the password to wherever it points
        "verify": settings["verify_certificate"],
    }


def client_arguments(
    settings: Mapping[str, Any], stored: Credentials | None, seconds: float
) -> dict[str, Any]:
    """What the library's client is made of."""
    return {
        "host": f"{'https' if settings['use_https'] else 'http'}://{netloc(settings)}",
        "username": stored.username if stored else None,
        "password": stored.secret if stored else None,
        "api_key": key_of(stored),
        "FORCE_SCHEME_FROM_HOST": True,
        "VERIFY_WEBUI_CERTIFICATE": bool(settings["verify_certificate"]),
        "REQUESTS_ARGS": request_arguments(settings, seconds),
        "HTTPADAPTER_ARGS": {"max_retries": 0},
    }


def upload_arguments(settings: Mapping[str, Any], folder: str, *, held: bool) -> dict[str, Any]:
    """How a torrent is added; a held one stops once what lies in `folder` is checked."""
    return {
        "save_path": folder,
        "category": settings["category"] or None,
        "tags": settings["tag"],
        "use_auto_torrent_management": False,
        "is_stopped": False,
        # Without it the user's own default could stop the torrent after the check.
        "stop_condition": "FilesChecked" if held else "None",
        # Else one that is not whole would move into the user's folder for incomplete torrents.
        "use_download_path": False if held else None,
        "download_limit": settings.get("speed_limit") or None,
    }


def netloc(settings: Mapping[str, Any]) -> str:
    host = str(settings["host"])
    return f"[{host}]:{settings['port']}" if ":" in host.strip("[]") else f"{host}:{settings['port']}"


def key_of(credentials: Credentials | None) -> str | None:
    return (credentials.api_key or None) if credentials else None


def proven_version(version: Callable[[], str], api_version: Callable[[], str]) -> str:
    """What app/version says, e.g. "v5.1.0", if that and app/webapiVersion ("2.11.4") are what they are."""
    said = version()
    # One after the other: a page in place of the version never gets as far as a login.
    if not re.match(r"v\d+\.", said) or not re.fullmatch(r"\d+(\.\d+)+", api_version()):
        raise NotQBittorrentError
    return said


def bounded(session: S) -> S:
    """The library makes a new session at each login."""
    if session.trust_env:
        session.trust_env = False
        session.mount("http://", BoundedAdapter())
        session.mount("https://", BoundedAdapter())
    return session


def polled(ask: Callable[[], T], seconds: float, stop: threading.Event) -> T:
    """The first answer that says something; after `seconds` whichever it is."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer or time.monotonic() > deadline:
            return answer
        stop.wait(_POLL)
