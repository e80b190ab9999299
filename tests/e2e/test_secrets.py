"""Marked secrets go through the deployed stack; then everything it has written is searched."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from docsnap_client import Client

from local import deployment, identity
from local.site_server import running
from tests.support.deployed import Deployed
from tests.support.site import Site
from tests.support.wait import until

pytestmark = pytest.mark.stack
KEY = "markedkeyoftheurl"
HOOK_KEY = "markedkeyofthehook"
PASSWORD = "markedpassword"
WITHIN = 300.0


@contextmanager
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    told: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with running(Handler) as url:
        yield f"{url}/hook?key={HOOK_KEY}", told


class Written:
    """What the stack has written, by where."""

    def __init__(self, stack: Deployed) -> None:
        described = stack.describe()
        self._endpoint = described["endpointUrl"]
        table = self._client("dynamodb").scan(TableName=described["tableName"])["Items"]
        self.table = {f"{item['pk']['S']} {item['sk']['S']}": repr(item) for item in table}
        self.logs = "\n".join(self._log_lines())
        self.objects = dict(self._files(described["bucketName"]))
        self.output = "".join(path.read_text() for path in stack.directory.glob("*.log"))

    def _client(self, service: str) -> Any:
        return deployment.session().client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]

    def _log_lines(self) -> Iterator[str]:
        logs = self._client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            pages = logs.get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in page["events"])

    def _files(self, bucket: str) -> Iterator[tuple[str, bytes]]:
        s3 = self._client("s3")
        for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            content = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            yield entry["Key"], content
            if zipfile.is_zipfile(io.BytesIO(content)):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    for name in archive.namelist():
                        yield f"{entry['Key']}!{name}", archive.read(name)


def use(stack: Deployed, client: Client, token: str) -> None:
    """Submit well and badly, follow, fail, fetch; with secrets wherever one could stand."""
    with Site() as site, receiver() as (hook, told):
        site.docs(3)
        for path in ("/docs/", "/gone/"):
            url = site.url(f"{path}?apikey={KEY}")
            site.page(f"/docs/?apikey={KEY}", "<a href=/docs/>x</a>" + "<p>words</p>" * 20)
            job = client.wait(client.submit(url, webhook_url=hook).id, timeout=WITHIN)
            for part in ("", "/events", "/result"):
                stack.call("GET", f"/api/jobs/{job.id}{part}", token=token)
        until(lambda: len(told) >= 2, within=WITHIN)
        assert not any(HOOK_KEY.encode() in body for body in told)
    for body in (
        {"url": f"http://user:{PASSWORD}@example.com/"},
        {"url": "http://example.com/", PASSWORD: PASSWORD},
        {"url": f"file:///{PASSWORD}"},
    ):
        assert stack.call("POST", "/api/generate-docs", token=token, json=body).status_code == 422
    for forged in (f"{token[:-4]}AAAA", f"{token}.{PASSWORD}", PASSWORD):
        assert stack.call("GET", "/api/jobs", token=forged).status_code == 401


def test_no_secret_is_written_where_it_does_not_belong(stack: Deployed) -> None:
    token = stack.token("frieda")
    client = Client(str(stack.describe()["apiUrl"]), lambda: token)
    secret = stack.call("GET", "/api/webhook-secret", token=token).json()["secret"]
    owner = identity.user_id("frieda")

    use(stack, client, token)
    until(lambda: "Job completed" in Written(stack).logs, within=60)
    written = Written(stack)

    assert any(owner in name for name in written.table)
    assert any(owner in name for name in written.objects)
    signature = token.rpartition(".")[2]
    for mark in (token, signature, PASSWORD, HOOK_KEY, KEY, secret):
        assert mark not in written.logs
        assert mark not in written.output
    for mark in (token, signature, PASSWORD, HOOK_KEY, secret):
        assert [name for name, content in written.objects.items() if mark.encode() in content] == []
    for mark in (token, signature, PASSWORD):
        assert [name for name, item in written.table.items() if mark in item] == []
    holders = {name.split()[1] for name, item in written.table.items() if secret in item}
    assert holders == {"WEBHOOK_SECRET"}
    holders = {
        name.split()[1].partition("#")[0]
        for name, item in written.table.items()
        if HOOK_KEY in item
    }
    assert holders == {"JOB"}
