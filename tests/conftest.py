from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from local.stack import EMULATOR, Stack
from tests.support.aws import ENDPOINT_VARIABLE

STACKS_OF_THEIR_OWN = {"test_api_fuzzing.py", "test_chaos.py", "test_queue.py", "test_tokens.py"}
"""Modules of `e2e` that bring up a stack for themselves, and so need not wait for the others."""

OF_ONE_PROCESS = {"test_sam_local.py"}
"""Other modules whose tests share what two processes cannot have at once: files, a port."""

# Neither an example nor the making of one is judged by its time: the machine may be busy.
settings.register_profile("docsnap", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("docsnap")


@pytest.fixture(scope="session", autouse=True)
def emulator_for_those_that_want_one(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Run an emulator if a test is about to be run that needs nothing but its endpoint."""
    wanted = any(
        "[endpoint" in item.name and "conformance" in item.nodeid for item in request.session.items
    )
    if not (wanted and Path(EMULATOR).exists()):
        yield
        return
    directory = tmp_path_factory.mktemp("emulator")
    with Stack(directory).emulator_alone() as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENDPOINT_VARIABLE, endpoint)
        yield


class WithOneStack(LoadGroupScheduling):
    """Spreads the tests over the workers, save those that share a deployed stack."""

    def _split_scope(self, nodeid: str) -> str:
        module = Path(nodeid.partition("::")[0])
        if module.name in OF_ONE_PROCESS:
            return module.name
        if module.parts[:2] != ("tests", "e2e"):
            return nodeid
        return module.name if module.name in STACKS_OF_THEIR_OWN else "stack"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WithOneStack:
    """Take the place of `--dist loadgroup`, whose marks this version of pytest loses."""
    return WithOneStack(config, log)
