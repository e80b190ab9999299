import zipfile
from pathlib import Path
from typing import Any

import pytest
from docsnap_client import Job

from local import demo
from local.deployment import ROOT

FIELDS: dict[str, Any] = {
    "id": "an-id",
    "url": "https://example.com/",
    "status": "active",
    "stage": "crawling",
    "progress": 40,
    "attempts": 1,
    "maxAttempts": 3,
    "error": None,
    "result": None,
}


class Api:
    """Answers with one state of the job after the other, and with a bundle."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self.states = [Job.from_answer(FIELDS | state) for state in states]

    def submit(self, url: str, *, force: bool) -> Job:
        return self.states.pop(0)

    def get(self, job_id: str) -> Job:
        return self.states.pop(0)

    def fetch(self, job_id: str, path: Path) -> Path:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", "{}")
            archive.writestr("html/index.html", "<!doctype html>")
        return path


def follow(*states: dict[str, Any], happening: str = "") -> Job:
    api: Any = Api(*states)
    return demo._follow(api, "https://example.com/", lambda: happening)


def test_progress_shows_the_stage_and_what_is_happening(capsys: pytest.CaptureFixture[str]) -> None:
    follow({}, {"status": "completed", "progress": 100}, happening=", 7 requests, /guide.html")

    shown = capsys.readouterr().out
    assert "40 %  crawling, 7 requests, /guide.html" in shown
    assert "100 %  completed" in shown


def test_a_further_attempt_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    follow({"attempts": 2}, {"status": "failed"})

    assert "crawling, attempt 2 of 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/", "example.com"),
        ("https://example.com/docs/v2/", "example.com-docs-v2"),
        ("http://127.0.0.1:8000/../../etc", "127.0.0.1-..-..-etc"),
    ],
)
def test_a_result_is_named_after_its_site_and_stays_below_out(url: str, name: str) -> None:
    assert demo._target(url) == ROOT / "out" / name


def test_a_result_replaces_the_last_one(tmp_path: Path) -> None:
    api: Any = Api()
    job = Job.from_answer(FIELDS)
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "old.html").write_text("")

    demo._fetch(api, job, tmp_path)

    assert not (tmp_path / "old.html").exists()
    assert (tmp_path / "html" / "index.html").is_file()


def test_a_directory_of_somebody_elses_is_not_emptied(tmp_path: Path) -> None:
    api: Any = Api()
    (tmp_path / "precious").write_text("")

    demo._fetch(api, Job.from_answer(FIELDS), tmp_path)

    assert (tmp_path / "precious").exists()
