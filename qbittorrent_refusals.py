"""The words for each way in which qBittorrent can say no: cause first, then what mends it.

Pure: each function makes one error of ours; which one applies is decided in `qbittorrent_manager`.
`place` is host:port. No secret comes here.
"""

from errors import AuthError, FilmFault, PlaceUnavailable, ServiceUnavailable

SERVICE = "qbittorrent"
BAN_SECONDS = 3600  # WebUI\BanDuration, unless the user changed it
_STORE = "store them with: python main.py --config"
_SET_KEY = "put the right one into MOVIE_SYNC_QBITTORRENT_API_KEY, or into the file that …_FILE names"


def login_refused(place: str, *, api_key: bool, stored: bool) -> AuthError:
    """It wants credentials and did not take ours; `stored` is False when there were none to send."""
    mend = _STORE
    if api_key:
        cause, mend = "refused the API key. Check it", _SET_KEY
    elif stored:
        cause = "refused the user name or password. Check them"
    else:
        cause = "asks for a user name and password, and none are stored. See which"
    return AuthError(
        SERVICE,
        f"Login failed: qBittorrent at {place} {cause} under Tools → Options → Web UI, then {mend} "
        "(a proxy or another port in front of it can be the cause as well).",
    )


def locked_out(place: str) -> AuthError:
    """It bans our address; it does not say for how long."""
    return AuthError(
        SERVICE,
        f"Login failed: qBittorrent at {place} has locked this computer out after too many failed logins, "
        "for one hour unless you changed that; restarting qBittorrent ends it. "
        f"Meanwhile check user name and password, and {_STORE}",
        ban_seconds=BAN_SECONDS,
    )


def not_reached(place: str, reason: str) -> ServiceUnavailable:
    """No answer, or none that is complete."""
    return ServiceUnavailable(
        SERVICE,
        f"Could not connect to qBittorrent at {place} ({reason}); is it running and is its Web UI enabled? "
        "Tools → Options → Web UI. Host and port stand in filelist_config.json.",
    )


def not_qbittorrent(place: str, status: int | None) -> ServiceUnavailable:
    """A complete answer that no qBittorrent gives."""
    code = f" (HTTP {status})" if status else ""
    return ServiceUnavailable(
        SERVICE,
        f"Could not connect to qBittorrent: what answers at {place} is not its Web UI{code}. "
        "Check qbittorrent.host, .port and .use_https in filelist_config.json.",
    )


def in_trouble(place: str, status: int) -> ServiceUnavailable:
    """An error of its own, or of a proxy in front of it."""
    return ServiceUnavailable(
        SERVICE,
        f"Could not connect to qBittorrent: {place} answers with an error of its own (HTTP {status}). "
        "Restart qBittorrent if it stays so.",
    )


def not_listed(place: str, torrent: str) -> ServiceUnavailable:
    """It took an upload, yet has no such torrent."""
    return ServiceUnavailable(
        SERVICE,
        f"qBittorrent at {place} took “{torrent}” but does not list it; its execution log may say why. "
        "It is tried again.",
    )


def bad_category(place: str, category: str) -> ServiceUnavailable:
    """The configured category is no name it takes."""
    return ServiceUnavailable(
        SERVICE,
        f"qBittorrent at {place} does not accept the category “{category}”. "
        "Write another one as qbittorrent.category in filelist_config.json.",
    )


def no_place(place: str, folder: str) -> PlaceUnavailable:
    """It was told to move a torrent, and cannot have that folder."""
    return PlaceUnavailable(
        f"{folder}: qBittorrent at {place} cannot make this folder or cannot write to it. Check that its "
        "disk is mounted there, as qBittorrent sees it, and that the user it runs as may write there."
    )


def refused(torrent: str) -> FilmFault:
    """The .torrent itself is no good to it."""
    return FilmFault(f"qBittorrent refused the .torrent “{torrent}”; another release may do.")
