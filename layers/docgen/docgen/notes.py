"""What becomes of a footnote?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen.walk import Closer, Walk, done, handles, indent, join

if TYPE_CHECKING:
    from docgen.tags import Tag

_OWN_LABEL = re.compile(
    "^\\[?(?:\\\\?\\[)?(?:\\d{1,3}|[*†‡])(?:\\\\?\\])?\\]?(?:\\(\ue000[^\ue001]*\ue001\\))?(?:\\\\?[.:)])?\\s+"
)


@handles("note")
def open_note(walk: Walk, tag: Tag) -> Closer:
    """A footnote, which a link before it refers to."""
    label = walk.phrases.notes.labels[tag.id or ""]
    walk.phrases.notes.found.add(label)
    if tag.name == "dt":  # its text is in the `dd` that follows
        walk.flush()
        walk.note_label = label
        walk.skip_to(walk.end_of("dt"))
        return done
    return begin_note(walk, label)


def begin_note(walk: Walk, label: str) -> Closer:
    """Gather the text of a footnote."""
    frame = walk.push("note")

    def close() -> None:
        walk.pop()
        body = _OWN_LABEL.sub("", join(frame.blocks), count=1)
        walk.add("note", f"[^{label}]: {indent(body, '    ')}")

    return close
