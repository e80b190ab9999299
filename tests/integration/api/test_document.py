import json
import re
import tomllib
from pathlib import Path

import pytest
from api import VERSION, problems
from api.openapi.document import compact, make_document, pretty
from api.page import STATIC
from api.routes import ROUTES
from docsnap.jobs import FORMATS
from docsnap_client import __version__
from jsonschema import Draft202012Validator, FormatChecker

from tests.support.api import World
from tests.support.openapi import document

ROOT = Path(__file__).parents[3]
UNDESCRIBED = {"/docs/problems", "/docs/assets/{name}"}
"""Parts of the page; no caller of the API needs them."""


def test_the_committed_document_is_what_the_models_say_now() -> None:
    made = make_document()

    assert (ROOT / "docs" / "openapi.json").read_text() == pretty(made), "run python -m api.openapi"
    assert (STATIC / "openapi.json").read_text() == compact(made), "run python -m api.openapi"


def test_the_document_is_served(world: World) -> None:
    answer = world.call("GET", "/openapi.json", user=None, headers={"Accept-Encoding": ""})

    assert answer.json == document()
    assert answer.json["openapi"].startswith("3.1.")


def test_every_route_is_described_and_nothing_else() -> None:
    described = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }

    assert described == {
        (route.method, route.path) for route in ROUTES if route.path not in UNDESCRIBED
    }


def test_exactly_the_open_routes_need_no_token() -> None:
    for route in ROUTES:
        if route.path not in UNDESCRIBED:
            operation = document()["paths"][route.path][route.method.lower()]
            assert (operation.get("security") == []) is route.is_open
            assert ("401" in operation["responses"]) is not route.is_open


def test_every_example_fits_its_schema() -> None:
    for path, value, schema in examples(document()["paths"]):
        validator = Draft202012Validator({**document(), **schema}, format_checker=FormatChecker())
        assert [error.message for error in validator.iter_errors(value)] == [], path


def examples(node: object, path: str = "") -> list[tuple[str, object, dict[str, object]]]:
    if isinstance(node, list):
        return [each for n, child in enumerate(node) for each in examples(child, f"{path}/{n}")]
    if not isinstance(node, dict):
        return []
    found = [each for name, child in node.items() for each in examples(child, f"{path}/{name}")]
    if "schema" in node and "example" in node:
        found.append((path, node["example"], node["schema"]))
    for name, example in node.get("examples", {}).items() if "schema" in node else ():
        found.append((f"{path}/{name}", example["value"], node["schema"]))
    return found


def test_every_error_has_an_example_that_fits() -> None:
    found = examples(document()["components"]["responses"])

    codes = set()
    for _, value, schema in found:
        Draft202012Validator({**document(), **schema}).validate(value)
        codes |= {value["code"]} if isinstance(value, dict) else set()
    assert codes == set(problems.catalogue()) - {"route_not_found", "method_not_allowed"}


@pytest.mark.parametrize("code", problems.catalogue())
def test_every_error_is_in_the_document_and_in_the_manual(code: str) -> None:
    manual = (ROOT / "docs" / "api.md").read_text()

    assert code in document()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert f"| `{code}` | {problems.catalogue()[code][0]} |" in manual


def test_the_manual_shows_every_route() -> None:
    manual = (ROOT / "docs" / "api.md").read_text()

    for route in ROUTES:
        if route.path not in UNDESCRIBED:
            assert f"{route.method} {re.sub(r'{job_id}', '{id}', route.path)}" in manual


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION == document()["info"]["version"] == __version__


def test_the_formats_are_those_of_the_jobs() -> None:
    assert document()["components"]["schemas"]["Format"]["enum"] == list(FORMATS)


def test_nothing_in_the_document_needs_another_host() -> None:
    schemes = re.findall(r"https?://[a-z0-9.-]+", json.dumps(document()))

    assert {each for each in schemes if "example" not in each} <= {
        "https://bucket.s3.amazonaws.com"
    }
