"""What does a person see? The documentation of the API, and its machine-readable twin.

Swagger UI's two files come from Powertools, which ships them; the layer holds them anyway.
"""

import gzip
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import aws_lambda_powertools
from aws_lambda_powertools.event_handler import Response

from api.answers import etag, send_nothing
from api.backend import Backend
from api.problems import RouteNotFound, catalogue
from api.request import Request

STATIC = Path(__file__).parent / "static"
SWAGGER_UI = (
    Path(aws_lambda_powertools.__file__).parent / "event_handler" / "openapi" / "swagger_ui"
)

HTML = "text/html; charset=utf-8"
SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"
ASSETS = {
    "swagger-ui.css": (SWAGGER_UI / "swagger-ui.min.css", STYLE),
    "swagger-ui.js": (SWAGGER_UI / "swagger-ui-bundle.min.js", SCRIPT),
    "start.js": (STATIC / "start.js", SCRIPT),
    "page.css": (STATIC / "page.css", STYLE),
}

# Swagger UI sets style attributes and draws its icons from data URLs; it fetches from us alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def document(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /openapi.json."""
    return _send_file(request, STATIC / "openapi.json", "application/json")


def show(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /docs."""
    return _send_file(request, STATIC / "docs.html", HTML)


def asset(backend: Backend, request: Request, name: str) -> Response[Any]:
    """Answer GET /docs/assets/{name}."""
    if name not in ASSETS:
        raise RouteNotFound
    return _send_file(request, *ASSETS[name])


def list_problems(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /docs/problems, to which the type of every problem document leads."""
    rows = "".join(
        f'<tr id="{code}"><td><code>{code}</code><td>{status}<td>{escape(text)}'
        for code, (status, text) in catalogue().items()
    )
    text = (STATIC / "problems.html").read_text().replace("{rows}", rows)
    return _send(request, _make(text), HTML)


def _send_file(request: Request, path: Path, content_type: str) -> Response[Any]:
    return _send(request, _load(path), content_type)


def _send(request: Request, text: "_Text", content_type: str) -> Response[Any]:
    """Answer with a text that anybody may keep, but has to ask again before using it."""
    headers = {
        "Cache-Control": "public, no-cache",
        "Content-Security-Policy": POLICY,
        "ETag": text.etag,
        "Vary": "Accept-Encoding",
    }
    if request.knows(text.etag):
        return send_nothing(304, headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(200, content_type, text.plain, headers=dict(headers))
    response: Response[Any] = Response(
        200, content_type, text.packed, headers=headers | {"Content-Encoding": "gzip"}
    )
    response.base64_encoded = True
    return response


@dataclass(frozen=True, slots=True)
class _Text:
    plain: str
    packed: str
    """By gzip, in base64."""
    etag: str


def _make(plain: str) -> _Text:
    body = plain.encode()
    return _Text(plain, b64encode(gzip.compress(body, mtime=0)).decode(), etag(body))


@cache
def _load(path: Path) -> _Text:
    return _make(path.read_text())
