"""May this connection be opened? Decided on the very address that is dialled.

One lookup per connection. If any answer is an address that may not be reached, the whole name
is refused; otherwise the checked, numeric address is dialled. Nothing is looked up twice, so
there is no moment at which a name could come to mean something else. URL, Host, SNI and
certificate check keep the name.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from importlib import import_module
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, NoReturn, override

import httpcore2

from docgen.errors import AddressRefused, HostNotFound, SiteUnreachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

    AllowAddress = Callable[[IPv4Address | IPv6Address], bool]

# httpcore2 loads this with its first connection, which would wait for it.
import_module("anyio._backends._asyncio")

LOOKUP_MAY_SUCCEED_LATER = frozenset({socket.EAI_AGAIN, socket.EAI_MEMORY, socket.EAI_SYSTEM})
MOST_ADDRESSES = 8  # dialled one after the other; the connection's time is shared by all
FIRST_ADDRESS_SECONDS = 2.0  # for each but the last
QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux


class CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections for httpcore2, to allowed addresses only."""

    def __init__(self, allow_address: AllowAddress, ports: frozenset[int]) -> None:
        self._allow_address = allow_address
        self._ports = ports
        self._dialler = httpcore2.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Look the host up once, check every answer, dial the answers in their order."""
        async with asyncio.timeout(timeout):
            addresses = await look_up(host, port)
            for address in addresses:
                self._check(address, port)
            return await self._dial(addresses[:MOST_ADDRESSES], port, socket_options)

    def _check(self, address: IPv4Address | IPv6Address, port: int) -> None:
        if not self._allow_address(address):
            raise AddressRefused
        # Whoever admits a private address means a machine of their own, whatever its ports.
        if port not in self._ports and address.is_global:
            raise AddressRefused

    async def _dial(
        self,
        addresses: list[IPv4Address | IPv6Address],
        port: int,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None,
    ) -> httpcore2.AsyncNetworkStream:
        for address in addresses[:-1]:
            try:
                stream = await self._dialler.connect_tcp(
                    str(address),
                    port,
                    timeout=FIRST_ADDRESS_SECONDS,
                    socket_options=socket_options,
                )
                return PromptStream(stream, stream.get_extra_info("socket"))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        stream = await self._dialler.connect_tcp(
            str(addresses[-1]), port, socket_options=socket_options
        )
        return PromptStream(stream, stream.get_extra_info("socket"))

    @override
    async def connect_unix_socket(self, *_: object, **__: object) -> NoReturn:
        """Refuse: nothing on this machine's file system is a web site."""
        raise AddressRefused

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait between two tries of httpcore2."""
        await asyncio.sleep(seconds)


class PromptStream(httpcore2.AsyncNetworkStream):
    """Acknowledges what it receives at once.

    Many small servers send the header first and hold the body back until the header is
    acknowledged; with the usual delayed acknowledgement that costs each page 40 ms.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream, raw: socket.socket | None) -> None:
        self._stream = stream
        self._socket = raw

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive; the option holds for one packet or so, hence each time."""
        if self._socket is not None and QUICKACK is not None:
            with contextlib.suppress(OSError):  # closed by now: the read will say so
                self._socket.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        return await self._stream.read(max_bytes, timeout)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        await self._stream.write(buffer, timeout)

    @override
    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    @override
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Go on encrypted."""
        secure = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return PromptStream(secure, self._socket)

    @override
    def get_extra_info(self, info: str) -> Any:
        """Say something about the connection."""
        return self._stream.get_extra_info(info)


async def look_up(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    """Find the addresses of a host, which may be an address itself.

    Raises:
        HostNotFound: There is no such name.
        SiteUnreachable: The lookup failed; it may succeed later.
    """
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        # A zone id ("fe80::1%eth0") stays in the address: what judges it can see it.
        addresses = list(dict.fromkeys(ip_address(str(answer[4][0])) for answer in answers))
    except socket.gaierror as exc:
        if exc.errno in LOOKUP_MAY_SUCCEED_LATER:
            raise SiteUnreachable("The name of the site cannot be looked up now.") from exc
        raise HostNotFound from exc
    except (UnicodeError, ValueError, OSError) as exc:
        raise HostNotFound from exc
    if not addresses:
        raise HostNotFound
    return addresses
