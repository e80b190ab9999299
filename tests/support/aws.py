"""The table as template.yaml declares it, in memory or at an endpoint."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from docsnap.items import Item
from docsnap.table import Table
from moto import mock_aws
from moto.dynamodb.models.table import LocalSecondaryIndex

from tests.support.faults import Fault, FaultyClient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Gap: moto gives only what a local index projects, where DynamoDB fetches the rest from the table.
setattr(LocalSecondaryIndex, "project", lambda _index, item: item)  # noqa: B010 - typed otherwise

REGION = "eu-central-1"
LIKE_THE_API: Any = {"user_agent": "DocSnap", "connect_timeout": 2, "read_timeout": 5}
CREDENTIALS: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

ENDPOINT_VARIABLE = "DOCSNAP_TEST_ENDPOINT"
"""Names the endpoint of an emulator; the conformance suite then runs against it as well."""


def endpoint() -> str | None:
    return os.environ.get(ENDPOINT_VARIABLE)  # noqa: TID251


def one_call_at_a_time[Client](client: Client) -> Client:
    """Have threads wait for each other: moto loses items, or breaks, when two of them write."""
    endpoint: Any = vars(client)["_endpoint"]
    make_request = endpoint.make_request

    def in_turn(*arguments: Any) -> Any:
        with _ONE_CALL:
            return make_request(*arguments)

    endpoint.make_request = in_turn
    return client


_ONE_CALL = Lock()


@cache
def dynamodb_client(endpoint_url: str | None = None) -> "DynamoDBClient":
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=endpoint_url,
        config=Config(**LIKE_THE_API, retries={"total_max_attempts": 1}),
        **CREDENTIALS,
    )
    return client if endpoint_url else one_call_at_a_time(client)


def table_definition() -> dict[str, Any]:
    """The template's table: keys and indexes."""
    keys = ("pk", "sk", "statusKey", "deadlineShard", "deadlineAt")
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": _key_schema("pk", "sk"),
        "LocalSecondaryIndexes": [_index("by_status", "pk", "statusKey")],
        "GlobalSecondaryIndexes": [_index("by_deadline", "deadlineShard", "deadlineAt")],
    }


def _index(name: str, hash_key: str, range_key: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _key_schema(hash_key, range_key),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


def create_table(client: "DynamoDBClient", name: str) -> None:
    client.create_table(TableName=name, **table_definition())


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]


@contextmanager
def a_table(endpoint_url: str | None = None) -> Iterator[Table]:
    """A fresh table, in memory or at the endpoint, gone afterwards."""
    if endpoint_url is None:
        with mock_aws():
            yield _created(dynamodb_client())
        return
    table = _created(dynamodb_client(endpoint_url))
    try:
        yield table
    finally:
        dynamodb_client(endpoint_url).delete_table(TableName=table.name)


def _created(client: "DynamoDBClient") -> Table:
    name = f"jobs-{uuid4().hex[:8]}"
    create_table(client, name)
    return Table(client, name, pause=lambda _: None)


def with_faults(table: Table, faults: Iterable[Fault] = ()) -> tuple[Table, FaultyClient]:
    """Reach the same table through a client that counts its calls and fails as told."""
    client = FaultyClient(table._client, faults)
    return Table(client, table.name, pause=lambda _: None), client  # type: ignore[arg-type]


def everything(table: Table) -> list[Item]:
    """Read all items of a table, past its readers."""
    pages = table._client.get_paginator("scan").paginate(TableName=table.name, ConsistentRead=True)
    decode = TypeDeserializer().deserialize
    return [
        {name: decode(value) for name, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]
