"""template.yaml after the SAM transform, as CloudFormation gets it."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

PATH = Path("template.yaml")
BUILT = {"CodeUri": "s3://bucket/code.zip", "ContentUri": "s3://bucket/layer.zip"}

Properties = Mapping[str, Any]


def source() -> dict[str, Any]:
    """The template as it is written."""
    return dict(yaml_parse(PATH.read_text()))


@cache
def transformed(**parameters: str) -> dict[str, Any]:
    """The template after the transform, with other parameters than the defaults where named."""
    template = source()
    for name, value in parameters.items():
        template["Parameters"][name]["Default"] = value
    template["Globals"]["Function"]["CodeUri"] = BUILT["CodeUri"]
    for resource in template["Resources"].values():
        if "ContentUri" in resource.get("Properties", {}):
            resource["Properties"]["ContentUri"] = BUILT["ContentUri"]
    no_policies = SimpleNamespace(load=dict)
    with patch.dict("os.environ", AWS_DEFAULT_REGION="us-east-1"):
        return dict(transform(template, {}, no_policies))


def resources(kind: str, **parameters: str) -> dict[str, Properties]:
    """The properties of every resource of a type, by logical name."""
    return {
        name: resource.get("Properties", {})
        for name, resource in transformed(**parameters)["Resources"].items()
        if resource["Type"] == kind
    }


def default(parameter: str) -> str:
    """A parameter's default."""
    return str(source()["Parameters"][parameter].get("Default", ""))


def number(value: Any) -> int:
    """A number, or what a parameter's default makes of `!Ref` and `!Sub`."""
    match value:
        case {"Ref": name}:
            return int(default(name))
        case {"Fn::Sub": text}:
            for name in source()["Parameters"]:
                text = text.replace("${" + name + "}", default(name))
            return int(text)
    return int(value)


def statements() -> Iterator[tuple[str, Properties]]:
    """Every statement of the functions' policies, with the name of its role."""
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role.get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement
