import pytest
from api.routes import ROUTES

from tests.support.api import ADA, World, a_world, an_event
from tests.support.builders import a_job, stored

ORIGIN = "https://app.example.com"
READABLE = [route for route in ROUTES if route.method == "GET" and "{" not in route.path]


@pytest.mark.parametrize("route", READABLE, ids=lambda route: route.path)
def test_head_is_get_without_the_body(world: World, route: object) -> None:
    path = route.path  # type: ignore[attr-defined]
    got, headed = world.call("GET", path), world.call("HEAD", path)

    assert (headed.status, headed.body) == (got.status, b"")
    assert headed.headers == got.headers


def test_options_names_the_methods(world: World) -> None:
    answer = world.call("OPTIONS", "/api/jobs/x", user=None)

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_by_default_no_origin_is_let_in(world: World) -> None:
    for method in ("GET", "OPTIONS"):
        answer = world.call(method, "/api/health", headers={"Origin": ORIGIN})

        assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_an_allowed_origin_is_let_in_and_no_other() -> None:
    with a_world(ALLOWED_ORIGINS=f"https://other.example.com,{ORIGIN}") as world:
        mine = world.call("GET", "/api/jobs", headers={"Origin": ORIGIN})
        foreign = world.call("GET", "/api/jobs", headers={"Origin": f"{ORIGIN}.evil.example"})

        assert mine.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "ETag" in mine.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in mine.headers
        assert "Access-Control-Allow-Origin" not in foreign.headers
        assert mine.headers["Vary"] == foreign.headers["Vary"] == "Origin"


def test_a_preflight_is_answered_without_a_token() -> None:
    with a_world(ALLOWED_ORIGINS=ORIGIN) as world:
        answer = world.call(
            "OPTIONS",
            "/api/generate-docs",
            user=None,
            headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"},
        )

        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        for name in ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"):
            assert name in answer.headers["Access-Control-Allow-Headers"]


def test_a_refusal_can_be_read_by_an_allowed_origin_too() -> None:
    with a_world(ALLOWED_ORIGINS=ORIGIN) as world:
        answer = world.call("GET", "/api/jobs", user=None, headers={"Origin": ORIGIN})

        assert answer.status == 401
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("path", ["/api/health", "/api/jobs", "/nothing", "/docs", "/openapi.json"])
def test_every_answer_is_guarded(world: World, path: str) -> None:
    headers = world.call("GET", path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_what_is_private_is_not_kept(world: World) -> None:
    job = stored(world.table, a_job(owner="x"))

    assert world.call("GET", "/api/jobs").headers["Cache-Control"] == "no-store"
    assert world.call("GET", f"/api/jobs/{job.id}").headers["Cache-Control"] == "no-store"
    shown = world.submit().json["job"]["id"]
    cached = world.call("GET", f"/api/jobs/{shown}").headers["Cache-Control"]
    assert cached == "private, no-cache"


def test_health_is_open_and_tells_the_mode(world: World) -> None:
    answer = world.call("GET", "/api/health", user=None)

    assert answer.json == {"success": True, "status": "ok", "version": "0.1.0", "mode": "aws"}
    assert world.calls == []


def test_the_development_stack_says_that_it_is_local() -> None:
    with a_world(STAGE="local") as world:
        assert world.call("GET", "/api/health", user=None).json["mode"] == "local"


def test_names_of_header_fields_are_read_however_they_are_written(world: World) -> None:
    event = an_event("GET", "/api/jobs")
    event["headers"] = {"AUTHORIZATION": f"Bearer {world.token(ADA)}"}

    assert world.send(event).status == 200
