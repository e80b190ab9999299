"""How do volumes become one PDF?

Reads the plain form of PDF that the typesetter writes: one object after the other, none packed
into another. A volume's objects get new numbers and are otherwise copied; its catalog, bookmarks
and facts are left behind for those of the whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

SCHEME = "docsnap-page"
"""A link to another place of the book is set as a URL of this scheme, with the place's mark."""
ROOT, CATALOG, FACTS = 1, 2, 3  # the numbers of our own objects

_HEAD = re.compile(rb"(\d+) 0 obj\n")
_TOKEN = re.compile(rb"\((?:\\.|[^\\()])*\)|(\d+) 0 R")
_NAME = re.compile(rb"\(([^()\\]*)\)(\d+) 0 R")
_LINK = re.compile(
    rb"/A<</Type/Action/S/URI/URI\(" + SCHEME.encode() + rb":(h\d+\.\d+|part\d+)\)>>"
)
_DROPPED = re.compile(rb"<</(?:Type/(?:Catalog|Outlines)|Parent \d+ 0 R/(?:Next|Prev|Title|First))")
_PLACE = re.compile(rb"\[(\d+) 0 R/XYZ")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A heading of the book."""

    level: int
    text: str
    mark: str
    is_page: bool
    """It begins a page of the site (or a part), and so stands in the contents."""
    has_pages: bool = False
    """Other pages stand below it."""


class Binder:
    """Writes volumes behind each other as one PDF, holding one at a time."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._offsets: dict[int, int] = {}
        self._next = FACTS + 1
        self._volumes: list[tuple[int, int]] = []  # the root of the volume's pages; their count
        self._front = 0
        self._places: dict[str, tuple[int, int]] = {}  # mark → object of the place, page number
        self.pages = 0
        """So far, without the front."""

    def close(self) -> None:
        """Close the file, whole or not."""
        self._file.close()

    def number_of(self, mark: str) -> int:
        """Say on which page a heading is."""
        return self._places.get(mark, (0, 1))[1]

    def add(self, path: Path) -> None:
        """Append a volume and take its file away."""
        root, count, places = self._copy(path)
        self._places |= {mark: (place, self.pages + page) for mark, (place, page) in places.items()}
        self._volumes.append((root, count))
        self.pages += count

    def add_front(self, path: Path) -> None:
        """Put the title page and the contents before everything else."""
        root, count, _ = self._copy(path)
        self._volumes.insert(0, (root, count))
        self._front = count

    def finish(self, bookmarks: list[Bookmark], title: str, stamp: datetime) -> None:
        """Write what belongs to the whole, and close the file."""
        first = self._write_bookmarks(bookmarks)
        names = " ".join(
            f"({mark}){place} 0 R" for mark, (place, _) in sorted(self._places.items())
        )
        names_number = self._append(f"<</Names[{names}]>>".encode())
        kids = " ".join(f"{root} 0 R" for root, _ in self._volumes)
        count = self.pages + self._front
        self._put(ROOT, f"<</Type/Pages/Count {count}/Kids[{kids}]>>".encode())
        labels = f"/PageLabels<</Nums[0<</S/r>> {self._front}<</S/D>>]>>"
        self._put(
            CATALOG,
            f"<</Type/Catalog/Pages {ROOT} 0 R/Outlines {first} 0 R/PageMode/UseOutlines{labels}"
            f"/Names<</Dests {names_number} 0 R>>"
            "/ViewerPreferences<</DisplayDocTitle true>>>>".encode(),
        )
        date = f"(D:{stamp:%Y%m%d%H%M%S}Z)"
        self._put(
            FACTS,
            f"<</Title{_text(title)}/Creator(DocSnap)/CreationDate{date}/ModDate{date}>>".encode(),
        )
        self._write_end()

    def _copy(self, path: Path) -> tuple[int, int, dict[str, tuple[int, int]]]:
        data = path.read_bytes()
        path.unlink()
        shift = self._next - 1
        objects = _objects(data)
        root, kids = 0, []
        catalog = b""
        spots: dict[int, int] = {}
        for number, body in objects:
            head, stream, rest = body.partition(b"stream\n")
            if head.startswith(b"<</Type/Catalog"):
                catalog = head
            elif head.startswith(b"<</Type/Pages"):
                root = number + shift
                kids = [int(kid) for kid in re.findall(rb"(\d+) 0 R", head)]
                head = head.replace(b"<</Type/Pages", b"<</Type/Pages/Parent 0 0 R", 1)
            elif place := _PLACE.match(head):
                spots[number] = int(place[1])
            if not _DROPPED.match(head):
                head = _LINK.sub(rb"/Dest(\1)", head)
                self._put(number + shift, _renumber(head, shift) + stream + rest)
        self._next = shift + max(number for number, _ in objects) + 1
        page_of = {kid: n for n, kid in enumerate(kids, start=1)}
        places = {
            mark.decode(): (int(place) + shift, page_of[spots[int(place)]])
            for mark, place in _NAME.findall(catalog.partition(b"/Dests")[2])
        }
        return root, len(kids), places

    def _write_bookmarks(self, bookmarks: list[Bookmark]) -> int:
        """Write the tree of bookmarks; give the number of its root."""
        root = self._next
        numbers = range(root + 1, root + 1 + len(bookmarks))
        self._next = root + 1 + len(bookmarks)
        children: dict[int, list[int]] = {root: []}
        parents: list[int] = []
        above: list[tuple[int, int]] = []
        for number, bookmark in zip(numbers, bookmarks, strict=True):
            while above and above[-1][0] >= bookmark.level:
                above.pop()
            parent = above[-1][1] if above else root
            parents.append(parent)
            children.setdefault(parent, []).append(number)
            above.append((bookmark.level, number))
        spots = {n: i for siblings in children.values() for i, n in enumerate(siblings)}
        for number, bookmark, parent in zip(numbers, bookmarks, parents, strict=True):
            siblings, spot = children[parent], spots[number]
            links = f"/Prev {siblings[spot - 1]} 0 R" if spot else ""
            if spot + 1 < len(siblings):
                links += f"/Next {siblings[spot + 1]} 0 R"
            links += _ends(children.get(number, []), is_open=False)
            self._put(
                number,
                f"<</Title{_text(bookmark.text)}/Parent {parent} 0 R{links}"
                f"/Dest({bookmark.mark})>>".encode(),
            )
        self._put(root, f"<</Type/Outlines{_ends(children[root], is_open=True)}>>".encode())
        return root

    def _append(self, body: bytes) -> int:
        number = self._next
        self._next += 1
        self._put(number, body)
        return number

    def _put(self, number: int, body: bytes) -> None:
        self._offsets[number] = self._file.tell()
        self._file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body.rstrip()))

    def _write_end(self) -> None:
        start = self._file.tell()
        self._file.write(b"xref\n0 %d\n0000000000 65535 f \n" % self._next)
        for number in range(1, self._next):
            offset = self._offsets.get(number)
            line = b"0000000000 65535 f \n" if offset is None else b"%010d 00000 n \n" % offset
            self._file.write(line)
        self._file.write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n"
            % (self._next, CATALOG, FACTS, start)
        )
        self._file.close()


def _objects(data: bytes) -> list[tuple[int, bytes]]:
    """Cut a file at the offsets its own table names."""
    start = int(data.rstrip().rsplit(b"\n", 2)[1])
    lines = data[start:].partition(b"trailer")[0].splitlines()[3:]
    offsets = sorted(int(line[:10]) for line in lines if line.rstrip().endswith(b"n"))
    found = []
    for offset, end in zip(offsets, [*offsets[1:], start], strict=True):
        head = _HEAD.match(data, offset)
        if head is None:
            raise ValueError("not a PDF of the typesetter's")
        found.append((int(head[1]), data[head.end() : data.rindex(b"endobj", offset, end)]))
    return found


def _renumber(head: bytes, shift: int) -> bytes:
    def moved(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            return match[0]  # a string, whatever it looks like inside
        number = int(match[1])
        return b"%d 0 R" % (number + shift if number else ROOT)

    return _TOKEN.sub(moved, head)


def _ends(children: list[int], *, is_open: bool) -> str:
    if not children:
        return ""
    count = len(children) if is_open else -len(children)
    return f"/First {children[0]} 0 R/Last {children[-1]} 0 R/Count {count}"


def _text(text: str) -> str:
    return f"<{'FEFF' + text.encode('utf-16-be', 'replace').hex().upper()}>"
