"""What becomes of images and boxes within a line?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen import inline
from docgen.tex import write_tex
from docgen.vocabulary import word_set
from docgen.walk import Closer, Walk, done, handles

if TYPE_CHECKING:
    from docgen.tags import Tag

_EMOJI_CLASSES = word_set("emoji twemoji emojione gemoji")
_EMOJI = re.compile("[\u2600-\u27bf\ufe0f\u200d\U0001f000-\U0001faff]{1,8}")
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
    source = attributes.get("src") or attributes.get("data-src") or ""
    url = walk.resolve(source.strip()) if source else ""
    is_title = walk.frames[-1].kind == "alert" and not walk.blocks
    text = alt.replace("&", "&amp;").replace("<", "&lt;")
    is_sign = not tag.classes.isdisjoint(_EMOJI_CLASSES) or _EMOJI.fullmatch(alt)
    if url and not is_title and not (alt and is_sign):
        walk.written.images.append((url, alt))
        label = inline.escape(text).replace("[", "\\[").replace("]", "\\]")
        walk.inline.append(walk.phrases.hold(f"![{label}]({inline.target(url)})"))
    elif is_sign or not walk.heading_depth:
        walk.inline.append(text)
    return done


@handles("input")
def open_input(walk: Walk, tag: Tag) -> Closer:
    """A checkbox of a task list, or what shows the tab whose label comes next."""
    if tag.attributes.get("type") == "radio":
        walk.choice = tag.id or ""
    if (
        tag.attributes.get("type") == "checkbox"
        and walk.frames[-1].kind == "item"
        and not walk.blocks
        and not "".join(walk.inline).strip()
    ):
        walk.inline.append(walk.phrases.hold("[x]" if "checked" in tag.attributes else "[ ]") + " ")
    return done
