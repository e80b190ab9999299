import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import processes, wait

FOREVER = "import threading; threading.Event().wait()"
PARENT = f"""
import os, subprocess, sys
from pathlib import Path
child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])
told = Path(os.environ['DOCSNAP_STACK'], 'told')
told.write_text(str(child.pid))
told.rename(told.with_name('child'))
child.wait()
"""


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
    assert wait.until(lambda: processes.belongs(pid, directory), within=30)
    return pid


def test_a_process_inherits_what_it_is_given_and_little_else(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "in the shell")

    started(directory, "import os; print(sorted(os.environ), flush=True); " + FOREVER)

    assert wait.until(lambda: (directory / "log").read_text().endswith("]\n"), within=30)
    assert "'COLOUR'" in (directory / "log").read_text()
    assert "'SECRET'" not in (directory / "log").read_text()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_process_is_its_stacks_and_no_others(
    directory: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = started(directory)
    if not (Path("/proc").exists() if platform == "linux" else shutil.which("ps")):
        pytest.skip("there is no way here to see a process's environment")
    monkeypatch.setattr(sys, "platform", platform)

    assert processes.belongs(pid, directory)
    assert not processes.belongs(pid, directory / "another")
    assert not processes.belongs(pid, directory.parent)


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
    child = directory / "child"
    assert wait.until(child.exists, within=30)
    child_pid = int(child.read_text())

    processes.end(pid, directory)

    assert wait.until(lambda: not processes.is_alive(child_pid), within=30)


def test_orphans_are_found_and_ended(directory: Path) -> None:
    pid = started(directory)

    assert processes.end_orphans(directory) == 1
    assert wait.until(lambda: not processes.is_alive(pid), within=30)
