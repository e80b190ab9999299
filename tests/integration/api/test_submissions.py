import json
from typing import Any

import pytest
from api import schemas

from tests.support.api import BOB, World, a_world

SITE = "https://example.com/docs/"


def test_a_submission_is_answered_at_once_with_a_waiting_job(world: World) -> None:
    answer = world.submit(SITE)

    job = answer.json["job"]
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    assert (answer.json["success"], answer.json["duplicate"]) == (True, False)
    assert (job["status"], job["progress"], job["attempts"]) == ("waiting", 0, 0)
    assert world.messages()[0]["id"] == job["id"]


def test_a_submission_takes_two_network_calls(world: World) -> None:
    for n in range(3):
        world.submit(f"{SITE}{n}", headers={"Idempotency-Key": str(n)})

        assert world.calls == ["TransactWriteItems", "SendMessage"]


def test_what_is_not_chosen_has_the_defaults_of_the_contract(world: World) -> None:
    assert world.submit(SITE).json["job"]["options"] == {
        "maxPages": 100,
        "maxDepth": 10,
        "include": [],
        "exclude": [],
        "formats": ["markdown", "html", "json", "llms"],
        "title": None,
    }


def test_the_options_of_a_job_can_be_submitted_again(world: World) -> None:
    options = {"maxPages": 7, "maxDepth": 0, "include": ["/a/**"], "formats": ["docx", "pdf"]}
    shown = world.submit(SITE, options=options).json["job"]["options"]

    again = world.submit(SITE, options=shown)

    assert shown["formats"] == ["pdf", "docx"]
    assert again.json["duplicate"] is True


@pytest.mark.parametrize(
    "url",
    ["HTTPS://Example.COM/docs/", "https://example.com:443/docs/", "https://example.com/docs/#top"],
)
def test_another_spelling_of_the_same_page_is_the_same_request(world: World, url: str) -> None:
    first = world.submit(SITE).json["job"]

    answer = world.submit(url)

    assert (answer.status, answer.json["duplicate"]) == (200, True)
    assert answer.json["job"]["id"] == first["id"]


def test_the_same_request_within_five_minutes_finds_the_same_job(world: World) -> None:
    first = world.submit(SITE)
    world.clock.advance(seconds=299)

    second = world.submit(SITE)

    assert (second.status, second.json["duplicate"]) == (200, True)
    assert second.json["job"] == first.json["job"]
    assert second.headers["Location"] == first.headers["Location"]


def test_after_five_minutes_the_same_request_makes_a_new_job(world: World) -> None:
    first = world.submit(SITE).json["job"]
    world.clock.advance(seconds=301)

    assert world.submit(SITE).json["job"]["id"] != first["id"]


@pytest.mark.parametrize("more", [{"force": True}, {"options": {"maxPages": 5}}])
def test_force_and_other_options_make_a_new_job(world: World, more: dict[str, Any]) -> None:
    first = world.submit(SITE).json["job"]

    second = world.submit(SITE, **more)

    assert second.status == 202
    assert second.json["job"]["id"] != first["id"]


def test_another_user_gets_a_job_of_their_own(world: World) -> None:
    first = world.submit(SITE).json["job"]

    assert world.submit(SITE, user=BOB).json["job"]["id"] != first["id"]


@pytest.mark.parametrize(("key", "again"), [("k-1", "k-1"), ("k-1", '"k-1"'), ('"a b"', "a b")])
def test_a_repeated_key_finds_the_same_job_bare_or_quoted(
    world: World, key: str, again: str
) -> None:
    first = world.submit(SITE, force=True, headers={"Idempotency-Key": key})

    second = world.submit(SITE, force=True, headers={"Idempotency-Key": again})

    assert (first.status, second.status) == (202, 200)
    assert second.json["duplicate"] is True
    assert second.json["job"]["id"] == first.json["job"]["id"]
    assert len(world.messages()) == 1


def test_a_key_is_good_for_a_day(world: World) -> None:
    headers = {"Idempotency-Key": "k"}
    first = world.submit(SITE, headers=headers).json["job"]
    world.clock.advance(hours=24, seconds=1)

    assert world.submit(SITE, headers=headers).json["job"]["id"] != first["id"]


def test_a_key_with_another_body_is_refused(world: World) -> None:
    world.submit(SITE, headers={"Idempotency-Key": "k"})

    answer = world.submit("https://example.com/other", headers={"Idempotency-Key": "k"})

    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert len(world.messages()) == 1


def test_a_key_of_another_user_means_nothing(world: World) -> None:
    world.submit(SITE, headers={"Idempotency-Key": "k"})

    answer = world.submit("https://example.com/x", user=BOB, headers={"Idempotency-Key": "k"})

    assert answer.status == 202


def test_a_refused_request_does_not_burn_its_key(world: World) -> None:
    headers = {"Idempotency-Key": "k"}
    assert world.submit("ftp://example.com/", headers=headers).status == 422

    assert world.submit(SITE, headers=headers).status == 202


@pytest.mark.parametrize(
    "key", ["", '""', "k" * 256, "a\tb", "schlüssel", '"open', '"a" b', "\x7f"]
)
def test_a_malformed_key_is_refused(world: World, key: str) -> None:
    answer = world.submit(SITE, headers={"Idempotency-Key": key})

    assert (answer.status, answer.code) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://user:secret@example.com/",
        "https://example.com/" + "a" * 2048,
        "javascript:alert(1)",
    ],
)
def test_a_url_that_is_not_public_is_refused(world: World, url: str) -> None:
    answer = world.submit(url)

    assert (answer.status, answer.code) == (422, "invalid_url")
    assert [error["field"] for error in answer.json["errors"]] == ["url"]


def test_a_webhook_that_is_not_public_is_refused(world: World) -> None:
    answer = world.submit(SITE, webhookUrl="http://10.0.0.1/hook")

    assert (answer.status, answer.code) == (422, "invalid_url")
    assert [error["field"] for error in answer.json["errors"]] == ["webhookUrl"]


def test_a_private_address_is_accepted_where_private_networks_are_allowed() -> None:
    with a_world(STAGE="local", ALLOW_PRIVATE_NETWORKS="true") as world:
        assert world.submit("http://127.0.0.1:8001/").status == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": None}, "url"),
        ({"url": 5}, "url"),
        ({"url": SITE, "urls": []}, "urls"),
        ({"url": SITE, "webhook_url": SITE}, "webhook_url"),
        ({"url": SITE, "force": "true"}, "force"),
        ({"url": SITE, "force": 1}, "force"),
        ({"url": SITE, "options": None}, "options"),
        ({"url": SITE, "options": {"max_pages": 5}}, "options.max_pages"),
        ({"url": SITE, "options": {"maxPages": 0}}, "options.maxPages"),
        ({"url": SITE, "options": {"maxPages": 2001}}, "options.maxPages"),
        ({"url": SITE, "options": {"maxPages": "10"}}, "options.maxPages"),
        ({"url": SITE, "options": {"maxPages": True}}, "options.maxPages"),
        ({"url": SITE, "options": {"maxPages": 10**400}}, "options.maxPages"),
        ({"url": SITE, "options": {"maxDepth": -1}}, "options.maxDepth"),
        ({"url": SITE, "options": {"maxDepth": 21}}, "options.maxDepth"),
        ({"url": SITE, "options": {"formats": []}}, "options.formats"),
        ({"url": SITE, "options": {"formats": ["epub"]}}, "options.formats.0"),
        ({"url": SITE, "options": {"include": "/docs"}}, "options.include"),
        ({"url": SITE, "options": {"exclude": [""]}}, "options.exclude.0"),
        ({"url": SITE, "options": {"title": ""}}, "options.title"),
        ({"url": SITE, "options": {"title": " \u00a0\u3000"}}, "options.title"),
        ({"url": SITE, "options": {"title": "a\nb"}}, "options.title"),
        ({"url": SITE, "options": {"title": "a\u0000"}}, "options.title"),
        ({"url": SITE, "options": {"title": "\u001b[31ma"}}, "options.title"),
    ],
)
def test_a_body_that_breaks_the_schema_is_refused_by_field(
    world: World, body: dict[str, Any], field: str
) -> None:
    answer = world.call("POST", "/api/generate-docs", body=body)

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert world.calls == []


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "5"])
def test_json_that_is_no_object_breaks_the_schema(world: World, body: str) -> None:
    answer = world.call("POST", "/api/generate-docs", body=body)

    assert answer.status == 422
    assert answer.json["errors"] == [{"field": "", "message": "Input should be an object"}]


@pytest.mark.parametrize("title", ["a", " a b ", "ä" * 200, "例え 📚"])
def test_a_title_is_any_line_of_text(world: World, title: str) -> None:
    answer = world.submit(SITE, options={"title": title})

    assert answer.json["job"]["options"]["title"] == title


@pytest.mark.parametrize("path", ["/api/generate-docs", "/api/generate-docs/batch"])
def test_what_belongs_into_the_body_is_refused_in_the_query(world: World, path: str) -> None:
    body = {"url": SITE} if path == "/api/generate-docs" else {"items": [{"url": SITE}]}
    answer = world.call("POST", path, body=body, query={"force": "true"})

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.json["errors"][0]["field"] == "force"
    assert world.calls == []


def test_the_quota_is_told_with_every_submission(world: World) -> None:
    first, second = world.submit(f"{SITE}1"), world.submit(f"{SITE}2")

    policy = '"submissions";q=60;w=60, "unfinished";q=200;qu="concurrent-requests"'
    assert first.headers["RateLimit-Policy"] == policy
    assert first.headers["RateLimit"].startswith('"submissions";r=59;t=')
    assert second.headers["RateLimit"].startswith('"submissions";r=58;t=')


def test_over_the_quota_of_submissions_nothing_is_admitted() -> None:
    with a_world(SUBMISSIONS_PER_MINUTE="3") as world:
        admitted = [world.submit(f"{SITE}{n}").status for n in range(3)]

        answer = world.submit(f"{SITE}3")

        seconds = int(answer.headers["Retry-After"])
        assert admitted == [202] * 3
        assert (answer.status, answer.code) == (429, "quota_exceeded")
        assert answer.headers["RateLimit"] == f'"submissions";r=0;t={seconds}'
        assert world.submit(SITE, user=BOB).status == 202

        world.clock.advance(seconds=seconds)
        assert world.submit(f"{SITE}3").status == 202


def test_over_the_quota_of_unfinished_jobs_nothing_is_admitted() -> None:
    with a_world(UNFINISHED_JOBS_LIMIT="2") as world:
        first, _ = world.submit(f"{SITE}1"), world.submit(f"{SITE}2")

        refused = world.submit(f"{SITE}3")

        assert refused.status == 429
        assert '"unfinished";r=0' in refused.headers["RateLimit"]
        assert int(refused.headers["Retry-After"]) >= 1

        world.call("POST", f"/api/jobs/{first.json['job']['id']}/cancel")
        assert world.submit(f"{SITE}3").status == 202


def test_when_the_queue_does_not_answer_nothing_is_left_behind(world: World) -> None:
    world.cut_off.add("sqs")

    answer = world.submit(SITE, headers={"Idempotency-Key": "k"})

    assert (answer.status, answer.code) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert world.call("GET", "/api/jobs").json["jobs"] == []

    world.cut_off.clear()
    assert world.submit(SITE, headers={"Idempotency-Key": "k"}).status == 202


def batch(world: World, *items: object, **more: Any) -> Any:
    return world.call("POST", "/api/generate-docs/batch", body={"items": items}, **more)


def test_a_batch_has_an_entry_for_every_item_in_order(world: World) -> None:
    answer = batch(world, {"url": f"{SITE}1"}, {"url": f"{SITE}2"}, {"url": f"{SITE}1"})

    entries = answer.json["items"]
    assert answer.status == 202
    assert [entry["status"] for entry in entries] == [202, 202, 200]
    assert [entry["job"]["url"] for entry in entries] == [f"{SITE}1", f"{SITE}2", f"{SITE}1"]
    assert "RateLimit" in answer.headers


def test_one_bad_item_never_sinks_the_others(world: World) -> None:
    answer = batch(world, {"url": "ftp://x"}, 5, {"url": SITE}, {"url": SITE, "nonsense": 1})

    entries = answer.json["items"]
    assert [entry["success"] for entry in entries] == [False, False, True, False]
    assert [entry.get("code") for entry in entries] == [
        "invalid_url",
        "invalid_request",
        None,
        "invalid_request",
    ]
    assert len(world.messages()) == 1


@pytest.mark.parametrize("count", [0, schemas.MAX_BATCH + 1])
def test_a_batch_has_1_to_25_items(world: World, count: int) -> None:
    answer = batch(world, *[{"url": SITE}] * count)

    assert (answer.status, answer.code) == (422, "invalid_request")


def test_a_batch_goes_as_far_as_the_quota() -> None:
    with a_world(SUBMISSIONS_PER_MINUTE="2") as world:
        answer = batch(world, *({"url": f"{SITE}{n}"} for n in range(4)))

        assert [entry["status"] for entry in answer.json["items"]] == [202, 202, 429, 429]
        assert int(answer.headers["Retry-After"]) >= 1


def test_a_repeated_batch_finds_the_same_jobs(world: World) -> None:
    items = [{"url": SITE, "force": True}, {"url": "nonsense"}, {"url": f"{SITE}2", "force": True}]
    headers = {"Idempotency-Key": "k"}
    first = batch(world, *items, headers=headers).json["items"]

    second = batch(world, *items, headers=headers).json["items"]

    assert [entry["status"] for entry in second] == [200, 422, 200]
    assert [second[n]["job"]["id"] for n in (0, 2)] == [first[n]["job"]["id"] for n in (0, 2)]


@pytest.mark.parametrize("first", [{"url": f"{SITE}2"}, {"url": "other nonsense"}, 7, None])
def test_a_key_with_another_batch_is_refused_as_a_whole(world: World, first: Any) -> None:
    headers = {"Idempotency-Key": "k"}
    batch(world, {"url": "nonsense"}, {"url": SITE}, headers=headers)

    answer = batch(world, first, {"url": SITE}, headers=headers)

    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert len(world.messages()) == 1


def test_when_the_queue_does_not_answer_a_batch_is_not_tried_to_its_end(world: World) -> None:
    world.cut_off.add("sqs")

    answer = batch(world, *({"url": f"{SITE}{n}"} for n in range(25)))

    assert {entry["code"] for entry in answer.json["items"]} == {"unavailable"}
    assert world.calls.count("SendMessage") == 1
    assert json.dumps(answer.json).count('"status": 503') == 25


def test_submissions_are_counted_by_what_became_of_them(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.submit(SITE), world.submit(SITE), world.submit("ftp://example.com/")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = [line for line in lines if "_aws" in line]
    assert [line.get("JobsSubmitted") for line in counted if "JobsSubmitted" in line] == [[1.0]]
    assert [line.get("JobsRepeated") for line in counted if "JobsRepeated" in line] == [[1.0]]
    refused = [line["code"] for line in counted if "SubmissionsRefused" in line]
    assert refused == ["invalid_url"]
