"""Waiting for a condition, not for time."""

from collections.abc import Callable
from threading import Event
from time import monotonic


def until(condition: Callable[[], object], *, within: float = 5) -> None:
    """Wait until the condition holds; fail after so many seconds."""
    end, pause = monotonic() + within, Event()
    while not condition():
        if monotonic() > end:
            raise AssertionError(f"Nothing came of it within {within} s.")
        pause.wait(0.005)
