"""What is a page's file called, so that it fits every file system and leaves no folder?"""

from __future__ import annotations

import os.path
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE_SUFFIXES = re.compile(r"\.(?:x?html?|php\d?|aspx?|jsp|mdx?|rst|txt)$", re.IGNORECASE)
RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
"""What Windows keeps for devices, whatever the extension."""
OWN_NAMES = frozenset({"readme", "documentation", "contents", "_assets", "_images"})
"""Names in the bundle that are ours, so that no page may take them."""
COMPONENT_BYTES = 60
STEM_BYTES = 160  # with the folder it is unpacked to, below the 260 characters of Windows
DEEPEST = 8

_UNSAFE = re.compile(r"[^\w.+-]+")
_FOLDER_LIKE_FILE = re.compile(r"\.(?=(?:html|md)$)")


def base_folder(paths: Iterable[str]) -> str:
    """The folder that all URL paths share, with its slashes: `/docs/` of `/docs/a`, `/docs/b/c`."""
    folders = {path[: path.rfind("/") + 1] or "/" for path in paths}
    if not folders:
        return "/"
    common = os.path.commonpath(folders)
    return common if common.endswith("/") else common + "/"


class Names:
    """Hands out path stems, each once: no two differ by case alone, none clashes with a folder."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._taken: set[str] = set()

    def reserve(self, stem: str) -> str:
        """Take a stem for the caller, changed by a number when it is taken already."""
        candidate, count = stem, 1
        while self._fold(candidate) in self._taken or self._fold(candidate) in OWN_NAMES:
            count += 1
            candidate = f"{stem}-{count}"
        self._taken.add(self._fold(candidate))
        return candidate

    def stem(self, url: str) -> str:
        """Name the page at `url`: its path below the base folder, made safe, without extension."""
        parts = urlsplit(url)
        path = unquote(parts.path) or "/"
        path = path.removeprefix(unquote(self._base)) if self._base != "/" else path
        *folders, name = path.split("/")
        stem = PAGE_SUFFIXES.sub("", name) or "index"
        stem = "index" if stem.lower() == "readme" else stem
        if parts.query:
            stem = f"{stem}-{unquote(parts.query)}"
        safe = [_component(folder) for folder in folders if folder.strip("./ ")][:DEEPEST]
        # A folder named like a file could be in the way of that very file.
        safe = [_FOLDER_LIKE_FILE.sub("-", folder) for folder in safe]
        if safe and safe[0].lower() in OWN_NAMES:
            safe[0] += "-"
        whole = "/".join([*safe, _component(stem)])
        if len(whole.encode()) > STEM_BYTES:
            whole = "/".join([*safe[:1], _component(stem)])
        return self.reserve(whole)

    @staticmethod
    def _fold(stem: str) -> str:
        return unicodedata.normalize("NFKC", stem).casefold()


def _component(text: str) -> str:
    """One name of a path: letters, digits and `.+-_` only, never empty, hidden or reserved."""
    text = _UNSAFE.sub("-", unicodedata.normalize("NFC", text)).strip("-. ")
    while len(text.encode()) > COMPONENT_BYTES:
        text = text[:-1]
    text = text.strip("-. ") or "page"
    return f"{text}-" if text.split(".")[0].lower() in RESERVED_NAMES else text
