"""The table of token cases against the deployed stack, over HTTP, with an issuer of its own."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import boto3
import httpx2
import pytest

from local.site_server import running
from tests.support.aws import CREDENTIALS
from tests.support.deployed import Deployed
from tests.support.tokens import SECRET, Project, new_key
from tests.support.wait import until
from tests.unit.docsnap.token_cases import (
    ANONYMOUS_CASES,
    CASES,
    CLIENT_CASES,
    SECRET_CASES,
    Case,
)

pytestmark = [pytest.mark.slow, pytest.mark.stack]


class Issuer:
    """A Supabase project on loopback."""

    def __init__(self) -> None:
        self.is_down = False
        self.project = Project("", time.time())

    @contextmanager
    def serve(self) -> Iterator[str]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(issuer.project.jwks).encode()
                self.send_response(503 if issuer.is_down else 200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with running(Handler) as url:
            self.project.url = url
            yield url


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    with made.serve():
        yield made


@pytest.fixture(scope="module")
def stack(issuer: Issuer) -> Iterator[Deployed]:
    directory = Path(".local/stacks/tokens").resolve()
    shutil.rmtree(directory, ignore_errors=True)
    deployed = Deployed(directory)
    try:
        up = deployed.up(SupabaseUrl=issuer.project.url)
        assert up.status == 0, up.errors
        yield deployed
    finally:
        deployed.make("down")


def status_of(stack: Deployed, issuer: Issuer, case: Case) -> int:
    issuer.project.now = time.time()
    header = case.header(issuer.project)
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    url = f"{stack.describe()['apiUrl']}/api/jobs"
    with httpx2.Client(timeout=30) as client:
        return client.get(url, headers=headers).status_code


def wrong(stack: Deployed, issuer: Issuer, cases: list[Case], *, accept: bool = True) -> list[str]:
    """The cases whose verdict is not right; a gateway may refuse with a status of its own."""
    found = []
    for case in cases:
        if not case.over_http:
            continue
        status = status_of(stack, issuer, case)
        is_right = status == 200 if case.accepted and accept else 400 <= status < 500
        if not is_right:
            found.append(f"{case}: {status}")
    return found


def test_every_token_gets_its_verdict(stack: Deployed, issuer: Issuer) -> None:
    assert wrong(stack, issuer, CASES) == []


def test_what_is_a_setting_is_off(stack: Deployed, issuer: Issuer) -> None:
    cases = [*ANONYMOUS_CASES, *CLIENT_CASES, *SECRET_CASES]

    assert wrong(stack, issuer, cases, accept=False) == []


def test_old_keys_serve_while_the_issuer_is_down_and_new_ones_once_it_is_back(
    stack: Deployed, issuer: Issuer
) -> None:
    fresh = new_key("es-rotated", "ES256")
    old = Case("old", lambda project: f"Bearer {project.token()}", True)
    new = Case("new", lambda project: f"Bearer {project.token(key=fresh)}", True)
    assert status_of(stack, issuer, old) == 200  # so the keys are known
    issuer.is_down = True
    while_down = [status_of(stack, issuer, case) for case in (old, new)]

    issuer.project.published = [*issuer.project.jwks["keys"], fresh.jwk]
    issuer.is_down = False
    until(lambda: status_of(stack, issuer, new) == 200, within=120)

    assert while_down == [200, 401]
    assert status_of(stack, issuer, old) == 200


def test_with_the_legacy_secret_its_tokens_get_their_verdicts(
    stack: Deployed, issuer: Issuer
) -> None:
    described = stack.describe()
    client = boto3.client(
        "secretsmanager",
        endpoint_url=described["endpointUrl"],
        region_name=described["region"],
        **CREDENTIALS,
    )
    arn = client.create_secret(Name="supabase-jwt", SecretString=SECRET)["ARN"]
    up = stack.up(SupabaseUrl=issuer.project.url, SupabaseJwtSecretArn=arn)
    assert up.status == 0, up.errors

    assert wrong(stack, issuer, SECRET_CASES) == []
    assert wrong(stack, issuer, CASES) == []
