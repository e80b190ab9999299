"""The committed OpenAPI document, and whether an answer is what it promises."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.support.api import Answer

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return loaded


def operation(method: str, path: str) -> dict[str, Any]:
    """Find what the document says about a request; a fixed path goes before one with a hole."""
    for template in sorted(document()["paths"], key=lambda each: each.count("{")):
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
            found: dict[str, Any] = document()["paths"][template].get(method.lower(), {})
            return found
    return {}


def contradictions(method: str, path: str, answer: Answer) -> list[str]:
    """List what is wrong with an answer according to the document; of others it says nothing."""
    described = operation(method, path)
    if not described:
        return []
    response = described["responses"].get(str(answer.status))
    if response is None:
        return [f"{method} {path}: {answer.status} is not documented"]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    wrong = [
        f"{method} {path}: {answer.status} lacks {name}"
        for name in response.get("headers", {})
        if name not in answer.headers and name not in OPTIONAL
    ]
    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
    content = response.get("content", {})
    if answer.body and media_type not in content:
        wrong.append(f"{method} {path}: {media_type} is not documented for {answer.status}")
    elif answer.body and "json" in media_type:
        schema = {**document(), **content[media_type]["schema"]}
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        wrong += [
            f"{method} {path}: {error.message}" for error in validator.iter_errors(answer.json)
        ]
    return wrong


OPTIONAL = {"Retry-After", "RateLimit", "RateLimit-Policy"}
"""Told when there is something to tell."""
