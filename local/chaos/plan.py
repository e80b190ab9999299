"""What shall go wrong, and how often? Everything that is left to chance comes from one seed."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What can happen to a call that a function makes to AWS."""

    REFUSED = "refused"
    """The connection breaks before the call arrives."""
    ERROR = "error"
    """The service answers 500 and has done nothing."""
    THROTTLED = "throttled"
    """The service answers that there are too many calls."""
    LATE = "late"
    """The call arrives, and is answered, late."""
    LOST_ANSWER = "lost answer"
    """The work is done, and the connection breaks."""
    LATE_ANSWER = "late answer"
    """The work is done, and answered late."""
    KILLED_BEFORE = "killed before"
    """The caller dies (SIGKILL), and the call does not arrive."""
    KILLED_AFTER = "killed after"
    """The work is done, and the caller dies before it learns of it."""
    FROZEN = "frozen"
    """The caller stands still until its lease has lapsed, and then goes on."""
    EXHAUSTED = "exhausted"
    """The caller gets no more memory."""


RATES = {
    Fault.REFUSED: 0.010,
    Fault.ERROR: 0.010,
    Fault.THROTTLED: 0.010,
    Fault.LATE: 0.010,
    Fault.LOST_ANSWER: 0.015,
    Fault.LATE_ANSWER: 0.010,
    Fault.KILLED_BEFORE: 0.005,
    Fault.KILLED_AFTER: 0.005,
    Fault.FROZEN: 0.003,
    Fault.EXHAUSTED: 0.003,
}
"""Share of the calls that meet each fault."""


@dataclass(slots=True)
class Plan:
    """Draws a fault for a call, or none. Several threads may ask."""

    random: Random
    rates: dict[Fault, float] = field(default_factory=lambda: dict(RATES))
    injected: Counter[Fault] = field(default_factory=Counter)
    is_active: bool = True
    """False while the stack is deployed and once only the aftermath is awaited."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self) -> Fault | None:
        """Choose what happens to a call."""
        with self._lock:
            if not self.is_active:
                return None
            dice = self.random.random()
            for fault, rate in self.rates.items():
                if dice < rate:
                    return fault
                dice -= rate
            return None

    def count(self, fault: Fault) -> None:
        """Note that a fault was injected."""
        with self._lock:
            self.injected[fault] += 1

    def seconds(self, least: float, most: float) -> float:
        """Choose how long something takes."""
        with self._lock:
            return self.random.uniform(least, most)
