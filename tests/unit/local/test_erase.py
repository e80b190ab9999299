from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docsnap import webhooks
from docsnap.errors import Unavailable
from docsnap.items import job_key

from local.erase import Erasure, Place, erase, main
from tests.support.aws import everything
from tests.support.builders import OTHER, OWNER
from tests.support.engines import fails, succeeds
from tests.support.system import BUCKET, System, a_system

NOTHING = Erasure(items=0, events=0, objects=0)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with a_system(tmp_path) as made:
        yield made


def place(system: System) -> Place:
    return Place(
        dynamodb=system.dynamodb, s3=system.s3, table_name=system.table.name, bucket=BUCKET
    )


def test_nothing_of_the_user_is_left_and_everything_of_the_others(system: System) -> None:
    for owner in (OWNER, OTHER):
        system.submit(owner=owner)
        system.submit(owner=owner)
        webhooks.get_secret(system.table, owner, now=system.clock())
    system.work_all()
    system.s3.put_object(Bucket=BUCKET, Key=f"checkpoints/{OWNER}/job", Body=b"")

    erased = erase(place(system), OWNER)

    assert erased.items == 2 + 1 + 1  # jobs, quota, secret
    assert erased.events >= 4
    assert OWNER not in str(everything(system.table)) + str(system.objects())
    assert len([item for item in everything(system.table) if OTHER in item["pk"]]) == erased.items
    assert len(system.objects()) == erased.objects - 1
    assert erase(place(system), OWNER) == NOTHING


def test_a_user_whose_id_begins_alike_keeps_everything(system: System) -> None:
    longer = OWNER + "-2"
    system.submit(owner=longer)
    system.work_all()
    before = everything(system.table), system.objects()

    assert erase(place(system), OWNER) == NOTHING

    assert (everything(system.table), system.objects()) == before


def test_the_history_of_jobs_that_are_gone_goes_too(system: System) -> None:
    job = system.submit()
    system.work()
    key = {name: {"S": value} for name, value in job_key(job.key).items()}
    system.dynamodb.delete_item(TableName=system.table.name, Key=key)

    assert erase(place(system), OWNER).events > 0

    assert everything(system.table) == []


def test_a_dry_run_counts_and_keeps(system: System) -> None:
    system.submit()
    system.work_all(fails(code="page_gone", retryable=False))
    before = everything(system.table), system.objects()

    counted = erase(place(system), OWNER, dry_run=True)

    assert (everything(system.table), system.objects()) == before
    assert erase(place(system), OWNER) == counted


def test_a_worker_that_is_at_it_leaves_nothing_behind(system: System) -> None:
    system.submit()

    def erased_meanwhile(*arguments: Any) -> Any:
        erase(place(system), OWNER)
        return succeeds(*arguments)

    engine: Any = erased_meanwhile
    system.work(engine)
    system.work_all()

    assert everything(system.table) == []
    assert system.objects() == []


@pytest.mark.parametrize("user", ["", "a/b", "../x", "*", "a b"])
def test_what_is_no_user_id_erases_nothing(system: System, user: str) -> None:
    with pytest.raises(ValueError, match="Not a user id"):
        erase(place(system), user)


class Stubborn:
    """A DynamoDB that never gets anything done."""

    def __init__(self, client: Any) -> None:
        self.get_paginator = client.get_paginator

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's own
        return {"UnprocessedItems": RequestItems}


def test_what_was_not_deleted_is_not_reported_as_deleted(system: System) -> None:
    system.submit()
    stubborn: Any = Stubborn(system.dynamodb)

    with pytest.raises(Unavailable):
        erase(replace(place(system), dynamodb=stubborn), OWNER)


def test_the_command_deletes_where_it_is_told(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    system.submit()
    words = ["--user", OWNER, "--table", system.table.name, "--bucket", BUCKET]

    assert main([*words, "--dry-run"]) == 0
    assert main(words) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("would be deleted.")
    assert second.endswith(" deleted.")
    assert everything(system.table) == []


def test_the_command_wants_a_user(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--user", "a/b"])

    assert "that is no user id" in capsys.readouterr().err
