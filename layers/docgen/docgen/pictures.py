"""What becomes of images and boxes within a line?"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

from docgen import inline
from docgen.tex import write_tex
from docgen.vocabulary import word_set
from docgen.walk import Closer, Walk, done, handles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docgen.tags import Tag

_EMOJI_CLASSES = word_set("emoji twemoji emojione gemoji")
_EMOJI = re.compile("[\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]{1,8}")
_LENGTH = re.compile(r"\s*(\d{1,4}(?:\.\d{1,9})?)\s*(px|%|em|rem)?\s*")
_STYLED = {name: re.compile(rf"(?:^|[;\s]){name}\s*:([^;]*)") for name in ("width", "height")}
_PIXELS = {"em": 16, "rem": 16}
_LEAST_SIZE = 8
EMBEDDED = "embedded:"
_LEAST_PLOT = 1_500  # characters
_FORMULA_CLASSES = word_set("math formulaInl formulaDsp latex tex mwe-math-fallback-image-inline")


@handles("image")
def open_image(walk: Walk, tag: Tag) -> Closer:
    """An image with its alternative text; a formula drawn as an image is its TeX."""
    attributes = tag.attributes
    alt = " ".join(attributes.get("alt", "").split())
    if not tag.classes.isdisjoint(_FORMULA_CLASSES):
        walk.inline.append(walk.phrases.hold(write_tex(alt)))
        return done
    if walk.heading_depth and not alt:
        return done
    source = (attributes.get("src") or "").strip()
    if not source or (source.startswith("data:") and attributes.get("data-src")):
        source = (attributes.get("data-src") or "").strip()
    if source.startswith("data:"):
        url = _embedded(walk, source, alt)
    else:
        url = walk.resolve(source) if source else ""
    is_title = walk.frames[-1].kind == "alert" and not walk.blocks
    text = alt.replace("&", "&amp;").replace("<", "&lt;")
    is_sign = not tag.classes.isdisjoint(_EMOJI_CLASSES) or _EMOJI.fullmatch(alt)
    if url and not is_title and not (alt and is_sign):
        walk.written.images.append((url, alt))
        size = _asked_size(attributes)
        if walk.written.sizes.setdefault(url, size) and not size:
            walk.written.sizes[url] = ""  # shown once as large as it is
        label = inline.escape(text).replace("[", "\\[").replace("]", "\\]")
        walk.inline.append(walk.phrases.hold(f"![{label}]({inline.target(url)})"))
    elif is_sign or not walk.heading_depth:
        walk.inline.append(text)
    return done


def _embedded(walk: Walk, source: str, alt: str) -> str:
    """Give a picture that stands in the page itself a name in place of an address.

    What says nothing in words is shown only if it is a photograph or a plot: the rest decorates.
    """
    is_drawing = source.startswith("data:image/svg")
    if not source.startswith("data:image/") or (
        not alt and (is_drawing or len(source) < _LEAST_PLOT)
    ):
        return ""
    name = f"{EMBEDDED}{blake2b(source.encode(), digest_size=8).hexdigest()}/image"
    walk.written.embedded[name] = source
    return name


def _asked_size(attributes: Mapping[str, str]) -> str:
    """The width a page shows an image with: `300`, `50%`; or the height alone: `x20`."""
    style = attributes.get("style", "")
    for name, mark in (("width", ""), ("height", "x")):
        in_style = _STYLED[name].search(style)
        match = _LENGTH.fullmatch(in_style[1] if in_style else attributes.get(name, ""))
        if match is None or (mark and match[2] == "%"):
            continue
        number = float(match[1]) * _PIXELS.get(match[2] or "px", 1)
        if number >= _LEAST_SIZE:  # or it only keeps a place
            return f"{mark}{number:g}{'%' if match[2] == '%' else ''}"
    return ""


def _is_checked(tag: Tag) -> bool:
    return "checked" in tag.attributes or "checkbox-on" in tag.classes


@handles("input")
def open_input(walk: Walk, tag: Tag) -> Closer:
    """A checkbox of a task list, or what shows the tab whose label comes next."""
    if tag.attributes.get("type") == "radio":
        walk.choice = tag.id or ""
    is_drawn = tag.name != "input"  # an element that looks like a box
    if is_drawn:
        walk.position = walk.end_of(tag.name) + 1
    if (
        (is_drawn or tag.attributes.get("type") == "checkbox")
        and walk.frames[-1].kind == "item"
        and not walk.blocks
        and not "".join(walk.inline).strip()
    ):
        walk.inline.append(walk.phrases.hold("[x]" if _is_checked(tag) else "[ ]") + " ")
    return done
