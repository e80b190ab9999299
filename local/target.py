"""Which stack does an operator's command work on?

Either the one that the command line names in full, or, with nothing named, the local stack of
`make up` (in LOCAL_DIR): never a part of each.
"""

import argparse
import json
import os
from typing import Any

from local.deployment import ROOT

DESCRIBED = {
    "table": "tableName",
    "queue": "queueUrl",
    "dead_letter_queue": "deadLetterQueueUrl",
    "bucket": "bucketName",
}
"""Options, and where stack.json has what they name."""


def add_options(parser: argparse.ArgumentParser, *wanted: str) -> None:
    """Let the command line name a stack."""
    for name in wanted:
        parser.add_argument(_option(name), metavar="URL" if "queue" in name else "NAME")
    parser.add_argument("--endpoint-url", metavar="URL")


def find(arguments: argparse.Namespace, *wanted: str) -> tuple[dict[str, Any], list[str]]:
    """Give the options for clients, and the names of what is wanted, in order.

    Raises:
        SystemExit: Only a part is named, or nothing, and no local stack is up.
    """
    named = [getattr(arguments, name) for name in wanted]
    endpoint: str | None = arguments.endpoint_url
    if all(named):
        return {"endpoint_url": endpoint}, named
    stack = ROOT / os.environ.get("LOCAL_DIR", ".local") / "stack.json"
    if any(named) or endpoint or not stack.exists():
        options = ", ".join(map(_option, wanted))
        raise SystemExit(f"Name all of {options}; or none, and run `make up` first.")
    described: dict[str, str] = json.loads(stack.read_text())
    local = {
        "endpoint_url": described["endpointUrl"],
        "region_name": described["region"],
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    return local, [described[DESCRIBED[name]] for name in wanted]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
