import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from docgen.errors import GenerateError
from docsnap.admission import Submission, submit
from docsnap.attempt import INTERNAL_ERROR, STORAGE_UNAVAILABLE
from docsnap.errors import QuotaExceeded
from docsnap.lifecycle import TIMED_OUT, TOO_LONG, WORKER_LOST
from docsnap.quotas import Quotas
from docsnap.telemetry import Metric

from local import erase, redrive
from tests.support import logs, template
from tests.support.aws import REGION, a_table, create_table, everything
from tests.support.builders import NOW, OWNER, a_job, stored
from tests.support.faults import FaultyQueue

TEXT = Path("docs/runbooks.md").read_text()
ALARMS = template.resources("AWS::CloudWatch::Alarm")
QUERIES = re.findall(r"^```\n((?:fields|filter|stats).*?)```", TEXT, re.MULTILINE | re.DOTALL)
SAVED = {
    name: properties["QueryString"]
    for name, properties in template.resources("AWS::Logs::QueryDefinition").items()
}


def sections(level: str) -> dict[str, str]:
    """The text below every heading of a level, by its anchor."""
    parts = re.split(rf"^{level} (.+)$", TEXT, flags=re.MULTILINE)
    bodies = (re.split(r"^#{1,3} ", body, flags=re.MULTILINE)[0] for body in parts[2::2])
    return {anchor(title): body for title, body in zip(parts[1::2], bodies, strict=True)}


def anchor(title: str) -> str:
    """GitHub's anchor of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def alarm_sections() -> Iterator[str]:
    head = TEXT.split("\n## Alarms\n")[1].split("\n## Procedures\n")[0]
    yield from re.findall(r"^### (.+)$", head, re.MULTILINE)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarms_link_leads_to_its_section(name: str) -> None:
    [link] = re.findall(r"docs/runbooks\.md#([a-z-]+)$", ALARMS[name]["AlarmDescription"])
    body = sections("###")[link]

    assert all(f"**{word}**" in body for word in ("Means", "Look", "Do", "Over when"))


def test_every_alarms_section_has_an_alarm() -> None:
    links = {properties["AlarmDescription"].partition("#")[2] for properties in ALARMS.values()}

    assert set(alarm_sections()) == links


def test_every_link_within_the_page_leads_somewhere() -> None:
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= set(sections("###"))


def test_every_alarms_section_has_a_query_to_paste() -> None:
    assert all("```\nfilter" in sections("###")[name] for name in alarm_sections())


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_what_is_logged(query: str) -> None:
    assert logs.asked(query) <= logs.fields()
    assert logs.messages_asked(query) <= logs.messages()


@pytest.mark.parametrize("name", SAVED)
def test_a_saved_query_asks_for_what_is_logged(name: str) -> None:
    assert logs.asked(SAVED[name]) <= logs.fields()
    assert logs.messages_asked(SAVED[name]) <= logs.messages()


def test_a_query_that_asks_for_something_else_is_noticed() -> None:
    query = 'filter messag = "Swept" and message in ["Swept", "Slept"] | stats max(overdue) as most'

    assert logs.asked(query) - logs.fields() == {"messag"}
    assert logs.messages_asked(query) - logs.messages() == {"Slept"}


def test_every_error_that_is_named_exists() -> None:
    known = {each.code for each in (INTERNAL_ERROR, STORAGE_UNAVAILABLE, TIMED_OUT, TOO_LONG)}
    known |= {WORKER_LOST.code, *(each.code for each in subclasses(GenerateError))}
    rows = re.findall(r"^\| (`.+?) \|", sections("###")["dead-letter-queue-depth"], re.MULTILINE)

    named = {code for row in rows for code in re.findall(r"`(\w+)`", row)}

    assert named
    assert named <= known


def subclasses(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_metric_parameter_and_resource_that_is_named_exists() -> None:
    source = template.source()
    known = {*source["Parameters"], *source["Resources"], *source["Outputs"], *set(Metric)}
    prose = re.sub(r"^ *```.*?^ *```", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`<?((?:[A-Z][a-z]+){2,})", prose))
    asked_for = set(re.findall(r"\$\(output (\w+)\)", TEXT))

    assert named
    assert named <= known
    assert asked_for <= set(source["Outputs"])


@pytest.mark.parametrize("command", [redrive, erase])
def test_every_option_of_our_commands_exists(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    name = command.__name__.rpartition(".")[2]
    lines = re.findall(rf"^.*(?:-m local\.{name}|^{name}) .*$", TEXT, re.MULTILINE)
    with pytest.raises(SystemExit):
        command.main(["--help"])
    known = capsys.readouterr().out

    options = {option for line in lines for option in re.findall(r"(--[a-z-]+)", line)}

    assert options
    assert all(option in known for option in options)


def test_copying_back_restores_what_is_missing_and_overwrites_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [script] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    code = re.sub(r"^   ", "", script, flags=re.MULTILINE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with a_table() as source:
        there, gone = stored(source, a_job()), stored(source, a_job())
        create_table(boto3.client("dynamodb"), "target")
        target = type(source)(source._client, "target")
        stored(target, a_job(key=there.key, progress=50))
        monkeypatch.setattr("sys.argv", ["copy_back.py", source.name, "target"])

        exec(code, {})

        jobs = {item["sk"]: item for item in everything(target) if item["sk"].startswith("JOB#")}
        assert jobs[f"JOB#{there.id}"]["progress"] == 50
        assert f"JOB#{gone.id}" in jobs
        assert f"JOB#{there.id}" in capsys.readouterr().out


def test_a_hostile_user_is_refused_until_it_is_taken_back() -> None:
    command = sections("###")["a-hostile-user"]
    [expression] = re.findall(r"--update-expression '(.+?)'", command)
    [number] = re.findall(r'"N":"(\d+)"', command)
    request = Submission(owner=OWNER, url="https://example.com/", body_hash="0")

    def add(value: str) -> None:
        table._client.update_item(
            TableName=table.name,
            Key={"pk": {"S": f"USER#{OWNER}"}, "sk": {"S": "QUOTA"}},
            UpdateExpression=expression,
            ExpressionAttributeValues={":n": {"N": value}},
        )

    with a_table() as table:
        add(number)
        with pytest.raises(QuotaExceeded):
            submit(table, FaultyQueue(), request, now=NOW, limits=Quotas())
        add(f"-{number}")
        assert submit(table, FaultyQueue(), request, now=NOW, limits=Quotas()).quota.remaining > 0
