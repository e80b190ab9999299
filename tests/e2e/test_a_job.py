import json
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import pytest
from docsnap_client import Client, Job

from local import wait
from local.site_server import served
from tests.support.deployed import Deployed

pytestmark = pytest.mark.stack
WITHIN = 300.0
"""Seconds for a job and the cold starts before it."""


@pytest.fixture(scope="module")
def ann(stack: Deployed) -> Client:
    return stack.client("ann")


@pytest.fixture(scope="module")
def job(ann: Client) -> Job:
    """The sample site, documented once."""
    with served() as (url, _):
        return ann.wait(ann.submit(url).id, timeout=WITHIN)


@pytest.fixture(scope="module")
def bundle(ann: Client, job: Job, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(ann.fetch(job.id, directory / "bundle.zip")) as archive:
        archive.extractall(directory)
    return directory


def test_a_submitted_site_becomes_documentation(job: Job) -> None:
    assert job.status == "completed", job.error
    assert job.progress == 100
    assert job.result
    assert job.result["pages"] > 10


def test_the_bundle_holds_what_its_manifest_says(bundle: Path, job: Job) -> None:
    manifest: dict[str, Any] = json.loads((bundle / "manifest.json").read_text())

    assert manifest["url"] == job.url
    assert len(manifest["pages"]) == (job.result or {})["pages"]
    assert all((bundle / page["md"]).is_file() for page in manifest["pages"])


@pytest.mark.parametrize("name", ["markdown", "html", "json", "llms"])
def test_every_format_of_the_job_can_be_fetched(
    ann: Client, job: Job, name: str, tmp_path: Path
) -> None:
    assert ann.fetch(job.id, tmp_path / name, name).stat().st_size > 1000


def test_a_signed_link_needs_no_token(stack: Deployed, job: Job) -> None:
    redirect = stack.call("GET", f"/api/jobs/{job.id}/result", token=stack.token("ann"))

    assert redirect.status_code == 302
    assert httpx2.get(redirect.headers["location"]).content.startswith(b"PK")


def test_its_history_tells_how_it_went(ann: Client, job: Job) -> None:
    statuses = [event["status"] for event in ann.events(job.id)]

    assert statuses[0] == "waiting"
    assert "active" in statuses
    assert statuses[-1] == "completed"


def test_it_is_listed_and_counted(ann: Client, job: Job) -> None:
    assert job.id in {listed.id for listed in ann.list_jobs(status="completed")}
    assert ann.stats()["stats"]["completed"] >= 1
    assert ann.stats()["mode"] == "local"


def test_a_site_that_does_not_answer_fails_after_three_attempts(ann: Client) -> None:
    job = ann.wait(ann.submit("http://127.0.0.1:1/").id, timeout=WITHIN)

    assert (job.status, job.attempts) == ("failed", 3)
    assert job.error
    assert job.error["code"] == "site_unreachable"


def test_a_failed_job_becomes_a_dead_letter(ann: Client) -> None:
    ann.wait(ann.submit("http://127.0.0.1:2/").id, timeout=WITHIN)

    assert wait.until(lambda: ann.stats()["queue"]["deadLetter"] >= 1, within=60, every=1)


def test_a_host_that_is_unknown_is_not_tried_again(ann: Client) -> None:
    job = ann.wait(ann.submit("http://unknown.invalid/").id, timeout=WITHIN)

    assert (job.status, job.attempts) == ("failed", 1)
