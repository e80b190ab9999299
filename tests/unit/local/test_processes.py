import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import processes, wait

FOREVER = "import threading; threading.Event().wait()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FOREVER!r}])"


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    processes.end_orphans(tmp_path)


def started(directory: Path, program: str = FOREVER) -> int:
    pid = processes.start(
        [sys.executable, "-c", program],
        directory=directory,
        log=directory / "log",
        environment={"COLOUR": "blue"},
    )
    assert wait.until(lambda: processes.belongs(pid, directory), within=10)
    return pid


def test_a_process_inherits_what_it_is_given_and_little_else(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "in the shell")

    started(directory, "import os; print(sorted(os.environ), flush=True); " + FOREVER)

    assert wait.until(lambda: (directory / "log").read_text().endswith("]\n"), within=10)
    assert "'COLOUR'" in (directory / "log").read_text()
    assert "'SECRET'" not in (directory / "log").read_text()


def test_a_process_is_its_stacks_and_no_others(directory: Path) -> None:
    pid = started(directory)

    assert processes.belongs(pid, directory)
    assert not processes.belongs(pid, directory / "another")


def test_an_ended_process_is_not_alive(directory: Path) -> None:
    pid = started(directory)

    processes.end(pid, directory)

    assert not processes.is_alive(pid)


def test_somebody_elses_process_is_left_alone(directory: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", FOREVER]) as other:
        processes.end(other.pid, directory)

        assert processes.is_alive(other.pid)
        other.kill()


def test_ending_a_process_ends_its_children(directory: Path) -> None:
    pid = started(directory, PARENT)
    assert wait.until(lambda: (directory / "log").exists(), within=5)

    processes.end(pid, directory)

    assert wait.until(lambda: processes.end_orphans(directory) == 0, within=5)


def test_orphans_are_found_and_ended(directory: Path) -> None:
    pid = started(directory)

    assert processes.end_orphans(directory) == 1
    assert wait.until(lambda: not processes.is_alive(pid), within=5)
