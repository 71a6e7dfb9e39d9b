import base64
import gzip
import io
import logging
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from demo.failures import Answer as Reply
from demo.server import Request, StandIn
from errors import Interrupted, ServiceUnavailable
from web import Answer, WebClient, retry_after

PASSKEY = "0123456789abcdef0123456789abcdef"
NOW = 1_800_000_000.0


class Server(StandIn):
    """Answers each path with what `pages` holds for it, else with "hello"."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Reply] = {}

    def answer(self, request: Request) -> Reply:
        return self.pages.get(request.path, Reply(200, "hello"))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture
def make(server: Server, stop: threading.Event) -> Callable[..., WebClient]:
    def client(url: str | None = None, **limits: float) -> WebClient:
        return WebClient("filelist", url or server.url, "Tests/1.0", stop, **limits)  # type: ignore[arg-type]

    return client


@contextmanager
def raw_server(play: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server whose every connection is played by `play` on the bare socket."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    play(connection)
                except OSError:
                    pass  # the client may leave at any moment

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        done.set()
        thread.join(10)
        listener.close()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(4096)):
        data += more
    return data


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


def failure_of(client: WebClient, path: str = "page") -> ServiceUnavailable:
    with pytest.raises(ServiceUnavailable) as caught:
        client.get(path, {"passkey": PASSKEY}, ("me", PASSKEY))
    return caught.value


# --- answers


def test_an_answer_holds_status_headers_in_lower_case_body_and_address(
    server: Server, make: Callable[..., WebClient]
) -> None:
    server.pages["/page"] = Reply(404, "nö", headers={"X-Kind": "test"})
    answer = make().get("page")
    assert (answer.status, answer.text, answer.headers["x-kind"]) == (404, "nö", "test")
    assert answer.url == f"{server.url}/page"


def test_any_status_is_an_answer(server: Server, make: Callable[..., WebClient]) -> None:
    server.fail("page", 503)
    assert make().get("page").status == 503


def test_bytes_that_are_no_utf8_do_not_raise() -> None:
    assert Answer(200, {}, b"caf\xe9", "").text == "caf\N{REPLACEMENT CHARACTER}"


def test_the_base_address_itself_is_asked_without_a_path(server: Server, stop: threading.Event) -> None:
    WebClient("filelist", f"{server.url}/api.php", "Tests/1.0", stop).get("", {"action": "x"})
    assert server.requests[0].target == "/api.php?action=x"


def test_the_user_agent_is_the_configured_one(server: Server, make: Callable[..., WebClient]) -> None:
    make().get("page")
    assert server.requests[0].headers["user-agent"] == "Tests/1.0"


def test_a_packed_answer_is_unpacked(server: Server, make: Callable[..., WebClient]) -> None:
    server.pages["/page"] = Reply(200, gzip.compress(b"film"), headers={"Content-Encoding": "gzip"})
    assert make().get("page").body == b"film"


def test_an_answer_with_a_broken_packing_is_named(server: Server, make: Callable[..., WebClient]) -> None:
    server.pages["/page"] = Reply(200, b"not packed", headers={"Content-Encoding": "gzip"})
    assert "could not be unpacked" in str(failure_of(make()))


# --- who is told the credentials


def test_basic_auth_is_sent_as_utf8(server: Server, make: Callable[..., WebClient]) -> None:
    make().get("page", auth=("jérôme", "gehéim"))
    kind, sent = server.requests[0].headers["authorization"].split()
    assert (kind, base64.b64decode(sent).decode()) == ("Basic", "jérôme:gehéim")


def test_a_netrc_file_is_not_used(
    server: Server, make: Callable[..., WebClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password wrong\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    make().get("page")
    assert "authorization" not in server.requests[0].headers


# --- redirects


def test_a_redirect_on_the_same_host_is_followed_with_the_credentials(
    server: Server, make: Callable[..., WebClient]
) -> None:
    server.fail("old", "redirect", location="/new")
    assert make().get("old", {"id": "1"}, ("me", PASSKEY)).body == b"hello"
    assert server.requests[1].target == "/new"
    assert "authorization" in server.requests[1].headers


def test_the_address_of_a_redirected_answer_is_the_last_one(
    server: Server, make: Callable[..., WebClient]
) -> None:
    server.fail("old", "redirect", location="/new")
    assert make().get("old").url == f"{server.url}/new"


def test_a_default_port_in_a_redirect_is_no_other_host(stop: threading.Event) -> None:
    assert WebClient("filelist", "http://127.0.0.1:80", "Tests/1.0", stop)._origin == "http://127.0.0.1"


def test_a_redirect_to_another_host_is_refused_and_sends_nothing_there(
    server: Server, make: Callable[..., WebClient]
) -> None:
    with Server() as elsewhere:
        server.fail("page", "redirect", location=f"{elsewhere.url}/steal?passkey={PASSKEY}")
        error = failure_of(make())
        assert not elsewhere.requests
    assert elsewhere.url in str(error)
    assert PASSKEY not in str(error)


def test_a_redirect_to_another_scheme_is_another_host(server: Server, make: Callable[..., WebClient]) -> None:
    server.fail("page", "redirect", location=server.url.replace("http:", "https:"))
    assert "another host" in str(failure_of(make()))


def test_a_redirect_to_no_address_at_all_is_no_usable_answer(
    server: Server, make: Callable[..., WebClient]
) -> None:
    server.fail("page", "redirect", location="http://[broken/")
    assert "the address cannot be used" in str(failure_of(make()))


def test_redirects_in_a_circle_end(server: Server, make: Callable[..., WebClient]) -> None:
    server.fail("page", "redirect", location="/page")
    assert "in a circle" in str(failure_of(make()))
    assert len(server.requests) == 4


# --- answers that never come to an end

ENDLESS = ["drip", "drip_headers", "hang"]


def drip_chunks(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\na\r\n")
        threading.Event().wait(0.02)


@pytest.mark.parametrize("mode", ENDLESS)
def test_an_endless_answer_ends_at_the_deadline_of_the_whole_request(
    server: Server, make: Callable[..., WebClient], mode: str
) -> None:
    server.fail("page", mode, interval=0.02)  # type: ignore[arg-type]
    with within(1.5):
        assert "no complete answer within 0.5 s" in str(failure_of(make(seconds=0.5)))


def test_an_endless_row_of_chunks_ends_at_the_deadline(make: Callable[..., WebClient]) -> None:
    with raw_server(drip_chunks) as url, within(1.5):
        assert "no complete answer" in str(failure_of(make(url, seconds=0.5)))


def test_the_deadline_counts_over_redirects(server: Server, make: Callable[..., WebClient]) -> None:
    server.fail("page", "redirect", location="/slow")
    server.fail("slow", "hang")
    with within(1.5):
        failure_of(make(seconds=0.5))


@pytest.mark.parametrize("mode", ENDLESS)
def test_a_stop_ends_an_endless_answer_within_a_second(
    server: Server, make: Callable[..., WebClient], stop: threading.Event, mode: str
) -> None:
    failure = server.fail("page", mode, interval=0.02)  # type: ignore[arg-type]

    def stop_then() -> None:
        failure.arrived.wait(5)
        stop.set()

    stopping = threading.Thread(target=stop_then)
    stopping.start()
    with within(1.0), pytest.raises(Interrupted):
        make().get("page")
    stopping.join()


def test_a_failure_while_stopping_is_no_failure_of_the_service(
    server: Server, make: Callable[..., WebClient], stop: threading.Event
) -> None:
    failure = server.fail("page", "hold")

    def spoil() -> None:
        failure.arrived.wait(5)
        stop.set()
        server.stop()

    spoiling = threading.Thread(target=spoil)
    spoiling.start()
    with within(1.5), pytest.raises(Interrupted):
        make().get("page")
    spoiling.join()


def test_nothing_is_asked_once_the_program_is_stopping(
    server: Server, make: Callable[..., WebClient], stop: threading.Event
) -> None:
    stop.set()
    with pytest.raises(Interrupted):
        make().get("page")
    assert not server.requests


def test_a_server_that_never_shakes_hands_ends_at_the_deadline(make: Callable[..., WebClient]) -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(4096):
            pass

    with raw_server(silent) as url, within(2):
        failure_of(make(url.replace("http:", "https:"), seconds=0.5))


# --- answers that are too large


def test_a_large_answer_is_cut_off(server: Server, make: Callable[..., WebClient]) -> None:
    server.pages["/page"] = Reply(200, b"x" * 200_000)
    assert "more than 100000 bytes" in str(failure_of(make(max_bytes=100_000)))


def test_a_packed_bomb_is_cut_off(server: Server, make: Callable[..., WebClient]) -> None:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(64):
            file.write(bytes(2**20))
    server.pages["/page"] = Reply(200, packed.getvalue(), headers={"Content-Encoding": "gzip"})
    assert "more than 2 MiB" in str(failure_of(make(max_bytes=2 * 2**20)))


def test_endless_headers_are_cut_off_too(make: Callable[..., WebClient]) -> None:
    def flood(connection: socket.socket) -> None:
        read_request(connection)
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with raw_server(flood) as url, within(5):
        assert "more than 50000 bytes" in str(failure_of(make(url, max_bytes=50_000)))


# --- broken connections


@pytest.mark.parametrize("mode", ["reset", "truncate"])
def test_a_connection_that_breaks_off_is_named(
    server: Server, make: Callable[..., WebClient], mode: str
) -> None:
    server.fail("page", mode)  # type: ignore[arg-type]
    assert "the connection broke off" in str(failure_of(make()))


def test_something_that_speaks_no_http_is_no_usable_answer(make: Callable[..., WebClient]) -> None:
    with raw_server(lambda connection: connection.sendall(b"220 mail ready\r\n")) as url:
        assert str(failure_of(make(url))).startswith("No usable answer from FileList.io at")


def test_a_refused_port_is_named(server: Server, make: Callable[..., WebClient]) -> None:
    server.stop()
    said = str(failure_of(make()))
    assert said == f"No usable answer from FileList.io at {server.url} (connection refused)."


def test_an_unknown_host_is_named(make: Callable[..., WebClient], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "the host name was not found" in str(failure_of(make("http://nowhere.invalid")))


@pytest.mark.parametrize("url", ["http://", "nonsense", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_named(make: Callable[..., WebClient], url: str) -> None:
    assert "the address cannot be used" in str(failure_of(make(url)))


def test_a_dead_proxy_is_named_as_the_cause(
    make: Callable[..., WebClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    assert "the proxy could not be used" in str(failure_of(make("http://service.invalid")))


def test_answers_through_a_proxy_are_bounded_too(
    server: Server, make: Callable[..., WebClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.fail("page", "drip", interval=0.02)
    with within(2):
        assert "no complete answer" in str(failure_of(make("http://service.invalid", seconds=0.5)))


def test_a_kept_connection_that_the_server_closes_is_no_outage() -> None:
    """Some servers promise to keep a connection and close it; a request on it would be lost or sent twice."""
    requests: list[bytes] = []

    def close_after_the_answer(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")

    with raw_server(close_after_the_answer) as url:
        client = WebClient("filelist", url, "Tests/1.0", threading.Event(), seconds=5)
        assert [client.get("page").body for _ in range(20)] == [b"ok"] * 20
    assert len(requests) == 20


def test_a_request_is_never_sent_twice(server: Server, make: Callable[..., WebClient]) -> None:
    """A call that was booked once must not count twice at the tracker."""
    server.fail("page", "reset")
    failure_of(make())
    assert len(server.requests) == 1


# --- TLS


def certificate(folder: Path) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@contextmanager
def tls_server(path: Path, reply: bytes) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def play(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            secure.sendall(reply)
            secure.unwrap()

    with raw_server(play) as url:
        yield url.replace("http:", "https:")


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


def test_a_certificate_that_nobody_vouches_for_is_named(make: Callable[..., WebClient], pem: Path) -> None:
    with tls_server(pem, b"") as url:
        assert "its TLS certificate was not accepted" in str(failure_of(make(url)))


def test_a_server_without_tls_is_not_blamed_for_its_certificate(
    server: Server, make: Callable[..., WebClient]
) -> None:
    message = str(failure_of(make(server.url.replace("http:", "https:"))))
    assert "no TLS connection could be made" in message


def test_a_closing_answer_over_tls_is_read_to_its_end(
    make: Callable[..., WebClient], pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    body = b"film " * 50_000
    with tls_server(pem, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body) as url:
        assert make(url, seconds=5).get("page").body == body


# --- secrets

TROUBLE: list[tuple[str, dict[str, str]]] = [
    ("hang", {}),
    ("drip", {}),
    ("reset", {}),
    ("truncate", {}),
    ("redirect", {"location": f"http://[x/?passkey={PASSKEY}"}),
    ("redirect", {"location": f"http://elsewhere.invalid/?passkey={PASSKEY}"}),
    ("redirect", {"location": f"/page?passkey={PASSKEY}"}),
]


@pytest.mark.parametrize(("mode", "options"), TROUBLE)
def test_no_message_and_no_traceback_shows_the_passkey(
    server: Server,
    make: Callable[..., WebClient],
    caplog: pytest.LogCaptureFixture,
    mode: str,
    options: dict[str, str],
) -> None:
    server.fail("page", mode, **options)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        error = failure_of(make(seconds=0.3))
    shown = str(error) + "".join(traceback.format_exception(error)) + caplog.text
    assert PASSKEY not in shown
    assert "/page" not in str(error)


def test_the_user_info_of_an_address_is_not_shown(server: Server, make: Callable[..., WebClient]) -> None:
    server.stop()
    error = failure_of(make(server.url.replace("://", f"://me:{PASSKEY}@")))
    assert PASSKEY not in str(error)


# --- Retry-After


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", NOW + 120),
        (" 7 ", NOW + 7),
        ("Fri, 15 Jan 2027 08:00:00 GMT", NOW),
        ("Fri, 15 Jan 2027 08:00:00 -0000", NOW),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, expected: float | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == expected


def test_without_retry_after_nothing_is_named() -> None:
    assert retry_after({}, NOW) is None


def test_a_senseless_number_of_seconds_is_no_error() -> None:
    moment = retry_after({"retry-after": "9" * 5000}, NOW)
    assert moment is not None
    assert moment > NOW
