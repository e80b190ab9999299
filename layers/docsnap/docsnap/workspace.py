"""Where does an attempt put its files, and who removes them when it cannot?"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PREFIX = "docsnap-"


@contextmanager
def workspace(root: Path) -> Iterator[Path]:
    """Give a directory of its own, and remove it with all that is in it.

    A killed worker removes nothing. The kernel does release its locks, though, so that whoever
    comes next can tell its directory from one in use, and removes it.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / f"{PREFIX}lock").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # nobody takes a directory before its own lock is held
        _remove_abandoned(root)
        directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        lock = (directory / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _remove_abandoned(root: Path) -> None:
    for lock_path in root.glob(f"{PREFIX}*/lock"):
        with lock_path.open("w") as lock:
            if _is_free(lock):
                shutil.rmtree(lock_path.parent, ignore_errors=True)


def _is_free(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
