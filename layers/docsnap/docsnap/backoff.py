"""How long until the next attempt?"""

from datetime import timedelta
from random import Random

CAP = timedelta(minutes=15)
"""The longest wait, also for a site that asks for more with Retry-After."""


def backoff(
    attempt: int, *, base: timedelta, random: Random, retry_after: timedelta | None = None
) -> timedelta:
    """Choose the wait after the given attempt: exponential with full jitter, capped.

    A site's Retry-After is a lower bound, within the cap.
    """
    ceiling = min(CAP, base * (1 << min(attempt - 1, 32)))
    jittered = ceiling * random.random()
    return min(CAP, max(jittered, retry_after or timedelta()))
