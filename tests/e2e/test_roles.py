"""What each function may do, asked of the deployed stack with the function's own credentials.

The emulator enforces IAM. Calls name what is there where a refusal is expected to come first, and
what is not there where the call is allowed and would change something.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local import deployment, processes
from tests.support.deployed import Deployed
from tests.support.wait import until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="credentials are read from /proc"
    ),
]
API, WORKER, SWEEPER = "ApiFunction", "WorkerFunction", "SweeperFunction"
FUNCTIONS = (API, WORKER, SWEEPER)
EVERYBODY = frozenset(FUNCTIONS)
NOBODY: frozenset[str] = frozenset()
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
REFUSALS |= {"AuthorizationErrorException", "UnauthorizedOperation"}
KEY = {"pk": {"S": "USER#nobody"}, "sk": {"S": "JOB#none"}}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


class Functions:
    """The deployed functions, and clients that act as one of them."""

    def __init__(self, stack: Deployed) -> None:
        described = stack.describe()
        self.table: str = described["tableName"]
        self.queue: str = described["queueUrl"]
        self.dead: str = described["deadLetterQueueUrl"]
        self.bucket: str = described["bucketName"]
        self._directory = stack.directory
        self._endpoint: str = described["endpointUrl"]
        self._operator = deployment.session()
        resources = self.operator("cloudformation").describe_stack_resources(
            StackName=described["stackName"]
        )["StackResources"]
        self.ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
        self._sessions: dict[str, boto3.Session] = {}

    def operator(self, service: str) -> Any:
        return self._operator.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def client(self, function: str, service: str) -> Any:
        if function not in self._sessions:
            self._sessions[function] = self._sign_in(function)
        return self._sessions[function].client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def _sign_in(self, function: str) -> boto3.Session:
        name = self.ids[function]
        self.operator("lambda").invoke(FunctionName=name, Payload=b'{"Records": []}')
        seen: list[dict[str, str]] = []  # looked at once: a process may end at any moment
        until(lambda: seen or seen.extend(self._environments(name)), within=120)
        found = seen[0]
        return boto3.Session(
            region_name=deployment.REGION,
            aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=found["AWS_SESSION_TOKEN"],
        )

    def _environments(self, name: str) -> Iterator[dict[str, str]]:
        """Read the environment of the processes in which the function waits."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().decode()
                if f"ministack-lambda-{name}" not in command:
                    continue
                if processes.belongs(int(path.name), self._directory):
                    variables = (path / "environ").read_bytes().decode().split("\0")
                    yield dict(each.split("=", 1) for each in variables if "=" in each)
            except OSError:
                continue


@pytest.fixture(scope="module")
def functions(stack: Deployed) -> Functions:
    return Functions(stack)


type Call = Callable[[Functions, Callable[[str], Any]], object]


def query(index: str | None, key: str) -> Call:
    named = {"IndexName": index} if index else {}
    return lambda f, c: c("dynamodb").query(
        TableName=f.table,
        KeyConditionExpression="#k = :v",
        ExpressionAttributeNames={"#k": key},
        ExpressionAttributeValues={":v": {"S": "USER#nobody"}},
        **named,
    )


def get(key: str) -> Call:
    return lambda f, c: c("s3").get_object(Bucket=f.bucket, Key=key)


def put(key: str) -> Call:
    return lambda f, c: c("s3").put_object(Bucket=f.bucket, Key=key, Body=b"")


def drop(key: str) -> Call:
    return lambda f, c: c("s3").delete_object(Bucket=f.bucket, Key=key)


CALLS: dict[str, tuple[frozenset[str], Call]] = {
    "read a record": (EVERYBODY, lambda f, c: c("dynamodb").get_item(TableName=f.table, Key=KEY)),
    "read many records": (
        frozenset({SWEEPER}),
        lambda f, c: c("dynamodb").batch_get_item(RequestItems={f.table: {"Keys": [KEY]}}),
    ),
    "list an owner's records": (frozenset({API}), query(None, "pk")),
    "list by status": (frozenset({API}), query("by_status", "pk")),
    "list by deadline": (frozenset({WORKER, SWEEPER}), query("by_deadline", "deadlineShard")),
    "scan the table": (NOBODY, lambda f, c: c("dynamodb").scan(TableName=f.table, Limit=1)),
    "export the table": (
        NOBODY,
        lambda f, c: c("dynamodb").export_table_to_point_in_time(
            TableArn=f"arn:aws:dynamodb:{deployment.REGION}:000000000000:table/{f.table}",
            S3Bucket=f.bucket,
        ),
    ),
    "list tables": (NOBODY, lambda f, c: c("dynamodb").list_tables()),
    "back up the table": (
        NOBODY,
        lambda f, c: c("dynamodb").create_backup(TableName=f.table, BackupName="all"),
    ),
    "change the table": (
        NOBODY,
        lambda f, c: c("dynamodb").update_table(TableName=f.table, DeletionProtectionEnabled=False),
    ),
    "delete the table": (NOBODY, lambda f, c: c("dynamodb").delete_table(TableName=f.table)),
    "send a message": (
        EVERYBODY,
        lambda f, c: c("sqs").send_message(QueueUrl=f.queue, MessageBody="{}"),
    ),
    "measure the queue": (
        frozenset({API, WORKER}),
        lambda f, c: c("sqs").get_queue_attributes(QueueUrl=f.queue, AttributeNames=["QueueArn"]),
    ),
    "measure the dead letters": (
        frozenset({API}),
        lambda f, c: c("sqs").get_queue_attributes(QueueUrl=f.dead, AttributeNames=["QueueArn"]),
    ),
    "take a message": (
        frozenset({WORKER}),
        lambda f, c: c("sqs").receive_message(QueueUrl=f.queue),
    ),
    "take a dead letter": (NOBODY, lambda f, c: c("sqs").receive_message(QueueUrl=f.dead)),
    "write a dead letter": (
        NOBODY,
        lambda f, c: c("sqs").send_message(QueueUrl=f.dead, MessageBody="{}"),
    ),
    "empty the queue": (NOBODY, lambda f, c: c("sqs").purge_queue(QueueUrl=f.queue)),
    "open the queue": (
        NOBODY,
        lambda f, c: c("sqs").set_queue_attributes(QueueUrl=f.queue, Attributes={"Policy": POLICY}),
    ),
    "read a result": (frozenset({API, WORKER}), get("results/a/b/c")),
    "read a checkpoint": (frozenset({WORKER}), get("checkpoints/a/b")),
    "read another object": (NOBODY, get("elsewhere/a")),
    "write a result": (frozenset({WORKER}), put("results/a/b/c")),
    "write a checkpoint": (frozenset({WORKER}), put("checkpoints/a/b")),
    "write another object": (NOBODY, put("elsewhere/a")),
    "delete a result": (frozenset({WORKER, SWEEPER}), drop("results/a/b/c")),
    "delete a checkpoint": (frozenset({WORKER, SWEEPER}), drop("checkpoints/a/b")),
    "delete another object": (NOBODY, drop("elsewhere/a")),
    "list the bucket": (
        frozenset({WORKER, SWEEPER}),
        lambda f, c: c("s3").list_objects_v2(Bucket=f.bucket),
    ),
    "list all buckets": (NOBODY, lambda f, c: c("s3").list_buckets()),
    "open the bucket": (
        NOBODY,
        lambda f, c: c("s3").put_bucket_policy(Bucket=f.bucket, Policy=POLICY),
    ),
    "make the bucket public": (
        NOBODY,
        lambda f, c: c("s3").delete_public_access_block(Bucket=f.bucket),
    ),
    "read a secret": (NOBODY, lambda f, c: c("secretsmanager").get_secret_value(SecretId="any")),
    "list secrets": (NOBODY, lambda f, c: c("secretsmanager").list_secrets()),
    "list roles": (NOBODY, lambda f, c: c("iam").list_roles()),
    "widen its role": (
        NOBODY,
        lambda f, c: c("iam").put_role_policy(
            RoleName=f.ids["ApiFunctionRole"], PolicyName="more", PolicyDocument=POLICY
        ),
    ),
    "become the worker": (
        NOBODY,
        lambda f, c: c("sts").assume_role(
            RoleArn=f"arn:aws:iam::000000000000:role/{f.ids['WorkerFunctionRole']}",
            RoleSessionName="worker",
        ),
    ),
    "call a function": (
        NOBODY,
        lambda f, c: c("lambda").invoke(FunctionName=f.ids[WORKER], Payload=b'{"Records": []}'),
    ),
    "change a function": (
        NOBODY,
        lambda f, c: c("lambda").update_function_configuration(
            FunctionName=f.ids[API], Description="x"
        ),
    ),
    "change the stack": (NOBODY, lambda f, c: c("cloudformation").delete_stack(StackName="other")),
    "read logs": (NOBODY, lambda f, c: c("logs").describe_log_groups()),
    "ring the alarm": (
        NOBODY,
        lambda f, c: c("sns").publish(TopicArn=f.ids["AlarmTopic"], Message="x"),
    ),
    "read parameters": (NOBODY, lambda f, c: c("ssm").get_parameter(Name="any")),
    "look around": (NOBODY, lambda f, c: c("ec2").describe_instances()),
}


def is_allowed(functions: Functions, function: str, call: Call) -> bool:
    try:
        call(functions, lambda service: functions.client(function, service))
    except ClientError as exc:
        code = exc.response["Error"]["Code"]
        assert code not in {"InvalidAccessKeyId", "InvalidClientTokenId"}, code
        return code not in REFUSALS
    return True


@pytest.mark.parametrize("what", CALLS)
def test_a_function_may_do_what_is_its_own_and_nothing_else(
    functions: Functions, what: str
) -> None:
    allowed, call = CALLS[what]

    assert {each for each in FUNCTIONS if is_allowed(functions, each, call)} == allowed


def test_the_functions_act_under_roles_of_their_own(functions: Functions) -> None:
    arns = {each: functions.client(each, "sts").get_caller_identity()["Arn"] for each in FUNCTIONS}

    for function, arn in arns.items():
        assert f":assumed-role/{functions.ids[f'{function}Role']}/" in arn


def test_a_stranger_reads_no_object(functions: Functions) -> None:
    import httpx2

    functions.operator("s3").put_object(
        Bucket=functions.bucket, Key="results/a/b/c", Body=io.BytesIO(b"x")
    )
    address = f"{functions.operator('s3').meta.endpoint_url}/{functions.bucket}/results/a/b/c"

    assert httpx2.get(address).status_code == 403
