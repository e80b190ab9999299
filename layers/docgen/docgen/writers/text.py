"""What does a page say in plain text, by section?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from docgen.writers.syntax import Node

LEAF_BLOCKS = frozenset({"paragraph", "heading", "codeblock", "cell", "mathblock"})
"""Blocks that hold text and no other block."""


LEFTWARD = frozenset({"ar", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})
"""Languages that are written from right to left."""


def is_leftward(language: str | None) -> bool:
    """Whether a language, by its tag, is written from right to left."""
    return (language or "").partition("-")[0].lower() in LEFTWARD


class Section(NamedTuple):
    """A heading and what stands below it, up to the next heading."""

    heading: str
    text: str


def plain_text(tree: Node) -> str:
    """Write the whole page as plain text: a blank line between blocks, a tab between cells."""
    return "\n\n".join(_blocks(tree, []))


def sections(tree: Node) -> list[Section]:
    """Cut the page at its headings; what stands before the first one has the heading ""."""
    found: list[tuple[str, list[str]]] = [("", [])]
    for child in tree.children:
        if child.kind == "heading":
            found.append((_clean(child), []))
        else:
            _blocks(child, found[-1][1])
    return [Section(heading, "\n".join(texts)) for heading, texts in found if heading or texts]


def _blocks(node: Node, texts: list[str]) -> list[str]:
    if node.kind in {"head", "row"}:
        texts.append("\t".join(_clean(cell) for cell in node.children))
    elif node.kind == "codeblock":
        texts.append(node.text.rstrip("\n"))
    elif node.kind in LEAF_BLOCKS:
        texts.append(_clean(node))
    else:
        inline = [child for child in node.children if child.kind not in BLOCKS]
        if inline:
            texts.append(" ".join("".join(child.plain() for child in inline).split()))
        for child in node.children:
            if child.kind in BLOCKS:
                _blocks(child, texts)
    return texts


BLOCKS = LEAF_BLOCKS | {"list", "item", "quote", "alert", "table", "head", "row", "footnote"}
"""Everything that stands in lines of its own."""


def _clean(node: Node) -> str:
    return " ".join(node.plain().split())
