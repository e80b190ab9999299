"""How does an answer leave? Status, header fields and body, put together in one way."""

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import Any

from aws_lambda_powertools.event_handler import Response

from api import problems, schemas

JSON = "application/json"

COMMON = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
"""Unless an answer says otherwise."""

CROSS_ORIGIN = {
    "Access-Control-Expose-Headers": "Allow, ETag, Location, RateLimit, RateLimit-Policy, "
    "Retry-After, WWW-Authenticate",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match",
    "Access-Control-Max-Age": "600",
}
"""For scripts on pages of the allowed origins."""


def send(
    status: int, answer: schemas.Answer, *, headers: dict[str, str] | None = None
) -> Response[Any]:
    """Answer with a JSON document."""
    return send_text(status, schemas.to_json(answer), headers or {})


def send_text(status: int, body: str, headers: Mapping[str, str]) -> Response[Any]:
    """Answer with a JSON document that is written already."""
    return Response(status, JSON, body, headers=dict(headers))


def send_nothing(status: int, headers: dict[str, str]) -> Response[Any]:
    """Answer without a body."""
    return Response(status, None, "", headers=dict(headers))


def send_problem(error: Exception, request_id: str) -> Response[Any]:
    """Answer with what went wrong."""
    problem = problems.describe(error, request_id)
    return Response(
        problem.status,
        problems.MEDIA_TYPE,
        schemas.to_json(problem),
        headers=dict(problems.headers(error)),
    )


def etag(body: bytes) -> str:
    """Name a representation: two with the same name are the same, byte for byte."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def add_common_headers(
    result: dict[str, Any], *, origin: str | None, allowed_origins: Collection[str]
) -> None:
    """Complete an answer with what every answer has, and let an allowed origin's pages read it."""
    headers: dict[str, str] = COMMON | result["headers"]
    if allowed_origins:
        headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Origin")))
    if origin is not None and ("*" in allowed_origins or origin in allowed_origins):
        headers |= CROSS_ORIGIN
        headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed_origins else origin
        if "Allow" in headers:
            headers["Access-Control-Allow-Methods"] = headers["Allow"]
    result["headers"] = headers
