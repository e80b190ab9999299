from typing import Any

import pytest
from docsnap.items import EVENT_RETENTION

from tests.support import template

QUEUES = template.resources("AWS::SQS::Queue")
RESOURCES = template.transformed()["Resources"]
STATEFUL = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
ONLY_OVER_TLS = {"Bool": {"aws:SecureTransport": "false"}}


def only(kind: str) -> dict[str, Any]:
    (found,) = template.resources(kind).values()
    return dict(found)


def denials(policy: str) -> list[dict[str, Any]]:
    return [s for s in only(policy)["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]


def test_a_message_stays_hidden_for_six_times_as_long_as_a_worker_may_take() -> None:
    timeout = template.number(
        template.resources("AWS::Lambda::Function")["WorkerFunction"]["Timeout"]
    )

    assert template.number(QUEUES["JobsQueue"]["VisibilityTimeout"]) >= 6 * timeout


def test_dead_letters_are_kept_longer_than_messages() -> None:
    kept = {name: queue["MessageRetentionPeriod"] for name, queue in QUEUES.items()}

    assert kept == {"JobsQueue": 4 * 86400, "JobsDeadLetterQueue": 14 * 86400}


def test_a_message_becomes_a_dead_letter_after_as_many_receives_as_there_are_attempts() -> None:
    assert QUEUES["JobsQueue"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["JobsDeadLetterQueue", "Arn"]},
        "maxReceiveCount": {"Ref": "MaxAttempts"},
    }


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True


def test_the_queues_are_reached_over_tls_alone() -> None:
    (denial,) = denials("AWS::SQS::QueuePolicy")

    assert only("AWS::SQS::QueuePolicy")["Queues"] == [{"Ref": name} for name in QUEUES]
    assert denial["Condition"] == ONLY_OVER_TLS


def test_the_bucket_is_reached_over_tls_alone() -> None:
    (denial,) = denials("AWS::S3::BucketPolicy")

    assert denial["Condition"] == ONLY_OVER_TLS
    assert len(denial["Resource"]) == 2


def test_the_bucket_is_private_and_encrypted() -> None:
    bucket = only("AWS::S3::Bucket")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


@pytest.mark.parametrize(
    ("rule", "parameter", "days"),
    [("Results", "CompletedRetentionDays", 7), ("Checkpoints", "FailedRetentionDays", 14)],
)
def test_an_object_goes_no_earlier_than_its_job(rule: str, parameter: str, days: int) -> None:
    rules = {
        rule["Id"]: rule for rule in only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    }

    assert template.default(parameter) == str(days)
    assert rules[rule]["ExpirationInDays"] == {
        "Fn::FindInMap": ["ObjectDays", {"Ref": parameter}, "Days"]
    }


@pytest.mark.parametrize("parameter", ["CompletedRetentionDays", "FailedRetentionDays"])
def test_every_retention_has_its_days_for_objects(parameter: str) -> None:
    days = template.source()["Mappings"]["ObjectDays"]
    allowed = template.source()["Parameters"][parameter]["AllowedValues"]

    assert {int(key): value["Days"] for key, value in days.items()} == {n: n + 1 for n in allowed}


@pytest.mark.parametrize("parameter", ["CompletedRetentionDays", "FailedRetentionDays"])
def test_no_finished_job_outlives_its_history(parameter: str) -> None:
    allowed = template.source()["Parameters"][parameter]["AllowedValues"]

    assert max(allowed) <= EVENT_RETENTION.days


def test_the_table_is_encrypted_and_forgets() -> None:
    table = only("AWS::DynamoDB::Table")

    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}


def test_the_indexes_hold_keys_alone() -> None:
    table = only("AWS::DynamoDB::Table")
    indexes = [*table["LocalSecondaryIndexes"], *table["GlobalSecondaryIndexes"]]

    assert {index["IndexName"]: index["Projection"] for index in indexes} == {
        "by_status": {"ProjectionType": "KEYS_ONLY"},
        "by_deadline": {"ProjectionType": "KEYS_ONLY"},
    }


def test_production_can_be_restored_and_not_be_deleted() -> None:
    table = only("AWS::DynamoDB::Table")
    in_production = {"Fn::If": ["IsProd", True, False]}

    assert table["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": in_production
    }
    assert table["DeletionProtectionEnabled"] == in_production


def test_data_outlive_the_stack() -> None:
    kept = {
        name: (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        for name, resource in RESOURCES.items()
        if resource["Type"] in STATEFUL
    }

    assert set(kept) == {"JobsTable", "ResultsBucket"}
    assert set(kept.values()) == {("RetainExceptOnCreate", "Retain")}


def test_every_log_group_is_emptied() -> None:
    for name, group in template.resources("AWS::Logs::LogGroup").items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_nothing_has_a_name_of_its_own_choosing() -> None:
    naming = {"BucketName", "QueueName", "TableName", "FunctionName", "RoleName", "LogGroupName"}
    naming |= {"AlarmName", "DashboardName", "TopicName"}
    chosen = {
        (name, key)
        for name, resource in RESOURCES.items()
        for key, value in resource.get("Properties", {}).items()
        if key in naming and isinstance(value, str)
    }

    assert not chosen
