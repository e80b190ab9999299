import pytest

from tests.support.deployed import Deployed

pytestmark = pytest.mark.stack
OPEN = {"/api/health", "/openapi.json", "/docs"}
OF_A_JOB = [
    ("GET", ""),
    ("GET", "/events"),
    ("GET", "/result"),
    ("POST", "/cancel"),
    ("POST", "/retry"),
]


def routes(stack: Deployed) -> list[tuple[str, str]]:
    """Every route that the API itself says it has."""
    paths = stack.call("GET", "/openapi.json").json()["paths"]
    methods = {"get", "post", "put", "patch", "delete"}
    return [(method.upper(), path) for path in paths for method in methods & set(paths[path])]


def test_no_route_answers_without_a_token_save_the_open_ones(stack: Deployed) -> None:
    guarded = [(method, path) for method, path in routes(stack) if path not in OPEN]
    answers = {
        (method, path): stack.call(method, path.replace("{id}", "an-id"))
        for method, path in guarded
    }

    assert len(guarded) >= 10
    assert {route: answer.status_code for route, answer in answers.items()} == dict.fromkeys(
        guarded, 401
    )
    assert all("Bearer" in answer.headers["www-authenticate"] for answer in answers.values())


@pytest.mark.parametrize("path", sorted(OPEN))
def test_an_open_route_answers_anybody(stack: Deployed, path: str) -> None:
    assert stack.call("GET", path).status_code == 200


@pytest.mark.parametrize(("method", "action"), OF_A_JOB)
def test_another_users_job_is_not_there(stack: Deployed, method: str, action: str) -> None:
    job = stack.client("ann").submit("http://127.0.0.1:3/")

    answer = stack.call(method, f"/api/jobs/{job.id}{action}", token=stack.token("bob"))

    assert answer.status_code == 404


def test_another_users_jobs_are_not_listed(stack: Deployed) -> None:
    stack.client("ann").submit("http://127.0.0.1:3/")

    assert list(stack.client("carol").list_jobs()) == []
    assert stack.client("carol").stats()["stats"]["total"] == 0


def test_an_expired_token_is_refused(stack: Deployed) -> None:
    expired = stack.token("ann", ttl=-60)

    assert stack.call("GET", "/api/jobs", token=expired).status_code == 401


def test_a_token_of_another_role_is_refused(stack: Deployed) -> None:
    service = stack.token("ann", role="service_role")

    assert stack.call("GET", "/api/jobs", token=service).status_code == 401


def test_make_prints_a_token_and_nothing_else(stack: Deployed) -> None:
    printed = stack.make("token", "USER=ann").output

    assert printed.count("\n") == 1
    assert stack.call("GET", "/api/jobs", token=printed.strip()).status_code == 200
