"""How is the sample site served? On a free port of 127.0.0.1, for as long as it is needed."""

import functools
import http.server
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SAMPLE_SITE = Path(__file__).resolve().parent / "site"


class Server(http.server.ThreadingHTTPServer):
    """A server whose clients may hang up when they like, and be killed."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that is gone: that is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def running(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve with this handler on a free port of 127.0.0.1, and give the URL of it."""
    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def served(directory: Path = SAMPLE_SITE) -> Iterator[tuple[str, list[str]]]:
    """Serve the files of a directory: the URL of its start page, and the paths asked for so far."""
    requests: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            requests.append(self.path)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with running(functools.partial(Handler, directory=str(directory))) as url:
        yield f"{url}/", requests
