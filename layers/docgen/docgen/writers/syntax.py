"""What does a page's Markdown say? Parsed once into a tree that every typesetting writer walks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyromark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACEHOLDER = re.compile("\ue000([^\ue001]*)\ue001")
"""How a URL stands in stored Markdown, see `docgen.extract`."""

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_GFM
    | pyromark.Options.ENABLE_MATH
)
DEEPEST = 20
"""Blocks and marks nested deeper stay on this level: writers walk the tree recursively, and the
typesetter has limits of its own."""

INLINE_HTML = {"sub": "sub", "sup": "sup", "kbd": "kbd", "b": "strong", "i": "emphasis"}
"""The tags Markdown has no sign for; every other tag in stored Markdown is shown as text."""


NO_CHILDREN: list[Node] = []
"""Of all leaves: most nodes are leaves, and a large page has half a million of them."""


@dataclass(slots=True)
class Node:
    """A block or a piece of text."""

    kind: str
    """The name of the method that writes it, e.g. `paragraph`."""
    text: str = ""
    """Of leaves: text, code, maths; of a link or image its URL; of an alert its kind."""
    value: Any = None
    """Level of a heading, language of code, start of a list, alignment of columns, tick of an
    item, anchor."""
    children: list[Node] = field(default_factory=list)

    def plain(self) -> str:
        """The text without its marks."""
        parts: list[str] = []
        stack = [self]
        while stack:
            node = stack.pop()
            if node.kind in {"text", "code", "math"}:
                parts.append(node.text)
            elif node.kind == "break":
                parts.append(" ")
            stack.extend(reversed(node.children))
        return "".join(parts)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of the text."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


def parse(markdown: str) -> Node:
    """Parse stored Markdown; the URLs in the tree are the placeholders' own, unescaped."""
    urls: list[str] = []

    def number(match: re.Match[str]) -> str:
        # A URL may hold what Markdown reads as the end of it; a number cannot.
        urls.append(match[1])
        return f"\ue000{len(urls) - 1}"

    builder = _Builder(urls)
    for event in pyromark.events(PLACEHOLDER.sub(number, markdown), options=OPTIONS):
        builder.take(event)
    return builder.root


class _Builder:
    def __init__(self, urls: list[str]) -> None:
        self.root = Node("document")
        self._open = [self.root]
        self._tags: list[tuple[str, int]] = []
        self._urls = urls

    def take(self, event: Any) -> None:
        """Add one event of the parser to the tree."""
        if isinstance(event, str):
            self._add(Node(*_SIGNS[event]))
            return
        ((name, value),) = event.items()
        if name == "Start":
            self._start(value)
        elif name == "End":
            self._end()
        elif name == "InlineHtml":
            self._inline_html(value)
        elif name == "TaskListMarker":
            self._item().value = value
        else:
            self._leaf(_LEAVES[name], value)

    def _start(self, value: Any) -> None:
        if isinstance(value, str):
            node = Node(_BLOCKS[value])
        else:
            ((name, detail),) = value.items()
            node = _DETAILED[name](detail)
        if node.kind in {"link", "image"} and node.text.startswith("\ue000"):
            node.text = self._urls[int(node.text[1:])]
        if len(self._open) <= DEEPEST:
            self._add(node)
        # Even what is too deep must be there to be closed; its text is kept, one level up.
        self._open.append(node if len(self._open) <= DEEPEST else self._open[-1])

    def _end(self) -> None:
        self._close_tags()
        closed = self._open.pop()
        if closed.kind == "codeblock":
            closed.text = "".join(child.text for child in closed.children)
            closed.children.clear()

    def _leaf(self, kind: str, text: str) -> None:
        siblings = self._open[-1].children
        if kind == "text" and siblings and siblings[-1].kind == "text":
            siblings[-1].text += text
        else:
            self._add(Node(kind, text, None, NO_CHILDREN))

    def _inline_html(self, tag: str) -> None:
        name = tag.strip("</> ").lower()
        if name == "br":
            self._add(Node("break"))
        elif name not in INLINE_HTML or len(self._open) > DEEPEST:
            self._leaf("text", tag)
        elif not tag.startswith("</"):
            node = Node(INLINE_HTML[name])
            self._add(node)
            self._open.append(node)
            self._tags.append((name, len(self._open)))
        elif self._tags and self._tags[-1] == (name, len(self._open)):
            self._tags.pop()
            self._open.pop()

    def _close_tags(self) -> None:
        """Close tags that were never closed before the block that holds them is."""
        while self._tags and self._tags[-1][1] == len(self._open):
            self._tags.pop()
            self._open.pop()

    def _item(self) -> Node:
        return next((node for node in reversed(self._open) if node.kind == "item"), self.root)

    def _add(self, node: Node) -> None:
        self._open[-1].children.append(node)


_SIGNS: dict[str, tuple[str, str]] = {
    "SoftBreak": ("text", "\n"),
    "HardBreak": ("break", ""),
    "Rule": ("rule", ""),
}
_LEAVES = {
    "Text": "text",
    "Html": "text",
    "Code": "code",
    "InlineMath": "math",
    "DisplayMath": "mathblock",
    "FootnoteReference": "reference",
}
_BLOCKS = {
    "Paragraph": "paragraph",
    "HtmlBlock": "paragraph",
    "Item": "item",
    "TableHead": "head",
    "TableRow": "row",
    "TableCell": "cell",
    "Emphasis": "emphasis",
    "Strong": "strong",
    "Strikethrough": "strike",
    "Superscript": "sup",
    "Subscript": "sub",
}


def _code(detail: Any) -> Node:
    info = detail["Fenced"] if isinstance(detail, dict) else ""
    return Node("codeblock", value=info.split()[0].lower() if info.strip() else "")


def _alert_or_quote(detail: str | None) -> Node:
    return Node("alert", detail.lower()) if detail else Node("quote")


_DETAILED: dict[str, Callable[[Any], Node]] = {
    "Heading": lambda detail: Node("heading", value=int(detail["level"][1:])),
    "BlockQuote": _alert_or_quote,
    "CodeBlock": _code,
    "List": lambda start: Node("list", value=start),
    "FootnoteDefinition": lambda label: Node("footnote", label),
    "Table": lambda alignments: Node("table", value=tuple(a.lower() for a in alignments)),
    "Link": lambda detail: Node("link", detail["dest_url"]),
    "Image": lambda detail: Node("image", detail["dest_url"]),
}
