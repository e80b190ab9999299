"""What did the caller send? Header fields, query and body, taken apart and judged."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Mapping
from typing import Any

from docsnap.errors import JobNotFound
from docsnap.jobs import JobKey
from pydantic import ValidationError
from pydantic_core import from_json

from api.problems import (
    BodyTooLarge,
    InvalidIdempotencyKey,
    NotDeclaredAsJson,
    NotJson,
    from_validation,
    invalid,
)
from api.schemas import Request as Body

MAX_BODY = 64 * 1024  # bytes
MAX_KEY = 255  # characters of an idempotency key

_JSON = re.compile(r'application/json\s*(;\s*charset\s*=\s*("utf-8"|utf-8)\s*)?;?', re.IGNORECASE)
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')  # RFC 9651, String
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_JOB_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Request:
    """A request as API Gateway hands it over (payload format 2.0)."""

    def __init__(self, event: Mapping[str, Any], *, seconds_left: float = 30) -> None:
        self.event = event
        self.id: str = event["requestContext"]["requestId"]
        self.headers: Mapping[str, str] = event.get("headers") or {}
        self.query: Mapping[str, str] = event.get("queryStringParameters") or {}
        self.seconds_left = seconds_left
        """Until Lambda stops the function."""
        self.owner = ""
        """The user who is asking; empty on the open routes."""

    @property
    def idempotency_key(self) -> str | None:
        """The key, with its quotes, if any, taken off.

        Raises:
            InvalidIdempotencyKey: It is empty, too long, or no printable ASCII.
        """
        text = self.headers.get("idempotency-key")
        return None if text is None else parse_idempotency_key(text)

    def read[T: Body](self, schema: type[T]) -> T:
        """Read the body.

        Raises:
            RequestError: It is too large, not declared as JSON, not JSON, or breaks the schema.
        """
        body = self._body()
        if not _JSON.fullmatch(self.headers.get("content-type", "").strip()):
            raise NotDeclaredAsJson
        try:
            # In two steps: read straight from text, pydantic 2.13 takes a field's Python name for
            # known, and drops what it should refuse.
            return schema.model_validate(from_json(body, allow_inf_nan=False))
        except ValidationError as exc:
            raise from_validation(exc) from exc
        except ValueError as exc:
            raise NotJson from exc

    def _body(self) -> bytes:
        text = self.event.get("body") or ""
        try:
            body = b64decode(text) if self.event.get("isBase64Encoded") else text.encode()
        except (UnicodeEncodeError, Base64Error) as exc:
            raise NotJson from exc
        if len(body) > MAX_BODY:
            raise BodyTooLarge
        return body

    def key_of(self, job_id: str) -> JobKey:
        """Name a job of the caller's.

        Raises:
            JobNotFound: No job was ever given such an id. DynamoDB must not see it: a key of more
                than 1 KB is an error to it, not a key that is not there.
        """
        if not _JOB_ID.fullmatch(job_id):
            raise JobNotFound
        return JobKey(self.owner, job_id)

    def only(self, *names: str) -> None:
        """Refuse query parameters with any other name."""
        for name in self.query:
            if name not in names:
                raise invalid(name, "There is no such parameter.")

    def number(self, name: str, *, low: int, high: int, default: int) -> int:
        """Read a query parameter that is a whole number."""
        text = self.query.get(name)
        if text is None:
            return default
        if not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
            raise invalid(name, f"Must be a whole number from {low} to {high}.")
        return int(text)

    def choice(self, name: str, values: Collection[str]) -> str | None:
        """Read a query parameter that is one of a few words."""
        text = self.query.get(name)
        if text is not None and text not in values:
            raise invalid(name, f"Must be one of {', '.join(values)}.")
        return text

    def knows(self, etag: str) -> bool:
        """Tell whether the caller holds the representation that the strong `etag` names."""
        text = self.headers.get("if-none-match", "")
        return text.strip() == "*" or etag.strip('"') in _TAG.findall(text)


def parse_idempotency_key(text: str) -> str:
    """Take the quotes off, if there are any: both spellings are the same key."""
    text = text.strip(" \t")
    if text.startswith('"'):
        quoted = _QUOTED.fullmatch(text)
        if quoted is None:
            raise InvalidIdempotencyKey
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    if len(text) > MAX_KEY or not _PRINTABLE.fullmatch(text):
        raise InvalidIdempotencyKey
    return text
