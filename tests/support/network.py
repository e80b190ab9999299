"""An Internet of our own: a name server that answers as told, and one server at every address.

The crawler's transport runs as it is. Only its two ends are ours: `socket.getaddrinfo`, and the
dialling of an address that it has already checked, which is diverted to a listener on loopback.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpcore2

type Answers = Callable[[str, int], tuple[str, ...]]


@dataclass
class Network:
    """What happened on it."""

    answers: Answers
    """Of a name, and how often it was looked up before."""
    pages: Mapping[str, bytes] = field(default_factory=dict)
    """By path: the whole HTTP answer, raw."""
    lookups: Counter[str] = field(default_factory=Counter)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    """Address and port of every connection begun, in order."""
    connections: int = 0
    """That arrived at the listener."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        request = await reader.readline()
        path = request.split(b" ")[1].decode("latin-1") if request.count(b" ") >= 2 else ""
        page = self.pages.get(path, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.write(page)
        writer.close()

    def getaddrinfo(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        host.encode("idna")  # as the real one does, and fails at names that are none
        addresses = self.answers(host, self.lookups[host])
        self.lookups[host] += 1
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [self._entry(address, port) for address in addresses]

    def _entry(self, address: str, port: int) -> tuple[Any, ...]:
        if ":" in address:
            return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
        return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


class Diversion(httpcore2.AsyncNetworkBackend):
    """Notes which address was dialled, and leads to the listener."""

    def __init__(self, network: Network, listener: int) -> None:
        self._network = network
        self._listener = listener
        self._real = REAL_BACKEND()

    async def connect_tcp(
        self, host: str, port: int, *_: Any, **options: Any
    ) -> httpcore2.AsyncNetworkStream:
        self._network.dialled.append((host, port))
        return await self._real.connect_tcp("127.0.0.1", self._listener, timeout=5)


REAL_BACKEND = httpcore2.AnyIOBackend


@contextmanager
def names_from(network: Network) -> Iterator[None]:
    with patch.object(socket, "getaddrinfo", network.getaddrinfo):
        yield


def on(network: Network, act: Callable[[], Any]) -> Any:
    """Run `act()`, a coroutine function, with the network in place of the Internet."""

    async def main() -> Any:
        server = await asyncio.start_server(network.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        diverted = patch.object(httpcore2, "AnyIOBackend", lambda: Diversion(network, port))
        async with server:
            with diverted, names_from(network):
                return await act()

    return asyncio.run(main())
