from pathlib import Path

import pytest

from local import deployment
from local.errors import StackError


def test_parameters_are_pairs_separated_by_blanks() -> None:
    assert deployment.parse_parameters(" MaxAttempts=2  AllowedOrigins=https://a.example?x=1 ") == {
        "MaxAttempts": "2",
        "AllowedOrigins": "https://a.example?x=1",
    }


@pytest.mark.parametrize("text", ["MaxAttempts", "=3", "MaxAttempts 3"])
def test_what_is_no_parameter_is_named(text: str) -> None:
    with pytest.raises(StackError, match="PARAMS takes Key=Value"):
        deployment.parse_parameters(text)


def test_what_is_not_given_has_its_default_again_not_that_of_the_last_deployment() -> None:
    defaults = deployment.defaults((deployment.ROOT / "template.yaml").read_text())

    chosen = deployment.complete({"MaxAttempts": "2"}, defaults)

    assert chosen.keys() == defaults.keys()
    assert (chosen["MaxAttempts"], chosen["UnfinishedJobsLimit"]) == ("2", "200")
    assert (chosen["AlarmEmail"], chosen["Architecture"]) == ("", deployment.ARCHITECTURE)


@pytest.mark.parametrize(
    ("name", "hint"), [("MaxAttemps", " Did you mean MaxAttempts?"), ("Foo", "")]
)
def test_a_parameter_that_the_template_lacks_is_refused(name: str, hint: str) -> None:
    with pytest.raises(StackError) as refused:
        deployment.complete({name: "2"}, {"MaxAttempts": "3", "AlarmEmail": ""})

    assert str(refused.value) == f"template.yaml has no parameter {name}.{hint}"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("template.yaml", "samconfig.toml", "functions/api/handler.py", "layers/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["template.yaml", "functions/api/handler.py", "layers/new.py"])
def test_any_source_that_changes_asks_for_a_build(root: Path, name: str) -> None:
    before = deployment.source_digest()

    (root / name).write_text("changed")

    assert deployment.source_digest() != before


def test_compiled_files_and_documents_ask_for_none(root: Path) -> None:
    before = deployment.source_digest()

    (root / "functions" / "__pycache__").mkdir()
    (root / "functions" / "__pycache__" / "handler.pyc").write_text("compiled")
    (root / "README.md").write_text("changed")

    assert deployment.source_digest() == before
