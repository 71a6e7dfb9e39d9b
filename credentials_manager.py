"""FileList's and qBittorrent's credentials: one encrypted file with its key beside it, environment over it.

Never logs, prints or puts into an error what is secret. `credentials.enc` is a Fernet token of JSON by
service, `.key` its key (0600, folder 0700); the key is on the disk before the first data. Any thread may
call it; both files are read again when another process replaced them. `cryptography` is imported only
where there is something to decrypt or encrypt, for it is by far the largest import.
"""

import getpass
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

import storage
from errors import ConfigError
from options import CREDENTIALS

STORE_FILE = "credentials.enc"
KEY_FILE = ".key"
LOCK_FILE = "credentials.lock"
FINGERPRINT_ROUNDS = 50_000
PASSKEY_PAGE = "https://filelist.io/usercp.php?action=passkey"
SERVICES = tuple(CREDENTIALS)
_TITLES = {"filelist": "FileList", "qbittorrent": "qBittorrent"}
_SECRETS = {"filelist": "passkey", "qbittorrent": "password"}
_START_OVER = (
    f"to start over, delete {STORE_FILE} and enter the credentials again with `python main.py --config`"
)

Ask = Callable[[str], str]


@dataclass(frozen=True)
class Credentials:
    """What one service wants to know. `secret` is FileList's passkey or qBittorrent's password.

    `api_key` is qBittorrent's (5.2 and later) and needs neither user name nor password beside it.
    """

    username: str = ""
    secret: str = field(default="", repr=False)
    api_key: str | None = field(default=None, repr=False)

    def usable(self) -> bool:
        """Whether there is enough to log in with."""
        return bool(self.api_key or (self.username and self.secret))


_Stored = dict[str, Credentials]
_Stamps = tuple[storage.FileStamp, storage.FileStamp]


class CredentialsManager:
    """Credentials by service, "filelist" or "qbittorrent", from `folder` and over them `environ`."""

    def __init__(self, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._folder = folder or storage.state_folder()
        self._environ = dict(os.environ if environ is None else environ)
        self._read: tuple[_Stamps, _Stored] | None = None

    def get(self, service: str) -> Credentials | None:
        """What to log in with, or None: FileList cannot be asked then, qBittorrent is tried without a login.

        Raises `ConfigError` for an environment variable that cannot be used, `StateError` for the file.
        """
        credentials = self._merged(service)
        return credentials if credentials is not None and credentials.usable() else None

    def needs_asking(self, service: str) -> bool:
        """Whether nobody has said anything yet; "no login" for qBittorrent is an answer too."""
        credentials = self._merged(service)
        return credentials is None or (service == "filelist" and not credentials.usable())

    def missing(self, service: str) -> str | None:
        """None if the service can be asked, else which part is missing and the ways to set it.

        A variable that cannot be used is not missing: `problems` names it.
        """
        if self._from_environment(_known(service))[1]:
            return None
        credentials = self._merged(service)
        if service == "qbittorrent" and credentials in (None, Credentials()):
            return None
        credentials = credentials or Credentials()
        if credentials.usable():
            return None
        names = CREDENTIALS[service]
        parts = [("user name", names["username"])] if not credentials.username else []
        parts += [(_SECRETS[service], names["secret"])] if not credentials.secret else []
        return (
            f"{_TITLES[service]}: the {' and the '.join(part for part, _ in parts)} "
            f"{'is' if len(parts) == 1 else 'are'} not set. Run `python main.py --config`, or set "
            f"{' and '.join(name for _, name in parts)} (or the same with _FILE, naming a file that holds it)"
        )

    def problems(self) -> list[str]:
        """Every environment variable for credentials that cannot be used, with what to do about it."""
        return [fault for service in SERVICES for fault in self._from_environment(service)[1]]

    def secrets(self) -> tuple[str, ...]:
        """Every secret value known, stored or from the environment, for keeping them out of logs."""
        known = [*self._stored().values(), *filter(None, map(self._merged, SERVICES))]
        values = {value for entry in known for value in (entry.secret, entry.api_key) if value}
        return tuple(sorted(values, key=len, reverse=True))

    def fingerprint(self, service: str) -> str:
        """Twelve hex digits that change with the credentials and do not lead back to them; "" without any.

        Slow and salted on purpose (PBKDF2, RFC 8018), because it is written to disk in the clear.
        """
        credentials = self.get(service)
        if credentials is None:
            return ""
        text = msgspec.json.encode([credentials.username, credentials.secret, credentials.api_key])
        salt = f"movie-sync {service}".encode()
        return hashlib.pbkdf2_hmac("sha256", text, salt, FINGERPRINT_ROUNDS).hex()[:12]

    def save(self, service: str, credentials: Credentials) -> None:
        """Store them for one service, encrypted. Raises `StateError`; the other service's are kept."""
        _known(service)
        clean = Credentials(
            credentials.username.strip(),
            credentials.secret.strip(),
            (credentials.api_key or "").strip() or None,
        )
        with storage.file_lock(self._folder / LOCK_FILE):
            self._write({**self._stored(), service: clean})

    def reset(self, service: str) -> bool:
        """Forget what is stored for one service; False if nothing was. Raises `StateError`."""
        _known(service)
        with storage.file_lock(self._folder / LOCK_FILE):
            stored = self._stored()
            if service in stored:
                self._write({name: entry for name, entry in stored.items() if name != service})
            return service in stored

    def start_over(self) -> None:
        """Drop a store that cannot be opened. `StateError` kept a copy of it when it was raised."""
        self._store.unlink(missing_ok=True)

    def stored(self, service: str) -> Credentials | None:
        """What the file alone holds for a service. Raises `StateError`."""
        return self._stored().get(_known(service))

    def ask(
        self,
        service: str,
        prompt: Ask = input,
        ask_secret: Ask = getpass.getpass,
        *,
        terminal: bool = True,
    ) -> Credentials | None:
        """Ask a person and store the answer; None where qBittorrent is to be tried without a login.

        Raises `ConfigError` where an answer is needed and there is no terminal, or its input has ended.
        """
        if terminal:
            try:
                self.save(service, _asked(service, prompt, ask_secret))
            except EOFError:
                terminal = False
        fault = self.missing(service)
        if fault:
            raise ConfigError([fault])
        return self.get(service)

    @property
    def _store(self) -> Path:
        return self._folder / STORE_FILE

    @property
    def _key(self) -> Path:
        return self._folder / KEY_FILE

    def _merged(self, service: str) -> Credentials | None:
        fields, faults = self._from_environment(_known(service))
        if faults:
            raise ConfigError(faults)
        stored = self._stored().get(service)
        if not fields:
            return stored
        kept = {} if stored is None else asdict(stored)
        if "api_key" not in fields:
            # A login in the environment would lose against a stored key, which is asked for first.
            kept.pop("api_key", None)
        return Credentials(**{**kept, **fields})

    def _from_environment(self, service: str) -> tuple[dict[str, str], list[str]]:
        fields: dict[str, str] = {}
        faults: list[str] = []
        for part, name in CREDENTIALS[service].items():
            value, fault = _variable(name, self._environ)
            if fault:
                faults.append(fault)
            elif value is not None:
                fields[part] = value
        return fields, faults

    def _stored(self) -> _Stored:
        stamps = storage.stamp(self._store), storage.stamp(self._key)
        if self._read is None or self._read[0] != stamps:
            self._read = stamps, self._decrypted()
        return self._read[1]

    def _decrypted(self) -> _Stored:
        data = storage.read_bytes(self._store)
        if data is None:
            return {}
        key = storage.read_bytes(self._key)
        if key is None:
            raise storage.broken(
                self._store, data, f"its key {KEY_FILE} is not there: put it back, or {_START_OVER}"
            )
        text = _open(data, key)
        if text is None:
            raise storage.broken(
                self._store,
                data,
                f"cannot be opened with {KEY_FILE}, one of them is not what it was: {_START_OVER}",
            )
        try:
            return msgspec.json.decode(text, type=_Stored)
        except msgspec.DecodeError:
            raise storage.broken(self._store, data, f"does not hold credentials: {_START_OVER}") from None

    def _write(self, stored: _Stored) -> None:
        from cryptography.fernet import Fernet

        fernet = Fernet(self._key_to_write_with())
        storage.write_bytes(self._store, fernet.encrypt(msgspec.json.encode(stored)))
        self._read = None

    def _key_to_write_with(self) -> bytes:
        """The key, made and synced first if there is none.

        The caller holds the lock: of two processes only one makes a key, and a rename puts it there whole.
        It has read the store, so that a key that is none has nothing left to open.
        """
        from cryptography.fernet import Fernet

        key = storage.read_bytes(self._key)
        if key is not None and _is_key(key):
            return key
        key = Fernet.generate_key()
        storage.write_bytes(self._key, key)
        return key


def _known(service: str) -> str:
    if service not in CREDENTIALS:
        raise ConfigError([f"{service}: no such service; write one of {', '.join(SERVICES)}"])
    return service


def _variable(name: str, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The value of `name` or of the file that `name`_FILE names, None if neither is set; what is wrong."""
    direct, path = environ.get(name), environ.get(f"{name}_FILE")
    if direct is not None and path is not None:
        return None, f"{name} and {name}_FILE are both set; unset one of them"
    if path is None:
        return (None, None) if direct is None else _one_line(name, direct)
    try:
        return _one_line(f"{name}_FILE", Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text file"
        return (
            None,
            f"{name}_FILE: the file {path!r} cannot be read ({reason}); name a file that holds the value",
        )


def _one_line(name: str, text: str) -> tuple[str | None, str | None]:
    value = text.strip()
    if not value:
        return None, f"{name}: holds an empty value; unset it, or give it one"
    if not value.isprintable():
        return (
            None,
            f"{name}: holds more than one line, or a character that is not printed; keep the value alone",
        )
    return value, None


def _open(data: bytes, key: bytes) -> bytes | None:
    from cryptography.fernet import Fernet, InvalidToken

    try:
        return Fernet(key.strip()).decrypt(data)
    except (InvalidToken, ValueError):
        return None


def _is_key(key: bytes) -> bool:
    from cryptography.fernet import Fernet

    try:
        Fernet(key.strip())
    except ValueError:
        return False
    return True


def _asked(service: str, prompt: Ask, ask_secret: Ask) -> Credentials:
    title, secret = _TITLES[service], _SECRETS[service]
    optional = service == "qbittorrent"
    hint = " (Enter if it asks for no login)" if optional else ""
    username = prompt(f"{title} user name{hint}: ").strip()
    while not username and not optional:
        username = prompt(f"{title} user name, which cannot be empty: ").strip()
    if not username:
        return Credentials()
    where = f" (the passkey, not your password; see {PASSKEY_PAGE})" if service == "filelist" else ""
    answer = ask_secret(f"{title} {secret}{where}: ").strip()
    while not answer:
        answer = ask_secret(f"{title} {secret}, which cannot be empty: ").strip()
    return Credentials(username, answer)
