import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from docsnap.items import (
    DEADLINE_SHARDS,
    Item,
    decode_delivery,
    decode_event,
    decode_job,
    encode_delivery,
    encode_event,
    encode_job,
    epoch,
    iso,
)
from docsnap.jobs import (
    ACTIVE,
    COMPLETED,
    FAILED,
    FORMATS,
    WAITING,
    Delivery,
    Job,
    JobEvent,
    JobFailure,
    JobKey,
    JobOptions,
    JobResult,
    JobStatus,
    Lease,
    ResultFile,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.aws import table_definition
from tests.support.builders import NOW, a_failure, a_job, a_lease, a_result
from tests.support.units import item_size

moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
whole_seconds = moments.map(lambda moment: moment.replace(microsecond=0))
texts = st.text(max_size=30)
counts = st.integers(0, 10**12)
failures = st.builds(JobFailure, code=texts, message=texts, retryable=st.booleans())
results = st.builds(
    JobResult,
    pages=counts,
    failed_pages=counts,
    words=counts,
    bytes=counts,
    formats=st.lists(st.sampled_from(FORMATS), unique=True).map(tuple),
    duration_ms=counts,
    truncated=st.booleans(),
    prefix=texts,
    files=st.dictionaries(
        st.sampled_from([*FORMATS, "zip"]),
        st.builds(
            ResultFile, bytes=counts, sha256=st.binary(min_size=32, max_size=32).map(bytes.hex)
        ),
    ),
)
jobs = st.builds(
    Job,
    key=st.builds(JobKey, st.uuids().map(str), st.uuids().map(str)),
    url=texts,
    options=st.builds(
        JobOptions,
        include=st.lists(texts, max_size=3).map(tuple),
        exclude=st.lists(texts, max_size=3).map(tuple),
        title=st.none() | texts,
    ),
    status=st.sampled_from(JobStatus),
    created_at=moments,
    updated_at=moments,
    version=counts,
    stage=st.none() | texts,
    progress=st.integers(0, 100),
    webhook_url=st.none() | texts,
    is_continuing=st.booleans(),
    started_at=st.none() | moments,
    attempt_started_at=st.none() | moments,
    finished_at=st.none() | moments,
    next_attempt_at=st.none() | moments,
    expires_at=st.none() | whole_seconds,
    error=st.none() | failures,
    result=st.none() | results,
    lease=st.none()
    | st.builds(
        Lease, token=texts, expires_at=moments, worker_id=texts, ends_at=st.none() | moments
    ),
    deadline_at=st.none() | moments,
    leftovers_until=st.none() | moments,
)


def as_stored(item: Item) -> Item:
    serializer, deserializer = TypeSerializer(), TypeDeserializer()
    return {
        name: deserializer.deserialize(serializer.serialize(value)) for name, value in item.items()
    }


@given(jobs)
def test_a_job_comes_back_from_its_item_as_it_was(job: Job) -> None:
    assert decode_job(as_stored(encode_job(job))) == job


@given(jobs, moments, st.integers(0, 100))
def test_a_delivery_comes_back_from_its_item_as_it_was(
    job: Job, due_at: datetime, tries: int
) -> None:
    delivery = Delivery(job=job, due_at=due_at, tries=tries)

    assert decode_delivery(as_stored(encode_delivery(delivery))) == delivery


def test_an_event_comes_back_from_its_item_as_it_was() -> None:
    event = JobEvent(
        at=NOW,
        verb="fail",
        status=FAILED,
        attempt=3,
        worker_id="worker-1",
        duration_ms=1234,
        error=a_failure(),
        job_expires_at=NOW,
    )
    item = encode_event(a_job().key, event, version=7, n=0)

    assert decode_event(as_stored(item)) == event


@given(moments, moments)
def test_times_sort_as_text_like_they_do_as_times(first: datetime, second: datetime) -> None:
    assert (iso(first) < iso(second)) == (first < second)
    assert datetime.fromisoformat(iso(first)) == first


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    moment = NOW.astimezone(timezone(timedelta(hours=-5)))

    assert iso(moment) == "2026-01-02T03:04:05.000Z"
    assert epoch(moment) == epoch(NOW)


def test_what_a_job_lacks_takes_no_room_in_its_item() -> None:
    item = encode_job(a_job(deadline_at=None))

    assert not {"error", "result", "expiresAt", "deadlineAt", "deadlineShard"} & set(item)


def test_waiting_jobs_are_spread_over_their_shards_and_the_others_go_by_status() -> None:
    waiting = {encode_job(a_job())["deadlineShard"] for _ in range(200)}

    assert waiting == {shard for shard in DEADLINE_SHARDS if shard.startswith("waiting#")}
    assert encode_job(a_job(ACTIVE))["deadlineShard"] == "active"
    assert encode_job(a_job(COMPLETED, deadline_at=NOW))["deadlineShard"] == "finished"
    assert {encode_job(a_job(status, deadline_at=NOW))["deadlineShard"] for status in JobStatus} < {
        *DEADLINE_SHARDS
    }


def test_the_status_key_tells_when_a_finished_job_is_gone() -> None:
    job = a_job(COMPLETED)

    assert job.expires_at is not None
    assert encode_job(job)["statusKey"] == f"completed#{job.id}#{epoch(job.expires_at)}"
    assert encode_job(a_job(WAITING))["statusKey"].endswith("#")


def test_a_job_of_usual_size_costs_one_write_unit_while_it_runs() -> None:
    url = "https://documentation.example-company.com/product/guides/getting-started/"
    options = JobOptions(include=("/product/**",), exclude=("/product/blog/**",), title="Product")
    job = a_job(
        ACTIVE, url=url, options=options, stage="extracting", lease=a_lease(ends_at=NOW), version=99
    )

    assert item_size(encode_job(job)) <= 1024


def test_a_completed_job_of_usual_size_costs_two() -> None:
    file = ResultFile(bytes=123_456_789, sha256="ab" * 32)
    result = a_result(files=dict.fromkeys((*FORMATS, "zip"), file), prefix="results/" + 110 * "x")

    assert item_size(encode_job(a_job(COMPLETED, result=result))) <= 2048


def test_the_table_of_the_tests_is_that_of_the_template() -> None:
    table = _template()["Resources"]["JobsTable"]["Properties"]
    ours = table_definition()

    assert table["KeySchema"] == ours["KeySchema"]
    assert table["LocalSecondaryIndexes"] == ours["LocalSecondaryIndexes"]
    assert table["GlobalSecondaryIndexes"] == ours["GlobalSecondaryIndexes"]
    assert table["TimeToLiveSpecification"]["AttributeName"] == "expiresAt"
    assert {json.dumps(a, sort_keys=True) for a in table["AttributeDefinitions"]} == {
        json.dumps(a, sort_keys=True) for a in ours["AttributeDefinitions"]
    }


def _template() -> Any:
    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Reads CloudFormation's short functions as nothing."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: None)
    return yaml.load(Path("template.yaml").read_text(), Loader)
