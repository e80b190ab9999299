"""Which process made a call, and how is it killed, frozen or starved? Linux only."""

import os
import resource
import signal
import threading
from pathlib import Path

from local.processes import belongs

NAME = b"AWS_LAMBDA_FUNCTION_NAME="
ESTABLISHED = "01"


def function_of(pid: int) -> str | None:
    """Name the function that the process runs, or None if it runs none."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return next((line[len(NAME) :].decode() for line in variables if line.startswith(NAME)), None)


def caller(port: int, stack: Path) -> int | None:
    """Find the stack's process at whose end a connection to this machine has this port."""
    inode = _inode(port)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and function_of(int(entry.name)) and _has_open(entry, wanted):
            return int(entry.name) if belongs(int(entry.name), stack) else None
    return None


def kill(pid: int) -> None:
    """End the process at once; no code of its own runs any more."""
    _signal(pid, signal.SIGKILL)


def freeze(pid: int, seconds: float) -> None:
    """Stop the process, and let it go on later."""
    _signal(pid, signal.SIGSTOP)
    thaw = threading.Timer(seconds, _signal, (pid, signal.SIGCONT))
    thaw.daemon = True
    thaw.start()


def exhaust(pid: int) -> None:
    """Let the process have no memory beyond what it holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    held = pages * os.sysconf("SC_PAGE_SIZE")
    resource.prlimit(pid, resource.RLIMIT_AS, (held, held))


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it has ended by itself, which serves as well


def _inode(port: int) -> str | None:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == ESTABLISHED and int(fields[1].rpartition(":")[2], 16) == port:
            return fields[9]
    return None


def _has_open(process: Path, wanted: str) -> bool:
    try:
        return any(str(each.readlink()) == wanted for each in (process / "fd").iterdir())
    except OSError:
        return False
