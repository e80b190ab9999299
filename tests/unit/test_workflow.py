"""The workflow: what it runs, and with whose rights."""

import re
from pathlib import Path
from typing import Any

import yaml

TEXT = Path(".github/workflows/deploy.yml").read_text()
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]


def test_every_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    used = re.findall(r"uses: (\S+)(.*)$", TEXT, re.MULTILINE)

    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action, _ in used)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", comment) for _, comment in used)


def test_nothing_is_deployed_that_is_not_tested() -> None:
    assert JOBS["test"]["steps"][-1] == {"run": "bash .ci/run"}
    assert JOBS["deploy"]["needs"] == "test"
    assert "github.event_name == 'push'" in JOBS["deploy"]["if"]


def test_only_the_deployment_may_ask_for_credentials_and_there_is_no_key() -> None:
    assert yaml.safe_load(TEXT)["permissions"] == {"contents": "read"}
    assert "permissions" not in JOBS["test"]
    assert JOBS["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in TEXT


def test_every_variable_is_in_the_documentation() -> None:
    page = Path("docs/deployment.md").read_text()

    assert {f"`{name}`" for name in re.findall(r"vars\.(\w+)", TEXT)} <= set(
        re.findall(r"`\w+`", page)
    )
