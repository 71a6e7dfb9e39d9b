"""What a connection to qBittorrent needs besides its client library: address, credentials, limits.

Pure. Knows what the library would do by itself and must not: try again, follow a redirect.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from web import CONNECT_TIMEOUT, BoundedAdapter

if TYPE_CHECKING:
    import requests


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


def netloc(settings: Mapping[str, Any]) -> str:
    host = str(settings["host"])
    return f"[{host}]:{settings['port']}" if ":" in host.strip("[]") else f"{host}:{settings['port']}"


def key_of(credentials: Credentials | None) -> str | None:
    return (credentials.api_key or None) if credentials else None


def is_version(answer: str) -> bool:
    """Whether this is what app/version gives, e.g. "v5.1.0"."""
    return bool(re.match(r"v\d+\.", answer))


def is_api_version(answer: str) -> bool:
    """Whether this is what app/webapiVersion gives, e.g. "2.11.4"."""
    return bool(re.fullmatch(r"\d+(\.\d+)+", answer))


def bounded(session: S) -> S:
    """The library makes a new session at each login."""
    if session.trust_env:
        session.trust_env = False
        session.mount("http://", BoundedAdapter())
        session.mount("https://", BoundedAdapter())
    return session
