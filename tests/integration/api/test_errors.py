import json
from http import HTTPStatus
from typing import Any

import pytest
from api import problems
from api.routes import ROUTES
from docsnap.errors import RequestError
from docsnap.jobs import new_job_id
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api import ADA, World, a_world, an_event
from tests.support.tokens import new_key

PROTECTED = [route for route in ROUTES if not route.is_open]

UNKNOWN = ("/", "/api", "/api/jobs/", "/api/jobs/a/b", "/API/JOBS", "/x%00", "/openapiXjson")

HEALTHY = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
"""What is no sign of ill health here."""


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert problem["success"] is False
    assert problem["status"] == status
    assert problem["title"] == HTTPStatus(status).phrase
    assert problem["type"] == f"/docs/problems#{code}"
    assert problem["instance"] == "YxQ7EhkeoAMEPZg="
    assert problem["detail"]


@pytest.mark.parametrize("route", PROTECTED, ids=lambda route: f"{route.method} {route.path}")
def test_without_a_token_nothing_is_answered(world: World, route: Any) -> None:
    answer = world.call(route.method, route.path.replace("{job_id}", "x"), user=None)

    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert world.calls == []


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer a.b.c", "bearer  ..", "Bearer é"]
)
def test_a_malformed_token_is_refused(world: World, header: str) -> None:
    answer = world.call("GET", "/api/jobs", user=None, headers={"Authorization": header})

    assert_problem(answer, 401, "unauthenticated")


def test_an_expired_or_forged_token_and_one_of_no_user_are_refused_alike(world: World) -> None:
    project, now = world.project, int(world.clock().timestamp())
    tokens = [
        world.token(exp=now - 60, iat=now - 3600),
        world.token(role="service_role"),
        world.token(sub=...),
        project.token(sign=new_key("forger", "ES256").sign),
    ]

    answers = [
        world.call("GET", "/api/jobs", user=None, headers={"Authorization": f"Bearer {token}"})
        for token in tokens
    ]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("path", UNKNOWN)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_an_unknown_route_is_a_problem_too(world: World, method: str, path: str) -> None:
    assert_problem(world.call(method, path, user=None), 404, "route_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/generate-docs", "OPTIONS, POST"),
        ("DELETE", "/api/jobs/x", "GET, HEAD, OPTIONS"),
        ("POST", "/api/jobs", "GET, HEAD, OPTIONS"),
        ("PUT", "/api/jobs/stats", "GET, HEAD, OPTIONS"),
        ("GET", "/api/jobs/x/cancel", "OPTIONS, POST"),
        ("HEAD", "/api/jobs/x/cancel", "OPTIONS, POST"),
        ("TRACE", "/api/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_there_names_those_that_are(
    world: World, method: str, path: str, allow: str
) -> None:
    answer = world.call(method, path)

    assert answer.status == 405
    assert answer.headers["Allow"] == allow
    if method != "HEAD":
        assert_problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize(
    "text", ["", "{", "{'url': 1}", '{"url": NaN}', '{"a":1,}', "\x00", "[" * 20_000, '"\\ud800"']
)
@pytest.mark.parametrize("path", ["/api/generate-docs", "/api/generate-docs/batch"])
def test_a_body_that_is_not_json_is_refused(world: World, path: str, text: str) -> None:
    assert_problem(world.call("POST", path, body=text), 400, "not_json")


def test_bytes_that_are_no_text_are_not_json(world: World) -> None:
    event = an_event("POST", "/api/generate-docs")
    event["headers"] |= {
        "authorization": f"Bearer {world.token()}",
        "content-type": "application/json",
    }
    event |= {"body": "/////w==", "isBase64Encoded": True}

    assert_problem(world.send(event), 400, "not_json")


@pytest.mark.parametrize(
    "declared", ["text/plain", "application/xml", "", "application/json; charset=latin-1", "json"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(world: World, declared: str) -> None:
    answer = world.call(
        "POST",
        "/api/generate-docs",
        body={"url": "https://example.com/"},
        headers={"Content-Type": declared},
    )

    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("declared", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_can_be_declared_in_several_ways(world: World, declared: str) -> None:
    answer = world.submit("https://example.com/", headers={"Content-Type": declared})

    assert answer.status == 202


def test_a_body_over_64_kib_is_refused_and_one_of_64_kib_is_read(world: World) -> None:
    start = '{"url": "https://example.com/"'
    largest = start + " " * (65536 - len(start) - 1) + "}"

    assert world.call("POST", "/api/generate-docs", body=largest).status == 202
    refused = world.call("POST", "/api/generate-docs", body=largest + " ")
    assert_problem(refused, 413, "body_too_large")


def test_when_the_table_does_not_answer_the_caller_may_come_again(world: World) -> None:
    world.cut_off.add("dynamodb")
    job_id = new_job_id(world.clock())

    for method, path in (
        ("POST", "/api/generate-docs"),
        ("GET", "/api/jobs"),
        ("GET", f"/api/jobs/{job_id}"),
        ("GET", "/api/jobs/stats"),
        ("POST", f"/api/jobs/{job_id}/cancel"),
        ("GET", "/api/webhook-secret"),
    ):
        body = {"url": "https://example.com/"} if path.endswith("docs") else None
        answer = world.call(method, path, body=body)
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    world.cut_off.clear()
    assert world.messages() == []


def test_when_the_table_is_gone_the_caller_may_come_again(world: World) -> None:
    world.table._client.delete_table(TableName=world.table.name)

    for answer in (world.call("GET", "/api/jobs"), world.submit()):
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    assert world.messages() == []


def test_when_the_queue_does_not_answer_the_caller_may_come_again(world: World) -> None:
    world.cut_off.add("sqs")

    for answer in (world.call("GET", "/api/jobs/stats"), world.submit()):
        assert_problem(answer, 503, "unavailable")
    assert world.call("GET", "/api/jobs").json["jobs"] == []


def test_when_the_keys_cannot_be_had_the_caller_may_come_again() -> None:
    with a_world(keys_fail=True) as world:
        answer = world.call("GET", "/api/jobs")

        assert_problem(answer, 503, "unavailable")


def test_a_defect_tells_nothing_of_itself(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.table._client = None  # type: ignore[assignment]

    answer = world.call("GET", "/api/jobs")

    assert_problem(answer, 500, "internal_error")
    assert "NoneType" not in answer.body.decode()
    assert "Traceback" in capsys.readouterr().out


def test_without_memory_nothing_is_answered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_nothing(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(world.table._client, "query", get_nothing)

    with pytest.raises(MemoryError):
        world.call("GET", "/api/jobs")


def test_every_error_has_a_code_of_its_own_and_is_listed() -> None:
    kinds = list(all_kinds(RequestError))
    codes = [kind.code for kind in kinds]

    assert len(set(codes)) == len(codes)
    assert set(codes) < set(problems.catalogue())


def all_kinds(base: type[RequestError]) -> list[type[RequestError]]:
    return [kind for direct in base.__subclasses__() for kind in (direct, *all_kinds(direct))]


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["url", "options", "items", "force", "webhookUrl", "formats"])
            | st.text(max_size=8),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@pytest.mark.parametrize("path", ["/api/generate-docs", "/api/generate-docs/batch"])
@settings(max_examples=80, suppress_health_check=HEALTHY)
@given(body=NONSENSE)
def test_a_nonsensical_body_is_never_our_fault(world: World, path: str, body: Any) -> None:
    answer = world.call("POST", path, body=json.dumps(body))

    assert answer.status < 500


@settings(max_examples=80, suppress_health_check=HEALTHY)
@given(
    query=st.dictionaries(
        st.sampled_from(["wait", "limit", "cursor", "status", "format", "redirect"]),
        st.text(max_size=20),
    ),
    tag=st.text(max_size=20),
    path=st.sampled_from(["/api/jobs", "/api/jobs/x", "/api/jobs/x/result", "/api/jobs/stats"]),
)
def test_a_nonsensical_query_is_never_our_fault(
    world: World, query: dict[str, str], tag: str, path: str
) -> None:
    answer = world.call("GET", path, user=ADA, query=query, headers={"If-None-Match": tag})

    assert answer.status < 500
