import io
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from docsnap_client.__main__ import NOT_COMPLETED, REFUSED, main
from docsnap_client.progress import ProgressBar

from tests.support.scripted import Reply, a_script
from tests.unit.client.test_client import job_reply, problem, result_reply

ERROR = {"code": "page_gone", "message": "The page is gone.", "retryable": False}


def run(*arguments: str, replies: tuple[Reply, ...]) -> tuple[int, list[Any]]:
    with a_script(*replies) as script:
        status = main(["--url", script.url, "--token", "t", *arguments])
        return status, script.requests


def a_bundle() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("markdown/index.md", "# Hello")
    return buffer.getvalue()


def test_submit_follows_the_job_and_unpacks_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = a_bundle()
    status, requests = run(
        *("submit", "https://example.com/", "--max-pages", "5", "--format", "pdf"),
        *("--out", str(tmp_path)),
        replies=(
            job_reply(202),
            job_reply(status="active", stage="crawling", progress=40, attempts=1, etag='"1"'),
            job_reply(status="completed", progress=100),
            result_reply(bytes=len(bundle), sha256=sha256(bundle).hexdigest()),
            Reply(200, bundle),
        ),
    )

    assert status == 0
    assert b'"maxPages": 5' in requests[0][3]
    assert (tmp_path / "markdown" / "index.md").read_text() == "# Hello"
    assert not list(tmp_path.glob("*.zip"))
    told = capsys.readouterr()
    assert told.out.splitlines() == ["j1", str(tmp_path)]
    assert " 40 %  crawling" in told.err


def test_a_job_that_fails_is_told_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    failed = job_reply(status="failed", attempts=3, error=ERROR)

    status, _ = run("wait", "j1", replies=(failed,))

    assert status == NOT_COMPLETED
    assert "The page is gone. (page_gone)" in capsys.readouterr().err


def test_a_refusal_is_told_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    status, _ = run("cancel", "j1", replies=(problem(409, "wrong_state"),))

    assert status == REFUSED
    assert "docsnap: No. (wrong_state)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "path", "reply", "shown"),
    [
        (("show", "j1"), "/api/jobs/j1", job_reply(), '"maxAttempts": 3'),
        (("retry", "j1"), "/api/jobs/j1/retry", job_reply(202), "waiting"),
        (("cancel", "j1"), "/api/jobs/j1/cancel", job_reply(status="cancelled"), "cancelled"),
        (("secret",), "/api/webhook-secret", Reply(200, {"secret": "whsec_x"}), "whsec_x"),
        (
            ("secret", "--rotate"),
            "/api/webhook-secret/rotate",
            Reply(200, {"secret": "whsec_y"}),
            "whsec_y",
        ),
        (("stats",), "/api/jobs/stats", Reply(200, {"stats": {"total": 3}}), '"total": 3'),
        (
            ("events", "j1"),
            "/api/jobs/j1/events",
            Reply(200, {"events": [{"at": "t", "type": "fail", "status": None, "error": ERROR}]}),
            "The page is gone.",
        ),
        (
            ("list", "--status", "failed", "--limit", "5"),
            "/api/jobs?limit=5&status=failed",
            Reply(200, {"jobs": [], "nextCursor": None}),
            "",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_every_command_asks_for_its_thing(
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    path: str,
    reply: Reply,
    shown: str,
) -> None:
    status, requests = run(*arguments, replies=(reply,))

    assert status == 0
    assert requests[0][1] == path
    assert shown in capsys.readouterr().out


def test_an_earlier_job_is_told_to_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    reply = job_reply(200)
    reply.body["duplicate"] = True

    status, _ = run("submit", "https://example.com/", "--no-wait", replies=(reply,))

    told = capsys.readouterr()
    assert (status, told.out) == (0, "j1\n")
    assert "--force" in told.err


def test_a_place_that_cannot_be_written_to_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file")

    status, _ = run("fetch", "j1", "--out", str(tmp_path / "taken"), replies=(result_reply(),))

    assert status == NOT_COMPLETED
    assert capsys.readouterr().err.startswith("docsnap: ")


def test_one_format_can_be_fetched(tmp_path: Path) -> None:
    status, requests = run(
        *("fetch", "j1", "--format", "pdf", "--out", str(tmp_path)),
        replies=(result_reply(), Reply(200, b"documentation")),
    )

    assert status == 0
    assert "format=pdf" in requests[0][1]
    assert (tmp_path / "documentation.pdf").read_bytes() == b"documentation"


def test_without_an_address_the_usage_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCSNAP_URL", raising=False)

    with pytest.raises(SystemExit) as caught:
        main(["--token", "t", "stats"])

    assert caught.value.code == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_that_changes() -> None:
    terminal = Terminal()

    with ProgressBar(terminal) as bar:
        bar.show(0, "waiting, second in line")
        bar.show(50, "crawling")
        bar.show(50, "crawling")

    first, second = terminal.getvalue().rstrip("\n").split("\r")[1:]
    assert len(second) == len(first)
    assert second.startswith("[###############---------------]  50 %  crawling")


def test_a_log_gets_a_line_for_every_change() -> None:
    log = io.StringIO()

    with ProgressBar(log) as bar:
        for percent in (0, 0, 50):
            bar.show(percent, "crawling")

    assert len(log.getvalue().splitlines()) == 2


def test_a_line_never_wraps_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()

    with ProgressBar(terminal) as bar:
        bar.show(50, "crawling, /a/very/long/path/of/a/page/that/nobody/needs/to/read/in/full")

    assert len(terminal.getvalue().strip("\r\n")) == 59
