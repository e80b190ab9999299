"""Every token case through the whole API function."""

from collections.abc import Iterator

import pytest

from tests.support.api import World, a_world, an_event
from tests.support.tokens import USER
from tests.unit.docsnap.token_cases import (
    ANONYMOUS_CASES,
    CASES,
    CLIENT_CASES,
    SECRET_CASES,
    Case,
)

REFUSED_HERE = [*ANONYMOUS_CASES, *CLIENT_CASES, *SECRET_CASES]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as made:
        yield made


def ask(world: World, case: Case) -> tuple[int, dict[str, str], str]:
    world.project.now = world.clock().timestamp()
    event = an_event("GET", "/api/jobs")
    event["headers"].pop("authorization", None)
    header = case.header(world.project)
    if header is not None:
        event["headers"]["authorization"] = header
    answer = world.send(event)
    return answer.status, dict(answer.headers), answer.text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_api_gives_a_token_its_verdict(world: World, case: Case) -> None:
    status, headers, _ = ask(world, case)

    assert status == (200 if case.accepted else 401)
    assert headers.get("WWW-Authenticate", "").startswith("" if case.accepted else "Bearer")


@pytest.mark.parametrize("case", REFUSED_HERE, ids=str)
def test_what_is_a_setting_is_off(world: World, case: Case) -> None:
    assert ask(world, case)[0] == 401


def test_all_refusals_read_the_same(world: World) -> None:
    bodies = {ask(world, case)[2] for case in CASES if not case.accepted and case.header}

    assert len(bodies) == 1


def test_a_refused_token_reaches_nothing(world: World) -> None:
    for case in CASES:
        if not case.accepted:
            ask(world, case)
            assert world.calls == []


def test_a_user_is_who_signed_in_and_not_what_the_request_says(world: World) -> None:
    submitted = world.submit(user=USER)
    job = submitted.json["job"]["id"]
    claims = {"user_metadata": {"sub": USER, "role": "service_role"}, "email": USER}

    stranger = world.token("00000000-0000-4000-8000-000000000000", **claims)
    event = an_event("GET", f"/api/jobs/{job}")
    event["headers"]["authorization"] = f"Bearer {stranger}"
    event["headers"]["x-user-id"] = USER

    assert submitted.status == 202
    assert world.send(event).status == 404
