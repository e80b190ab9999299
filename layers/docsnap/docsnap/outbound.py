"""How is one small request sent out, to which address, and what may it cost?

For key sets and webhooks. The name is looked up once, every answer is held against the address
rule, and what was checked is what gets dialled: there is no second lookup to lie to. Redirects are
answers like any other. The crawler has a transport of its own.
"""

import io
import socket
import ssl
import time
from collections.abc import Buffer, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from docsnap.addresses import Address, AddressRule

_MAX_OVERHEAD = 65_536  # bytes of head and framing

type Resolve = Callable[[str, int], Sequence[Address]]
type Dial = Callable[[str, int, float], socket.socket]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one request may cost."""

    connect_seconds: float
    """To connect, all addresses of the name together."""
    total_seconds: float
    """From the connecting to the last byte; a server that drips cannot stretch it."""
    max_body: int
    """Bytes of the answer's body that are read; what goes beyond is left unread."""


def resolve(host: str, port: int) -> list[Address]:
    """Look the name up, once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(entry[4][0]) for entry in found]


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address that has been checked."""
    return socket.create_connection((address, port), timeout=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Sends requests to addresses that the rule allows, and nowhere else."""

    allow_address: AddressRule
    budget: Budget
    resolve: Resolve = resolve
    dial: Dial = dial
    clock: Callable[[], float] = time.monotonic

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Send one request and read the answer. Redirects are not followed.

        Raises:
            PermissionError: The name leads, with any of its addresses, to where we do not go.
            OSError: No connection, no time left, or no proper answer.
        """
        parts = urlsplit(url)
        host, is_secure = cast("str", parts.hostname), parts.scheme == "https"
        port = parts.port or (443 if is_secure else 80)
        addresses = self._addresses(host, port)
        deadline = self.clock() + self.budget.total_seconds
        with self._connect(addresses, port) as plain:
            plain.settimeout(max(deadline - self.clock(), 0.001))
            sock = _tls().wrap_socket(plain, server_hostname=host) if is_secure else plain
            with sock:
                limit = self.budget.max_body
                connection = HTTPConnection(host, port)
                connection.sock = cast(
                    "socket.socket",
                    _BoundedSocket(sock, deadline, self.clock, limit + _MAX_OVERHEAD),
                )
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                head = {"Host": parts.netloc, "Connection": "close", **headers}
                return _exchange(connection, limit, method, target, body, head)

    def _addresses(self, host: str, port: int) -> Sequence[Address]:
        try:
            addresses = self.resolve(host, port)
        except UnicodeError as exc:
            raise OSError("not a name") from exc
        if not addresses or not all(self.allow_address(address) for address in addresses):
            raise PermissionError("address refused")
        return addresses

    def _connect(self, addresses: Sequence[Address], port: int) -> socket.socket:
        deadline = self.clock() + self.budget.connect_seconds
        failure = OSError("no address")
        for address in addresses:
            seconds = deadline - self.clock()
            if seconds <= 0:
                raise TimeoutError("no time left to connect") from failure
            try:
                return self.dial(str(address), port, seconds)
            except OSError as exc:
                failure = exc
        raise failure


def _exchange(
    connection: HTTPConnection,
    limit: int,
    method: str,
    target: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> Answer:
    try:
        connection.request(method, target, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read(limit)
    except (HTTPException, ValueError) as exc:
        raise ConnectionError("no proper answer") from exc
    named = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=named, body=content)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _BoundedSocket:
    """The part of a socket that http.client uses, ended by one deadline and one size.

    A timeout on the socket would start anew with every byte that drips in.
    """

    def __init__(
        self, sock: socket.socket, deadline: float, clock: Callable[[], float], max_bytes: int
    ) -> None:
        self._sock = sock
        self._deadline = deadline
        self._clock = clock
        self._bytes_left = max_bytes

    def sendall(self, data: Buffer) -> None:
        self._limit_time()
        self._sock.sendall(data)

    def receive_into(self, buffer: Buffer) -> int:
        self._limit_time()
        count = self._sock.recv_into(buffer)
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise ConnectionError("the answer is too large")
        return count

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Do nothing: http.client closes before it reads the body. Whoever opened it closes it."""

    def _limit_time(self) -> None:
        seconds = self._deadline - self._clock()
        if seconds <= 0:
            raise TimeoutError("no time left")
        self._sock.settimeout(seconds)


class _Reader(io.RawIOBase):
    def __init__(self, sock: _BoundedSocket) -> None:
        self._receive_into = sock.receive_into

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        return self._receive_into(buffer)
