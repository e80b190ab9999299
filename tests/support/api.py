"""The whole API over moto, called with the events that API Gateway sends."""

import gzip
import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

import boto3
from api.backend import Backend
from api.routes import Api
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.model import OperationModel
from docsnap import telemetry
from docsnap.addresses import is_public_address
from docsnap.auth import SigningKeys, Verifier
from docsnap.jobs import Job
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.settings import ApiSettings
from docsnap.sweeper import Broom, sweep
from docsnap.table import Table
from docsnap.webhooks import outbound
from moto import mock_aws

from tests.support.aws import CREDENTIALS, LIKE_THE_API, REGION, create_table, dynamodb_client
from tests.support.clock import Clock
from tests.support.tokens import Project

EVENTS = Path(__file__).parents[2] / "events"
BUCKET = "results"
SUPABASE = "https://project.supabase.co"
ADA = str(uuid5(NAMESPACE_URL, "ada"))
BOB = str(uuid5(NAMESPACE_URL, "bob"))

ENVIRONMENT = {
    "STAGE": "dev",
    "TABLE_NAME": "jobs",
    "LOG_LEVEL": "INFO",
    "POWERTOOLS_SERVICE_NAME": "api",
    "POWERTOOLS_METRICS_NAMESPACE": "DocSnap",
    "SUPABASE_URL": SUPABASE,
    "SUPABASE_JWT_SECRET_ARN": "",
    "BUCKET_NAME": BUCKET,
    "QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    "ALLOWED_ORIGINS": "",
    "ALLOW_PRIVATE_NETWORKS": "false",
    "MAX_ATTEMPTS": "3",
    "SUBMISSIONS_PER_MINUTE": "60",
    "UNFINISHED_JOBS_LIMIT": "200",
    "ALLOW_ANONYMOUS_USERS": "false",
    "ALLOW_OAUTH_CLIENTS": "false",
    "COMPLETED_RETENTION_DAYS": "7",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        is_packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if is_packed else self.body).decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Invocation:
    """Lambda's context."""

    aws_request_id: str = "4a9e2b1c-7c1f-4c51-9f0e-2a4f8f1d2c3b"
    seconds: float = 29

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class World:
    """An API, what is behind it, and users who may call it."""

    api: Api
    table: Table
    queue: Queue
    sqs: Any
    s3: Any
    clock: Clock
    project: Project
    calls: list[str] = field(default_factory=list)
    """Every call to AWS that the last request made, in order."""
    cut_off: set[str] = field(default_factory=set)
    """Services of AWS that cannot be reached."""
    exchanges: list[tuple[str, str, Answer]] = field(default_factory=list)
    """Method, path and answer of every request."""
    pauses: list[float] = field(default_factory=list)
    """Every wait of the API, in seconds."""
    while_waiting: Callable[[], object] = lambda: None

    def sweep(self, *, request_id: str) -> None:
        """Let the sweeper put right what is overdue, as its handler does."""
        broom = Broom(
            table=self.table,
            queue=self.queue,
            results=Results(self.s3, BUCKET),
            outbound=outbound(is_public_address),
            clock=self.clock,
            remaining=lambda: timedelta(seconds=55),
        )
        with telemetry.invocation(request_id=request_id):
            sweep(broom)

    def token(self, user: str = ADA, **claims: Any) -> str:
        self.project.now = self.clock().timestamp()
        return self.project.token(claims=self.project.claims(**{"sub": user} | claims))

    def call(
        self,
        method: str,
        path: str,
        *,
        user: str | None = ADA,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        seconds: float = 29,
    ) -> Answer:
        event = an_event(method, path, query=query)
        event["headers"].pop("authorization", None)
        if user:
            event["headers"]["authorization"] = f"Bearer {self.token(user)}"
        if body is not None:
            event["headers"]["content-type"] = "application/json"
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        event["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
        return self.send(event, seconds=seconds)

    def send(self, event: Mapping[str, Any], *, seconds: float = 29) -> Answer:
        self.calls.clear()
        result = self.api(event, cast(Any, Invocation(seconds=seconds)))
        text = result.get("body") or ""
        body = b64decode(text) if result["isBase64Encoded"] else text.encode()
        answer = Answer(result["statusCode"], result["headers"], body)
        http = event["requestContext"]["http"]
        self.exchanges.append((http["method"], http["path"], answer))
        return answer

    def submit(self, url: str = "https://example.com/docs/", **more: Any) -> Answer:
        user = more.pop("user", ADA)
        headers = more.pop("headers", None)
        body = {"url": url, **more}
        return self.call("POST", "/api/generate-docs", user=user, headers=headers, body=body)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))
        self.while_waiting()

    def observe(self, model: OperationModel, **_: object) -> None:
        """Count a call to AWS, and let none through to a service that is cut off."""
        self.calls.append(model.name)
        if model.service_model.service_name in self.cut_off:
            raise EndpointConnectionError(endpoint_url="https://aws.example")

    def messages(self) -> list[Any]:
        answer = self.sqs.receive_message(
            QueueUrl=ENVIRONMENT["QUEUE_URL"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def an_event(method: str, path: str, *, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An event as API Gateway sends it, for this request."""
    event: dict[str, Any] = json.loads((EVENTS / "api-get.json").read_text())
    event["rawPath"] = path
    event["requestContext"]["http"] |= {"method": method, "path": path}
    if query:
        event["rawQueryString"] = urlencode(query)
        event["queryStringParameters"] = dict(query)
    return event


@cache
def clients() -> tuple[Any, Any, Any]:
    """Clients of DynamoDB, SQS and S3, which take longer to make than a test to run."""
    config = Config(**LIKE_THE_API)
    sigv4 = config.merge(Config(signature_version="s3v4", parameter_validation=False))
    return (
        dynamodb_client(),
        boto3.client("sqs", region_name=REGION, config=config, **CREDENTIALS),
        boto3.client("s3", region_name=REGION, config=sigv4, **CREDENTIALS),
    )


@contextmanager
def a_world(*, keys_fail: bool = False, **environment: str) -> Iterator[World]:
    """A world of its own; `environment` changes the function's settings."""
    settings = ApiSettings.from_env(ENVIRONMENT | environment)
    clock = Clock()
    project = Project(SUPABASE, clock().timestamp())
    dynamodb, sqs, s3 = clients()
    with mock_aws():
        create_table(dynamodb, settings.table_name)
        for name in ("jobs", "dead"):
            sqs.create_queue(QueueName=name)
        table = Table(dynamodb, settings.table_name, pause=lambda _: None)
        queue = Queue(sqs, settings.queue_url, settings.dead_letter_queue_url)
        world = World(
            api=None,  # type: ignore[arg-type]
            table=table,
            queue=queue,
            sqs=sqs,
            s3=s3,
            clock=clock,
            project=project,
        )

        def fetch_keys() -> bytes:
            if keys_fail:
                raise ConnectionError
            return json.dumps(project.jwks).encode()

        verifier = Verifier(
            SUPABASE,
            keys=SigningKeys(fetch_keys, clock=lambda: clock().timestamp()),
            clock=lambda: clock().timestamp(),
        )
        world.api = Api(
            Backend(
                settings=settings,
                table=table,
                verifier=lambda: verifier,
                queue=lambda: queue,
                results=lambda: Results(s3, BUCKET),
                clock=clock,
                wait=world.pause,
            )
        )
        for client in clients():
            client.meta.events.register("before-call", world.observe)
        try:
            yield world
        finally:
            for client in clients():
                client.meta.events.unregister("before-call", world.observe)


def path_of(job: Job, action: str = "") -> str:
    return f"/api/jobs/{job.id}{'/' + action if action else ''}"
