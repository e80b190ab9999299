import re
from pathlib import Path

import pytest

from tests.support import template

PARAMETERS = template.source()["Parameters"]
CONTRACT = {
    "Stage": "dev",
    "SupabaseUrl": "",
    "SupabaseJwtSecretArn": "",
    "WorkerConcurrency": "5",
    "MaxAttempts": "3",
    "BackoffBaseSeconds": "5",
    "CompletedRetentionDays": "7",
    "FailedRetentionDays": "14",
    "AllowedOrigins": "",
    "AlarmEmail": "",
    "AllowPrivateNetworks": "false",
}


def accepts(parameter: str, value: str) -> bool:
    return re.fullmatch(PARAMETERS[parameter]["AllowedPattern"], value) is not None


@pytest.mark.parametrize(("parameter", "default"), CONTRACT.items())
def test_a_setting_has_the_default_that_operators_know(parameter: str, default: str) -> None:
    assert template.default(parameter) == default


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_is_described_and_held_to_something(parameter: str) -> None:
    constraints = {"AllowedPattern", "AllowedValues", "MinValue"}

    assert PARAMETERS[parameter]["Description"]
    assert constraints & set(PARAMETERS[parameter])


def test_every_parameter_is_in_a_group() -> None:
    interface = template.source()["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]

    assert sorted(grouped) == sorted(PARAMETERS)


def test_private_networks_are_for_the_local_stage() -> None:
    (rule,) = template.source()["Rules"].values()

    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "AllowPrivateNetworks"}, "true"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Stage"}, "local"]}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("SupabaseUrl", "https://abcdefghijklmnopqrst.supabase.co"),
        ("SupabaseUrl", "http://127.0.0.1:54321"),
        ("SupabaseUrl", "http://localhost:54321"),
        ("SupabaseJwtSecretArn", ""),
        ("SupabaseJwtSecretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt-a1B2c3"),
        ("AllowedOrigins", "https://app.example.com,http://localhost:3000"),
        ("AlarmEmail", "ops@example.com"),
    ],
)
def test_a_sensible_value_is_accepted(parameter: str, value: str) -> None:
    assert accepts(parameter, value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("SupabaseUrl", ""),
        ("SupabaseUrl", "https://abcdefghijklmnopqrst.supabase.co/"),
        ("SupabaseUrl", "http://abcdefghijklmnopqrst.supabase.co"),
        ("SupabaseUrl", "https://supabase"),
        ("SupabaseJwtSecretArn", "my-jwt-secret"),
        ("AllowedOrigins", "*"),
        ("AllowedOrigins", "https://app.example.com/"),
        ("AllowedOrigins", "https://a.example.com https://b.example.com"),
        ("AlarmEmail", "ops"),
    ],
)
def test_a_mistaken_value_is_refused(parameter: str, value: str) -> None:
    assert not accepts(parameter, value)


def test_the_readme_lists_every_setting_with_its_default_and_description() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+?) \|$", Path("README.md").read_text(), re.M)

    assert [(name, description) for name, _, description in rows] == [
        (name, parameter["Description"]) for name, parameter in PARAMETERS.items()
    ]
    empty = {"empty", "\N{EN DASH}"}
    assert [("" if told in empty else told.strip("`")) for _, told, _ in rows] == [
        template.default(name) for name in PARAMETERS
    ]
