"""Which processes belong to a stack, and how are they started and ended?

A stack's processes carry its directory in the environment variable `DOCSNAP_STACK`. So they are
found even when what started them is gone, and nobody else's process is ever taken for one.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import wait

MARK = "DOCSNAP_STACK"
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")


def start(
    command: Sequence[str | Path], *, directory: Path, log: Path, environment: Mapping[str, str]
) -> int:
    """Start a process in a group of its own, its output in `log`, and return its id.

    It inherits next to nothing: what happens to be set in a developer's shell would reach the
    functions, which run in the emulator's children.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        command[0],
        [str(part) for part in command],
        {**inherited, **environment, MARK: str(directory)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, append, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def is_alive(pid: int) -> bool:
    """Say whether the process runs. One that has ended and was not collected yet does not."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    if not sys.platform.startswith("linux"):
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def belongs(pid: int, directory: Path) -> bool:
    """Say whether the process runs and is the stack's: an id may be somebody else's by now."""
    if not is_alive(pid):
        return False
    if not sys.platform.startswith("linux"):
        return _is_marked(pid, directory)
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return f"{MARK}={directory}".encode() in variables


def _is_marked(pid: int, directory: Path) -> bool:
    """Ask `ps`, of which every system has one that shows the environment behind the command."""
    shown = subprocess.run(
        ["ps", "eww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True
    )
    return f" {MARK}={directory} " in f" {shown.stdout.strip()} "


def end(pid: int, directory: Path) -> None:
    """Ask the process to end, wait for it, and end what is left of its group."""
    if not belongs(pid, directory):
        return
    os.kill(pid, signal.SIGTERM)
    wait.until(lambda: not is_alive(pid), within=20)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    wait.until(lambda: not is_alive(pid), within=5)


def end_orphans(directory: Path) -> int:
    """End the stack's processes that outlived what started them; return how many there were."""
    if not sys.platform.startswith("linux"):
        return 0
    orphans = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and belongs(int(entry.name), directory)
    ]
    for pid in orphans:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return len(orphans)
