"""What is due in a table in which everything can be read."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from docsnap import queries
from docsnap.jobs import Delivery, Job
from docsnap.table import Table


def overdue(table: Table, shard: str, now: datetime) -> Iterator[Job]:
    return queries.overdue(table, shard, now, unreadable=pytest.fail)


def due_deliveries(table: Table, now: datetime) -> Iterator[Delivery]:
    return queries.due_deliveries(table, now, most_per_owner=1000, unreadable=pytest.fail)
