import pytest
from docsnap import telemetry


@pytest.fixture(autouse=True)
def no_invocation_sampled_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """One invocation in a hundred would write debug lines, where a test counts lines."""
    monkeypatch.setattr(telemetry, "DEBUG_SAMPLE", 0.0)
