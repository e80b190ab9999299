"""A site on loopback that answers after a given time: `python -m benchmarks.site FOLDER SECONDS`.

Prints the port that it listens on, and serves until it is ended.
"""

import asyncio
import mimetypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from benchmarks.environments import ROOT, Missing, environment

PYTHON = Path("/usr/share/doc/python3.11/html")
"""The documentation of Python as Debian's python3.11-doc installs it: 530 pages."""


def manual() -> Path:
    """Give the folder of a real manual.

    Raises:
        Missing: It is not installed.
    """
    if not (PYTHON / "index.html").exists():
        raise Missing("apt-get install python3.11-doc")
    return PYTHON


@contextmanager
def served(folder: Path, latency: float) -> Iterator[str]:
    """Serve a folder, and give its start page."""
    command = [sys.executable, "-m", "benchmarks.site", str(folder), str(latency)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/index.html"
    finally:
        server.kill()
        server.communicate()


@cache
def _answer(path: Path) -> bytes:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    found = path.is_file()
    body = path.read_bytes() if found else b""
    status = "200 OK" if found else "404 Not Found"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _serve(folder: Path, latency: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                path = unquote(urlsplit(request.split(b" ", 2)[1].decode()).path).lstrip("/")
                await asyncio.sleep(latency)
                writer.write(_answer(folder / (path or "index.html")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), float(sys.argv[2])))
