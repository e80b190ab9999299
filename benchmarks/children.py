"""What does a process of its own take: time, CPU and memory?"""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a process took, its own children included."""

    seconds: float
    cpu: float
    peak_mb: float
    """Of the largest of its processes."""
    output: str


def run(
    command: Sequence[str | Path],
    *,
    variables: Mapping[str, str] | None = None,
    within: float = 600,
    keep_errors: bool = False,
) -> Taken:
    """Run a process to its end.

    Raises:
        RuntimeError: It failed, or took too long.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=environment(variables), stdout=output, stderr=errors, text=True
        )
        timer = _Alarm(child, within)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        timer.stop()
        seconds = time.perf_counter() - began
        output.seek(0)
        errors.seek(0)
        if child.returncode:
            raise RuntimeError(f"{command}: {errors.read()[-2000:]}")
        return Taken(
            seconds=seconds,
            cpu=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss / 1024,
            output=output.read() + (errors.read() if keep_errors else ""),
        )


class _Alarm:
    """Ends a process that takes too long."""

    def __init__(self, child: subprocess.Popen[str], seconds: float) -> None:
        self._timer = threading.Timer(seconds, child.kill)
        self._timer.start()

    def stop(self) -> None:
        """Let it be."""
        self._timer.cancel()
