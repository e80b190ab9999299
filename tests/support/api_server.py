"""A world's API behind a real socket, for whoever speaks HTTP: the client, a browser, a fuzzer."""

import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

from local.site_server import running
from tests.support.api import Invocation, World, an_event

LOCK = threading.Lock()
"""One request at a time, as in one sandbox of Lambda."""


@contextmanager
def serving(world: World) -> Iterator[str]:
    """Serve the API on loopback; the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> object:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = parse_qs(parts.query, keep_blank_values=True)
            event = an_event(
                self.command,
                unquote(parts.path),
                query={name: ",".join(values) for name, values in query.items()},
            )
            event["headers"] = {name.lower(): value for name, value in self.headers.items()}
            if body:
                try:
                    event["body"] = body.decode()
                except UnicodeDecodeError:
                    event |= {"body": b64encode(body).decode(), "isBase64Encoded": True}
            with LOCK:
                result = world.api(event, Invocation())
            text = result["body"] or ""
            content = b64decode(text) if result["isBase64Encoded"] else text.encode()
            self.send_response(result["statusCode"])
            for name, value in result["headers"].items():
                self.send_header(name, value)
            if result["statusCode"] not in {204, 304}:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *_: object) -> None:
            pass

    with running(Handler) as url:
        yield url
