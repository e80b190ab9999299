"""Methods, header fields, origins and tokens, from the outside."""

from typing import Any

import httpx2
import pytest

from tests.support.callers import NO_JOB, PATHS, Caller, is_problem
from tests.support.deployed import ORIGIN, Deployed

pytestmark = [pytest.mark.slow, pytest.mark.stack]

OPEN = ("/api/health", "/openapi.json", "/docs")
GUARDED = [path for path in PATHS if path not in OPEN]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize("path", PATHS)
def test_every_path_names_its_methods_and_has_no_others(ada: Caller, path: str) -> None:
    allowed = {"OPTIONS", PATHS[path]} | ({"HEAD"} if PATHS[path] == "GET" else set())

    options = ada.stack.call("OPTIONS", path)
    others = [ada.call(method, path) for method in sorted(METHODS - allowed)]

    assert (options.status_code, options.content) == (204, b"")
    for answer in (options, *others):
        assert set(answer.headers["allow"].split(", ")) == allowed
    assert all(is_problem(other, 405, "method_not_allowed") for other in others)


@pytest.mark.parametrize("path", [path for path, method in PATHS.items() if method == "GET"])
def test_head_is_get_without_the_body(ada: Caller, path: str) -> None:
    get, head = ada.get(path), ada.call("HEAD", path)

    assert head.content == b""
    assert head.status_code == get.status_code
    varying = {"content-length", "apigw-requestid", "date"}
    assert {*head.headers} - varying == {*get.headers} - varying


def test_head_does_nothing_where_there_is_no_get(ada: Caller) -> None:
    assert ada.call("HEAD", "/api/webhook-secret/rotate").status_code == 405


@pytest.mark.parametrize("path", ["/", "/api", "/api/jobs/", f"/api/jobs/{NO_JOB}/x", "/docs/x"])
def test_an_unknown_path_is_a_problem_too(ada: Caller, path: str) -> None:
    assert is_problem(ada.get(path), 404, "route_not_found")


@pytest.mark.parametrize("path", GUARDED)
def test_a_guarded_path_asks_for_a_token_before_anything_else(stack: Deployed, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic YTpi"}):
        answer = stack.call(PATHS[path], path, headers=headers, content=b"{")

        assert is_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", OPEN)
def test_an_open_path_needs_none_and_minds_no_bad_one(stack: Deployed, path: str) -> None:
    assert stack.call("GET", path).status_code == 200
    assert stack.call("GET", path, token="x.y.z").status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_a_page_that_is_known_is_not_sent_again(stack: Deployed, path: str) -> None:
    tag = stack.call("GET", path).headers["etag"]

    again = stack.call("GET", path, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_health_tells_version_and_mode(stack: Deployed) -> None:
    body = stack.call("GET", "/api/health").json()

    assert (body["success"], body["status"], body["mode"]) == (True, "ok", "local")
    assert body["version"]


def test_the_document_is_openapi_3_1(stack: Deployed) -> None:
    assert stack.call("GET", "/openapi.json").json()["openapi"].startswith("3.1")


def test_every_answer_is_guarded(ada: Caller) -> None:
    for answer in (ada.get("/api/jobs"), ada.get("/nowhere"), ada.stack.call("GET", "/docs")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "max-age" in answer.headers["strict-transport-security"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert ada.get("/api/jobs").headers["cache-control"] == "no-store"


# Pages of other origins


def preflight(stack: Deployed, origin: str) -> Any:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    return stack.call("OPTIONS", "/api/generate-docs", headers=headers)


def test_an_allowed_origin_may_send_and_read_everything(ada: Caller) -> None:
    asked = preflight(ada.stack, ORIGIN).headers
    answers = [ada.get("/api/jobs", Origin=ORIGIN), ada.get("/nowhere", Origin=ORIGIN)]

    assert asked["access-control-allow-origin"] == ORIGIN
    assert "POST" in asked["access-control-allow-methods"]
    named = {name.strip().lower() for name in asked["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "idempotency-key", "if-none-match"} <= named
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["vary"] == "Origin"
        for name in ("ETag", "Location", "RateLimit", "Retry-After"):
            assert name in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example", "*"])
def test_no_other_origin_is_let_in(ada: Caller, origin: str) -> None:
    for answer in (preflight(ada.stack, origin), ada.get("/api/jobs", Origin=origin)):
        assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_what_is_sent_compressed_is_the_same(stack: Deployed) -> None:
    url = f"{stack.describe()['apiUrl']}/openapi.json"
    packed = httpx2.get(url, headers={"Accept-Encoding": "gzip"})
    plain = httpx2.get(url, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
