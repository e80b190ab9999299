import json
from pathlib import Path

import pytest
from cfnlint.api import lint_file

from tests.support import template

RESOLVED_BY_THE_TRANSFORM = "W2001"
"""A parameter that the SAM transform reads is no longer referred to after it."""


@pytest.mark.parametrize("gradual", ["false", "true"])
def test_cloudformation_has_nothing_to_object_to(tmp_path: Path, gradual: str) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template.transformed(GradualDeployment=gradual)))

    found = [match for match in lint_file(path) if match.rule.id != RESOLVED_BY_THE_TRANSFORM]

    assert not found
