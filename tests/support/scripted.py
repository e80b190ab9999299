"""A server that answers what it is told to, and remembers what it was asked."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from local.site_server import running


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = None
    """Bytes, or something that becomes JSON; `{server}` in it becomes the server's address."""
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed_length: int | None = None
    """A length that is not true: the connection breaks off."""


@dataclass
class Script:
    """What is answered, in order, and what was asked."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Method, path with query, header fields (names in lower case) and body."""


@contextmanager
def a_script(*replies: Reply) -> Iterator[Script]:
    """Serve on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fields = {name.lower(): value for name, value in self.headers.items()}
            script.requests.append((self.command, self.path, fields, body))
            reply = script.replies.pop(0)
            content = reply.body
            if not isinstance(content, bytes):
                content = b"" if content is None else json.dumps(content).encode()
            content = content.replace(b"{server}", script.url.encode())
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value.replace("{server}", script.url))
            self.send_header("Content-Length", str(reply.claimed_length or len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *_: object) -> None:
            pass

    with running(Handler) as url:
        script = Script(url, list(replies))
        yield script
