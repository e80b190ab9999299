"""The local stack as a caller has it: make, HTTP, tokens."""

import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

import boto3
import httpx2
from docsnap_client import Client

from local.site_server import running
from local.stack import Stack, free_port
from tests.support.aws import CREDENTIALS

ORIGIN = "https://app.example"
SETTINGS = {"BackoffBaseSeconds": "1", "AllowedOrigins": ORIGIN}
"""Of the stack that most tests share."""

ANOTHER_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did."""

    status: int
    output: str
    errors: str


class Deployed:
    """A stack of the tests' own, driven by `make` and spoken to over HTTP."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self._stack = Stack(directory)

    def make(self, *arguments: str) -> Done:
        """Run `make` for this stack."""
        unset = [word for name in ANOTHER_MAKE for word in ("-u", name)]
        done = subprocess.run(
            ["env", *unset, f"LOCAL_DIR={self.directory}", "make", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(status=done.returncode, output=done.stdout, errors=done.stderr)

    def up(self, **parameters: str) -> Done:
        """Bring it up on its port."""
        given = " ".join(f"{key}={value}" for key, value in parameters.items())
        return self.make("up", f"PORT={self.port}", f"PARAMS={given}")

    def describe(self) -> dict[str, Any]:
        """Read stack.json."""
        return self._stack.describe()

    def aws(self, service: str) -> Any:
        """Make a client of the emulator's."""
        described, make = self.describe(), cast(Any, boto3.client)
        return make(
            service,
            endpoint_url=described["endpointUrl"],
            region_name=described["region"],
            **CREDENTIALS,
        )

    def stand_still(self) -> None:
        """Let no job be picked up or swept, and no webhook be delivered, from now on."""
        schedules = self.aws("events")
        for rule in schedules.list_rules()["Rules"]:
            schedules.disable_rule(Name=rule["Name"])
        self._pick_up(enabled=False)

    @contextmanager
    def workers_paused(self) -> Iterator[None]:
        """Let no job be picked up meanwhile."""
        self._pick_up(enabled=False)
        try:
            yield
        finally:
            self._pick_up(enabled=True)

    def _pick_up(self, *, enabled: bool) -> None:
        functions = self.aws("lambda")
        (source,) = functions.list_event_source_mappings()["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=enabled)

    def token(self, user: str, **options: Any) -> str:
        """Sign a token as `make token` does."""
        return self._stack.token(user, **options)

    def client(self, user: str) -> Client:
        """A user's access to the API."""
        return Client(str(self.describe()["apiUrl"]), lambda: self.token(user))

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        headers: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Any:
        """Call the API without any help."""
        headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        url = f"{self.describe()['apiUrl']}{path}"
        return httpx2.request(method, url, headers=headers, timeout=300, **more)


class SlowSite:
    """A site that takes its time: a chain of pages, each known only once the last has arrived.

    With more `links` on each page than one it is a tree.
    """

    def __init__(self, *, pages: int, seconds: float, links: int = 1) -> None:
        self.pages = pages
        self.seconds = seconds
        self.links = links
        self.at_once = 0
        """The most sites (first parts of the path) that were being read at the same moment."""
        self._reading: dict[str, int] = {}
        self._lock = threading.Lock()

    def answer(self, path: str) -> bytes | None:
        """Give a page, late; None if there is none."""
        found = re.fullmatch(r"/(\w+)/(?:(\d+)\.html)?", path)
        if not found or int(found[2] or 0) >= self.pages:
            return None
        number = int(found[2] or 0)
        with self._read(found[1]):
            threading.Event().wait(self.seconds)
        text = f"<p>Page {number} of a guide that is worth reading to its end.</p>" * 5
        first = number * self.links + 1
        following = "".join(
            f'<a href="/{found[1]}/{other}.html">Page {other}</a> '
            for other in range(first, first + self.links)
            if other < self.pages or self.links == 1
        )
        body = f"<title>Page {number}</title><main><h1>Page {number}</h1>{text}{following}</main>"
        return f"<!doctype html>{body}".encode()

    @contextmanager
    def _read(self, site: str) -> Iterator[None]:
        with self._lock:
            self._reading[site] = self._reading.get(site, 0) + 1
            self.at_once = max(self.at_once, sum(map(bool, self._reading.values())))
        yield
        with self._lock:
            self._reading[site] -= 1


@contextmanager
def served(site: SlowSite) -> Iterator[str]:
    """Serve it on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = site.answer(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with running(Handler) as url:
        yield url


def seconds_between(first: Mapping[str, Any], last: Mapping[str, Any]) -> float:
    """How long it took from the start of one job to the end of another."""
    return _moment(last["finishedAt"]) - _moment(first["startedAt"])


def waited(job: Mapping[str, Any]) -> float:
    """How long it took from the submission of a job to its start."""
    return _moment(job["startedAt"]) - _moment(job["createdAt"])


def most_at_once(jobs: list[Mapping[str, Any]]) -> int:
    """How many jobs ran at the same moment, at most."""
    changes = [(_moment(job["startedAt"]), 1) for job in jobs]
    changes += [(_moment(job["finishedAt"]), -1) for job in jobs]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
