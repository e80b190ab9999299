"""What is kept about a user, and how does all of it go?

An operator's command, for any stack. It deletes the user's partition of the table (jobs,
idempotency keys, quota, webhook secret, webhooks owed), the history of all jobs the user ever had,
and every object in the bucket that is theirs.

    python -m local.erase --user <sub> --dry-run
    python -m local.erase --user <sub> [--table … --bucket … --endpoint-url …]

Without those three, the local stack of `make up` is meant. Take away the user's sign-in first: a
token that is still valid can bring new jobs.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3
from docsnap.errors import Unavailable
from docsnap.results import DELETE_BATCH

from local import target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

WANTED = ("table", "bucket")

WRITE_BATCH = 25
"""Items of one BatchWriteItem."""

WRITE_TRIES = 10

USER = re.compile(r"[A-Za-z0-9_.@|-]{1,128}")
"""What a user id may be: nothing that could name more than one user's objects."""

type Key = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the data are."""

    dynamodb: "DynamoDBClient"
    s3: "S3Client"
    table_name: str
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """How much there was."""

    items: int
    events: int
    objects: int


def erase(place: Place, user: str, *, dry_run: bool = False) -> Erasure:
    """Delete whatever is kept about the user, or only count it. Once more is safe.

    The jobs go first. A worker that has one of them learns it at its next renewal, within seconds,
    and takes its uploads away by itself; so a second run a minute later finds nothing.

    Raises:
        ValueError: That is no user id.
        Unavailable: DynamoDB or S3 did not do it all. Run it again.
    """
    if not USER.fullmatch(user):
        raise ValueError(f"Not a user id: {user!r}")

    def delete_items(keys: Iterable[Key]) -> None:
        _delete_items(place, keys)

    def delete_objects(names: Iterable[str]) -> None:
        _delete_objects(place, names)

    return Erasure(
        items=_each(_partition(place, user), WRITE_BATCH, delete_items, dry_run=dry_run),
        events=_each(_events(place, user), WRITE_BATCH, delete_items, dry_run=dry_run),
        objects=_each(_objects(place, user), DELETE_BATCH, delete_objects, dry_run=dry_run),
    )


def _each[T](
    found: Iterable[T], size: int, delete: Callable[[Iterable[T]], None], *, dry_run: bool
) -> int:
    number = 0
    for batch in batched(found, size, strict=False):
        if not dry_run:
            delete(batch)
        number += len(batch)
    return number


def _partition(place: Place, user: str) -> Iterator[Key]:
    pages = place.dynamodb.get_paginator("query").paginate(
        TableName=place.table_name,
        KeyConditionExpression="pk = :user",
        ExpressionAttributeValues={":user": {"S": f"USER#{user}"}},
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def _events(place: Place, user: str) -> Iterator[Key]:
    """Scan the table: events outlive their jobs, and then no other item leads to them."""
    pages = place.dynamodb.get_paginator("scan").paginate(
        TableName=place.table_name,
        FilterExpression="begins_with(pk, :job) AND #owner = :user",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":job": {"S": "JOB#"}, ":user": {"S": user}},
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def _objects(place: Place, user: str) -> Iterator[str]:
    for kind in ("results", "checkpoints"):
        pages = place.s3.get_paginator("list_objects_v2").paginate(
            Bucket=place.bucket, Prefix=f"{kind}/{user}/"
        )
        for page in pages:
            for each in page.get("Contents", []):
                yield each["Key"]


def _delete_items(place: Place, keys: Iterable[Key]) -> None:
    requests: Any = {place.table_name: [{"DeleteRequest": {"Key": key}} for key in keys]}
    for _ in range(WRITE_TRIES):
        requests = place.dynamodb.batch_write_item(RequestItems=requests).get("UnprocessedItems")
        if not requests:
            return
    raise Unavailable


def _delete_objects(place: Place, names: Iterable[str]) -> None:
    answer = place.s3.delete_objects(
        Bucket=place.bucket,
        Delete={"Objects": [{"Key": name} for name in names], "Quiet": True},
    )
    if answer.get("Errors"):
        raise Unavailable


def _place(arguments: argparse.Namespace) -> Place:
    options, (table, bucket) = target.find(arguments, *WANTED)
    return Place(
        dynamodb=boto3.client("dynamodb", **options),
        s3=boto3.client("s3", **options),
        table_name=table,
        bucket=bucket,
    )


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.erase", description="Delete all that is kept about a user."
    )
    parser.add_argument("--user", metavar="SUB", required=True, help="the user's id")
    parser.add_argument("--dry-run", action="store_true", help="only count")
    target.add_options(parser, *WANTED)
    arguments = parser.parse_args(words)
    if not USER.fullmatch(arguments.user):
        parser.error("that is no user id")
    return arguments


def main(words: Sequence[str] | None = None) -> int:
    """Erase as the command line says, and print how much there was."""
    arguments = _arguments(words)
    try:
        found = erase(_place(arguments), arguments.user, dry_run=arguments.dry_run)
    except Unavailable:
        print("Not all of it could be deleted: run this again.", file=sys.stderr)
        return 1
    verb = "would be deleted" if arguments.dry_run else "deleted"
    print(f"{found.items} items, {found.events} events, {found.objects} objects {verb}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
