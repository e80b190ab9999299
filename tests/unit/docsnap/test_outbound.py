import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from docsnap import auth, outbound
from docsnap.addresses import is_public_address
from docsnap.outbound import Answer, Budget, Outbound

from tests.unit.docsnap import url_cases
from tests.unit.docsnap.url_cases import NAMES

PUBLIC = url_cases.PUBLIC_IPV4
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BUDGET = Budget(connect_seconds=5, total_seconds=5, max_body=100)

type Serve = Callable[[socket.socket], object]


class Line:
    """One server on loopback, and an Outbound whose every dialling leads there."""

    def __init__(self, listener: socket.socket, addresses: tuple[str, ...], budget: Budget) -> None:
        self.port = listener.getsockname()[1]
        self.dialled: list[tuple[str, int]] = []
        self.asked: list[bytes] = []
        self.outbound = Outbound(
            allow_address=is_public_address,
            budget=budget,
            resolve=lambda host, port: [ip_address(address) for address in addresses],
            dial=self._dial,
        )

    def _dial(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def get(self, url: str) -> Answer:
        return self.outbound.request("GET", url, headers={"Accept": "*/*"})


@contextmanager
def a_line(
    serve: Serve | bytes, *, addresses: tuple[str, ...] = (PUBLIC,), budget: Budget = BUDGET
) -> Iterator[Line]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(listener, addresses, budget)
        listener.settimeout(5)

        def run() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.settimeout(5)
                        if isinstance(serve, bytes):
                            line.asked.append(connection.recv(65536))
                            connection.sendall(serve)
                        else:
                            serve(connection)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield line
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def test_an_answer_comes_back() -> None:
    with a_line(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno") as line:
        answer = line.get("http://example.com:8080/a/b?c=d%20e")

    assert (answer.status, answer.headers["retry-after"], answer.body) == (503, "7", b"no")
    assert line.dialled == [(PUBLIC, 8080)]
    assert line.asked[0].startswith(b"GET /a/b?c=d%20e HTTP/1.1\r\n")
    assert b"\r\nHost: example.com:8080\r\n" in line.asked[0]


def test_an_empty_path_is_the_root() -> None:
    with a_line(OK) as line:
        line.get("http://example.com?x")

    assert line.asked[0].startswith(b"GET /?x HTTP/1.1")


@pytest.mark.parametrize("name", url_cases.REFUSED_NAMES)
def test_a_name_with_any_address_that_is_not_public_is_not_dialled(name: str) -> None:
    addresses = NAMES[name][0]
    with a_line(OK, addresses=addresses) as line, pytest.raises(OSError, match="refused"):
        line.get(f"http://{name}/")

    assert line.dialled == []


def test_the_name_is_looked_up_once() -> None:
    lookups: list[str] = []

    def resolve(host: str, port: int) -> list[Any]:
        lookups.append(host)
        return [ip_address(PUBLIC if len(lookups) == 1 else "127.0.0.1")]

    with a_line(OK) as line:
        once = Outbound(
            allow_address=is_public_address,
            budget=BUDGET,
            resolve=resolve,
            dial=line.outbound.dial,
        )
        once.request("GET", "http://rebinds.example/", headers={})

    assert lookups == ["rebinds.example"]
    assert line.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_answer(status: int) -> None:
    redirect = b"HTTP/1.1 %d x\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n" % status
    with a_line(redirect) as line:
        answer = line.get("http://example.com/")

    assert answer.status == status
    assert len(line.dialled) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    with a_line(OK) as line:
        assert line.get("http://example.com/").body == b"ok"


@pytest.mark.parametrize(
    "drip",
    [b"H", b"HTTP/1.1 200 OK\r\nX: " + b"y", b"HTTP/1.1 100 Continue\r\n\r\n", OK[:-1]],
    ids=["status line", "header", "continue", "body"],
)
def test_a_server_that_drips_cannot_stretch_the_time(drip: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(drip)
        for _ in range(100):
            connection.settimeout(0.1)
            with suppress(TimeoutError):
                if not connection.recv(65536):
                    return
            connection.sendall(b"H" if drip != OK[:-1] else b"")

    started = time.monotonic()
    hasty = Budget(connect_seconds=1, total_seconds=1, max_body=100)
    with a_line(serve, budget=hasty) as line, pytest.raises(OSError):  # noqa: PT011 - any of them
        line.get("http://example.com/")

    assert time.monotonic() - started < 8  # of ten that it would go on for


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
    ],
    ids=["nothing", "nonsense", "status", "headers", "header", "chunk", "continue"],
)
def test_no_proper_answer_is_a_connection_that_failed(answer: bytes) -> None:
    with a_line(answer) as line, pytest.raises(OSError):  # noqa: PT011 - any of them
        line.get("http://example.com/")


def test_no_more_of_a_body_is_read_than_asked_for() -> None:
    with a_line(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000) as line:
        answer = line.get("http://example.com/")

    assert (answer.status, answer.body) == (200, b"x" * 100)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
    ],
    ids=["1.0", "close", "length", "chunked"],
)
def test_a_body_may_come_after_its_head(head: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        threading.Event().wait(0.05)
        connection.sendall(b"o\r\n1\r\nk\r\n0\r\n\r\n" if b"chunked" in head else b"ok")

    with a_line(serve) as line:
        assert line.get("http://example.com/").body == b"ok"


def test_an_endless_head_ends_by_its_size_before_its_time() -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    patient = Budget(connect_seconds=1, total_seconds=30, max_body=0)
    started = time.monotonic()
    with a_line(serve, budget=patient) as line, pytest.raises(ConnectionError):
        line.get("http://example.com/")

    assert time.monotonic() - started < 10


def test_a_second_address_is_tried_when_the_first_does_not_connect() -> None:
    with a_line(OK, addresses=("2606:4700::1", PUBLIC)) as line:
        real = line.outbound.dial

        def dial(address: str, port: int, seconds: float) -> socket.socket:
            if ":" in address:
                raise ConnectionRefusedError
            return real(address, port, seconds)

        both = Outbound(
            allow_address=is_public_address,
            budget=BUDGET,
            resolve=line.outbound.resolve,
            dial=dial,
        )
        assert both.request("GET", "http://example.com/", headers={}).body == b"ok"


@pytest.mark.parametrize("host", ["a" * 64 + ".example", ".example", "a..example"])
def test_what_is_no_name_is_an_error_like_any_other(host: str) -> None:
    only = Outbound(allow_address=is_public_address, budget=BUDGET)

    with pytest.raises(OSError, match="not a name"):
        only.request("GET", f"http://{host}/", headers={})


def test_the_certificate_must_be_of_the_name_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, trusting = contexts(tmp_path, "hooks.example.com")
    asked_for: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    monkeypatch.setattr(outbound, "_tls", lambda: trusting)

    def serve(connection: socket.socket) -> None:
        with server.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(OK)

    with a_line(serve) as line:
        assert line.get("https://hooks.example.com/").body == b"ok"
        with pytest.raises(ssl.SSLCertVerificationError):
            line.get("https://other.example.com/")

    assert asked_for == ["hooks.example.com", "other.example.com"]
    assert line.dialled == [(PUBLIC, 443)] * 2


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    server, _ = contexts(tmp_path, "hooks.example.com")

    def serve(connection: socket.socket) -> None:
        server.wrap_socket(connection, server_side=True)

    with a_line(serve) as line, pytest.raises(ssl.SSLCertVerificationError):
        line.get("https://hooks.example.com/")


def contexts(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for a name, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    trusting = ssl.create_default_context(cadata=pem.decode())
    trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return server, trusting


def fetch_from(answer: bytes) -> bytes:
    with a_line(answer) as line:
        return auth.fetch_keys(f"http://127.0.0.1:{line.port}")()


def test_the_key_set_is_fetched_from_the_project() -> None:
    assert fetch_from(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"keys":[]}') == b'{"keys":[]}'


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 x\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 500 x\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 70_000,
    ],
    ids=["redirect", "not found", "error", "too large"],
)
def test_no_key_set_is_an_error(answer: bytes) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - any of them
        fetch_from(answer)
