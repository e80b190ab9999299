import json
from pathlib import Path

import pytest

from local import erase, redrive, target

DESCRIBED = {"endpointUrl": "http://127.0.0.1:1", "region": "us-east-1"}
DESCRIBED |= {key: f"local {key}" for key in target.DESCRIBED.values()}
COMMANDS = {"redrive": (redrive, ["--all"]), "erase": (erase, ["--user", "ada"])}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    return tmp_path / "stack.json"


@pytest.mark.parametrize("options", [["--table", "jobs"], ["--endpoint-url", "http://a.example"]])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_stack_named_in_part_is_not_completed_from_the_local_one(
    stack: Path, command: str, options: list[str]
) -> None:
    stack.write_text(json.dumps(DESCRIBED))
    module, words = COMMANDS[command]

    with pytest.raises(SystemExit, match="Name all of --table, "):
        module.main([*words, *options])


@pytest.mark.parametrize("command", COMMANDS)
def test_with_nothing_named_the_local_stack_is_meant(stack: Path, command: str) -> None:
    module, words = COMMANDS[command]
    with pytest.raises(SystemExit, match="make up"):
        module.main(words)
    stack.write_text(json.dumps(DESCRIBED))

    place = module._place(module._arguments(words))

    assert place.table_name == "local tableName"
    assert place.dynamodb.meta.endpoint_url == DESCRIBED["endpointUrl"]
