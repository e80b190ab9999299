"""What stands between the functions and AWS, and lets their calls go wrong.

The emulator is started with `AWS_ENDPOINT_URL` naming this proxy, which the functions inherit; the
template knows nothing of it, and nothing else passes through here.
"""

import http.client
import threading
from contextlib import closing
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from local.chaos import callers
from local.chaos.plan import Fault, Plan
from local.site_server import Server

HOST = "127.0.0.1"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}
LATE_SECONDS = (0.2, 3.0)
LATE_ANSWER_SECONDS = (1.0, 6.0)
FROZEN_SECONDS = (50.0, 58.0)
"""Longer than a lease, shorter than an invocation of the run."""

NEEDS_CALLER = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.FROZEN, Fault.EXHAUSTED)


@dataclass(slots=True)
class Backend:
    """Where calls go, and what shall happen to them."""

    url: str
    plan: Plan
    stack: Path
    """Directory of the stack: no other process is ever touched."""
    stopped: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """A reverse proxy on loopback; `url` is what the functions are given."""

    def __init__(self, backend: Backend) -> None:
        self._server = Server((HOST, 0), type("Handler", (_Relay,), {"backend": backend}))
        self._backend = backend
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="proxy", daemon=True).start()

    def close(self) -> None:
        """Take no more calls."""
        self._backend.stopped.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _Relay(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    backend: Backend

    def do_POST(self) -> None:
        self._serve()

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - the names http.server calls

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: what went wrong is counted in the plan."""

    def _serve(self) -> None:
        body = self._read()
        fault = self.backend.plan.draw()
        pid = self._caller() if fault in NEEDS_CALLER else None
        if fault in NEEDS_CALLER and pid is None:
            fault = None  # whoever called is gone already
        if fault:
            self.backend.plan.count(fault)
        if fault in {Fault.REFUSED, Fault.ERROR, Fault.THROTTLED, Fault.KILLED_BEFORE}:
            self._refuse(fault, pid)
            return
        if fault is Fault.LATE:
            self._pause(LATE_SECONDS)
        answer = self._forward(body)
        self._reply(answer, fault, pid)

    def _refuse(self, fault: Fault, pid: int | None) -> None:
        if pid is not None:
            callers.kill(pid)
        if fault is Fault.ERROR:
            self._send(_error(500, "InternalServerError", self.headers))
        elif fault is Fault.THROTTLED:
            self._send(_error(400, "ThrottlingException", self.headers))
        else:
            self.close_connection = True

    def _reply(self, answer: _Answer, fault: Fault | None, pid: int | None) -> None:
        if fault is Fault.LATE_ANSWER:
            self._pause(LATE_ANSWER_SECONDS)
        if pid is not None:
            self._strike(fault, pid)
        if fault in {Fault.LOST_ANSWER, Fault.KILLED_AFTER}:
            self.close_connection = True
        else:
            self._send(answer)

    def _strike(self, fault: Fault | None, pid: int) -> None:
        if fault is Fault.KILLED_AFTER:
            callers.kill(pid)
        elif fault is Fault.FROZEN:
            callers.freeze(pid, self.backend.plan.seconds(*FROZEN_SECONDS))
        elif fault is Fault.EXHAUSTED:
            callers.exhaust(pid)

    def _caller(self) -> int | None:
        return callers.caller(self.client_address[1], self.backend.stack)

    def _pause(self, span: tuple[float, float]) -> None:
        self.backend.stopped.wait(self.backend.plan.seconds(*span))

    def _read(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._read_chunks()
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _read_chunks(self) -> bytes:
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def _forward(self, body: bytes) -> _Answer:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
        headers["Content-Length"] = str(len(body))
        target = urlsplit(self.backend.url)
        with closing(http.client.HTTPConnection(str(target.netloc), timeout=60)) as connection:
            try:
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                return _Answer(answer.status, answer.getheaders(), answer.read())
            except OSError:
                return _error(503, "ServiceUnavailable", self.headers)

    def _send(self, answer: _Answer) -> None:
        try:
            self.send_response(answer.status)
            for name, value in answer.headers:
                if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                    self.send_header(name, value)
            length = {k.lower(): v for k, v in answer.headers}.get("content-length")
            is_head = self.command == "HEAD"
            self.send_header(
                "Content-Length", (length or "0") if is_head else str(len(answer.body))
            )
            self.end_headers()
            if not is_head:
                self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True  # the caller is gone


def _error(status: int, code: str, request: "Message[str, str]") -> _Answer:
    """Say no in the words of the service that was called."""
    if target := request.get("X-Amz-Target"):
        body = f'{{"__type":"{target.split(".")[0]}#{code}","message":"Injected."}}'
        return _Answer(status, [("Content-Type", "application/x-amz-json-1.0")], body.encode())
    code, status = ("SlowDown", 503) if code.startswith("Throttl") else (code, status)
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>Injected.</Message></Error>"
    return _Answer(status, [("Content-Type", "application/xml")], body.encode())
