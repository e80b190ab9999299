"""The `docsnap` command as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.deployment import ROOT
from local.site_server import served
from tests.support.callers import NO_JOB, Caller

pytestmark = [pytest.mark.slow, pytest.mark.stack]


def docsnap(caller: Caller, *arguments: str) -> tuple[int, str, str]:
    environment = {
        **os.environ,  # noqa: TID251 -- a process of its own
        "PYTHONPATH": str(ROOT / "client"),
        "DOCSNAP_URL": str(caller.stack.describe()["apiUrl"]),
        "DOCSNAP_TOKEN": caller.stack.token(caller.name),
    }
    done = subprocess.run(
        [sys.executable, "-m", "docsnap_client", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_site_is_submitted_followed_and_unpacked_in_one_go(ada: Caller, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    with served() as (url, _):
        status, said, progress = docsnap(
            ada, "submit", url, "--format", "markdown", "--title", "A site", "--out", out
        )
    job_id, where = said.splitlines()

    assert (status, where) == (0, out)
    assert progress.splitlines()[-1].endswith("100 %  completed")
    assert json.loads(Path(out, "manifest.json").read_text())["title"] == "A site"
    assert "completed" in docsnap(ada, "events", job_id)[1]
    assert json.loads(docsnap(ada, "show", job_id)[1])["result"]["formats"] == ["markdown"]
    assert docsnap(ada, "wait", job_id)[0] == 0
    fetched = docsnap(ada, "fetch", job_id, "--format", "markdown", "--out", out)
    assert fetched == (0, f"{out}/documentation.md\n", "")
    assert docsnap(ada, "fetch", job_id, "--format", "pdf", "--out", out)[0] == 3


def test_a_job_is_listed_counted_cancelled_and_retried(ada: Caller) -> None:
    with ada.stack.workers_paused():
        job_id = docsnap(ada, "submit", "http://127.0.0.1:9/", "--no-wait")[1].strip()
        again = docsnap(ada, "submit", "http://127.0.0.1:9/", "--no-wait")
        listed = docsnap(ada, "list", "--status", "waiting")[1]
        counted = json.loads(docsnap(ada, "stats")[1])["stats"]
        cancelled = docsnap(ada, "cancel", job_id)
    failed = docsnap(ada, "submit", "http://127.0.0.1:1/")
    retried = docsnap(ada, "retry", failed[1].strip())

    assert again[1].strip() == job_id
    assert "--force" in again[2]
    assert listed == f"{job_id}  waiting      0 %  http://127.0.0.1:9/\n"
    assert (counted["waiting"], counted["total"]) == (1, 1)
    assert cancelled == (0, "cancelled\n", "")
    assert failed[0] == 1
    assert "(site_unreachable)" in failed[2]
    assert retried == (0, "waiting\n", "")


def test_what_is_refused_is_told_in_words(ada: Caller) -> None:
    assert docsnap(ada, "show", NO_JOB) == (
        3,
        "",
        "docsnap: There is no such job. (job_not_found)\n",
    )
    status, _, said = docsnap(ada, "submit", "ftp://example.com", "--max-pages", "0")
    assert status == 3
    assert "options.maxPages: " in said
    assert docsnap(ada, "secret")[1].startswith("whsec_")
