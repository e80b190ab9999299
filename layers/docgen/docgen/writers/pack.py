"""How do folders become one zip file that is the same, byte for byte, for the same content?"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PACKED_ALREADY = frozenset({".png", ".jpg", ".gif", ".webp", ".pdf", ".docx", ".zip"})
CHUNK = 1 << 20


def pack(directory: Path, names: Iterable[str], path: Path, stamp: datetime) -> Path:
    """Pack files and folders of `directory`, sorted by name and all of them of one time."""
    found = [file for name in names for file in _files(directory / name)]
    with zipfile.ZipFile(path, "w") as bundle:
        for file in sorted(found, key=lambda file: file.relative_to(directory).as_posix()):
            name = PurePosixPath(file.relative_to(directory)).as_posix()
            add_file(bundle, name, file, stamp)
    return path


def add_file(bundle: zipfile.ZipFile, name: str, file: Path, stamp: datetime) -> None:
    """Add a file, read bit by bit."""
    with file.open("rb") as content, bundle.open(_info(name, stamp), "w") as member:
        shutil.copyfileobj(content, member, CHUNK)


def add_text(bundle: zipfile.ZipFile, name: str, text: str, stamp: datetime) -> None:
    """Add a text."""
    bundle.writestr(_info(name, stamp), text.encode())


def _info(name: str, stamp: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, stamp.utctimetuple()[:6])
    info.external_attr = 0o644 << 16
    if PurePosixPath(name).suffix not in PACKED_ALREADY:
        info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
