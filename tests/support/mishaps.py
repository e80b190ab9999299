"""AWS calls that fail, or fail after having done their work; and how many there were.

Hooked into the clients themselves, so that whoever uses them is met.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError


class Mishaps:
    """What happens to the calls of some clients, by the name of the operation."""

    def __init__(self, *clients: Any) -> None:
        self.calls: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()
        self._hooks: dict[str, Callable[[], object]] = {}
        self._countdown = 0
        self._loses_answer = False
        self.struck: str | None = None
        """The operation that was made to fail."""
        self._clients = clients
        for client in clients:
            client.meta.events.register("before-call", self._on_call)
            client.meta.events.register("after-call", self._on_answer)

    def leave(self) -> None:
        """Let go of the clients, which others use too."""
        for client in self._clients:
            client.meta.events.unregister("before-call", self._on_call)
            client.meta.events.unregister("after-call", self._on_answer)

    def refuse(self, operation: str, times: int = 1_000_000) -> None:
        """Let calls fail that have done nothing."""
        self._before[operation] = times

    def lose_answer(self, operation: str, times: int = 1) -> None:
        """Let calls fail that have done their work."""
        self._after[operation] = times

    def strike(self, number: int, *, lose_answer: bool) -> None:
        """Let one call fail: the so-manieth from now, whatever it is."""
        self._countdown, self._loses_answer = number, lose_answer

    def before(self, operation: str, act: Callable[[], object]) -> None:
        """Do something, once, just before the operation is called next."""
        self._hooks[operation] = act

    def heal(self) -> None:
        """Let everything work again."""
        self._before.clear()
        self._after.clear()

    def _on_call(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        act = self._hooks.pop(model.name, None)
        if act:
            act()
        self._countdown -= 1
        if self._countdown == 0:
            self.struck = model.name
            if self._loses_answer:
                self.lose_answer(model.name)
            else:
                raise ConnectTimeoutError(endpoint_url="https://aws.test")
        if self._take(self._before, model.name):
            raise ConnectTimeoutError(endpoint_url="https://aws.test")

    def _on_answer(self, model: Any, **_: Any) -> None:
        if self._take(self._after, model.name):
            raise ReadTimeoutError(endpoint_url="https://aws.test")

    @staticmethod
    def _take(left: Counter[str], name: str) -> bool:
        if left[name] <= 0:
            return False
        left[name] -= 1
        return True
