"""How is DynamoDB called, and what does its answer mean? What is kept there: see `items`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from docsnap.attributes import decode_item, encode_item
from docsnap.errors import DocSnapError, Unavailable
from docsnap.items import Item
from docsnap.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 3
"""Of a call that is not answered, or is throttled."""

CONFLICT_TRIES = 8
"""Of a call that conflicts with another transaction: a matter of milliseconds, or of a crowd."""

_CONFLICTS = frozenset(
    {"TransactionConflict", "TransactionConflictException", "TransactionInProgressException"}
)
_TRANSIENT = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
    }
)
_OUT_OF_REACH = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)
"""The table is not there, or not for us: no call helps, but the request is not to blame either."""


class ConditionFailed(DocSnapError):
    """A write found the table other than it expected, and changed nothing."""

    def __init__(self, failures: Mapping[int, Item | None]) -> None:
        super().__init__()
        self.failures = failures
        """By position of the write: the item as it is, or None if there is none."""

    def is_own(self, token: str) -> bool:
        """Whether the very call wrote what the first write found; only its answer was lost."""
        found = self.failures[0]
        return found is not None and found.get("writeId") == token


class Contended(Unavailable):
    """Too many others write the same items just now; nothing was changed. Please try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write, alone or in a transaction."""

    operation: str
    """Put, Update or Delete."""
    target: Item
    """The whole item of a Put, else the key."""
    set: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of the condition. Attribute names that DynamoDB reserves are written with a `#`."""


class Table:
    """A DynamoDB table of jobs.

    Every method raises Unavailable when DynamoDB does not answer, or is too busy, several times
    over, or when the table is out of reach. Nothing is known then about whether a write was done.
    """

    def __init__(
        self, client: "DynamoDBClient", name: str, *, pause: Callable[[float], object] | None = None
    ) -> None:
        self.name = name
        self._client = client
        self._pause = pause or Event().wait
        self._random = Random()  # noqa: S311 - spreads retries, keeps no secret

    def get(self, key: Item) -> Item | None:
        """Read one item as the last write left it."""
        answer = self._call(
            self._client.get_item, TableName=self.name, Key=encode_item(key), ConsistentRead=True
        )
        return decode_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Iterable[Item]) -> list[Item]:
        """Read up to 100 items; those that are not there are left out, the order is theirs."""
        wanted = [encode_item(key) for key in keys]
        found: list[Item] = []
        while wanted:
            request = {self.name: {"Keys": wanted, "ConsistentRead": True}}
            answer = self._call(self._client.batch_get_item, RequestItems=request)
            found += [decode_item(item) for item in answer["Responses"].get(self.name, ())]
            wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        return found

    def query(self, condition: str, values: Mapping[str, Any], **options: Any) -> Iterator[Item]:
        """Read items in key order, page by page, as long as the caller asks for more."""
        request = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": encode_item(values),
            **options,
        }
        while True:
            answer = self._call(self._client.query, **request)
            yield from (decode_item(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, writes: Sequence[Write], *, token: str) -> None:
        """Do all writes or none. The same token and writes again: done once.

        Raises:
            ConditionFailed: Nothing was changed. With a single write, or when the answer to the
                first try got lost and DynamoDB did not recognise the token, the item may hold what
                this very call has written: the caller has to look.
        """
        try:
            if len(writes) == 1:
                self._write_one(writes[0])
            else:
                self._call(
                    self._client.transact_write_items,
                    TransactItems=[{write.operation: self._request(write)} for write in writes],
                    ClientRequestToken=token,
                )
        except ClientError as error:
            raise _condition_failed(error) from error

    def _write_one(self, write: Write) -> None:
        methods: dict[str, Callable[..., Any]] = {
            "Put": self._client.put_item,
            "Update": self._client.update_item,
            "Delete": self._client.delete_item,
        }
        self._call(methods[write.operation], **self._request(write))

    def _request(self, write: Write) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": self.name}
        request["Item" if write.operation == "Put" else "Key"] = encode_item(write.target)
        names = {f"#{name}": name for name in (*write.set, *write.add, *write.remove)}
        values = {
            **{f":new_{name}": value for name, value in (*write.set.items(), *write.add.items())},
            **write.values,
        }
        if write.operation == "Update":
            request["UpdateExpression"] = _update_expression(write)
        if write.condition:
            request["ConditionExpression"] = write.condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            names |= {name: name[1:] for name in RESERVED if name in write.condition}
        if names:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = encode_item(values)
        return request

    def _call(self, method: Callable[..., Any], **request: Any) -> Any:
        conflicts = silences = 0
        began = perf_counter()
        while True:
            try:
                answer = method(**request)
                logger.debug(
                    "DynamoDB answered",
                    operation=method.__name__,
                    tries=1 + conflicts + silences,
                    duration_ms=round((perf_counter() - began) * 1000),
                )
                return answer
            except (BotoConnectionError, HTTPClientError) as error:
                silences += 1
                if silences >= TRIES:
                    raise Unavailable from error
            except ClientError as error:
                codes = _codes(error)
                if codes & _CONFLICTS:
                    conflicts += 1
                    if conflicts >= CONFLICT_TRIES:
                        raise (Unavailable if silences else Contended) from error
                elif _is_transient(error, codes):
                    silences += 1
                    if silences >= TRIES:
                        raise Unavailable from error
                elif codes & _OUT_OF_REACH:
                    raise Unavailable from error
                else:
                    raise
            self._pause(self._random.uniform(0, 0.03 * 2 ** (conflicts + silences)))


RESERVED = ("#status", "#token")


def _update_expression(write: Write) -> str:
    parts = []
    if write.set:
        parts.append("SET " + ", ".join(f"#{name} = :new_{name}" for name in write.set))
    if write.remove:
        parts.append("REMOVE " + ", ".join(f"#{name}" for name in write.remove))
    if write.add:
        parts.append("ADD " + ", ".join(f"#{name} :new_{name}" for name in write.add))
    return " ".join(parts)


def _codes(error: ClientError) -> set[str]:
    """Name what is wrong. A failed condition is an answer, whatever else is wrong."""
    reasons = {reason.get("Code", "") for reason in _reasons(error)}
    if "ConditionalCheckFailed" in reasons:
        return {"ConditionalCheckFailed"}
    return reasons | {error.response["Error"]["Code"]}


def _is_transient(error: ClientError, codes: set[str]) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(codes & _TRANSIENT) or status >= 500


def _reasons(error: ClientError) -> Sequence[Mapping[str, Any]]:
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", ())
    return reasons


def _condition_failed(error: ClientError) -> DocSnapError | ClientError:
    if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
        found: Any = error.response.get("Item")
        return ConditionFailed({0: decode_item(found) if found else None})
    failures = {
        position: decode_item(reason["Item"]) if reason.get("Item") else None
        for position, reason in enumerate(_reasons(error))
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    return ConditionFailed(failures) if failures else error
