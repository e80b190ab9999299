"""Waiting for a condition, not for time."""

from collections.abc import Callable
from threading import Event
from time import monotonic


def until(condition: Callable[[], object], *, within: float = 30) -> None:
    """Wait until the condition holds; fail after so many seconds."""
    end, pause, seconds = monotonic() + within, Event(), 0.005
    while not condition():
        if monotonic() > end:
            raise AssertionError(f"Nothing came of it within {within} s.")
        pause.wait(seconds)
        seconds = min(seconds * 1.2, 0.25)  # what takes long is not hurried by being asked
