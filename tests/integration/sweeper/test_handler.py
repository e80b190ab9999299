import pytest
from docsnap.jobs import WAITING

from tests.support.builders import a_job, stored
from tests.support.functions import EVENTS, Context, environment, event, loaded
from tests.support.system import System


@pytest.mark.parametrize("name", sorted(path.name for path in EVENTS.glob("sweeper-*.json")))
def test_every_sample_event_sweeps(system: System, name: str) -> None:
    long_ago = system.clock().replace(year=2020)
    job = stored(system.table, a_job(at=long_ago))

    with loaded("sweeper.handler", environment(system)) as handler:
        answer = handler.lambda_handler(event(name), Context(55_000))

    assert answer == {"overdue": 1, "repairs": {"resent_waiting": 1}, "complete": True}
    assert system.look(job).status is WAITING
    assert system.queue.depth().visible == 1
