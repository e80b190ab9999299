from datetime import timedelta
from random import Random

from docsnap.backoff import CAP, backoff
from hypothesis import given
from hypothesis import strategies as st

BASE = timedelta(seconds=5)


class Highest(Random):
    """Always draws as much as there is."""

    def random(self) -> float:
        return 1.0


def test_the_ceiling_doubles_with_each_attempt() -> None:
    ceilings = [backoff(n, base=BASE, random=Highest()).total_seconds() for n in (1, 2, 3, 4)]

    assert ceilings == [5, 10, 20, 40]


@given(st.integers(1, 10_000), st.integers(), st.integers(0, 10**6))
def test_no_wait_is_negative_or_beyond_the_cap(attempt: int, seed: int, retry_after: int) -> None:
    wait = backoff(
        attempt, base=BASE, random=Random(seed), retry_after=timedelta(seconds=retry_after)
    )

    assert timedelta() <= wait <= CAP


def test_waits_are_spread_over_all_of_the_span() -> None:
    random = Random(1)
    waits = [backoff(4, base=BASE, random=random).total_seconds() for _ in range(1000)]

    assert min(waits) < 2
    assert max(waits) > 38


def test_the_wait_a_site_asks_for_is_honoured_within_the_cap() -> None:
    asked = timedelta(minutes=2)

    assert backoff(1, base=BASE, random=Random(1), retry_after=asked) == asked
    assert backoff(1, base=BASE, random=Random(1), retry_after=timedelta(days=1)) == CAP
