"""Which fetched images may be shown, under what name, and how large are they?"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_PIXELS = 40_000_000
"""A larger picture would cost whoever opens it hundreds of megabytes."""
DEEPEST = 100
"""Elements of a drawing within each other; programs that draw it go through them recursively."""
COLUMN = 700
"""Pixels that a page of documentation is wide, for sizes in percent of it."""
DEFAULT_SIZE = (300, 150)  # of an SVG that names none, as in CSS

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
SVG_TAGS = frozenset(
    {
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "title",
        "desc",
        "defs",
        "symbol",
        "use",
        "marker",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
        "filter",
        "feBlend",
        "feColorMatrix",
        "feComposite",
        "feFlood",
        "feGaussianBlur",
        "feMerge",
        "feMergeNode",
        "feOffset",
        "feDropShadow",
        "switch",
        "style",
    }
)
"""What draws. No script, foreignObject, image, link or animation (which can set links)."""
_CSS_REACHES_OUT = re.compile(
    r"(?:url|src|image|image-set|cross-fade)\s*\(\s*['\"]?\s*[^#'\"\s]|@import|expression|\\",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"#[\w.:-]+")


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the bundle."""

    name: str
    """Of its file, the same in every format."""
    kind: str
    """`png`, `jpg`, `gif`, `webp` or `svg`."""
    width: int
    height: int
    """In pixels."""
    path: Path
    """Where its bytes are while the bundle is written."""


def shown(image: Image, size: str | None) -> Image:
    """Make an image as large as a page shows it; a photograph gains nothing beyond its own size."""
    if not size:
        return image
    if size[0] == "x":
        scale = float(size[1:]) / image.height
    elif size[-1] == "%":
        scale = float(size[:-1]) * COLUMN / 100 / image.width
    else:
        scale = float(size) / image.width
    if image.kind != "svg":
        scale = min(scale, 1.0)
    width, height = (max(1, round(side * scale)) for side in (image.width, image.height))
    return replace(image, width=width, height=height)


def collect(assets: Iterable[tuple[str, str, bytes]], folder: Path) -> dict[str, Image]:
    """Keep what is an image indeed, by URL, each content once."""
    folder.mkdir(parents=True, exist_ok=True)
    images: dict[str, Image] = {}
    for url, _, body in assets:
        checked = check(body)
        if checked is None:
            continue
        kind, (width, height), data = checked
        path = folder / f"{_stem(url)}-{sha256(data).hexdigest()[:8]}.{kind}"
        path.write_bytes(data)
        images[url] = Image(path.name, kind, width, height, path)
    return images


def check(body: bytes) -> tuple[str, tuple[int, int], bytes] | None:
    """Tell kind and size from the bytes, and give the bytes to be published; None if unfit.

    What the server says of the type counts for nothing. An SVG is rebuilt from what draws.
    """
    for kind, measure in _MEASURES.items():
        try:
            size = measure(body)
        except (struct.error, IndexError, ValueError):
            continue
        if size and 0 < size[0] * size[1] <= MOST_PIXELS:
            return kind, size, body
    cleaned = clean_svg(body)
    return ("svg", *cleaned) if cleaned else None


def _stem(url: str) -> str:
    name = unquote(urlsplit(url).path).rpartition("/")[2].partition(".")[0]
    return re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40].lower() or "image"


def _png(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    width, height = struct.unpack_from(">II", body, 16)
    return width, height


def _gif(body: bytes) -> tuple[int, int] | None:
    if body[:6] not in {b"GIF87a", b"GIF89a"}:
        return None
    width, height = struct.unpack_from("<HH", body, 6)
    return width, height


def _jpg(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at < len(body):
        marker, length = struct.unpack_from(">xBH", body, at)
        # The frame headers; C4, C8 and CC among their numbers are something else.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", body, at + 5)
            return width, height
        at += 2 + max(length, 2)
    return None


def _webp(body: bytes) -> tuple[int, int] | None:
    if body[:4] != b"RIFF" or body[8:12] != b"WEBP":
        return None
    if body[12:16] == b"VP8X":
        width = int.from_bytes(body[24:27], "little") + 1
        return width, int.from_bytes(body[27:30], "little") + 1
    if body[12:16] == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", body, 26)
    return width & 0x3FFF, height & 0x3FFF


_MEASURES = {"png": _png, "jpg": _jpg, "gif": _gif, "webp": _webp}


def clean_svg(body: bytes) -> tuple[tuple[int, int], bytes] | None:
    """Rebuild a drawing from the elements and attributes that only draw; None if it is none.

    A file of the bundle may be opened on its own, where an SVG is a document that runs scripts.
    """
    if b"<svg" not in body or b"<!ENTITY" in body:
        return None
    try:
        root = ET.fromstring(body)  # noqa: S314 - no entities; expat bounds what is left
    except (ET.ParseError, ValueError, LookupError):
        return None
    if root.tag != f"{{{SVG}}}svg":
        return None
    _clean_element(root)
    size = _svg_size(root)
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    return size, ET.tostring(root, encoding="utf-8")


def _clean_element(root: ET.Element) -> None:
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        for name, value in list(element.attrib.items()):
            if not _is_harmless(name, value):
                del element.attrib[name]
        for child in list(element):
            namespace, _, tag = str(child.tag).partition("}")
            draws = namespace == f"{{{SVG}" and tag in SVG_TAGS
            if (
                not draws
                or depth >= DEEPEST
                or (tag == "style" and _CSS_REACHES_OUT.search("".join(child.itertext())))
            ):
                element.remove(child)
            else:
                waiting.append((child, depth + 1))


def _is_harmless(name: str, value: str) -> bool:
    local = name.rpartition("}")[2].lower()
    if local == "href":
        return _LOCAL.fullmatch(value) is not None
    return not local.startswith("on") and local != "base" and not _CSS_REACHES_OUT.search(value)


def _svg_size(root: ET.Element) -> tuple[int, int]:
    box = re.findall(r"-?[\d.]+(?:e[-+]?\d+)?", root.get("viewBox", ""))
    fallback = (box[2], box[3]) if len(box) == 4 else DEFAULT_SIZE
    sides = []
    for name, other in zip(("width", "height"), fallback, strict=True):
        match = re.fullmatch(r"([\d.]+)(px|pt|mm|cm|in|em|ex)?", root.get(name, "").strip())
        try:
            number = float(match[1]) if match else float(other)
        except ValueError:
            number = 0
        scale = _PIXELS_PER.get(match[2] or "px", 1.0) if match else 1.0
        sides.append(min(max(1, round(number * scale)), 10_000))
    return sides[0], sides[1]


_PIXELS_PER = {"px": 1, "pt": 4 / 3, "mm": 3.78, "cm": 37.8, "in": 96, "em": 16, "ex": 8}
