"""Talks to qBittorrent's Web API, versions 4.5 to 5.3; nothing else in the program knows its client library.

Owns the connection, how a torrent is handed over, and the one place where differences between versions and
all errors are turned into ours. Never touches the queue, never tries anything twice within a call (a lost
answer to an upload must not become two uploads, a wrong password must not become a ban), never sends more
than it was given: neither proxies, ~/.netrc nor QBITTORRENTAPI_* variables reach it.
One thread uses an instance; it connects at the first question and again after any failure.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
import urllib3

import qbittorrent_refusals as refusals
from errors import Interrupted, MovieSyncError
from qbittorrent_answers import (
    Content,
    HandOver,
    TorrentStatus,
    known_as,
    only_id,
    read_contents,
    read_free_space,
    read_statuses,
    require_whole,
    says_added,
    usable_ids,
)
from qbittorrent_connection import (
    Credentials,
    NotQBittorrentError,
    bounded,
    client_arguments,
    key_of,
    netloc,
    polled,
    proven_version,
    refuse_redirect,
    request_arguments,
    require_of,
    upload_arguments,
    without_retries,
)
from web import reason_of, request_limits

if TYPE_CHECKING:
    import qbittorrentapi
    from qbittorrentapi.request import QbittorrentSession

    from torrent_file import TorrentFile

__all__ = ["Credentials", "HandOver", "QBittorrentManager", "TorrentStatus"]

REQUEST_SECONDS, LOG_OUT_SECONDS = 20.0, 2.0
MAX_BYTES = 64 * 2**20
LISTED_WITHIN, LOOKED_WITHIN = 3.0, 1.0


class QBittorrentManager:
    """One qBittorrent and what we want of it.

    `settings` is the mapping `qbittorrent` of filelist_config.json, `save_path` where it should put films as
    it sees the path; without `credentials` it must let us in without login. Every method raises
    `ServiceUnavailable`, `AuthError` (never retry by yourself: five wrong logins are a ban) or `Interrupted`.
    """

    name = "qbittorrent"

    def __init__(
        self,
        settings: Mapping[str, Any],
        credentials: Credentials | None,
        save_path: str,
        stop: threading.Event,
        *,
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._save_path = save_path
        self._stop = stop
        self._seconds = seconds
        self._client: qbittorrentapi.Client | None = None
        self._session: object = None
        self.connections = 0
        """How often it had to be connected to: more after a restart of qBittorrent, once it has answered."""

    def connect(self) -> str:
        """Log in if it asks for that, prove that it is a qBittorrent, give its version, e.g. "v5.1.0"."""
        with self._asking() as client:
            return proven_version(client.app_version, client.app_web_api_version)

    def add_torrent(self, torrent: "TorrentFile", folder: str | None = None) -> HandOver:
        """Have qBittorrent download `torrent`, started, with our category, tag and save path; safe to repeat.

        With `folder`, a whole path as qBittorrent sees it, it is held: what lies there is checked, then it is
        `stopped`, and `complete` if all is there. A ValueError if it is no such path.
        A torrent that is there already stays as it is. Raises `FilmFault` if the .torrent itself is refused.
        """
        place = self._save_path if folder is None else require_whole(folder)
        ids = usable_ids({torrent.info_hash, *torrent.candidates})
        with self._asking() as client:
            there = _look_up(client, ids)
            if there is not None:
                return HandOver(there.hash, self._is_ours(there), already_there=True)
            self._ensure_category(client)
            added = self._upload(client, torrent, place, held=folder is not None)
            # Also after a "no": that is what a duplicate gets, and an upload whose answer was lost made one.
            # A new torrent shows up a moment after qBittorrent has taken it.
            there = polled(lambda: _look_up(client, ids), LISTED_WITHIN, self._stop)
            if there is not None:
                return HandOver(there.hash, added or self._is_ours(there), already_there=not added)
        if not added:
            raise refusals.refused(torrent.name)
        raise refusals.not_listed(netloc(self._settings), torrent.name)

    hand_over = add_torrent

    def find(self, candidates: Iterable[str]) -> TorrentStatus | None:
        """The torrent known by any of these ids (hex, v1 or v2), None if there is none."""
        ids = usable_ids(candidates)
        if not ids:
            return None
        with self._asking() as client:
            return _look_up(client, ids)

    def torrents(self) -> tuple[TorrentStatus, ...]:
        """All torrents, the user's own too."""
        with self._asking() as client:
            return _statuses(client, {})

    def ours(self) -> tuple[TorrentStatus, ...]:
        """The torrents with our tag."""
        with self._asking() as client:
            # Looked at again here: a qBittorrent before 4.3.9 ignores the filter and lists everything.
            return tuple(filter(self._is_ours, _statuses(client, {"tag": self._settings["tag"]})))

    def contents(self, torrent_hash: str) -> tuple[Content, ...]:
        """The files of a torrent by qBittorrent's own id for it; none if there is no such torrent."""
        import qbittorrentapi

        with self._asking() as client, contextlib.suppress(qbittorrentapi.NotFound404Error):
            return read_contents(_asked(client, "torrents", "files", hash=torrent_hash))
        return ()

    def is_online(self) -> bool:
        """Whether it can reach the network; a torrent that gets nothing while it cannot is no dead one."""
        with self._asking() as client:
            return client.transfer_info().get("connection_status") != "disconnected"

    def free_space(self) -> int | None:
        """Free bytes where it saves by default, by its own account; None where it does not say."""
        with self._asking() as client:
            # 4.5 says 0 to each new session until it has looked.
            return polled(
                lambda: read_free_space(_asked(client, "sync", "maindata", rid="0")),
                LOOKED_WITHIN,
                self._stop,
            )

    def stop_torrent(self, torrent_hash: str) -> bool:
        """Have it neither get nor give anything; whether it is there and ours. Guarded as `remove` is."""
        return self._change(torrent_hash, lambda client, own: client.torrents_stop(torrent_hashes=own))

    def start_torrent(self, torrent_hash: str) -> bool:
        """Let it go on; whether it is there and ours. Guarded as `remove` is."""
        return self._change(torrent_hash, lambda client, own: client.torrents_start(torrent_hashes=own))

    def recheck(self, torrent_hash: str) -> bool:
        """Have its files compared with it; whether it is there and ours. Guarded as `remove` is."""
        return self._change(torrent_hash, lambda client, own: client.torrents_recheck(torrent_hashes=own))

    def move(self, torrent_hash: str, folder: str) -> bool:
        """Have qBittorrent begin to move its files into `folder`, which is made if it is not there.

        Whether it is there and ours; guarded as `remove` is. `folder` is a whole path as qBittorrent sees it,
        else it is a ValueError; `PlaceUnavailable` if it refuses that. Where the files are is known by
        `TorrentStatus.lies_in` alone. A file of that name in `folder` stays: the torrent takes it for its
        own, its file stays behind, and a started torrent would write over the other one.
        """
        require_whole(folder)
        return self._change(torrent_hash, lambda client, own: self._set_location(client, own, folder))

    def remove(self, torrent_hash: str, *, with_files: bool) -> bool:
        """Take one torrent out, if it is there and has our tag; whether it was. Never more than this one.

        `torrent_hash` is a whole id: qBittorrent takes "all" there, and nothing is deleted on the word of a
        filter.
        """
        return self._change(torrent_hash, lambda client, own: client.torrents_delete(with_files, own))

    def close(self) -> None:
        """Log out, within a moment, also while the program stops: qBittorrent 5.3 keeps 15 sessions only."""
        if self._client is None or not self._client._session.cookies:
            self._forget()
            return
        arguments = request_arguments(self._settings, LOG_OUT_SECONDS)
        # A failed logout changes nothing for anybody: qBittorrent ends the session by itself after an hour.
        with contextlib.suppress(MovieSyncError), self._translated(threading.Event(), LOG_OUT_SECONDS):
            self._client._request_manager("post", "auth", "logout", requests_args=arguments)
        self._forget()

    def _is_ours(self, status: TorrentStatus) -> bool:
        return self._settings["tag"] in status.tags

    def _ensure_category(self, client: "qbittorrentapi.Client") -> None:
        import qbittorrentapi

        name = self._settings["category"]
        if not name or name in client.torrents_categories(SIMPLE_RESPONSES=True):
            return
        try:
            client.torrents_create_category(name=name)
        except qbittorrentapi.Conflict409Error:
            raise refusals.bad_category(netloc(self._settings), name) from None

    def _change(self, torrent_hash: str, do: Callable[["qbittorrentapi.Client", str], object]) -> bool:
        """Do it to this one torrent, if it is there now and has our tag now; whether it was."""
        ids = only_id(torrent_hash)
        with self._asking() as client:
            there = _look_up(client, ids)
            if there is None or not self._is_ours(there):
                return False
            do(client, there.hash)
            return True

    def _set_location(self, client: "qbittorrentapi.Client", own: str, folder: str) -> None:
        import qbittorrentapi as api

        try:
            client.torrents_set_location(location=folder, torrent_hashes=own)
        except (api.HTTP400Error, api.Forbidden403Error, api.Conflict409Error) as error:
            require_of(error, "torrents/setLocation")
            raise refusals.no_place(netloc(self._settings), folder) from None

    def _upload(
        self, client: "qbittorrentapi.Client", torrent: "TorrentFile", place: str, *, held: bool
    ) -> bool:
        """Whether qBittorrent says that this upload added the torrent."""
        import qbittorrentapi

        try:
            answer = client.torrents_add(
                torrent_files=torrent.data,
                **upload_arguments(self._settings, place, held=held),
            )
        except qbittorrentapi.UnsupportedMediaType415Error:
            raise refusals.refused(torrent.name) from None
        except qbittorrentapi.Conflict409Error as error:  # 5.2 and later
            require_of(error, "torrents/add")  # the library asks for the version first
            return False
        added = says_added(answer)
        if added is None:
            raise NotQBittorrentError
        return added

    @contextlib.contextmanager
    def _asking(self) -> Iterator["qbittorrentapi.Client"]:
        """A connected client; what goes wrong inside comes out as one of our errors."""
        if self._stop.is_set():
            raise Interrupted("qBittorrent is not asked any more: the program is stopping")
        with self._translated(self._stop, self._seconds):
            if self._client is None:
                arguments = client_arguments(self._settings, self._credentials, self._seconds)
                self._client = client = _client_class()(**arguments)
                proven_version(client.app_version, client.app_web_api_version)
            yield self._client
            self._notice_login(self._client)

    def _notice_login(self, client: "qbittorrentapi.Client") -> None:
        # A restart ends all sessions. A key has none; versions that know keys (5.2) tell when they started.
        has_key = key_of(self._credentials)
        session = _asked(client, "app", "processInfo") if has_key else client._session.cookies.values()
        if session != self._session:
            self.connections += 1
            self._session = session

    @contextlib.contextmanager
    def _translated(self, stop: threading.Event, seconds: float) -> Iterator[None]:
        import qbittorrentapi

        try:
            with request_limits(seconds, MAX_BYTES, stop):
                yield
        except (
            qbittorrentapi.APIError,
            msgspec.MsgspecError,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            self._forget()
            if stop.is_set():
                raise Interrupted("stopped while waiting for qBittorrent") from None
            # `from None`: what lies below has seen the password.
            raise self._error_for(error, seconds) from None

    def _error_for(self, error: Exception, seconds: float) -> MovieSyncError:
        """The one translation. Order matters: in the library nearly everything is a connection error."""
        import qbittorrentapi as api

        key, place = key_of(self._credentials), netloc(self._settings)
        if isinstance(error, api.LoginFailed | api.Unauthorized401Error):
            stored = bool(self._credentials and self._credentials.username)
            return refusals.login_refused(place, api_key=bool(key), stored=stored)
        if isinstance(error, api.Forbidden403Error) and not str(error).lstrip().startswith("<"):
            refused = refusals.login_refused(place, api_key=True, stored=True)
            return refused if key else refusals.locked_out(place)
        if isinstance(error, api.HTTP5XXError):
            return refusals.in_trouble(place, error.http_status_code)
        if isinstance(error, OSError) and not isinstance(error, api.APIError):
            return refusals.not_reached(place, reason_of(error, seconds))
        return refusals.not_qbittorrent(place, getattr(error, "http_status_code", None))

    def _forget(self) -> None:
        if self._client is not None:
            self._client._trigger_session_initialization()
        self._client = None
        self._session = None


@functools.cache
def _client_class() -> type["qbittorrentapi.Client"]:
    import qbittorrentapi
    import requests

    class BoundedClient(qbittorrentapi.Client):
        """The library's client with one try for each call, within the `request_limits` of its thread.

        The library has no public place for an adapter or for fewer tries; the contract tests tell when one
        of these overrides no longer reaches it.
        """

        def _initialize_settings(self, *args: Any, **kwargs: Any) -> None:
            given = self.username, self._password, self._api_key
            super()._initialize_settings(*args, **kwargs)
            # It has filled what was empty from the environment.
            self.username, self._password, self._api_key = given

        @property
        def _session(self) -> "QbittorrentSession":
            return bounded(super()._session)

        def _request_manager(self, *args: Any, **kwargs: Any) -> Any:
            return self._request(*args, **without_retries(kwargs))

        @staticmethod
        def _handle_error_responses(data: Any, params: Any, response: requests.Response) -> None:
            refuse_redirect(response)
            qbittorrentapi.Client._handle_error_responses(data, params, response)

        def auth_log_in(self, *_: Any, **kwargs: Any) -> None:
            _log_in(self)

    return BoundedClient


def _log_in(client: "qbittorrentapi.Client") -> None:
    """The library calls this when a call got 403. Its own form takes any page for a wrong password."""
    import qbittorrentapi

    if not client.username:
        raise qbittorrentapi.LoginFailed
    client._initialize_context()
    answer = client._post_cast(
        _name=qbittorrentapi.APINames.Authorization,
        _method="login",
        data={"username": client.username, "password": client._password},
        response_class=str,
    )
    if answer == "Fails.":  # up to 5.1; later ones say 401
        raise qbittorrentapi.LoginFailed
    if answer not in {"Ok.", ""}:
        raise NotQBittorrentError


def _look_up(client: "qbittorrentapi.Client", ids: frozenset[str]) -> TorrentStatus | None:
    if not ids:
        return None
    # The filter knows qBittorrent's own id only; a torrent it has under another one shows in the whole list.
    there = known_as(_statuses(client, {"hashes": "|".join(sorted(ids))}), ids)
    return there or known_as(_statuses(client, {}), ids)


def _statuses(client: "qbittorrentapi.Client", filters: Mapping[str, str]) -> tuple[TorrentStatus, ...]:
    return read_statuses(_asked(client, "torrents", "info", **filters))


def _asked(client: "qbittorrentapi.Client", group: str, what: str, **form: str) -> bytes:
    """The answer as bytes: thousands of torrents as the library's objects would be tens of MiB."""
    import qbittorrentapi

    name = qbittorrentapi.APINames(group)
    return client._post_cast(_name=name, _method=what, response_class=bytes, data=form)
