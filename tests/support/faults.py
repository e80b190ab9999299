"""A client whose calls fail as told, without or after having done their work."""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import Enum, auto
from typing import Any, cast

from botocore.exceptions import ClientError, ReadTimeoutError
from docsnap.errors import Unavailable
from docsnap.jobs import JobKey


class Fault(Enum):
    """What becomes of one call."""

    NONE = auto()
    SILENT = auto()
    """Nothing was done, and nobody answers."""
    LOST = auto()
    """It was done, and the answer gets lost."""
    THROTTLED = auto()
    CONFLICT = auto()
    """Another transaction is writing the same items."""


class FaultyClient:
    """Passes calls on to a client of DynamoDB, and counts them."""

    def __init__(self, client: object, faults: Iterable[Fault] = ()) -> None:
        self.faults = deque(faults)
        self.calls: list[str] = []
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = cast("Callable[..., Any]", getattr(self._client, name))

        def call(**request: Any) -> Any:
            self.calls.append(name)
            fault = self.faults.popleft() if self.faults else Fault.NONE
            if fault is Fault.THROTTLED:
                raise _error("ThrottlingException", name)
            if fault is Fault.CONFLICT and name == "transact_write_items":
                raise _error("TransactionCanceledException", name, reason="TransactionConflict")
            if fault is Fault.SILENT:
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            if fault is Fault.LOST:
                with suppress(ClientError):
                    method(**request)
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            return method(**request)

        return call


class FaultyQueue:
    """Remembers what was sent, and fails as told."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = deque(faults)
        self.sent: list[JobKey] = []

    def enqueue(self, key: JobKey, *, version: int) -> None:
        fault = self.faults.popleft() if self.faults else Fault.NONE
        if fault in {Fault.NONE, Fault.LOST}:
            self.sent.append(key)
        if fault is not Fault.NONE:
            raise Unavailable


def _error(code: str, operation: str, *, reason: str | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}}
    if reason:
        response["CancellationReasons"] = [{"Code": reason}]
    return ClientError(response, operation)
