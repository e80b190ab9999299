"""The functions as Lambda runs them: settings from the environment, an event, a context."""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.aws import REGION
from tests.support.system import BUCKET, System

EVENTS = Path(__file__).parents[2] / "events"

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class Context:
    """What Lambda tells a handler about its invocation."""

    function_name = "docsnap"
    function_version = "1"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:docsnap"
    memory_limit_in_mb = "2048"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def __init__(self, remaining_ms: int = 900_000) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms


def environment(system: System, **overrides: str) -> dict[str, str]:
    """What template.yaml gives to the worker, and less of it to the sweeper."""
    return {
        **CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "STAGE": "local",
        "TABLE_NAME": system.table.name,
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "worker",
        "POWERTOOLS_METRICS_NAMESPACE": "DocSnap",
        "QUEUE_URL": system.url,
        "BUCKET_NAME": BUCKET,
        "ALLOW_PRIVATE_NETWORKS": "true",
        "MAX_ATTEMPTS": "3",
        "BACKOFF_BASE_SECONDS": "5",
        "COMPLETED_RETENTION_DAYS": "7",
        "FAILED_RETENTION_DAYS": "14",
        "WORKER_CONCURRENCY": "5",
    } | overrides


@contextmanager
def loaded(name: str, env: dict[str, str]) -> Iterator[ModuleType]:
    """Import a handler as a fresh sandbox does."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in env.items():
            patch.setenv(variable, value)
        sys.modules.pop(name, None)
        try:
            yield importlib.import_module(name)
        finally:
            sys.modules.pop(name, None)


def event(name: str) -> dict[str, Any]:
    """Read one of the sample events."""
    found: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return found
