"""How does one wait for something without counting on time?"""

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], *, within: float, every: float = 0.05) -> bool:
    """Ask again and again, and say whether the condition came true in time (seconds)."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(every)
    return True
