"""How does the tree of a page's Markdown look as HTML?"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import nh3

from docgen.anchors import Slugs
from docgen.writers import equations
from docgen.writers.alerts import titled
from docgen.writers.columns import LONGEST_WORD
from docgen.writers.headings import levels
from docgen.writers.highlight import highlight

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.writers.images import Image
    from docgen.writers.syntax import Node

LONG_FORMULA = 60
"""Characters of TeX in a line; a longer formula may be wider than a page on a phone."""
MARKS = {"emphasis": "em", "strong": "strong", "strike": "del", "sub": "sub", "sup": "sup"}

TAGS = frozenset(
    {
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "input",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        *equations.NAMES,
    }
)
ATTRIBUTES = {
    "*": {"class", "id"},
    "a": {"href", "title", "aria-label", "target"},
    "div": {"data-lang", "role", "tabindex"},
    "pre": {"tabindex"},
    "img": {"src", "alt", "width", "height", "loading"},
    "input": {"type", "checked", "disabled"},
    "ol": {"start"},
    "section": {"aria-label"},
    **dict.fromkeys(equations.NAMES, equations.ATTRIBUTES),
}


def clean(html: str) -> str:
    """Let only known tags and attributes through.

    The writer escapes all text itself; this is the second lock on the same door.
    """
    return nh3.clean(
        html,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel", "ftp", "ftps", "irc", "ircs", "news"},
        link_rel="noopener noreferrer",
    )


class HtmlBody:
    """Turns one page's tree into HTML."""

    def __init__(
        self, link: Callable[[str], str | None], image: Callable[[str], Image | None]
    ) -> None:
        self._address = link
        self._picture = image
        self._slugs = Slugs()
        self._footnotes: dict[str, Node] = {}
        self._numbers: dict[str, int] = {}
        self._levels: list[int] = []
        self.headings: list[tuple[int, str, str]] = []
        """Level, text and id of the headings met so far."""

    def render(self, tree: Node) -> str:
        """Write the whole page."""
        self._footnotes = {node.text: node for node in tree.walk() if node.kind == "footnote"}
        self._levels = levels(tree)
        body = self._all(tree)
        return clean(body + self._notes())

    def _all(self, node: Node) -> str:
        return "".join([getattr(self, f"_{child.kind}")(child) for child in node.children])

    def _text(self, node: Node) -> str:
        return escape(node.text, quote=False)

    def _break(self, _: Node) -> str:
        return "<br>"

    def _rule(self, _: Node) -> str:
        return "<hr>"

    def _code(self, node: Node) -> str:
        # Only this may be parted at the end of a line; `--help` would be, after its hyphens.
        long = ' class="long"' if len(node.text) > LONGEST_WORD else ""
        return f"<code{long}>{escape(node.text, quote=False)}</code>"

    def _kbd(self, node: Node) -> str:
        return f"<kbd>{self._all(node)}</kbd>"

    def _mark(self, node: Node) -> str:
        tag = MARKS[node.kind]
        return f"<{tag}>{self._all(node)}</{tag}>"

    _emphasis = _strong = _strike = _sub = _sup = _mark

    def _math(self, node: Node) -> str:
        formula = equations.read(node.text, is_display=False)
        if formula is not None:
            shown = equations.write_mathml(formula)
            return f'<span class="wide">{shown}</span>' if len(node.text) > LONG_FORMULA else shown
        return f'<code class="math">{escape(node.text, quote=False)}</code>'

    def _mathblock(self, node: Node) -> str:
        formula = equations.read(node.text, is_display=True)
        if formula is not None:
            return f'<span class="equation">{equations.write_mathml(formula)}</span>'
        return f'<span class="mathblock">{escape(node.text, quote=False)}</span>'

    def _link(self, node: Node) -> str:
        address = self._address(node.text)
        inner = self._all(node)
        if not address:
            return inner
        outside = "://" in address or address.startswith("mailto:")
        mark = ' class="outside"' if outside else ""
        return f'<a href="{escape(address)}"{mark}>{inner}</a>'

    def _image(self, node: Node) -> str:
        image, alt = self._picture(node.text), escape(node.plain())
        address = escape(self._address(node.text) or "")
        if image is not None:
            size = f' width="{image.width}" height="{image.height}"'
            return f'<img src="{address}" alt="{alt}"{size} loading="lazy">'
        label = alt or "Image"
        return f'<a class="image outside" href="{address}">{label}</a>' if address else label

    def _paragraph(self, node: Node) -> str:
        return f"<p>{self._all(node)}</p>\n"

    def _heading(self, node: Node) -> str:
        text = " ".join(node.plain().split())
        anchor = self._slugs.make(text)
        level = self._levels[len(self.headings)]
        self.headings.append((level, text, anchor))
        link = f'<a class="anchor" href="#{escape(anchor)}" aria-label="Link to this section">#</a>'
        tag = f"h{level}"
        return f'<{tag} id="{escape(anchor)}">{self._all(node)} {link}</{tag}>\n'

    def _quote(self, node: Node) -> str:
        return f"<blockquote>{self._all(node)}</blockquote>\n"

    def _alert(self, node: Node) -> str:
        title, below = titled(node)
        return (
            f'<div class="alert {node.text}" role="note"><p class="alert-title">'
            f"{escape(title)}</p>{self._all(below)}</div>\n"
        )

    def _codeblock(self, node: Node) -> str:
        pieces = [
            f'<span class="{name}">{escape(text, quote=False)}</span>'
            if name
            else escape(text, quote=False)
            for name, text in highlight(node.text.rstrip("\n"), node.value)
        ]
        language = escape(node.value)
        return (
            f'<div class="code" data-lang="{language}"><pre tabindex="0">'
            f"<code>{''.join(pieces)}\n</code></pre></div>\n"
        )

    def _list(self, node: Node) -> str:
        if node.value is None:
            tasks = ' class="tasks"' if any(c.value is not None for c in node.children) else ""
            return f"<ul{tasks}>\n{self._all(node)}</ul>\n"
        start = f' start="{node.value}"' if node.value != 1 else ""
        return f"<ol{start}>\n{self._all(node)}</ol>\n"

    def _item(self, node: Node) -> str:
        tick = ""
        if node.value is not None:
            checked = " checked" if node.value else ""
            tick = f'<input type="checkbox" disabled{checked}> '
        return f"<li>{tick}{self._all(node)}</li>\n"

    def _table(self, node: Node) -> str:
        rows = []
        for row in node.children:
            tag = "th" if row.kind == "head" else "td"
            cells = [
                f'<{tag} class="{align}">' if align != "none" else f"<{tag}>"
                for align in node.value
            ]
            inner = "".join(
                f"{opening}{self._all(cell)}</{tag}>"
                for opening, cell in zip(cells, row.children, strict=False)
            )
            rows.append(f"<tr>{inner}</tr>\n")
        head, body = rows[0], "".join(rows[1:])
        return (
            f'<div class="table" tabindex="0"><table><thead>{head}</thead>'
            f"<tbody>{body}</tbody></table></div>\n"
        )

    def _reference(self, node: Node) -> str:
        if node.text not in self._footnotes:
            return escape(f"[^{node.text}]")
        first = node.text not in self._numbers
        number = self._numbers.setdefault(node.text, len(self._numbers) + 1)
        mark = f' id="ds-ref-{number}"' if first else ""
        return f'<sup{mark}><a class="note" href="#ds-note-{number}">{number}</a></sup>'

    def _footnote(self, _: Node) -> str:
        return ""  # written by `_notes`, at the end

    def _notes(self) -> str:
        written: list[str] = []
        labels = [*self._numbers, *(x for x in self._footnotes if x not in self._numbers)]
        for label in labels:
            inner = self._all(self._footnotes[label])
            number = self._numbers.get(label)
            back = f' <a class="back" href="#ds-ref-{number}" aria-label="Back">↩</a>'
            mark = f' id="ds-note-{number}"' if number else ""
            written.append(f"<li{mark}>{inner}{back if number else ''}</li>\n")
        if not written:
            return ""
        return (
            f'<section class="notes" aria-label="Footnotes"><ol>{"".join(written)}</ol></section>'
        )
