"""How does the main content of a page become Markdown?

The content arrives as the parser's own serialisation: well-formed, every element closed, `<` and
`>` escaped everywhere but in tags. So one split gives text and tags in turn, and one loop over
them, with a stack of what to do at each end tag, writes the Markdown. No recursion: depth costs
nothing. What a start tag means is remembered by its text (see `tags`), so that the thousands of
equal tags of a page are looked at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docgen import inline, tables
from docgen.anchors import Slugs
from docgen.code_language import guess_language
from docgen.tags import ALERTS, SPECIAL_NAMES, VOID, Kind, Tag, read_tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.sitemodel import SiteModel

Block = tables.Block
Closer = "Callable[[], None] | None"

_TAG = re.compile(r"<([^>]*)>")
_RAW_TEXT = re.compile(
    r"<!--.*?-->|<(script|style|xmp|iframe|noembed|noframes|plaintext)\b[^>]*>.*?</\1>", re.S
)
_FENCE = re.compile(r"^[ \t]*(`{3,})", re.M)
_PERMALINK_TEXTS = frozenset(
    ("", "¶", "§", "#", "🔗", "⚓", "link", "permalink", "anchor", "¶¶", "\u2693", "\uf0c1", "\u00b6", "top")
)
_SOURCE_TEXTS = frozenset(
    "[source] [src] source [view source] [docs] [edit] [link] view source".split(" ")
) | {"edit this page", "edit on github", "view page source", "[view source]", "view source"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the page as it stands in its Markdown."""

    level: int
    text: str
    anchor: str


@dataclass(slots=True)
class Written:
    """What the walk over a page's content gave."""

    markdown: str
    headings: list[Heading] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)
    images: list[tuple[str, str]] = field(default_factory=list)


class _Frame:
    """Something that holds blocks: the page, a list item, a cell, a quotation."""

    __slots__ = ("blocks", "kind", "marks", "rows", "title")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.blocks: list[Block] = []
        self.rows: list[tables.Row] = []
        self.marks: list[tuple[str, list[Block]]] = []
        self.title = ""


def _indent(text: str, by: str) -> str:
    return text.replace("\n", "\n" + by).replace(f"\n{by}\n", "\n\n") if "\n" in text else text


def _join(blocks: list[Block]) -> str:
    return "\n\n".join(text for _, text in blocks)


def _is_tight(blocks: list[Block]) -> bool:
    return all(kind == ("p" if number == 0 else "list") for number, (kind, _) in enumerate(blocks))


def _fence(code: str, language: str | None) -> str:
    longest = max((len(match[1]) for match in _FENCE.finditer(code)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language or ''}\n{code}\n{ticks}"


def split_markup(html: str) -> list[str]:
    """Split a serialised tree: texts at even places, tags without their `<>` at odd ones."""
    if "<!--" in html or "<s" in html or "<iframe" in html or "<xmp" in html or "<no" in html:
        html = _RAW_TEXT.sub(_keep_tex, html)
    return _TAG.split(html)


def _keep_tex(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('<script type="math/tex') else ""


class Walk:
    """One walk over the content of one page."""

    def __init__(
        self,
        html: str,
        resolve: Callable[[str], str],
        junk: frozenset[str] = frozenset(),
        own_url: str = "",
    ) -> None:
        self.own_url = own_url
        self.checked_until = 0
        self.tokens = split_markup(html)
        self.junk = junk
        self.position = 0
        self.resolve = resolve
        self.inline: list[str] = []
        self.link_targets: list[str] = []
        self.frames = [_Frame("page")]
        self.blocks = self.frames[0].blocks
        self.closers: list[object] = []
        self.open_tags: list[Tag] = []
        self.code_depth = 0
        self.heading_depth = 0
        self.pending_ids: list[str] = []
        self.anchor = ""
        self.slugs = Slugs()
        self.tab_labels: list[tuple[Tag, str]] = []
        self.written = Written("")

    # The loop

    def run(self) -> Written:
        """Walk, and give the Markdown with everything noted on the way."""
        tokens, closers, open_tags = self.tokens, self.closers, self.open_tags
        fragments = self.inline
        position, end = 0, len(tokens)
        handlers = _HANDLERS
        junk = self.junk
        while position < end:
            text = tokens[position]
            if text and (fragments or not text.isspace()):
                fragments.append(inline.decode(text) if self.code_depth else inline.escape(text))
            position += 1
            if position == end:
                break
            token = tokens[position]
            position += 1
            if token[0] == "/":
                if not closers:
                    continue
                open_tags.pop()
                closer = closers.pop()
                if closer is not None:
                    closer()  # type: ignore[operator]
                continue
            tag = read_tag(token)
            if tag.id:
                self.pending_ids.append(tag.id)
            kind = tag.kind
            if token in junk:
                kind = 2
            if kind == 0:
                if tag.name not in VOID:
                    closers.append(None)
                    open_tags.append(tag)
            elif kind == 1:
                if fragments:
                    self.flush()
                closers.append(self.flush)
                open_tags.append(tag)
            else:
                self.position = position
                if kind == 2:
                    self.skip(tag)
                else:
                    closer = handlers[tag.role](self, tag)
                    if closer is not _CONSUMED:
                        closers.append(closer)
                        open_tags.append(tag)
                position = self.position
        self.flush()
        self.settle_ids()
        return self.written

    def skip(self, tag: Tag) -> None:
        """Leave an element out with everything in it."""
        if tag.name not in VOID:
            self.position = self.end_of(tag.name) + 1

    def end_of(self, name: str) -> int:
        """Where the element whose start tag was just read ends: the index of its end tag."""
        tokens, position = self.tokens, self.position
        closing, opening = f"/{name}", f"{name} "
        depth = 1
        while True:
            try:
                found = tokens.index(closing, position)
            except ValueError:
                return len(tokens) - 1
            if found % 2 == 0:  # a text that looks like the end tag
                nested = tokens[position | 1 : found : 2]
                depth += sum(1 for t in nested if t == name or t.startswith(opening))
                position = found + 1
                continue
            nested = tokens[position | 1 : found : 2]
            depth += sum(1 for t in nested if t == name or t.startswith(opening)) - 1
            if depth == 0:
                return found
            position = found + 1

    def inner_text(self, end: int) -> str:
        """The plain text up to an end tag."""
        return inline.decode("".join(self.tokens[self.position : end : 2]))

    # Blocks

    def flush(self) -> None:
        """End the paragraph; within a heading there is none to end."""
        if not self.inline or self.heading_depth:
            return
        text = inline.finish(self.inline, self.link_targets)
        self.inline.clear()
        if text:
            self.add("p", text)

    def add(self, kind: str, text: str) -> None:
        """Append a block to whatever is being filled."""
        if self.pending_ids:
            self.settle_ids()
        self.blocks.append((kind, text))

    def settle_ids(self) -> None:
        """Let the ids seen since the last block lead to the heading they stand under."""
        for name in self.pending_ids:
            self.written.anchors.setdefault(name, self.anchor)
        self.pending_ids.clear()

    def push(self, kind: str) -> _Frame:
        """Begin something that holds blocks."""
        self.flush()
        frame = _Frame(kind)
        self.frames.append(frame)
        self.blocks = frame.blocks
        return frame

    def pop(self) -> _Frame:
        """End it, and go on with what holds it."""
        self.flush()
        frame = self.frames.pop()
        self.blocks = self.frames[-1].blocks
        return frame

    def within(self, kind: str) -> _Frame | None:
        """The frame being filled, if it is of this kind."""
        frame = self.frames[-1]
        return frame if frame.kind == kind else None

    # Headings

    def open_heading(self, tag: Tag) -> object:
        """A heading, or the title of an alert."""
        if self.frames[-1].kind == "alert" and not self.blocks:
            return self.open_title(tag)
        self.flush()
        self.heading_depth += 1
        level = int(tag.name[1])

        def close() -> None:
            self.heading_depth -= 1
            text = inline.finish(self.inline, self.link_targets).replace("\\\n", " ")
            self.inline.clear()
            if not text:
                return
            if text.endswith("#"):
                text = text[:-1] + "\\#"
            plain = plain_text(text)
            self.anchor = self.slugs.make(plain)
            self.written.headings.append(Heading(level, plain, self.anchor))
            self.add("h", f"{'#' * level} {text}")

        return close

    def open_title(self, tag: Tag) -> object:
        """The title of an alert: the first thing in it."""
        frame = self.within("alert")
        self.flush()
        if frame is None or frame.blocks or frame.title:
            return self.flush

        def close() -> None:
            frame.title = inline.finish(self.inline, self.link_targets)
            self.inline.clear()

        return close

    # Inline

    def wrap(self, opener: str, closer: str) -> object:
        """Mark where emphasis begins and ends."""
        if self.code_depth:
            return None
        self.inline.append(opener)
        return lambda: self.inline.append(closer) if self.inline else None

    def open_strong(self, tag: Tag) -> object:
        """Strong emphasis. A heading is strong anyway."""
        return None if self.heading_depth else self.wrap(inline.STRONG_OPEN, inline.STRONG_CLOSE)

    def open_emphasis(self, tag: Tag) -> object:
        """Emphasis."""
        return self.wrap(inline.EMPHASIS_OPEN, inline.EMPHASIS_CLOSE)

    def open_strike(self, tag: Tag) -> object:
        """Deleted text."""
        return self.wrap(inline.STRIKE_OPEN, inline.STRIKE_CLOSE)

    def open_code(self, tag: Tag) -> object:
        """Code within a line; links in it split it."""
        if self.code_depth:
            return None
        self.code_depth += 1
        fragments = self.inline
        start = len(fragments)

        def close() -> None:
            self.code_depth -= 1
            pieces = fragments[start:]
            del fragments[start:]
            fragments.extend(_code_pieces(pieces))

        return close

    def open_superscript(self, tag: Tag) -> object:
        """An exponent is told by two asterisks, so that 2**32 does not become 232."""
        end = self.end_of("sup")
        text = self.inner_text(end).strip()
        before = self.inline[-1][-1:] if self.inline else ""
        if re.fullmatch(r"[-+−]?[\dnkmxyij]{1,4}", text) and (before.isalnum() or before in ")`"):
            self.inline.append("**" if self.code_depth else "\\*\\*")
        return None

    def open_transparent(self, tag: Tag) -> object:
        """Only its text matters."""
        return None

    def open_quotation(self, tag: Tag) -> object:
        """An inline quotation gets its marks."""
        self.inline.append("“")
        return lambda: self.inline.append("”")

    def open_break(self, tag: Tag) -> object:
        """A line break within a paragraph."""
        if self.inline:
            self.inline.append("\n" if self.code_depth else inline.BREAK)
        return _CONSUMED

    def open_link(self, tag: Tag) -> object:
        """A link; one that leads nowhere, or only to itself, leaves just its text."""
        href = tag.attributes.get("href")
        name = tag.attributes.get("name")
        if name:
            self.pending_ids.append(name)
        if href is None:
            return None
        href = href.strip()
        end = self.end_of("a")
        label = " ".join(self.inner_text(end).split())
        if href.startswith("#") or self.heading_depth:
            if label.lower() in _PERMALINK_TEXTS and not self.has_picture(end):
                self.position = end + 1
                return _CONSUMED
        if label.lower() in _SOURCE_TEXTS and (self.heading_depth or "[" in label or "src" in tag.classes or "source" in tag.classes or len(label) > 8):
            self.position = end + 1
            return _CONSUMED
        url = "" if self.heading_depth and href.startswith("#") else self.resolve(href)
        if not url:
            return None
        self.written.links.append((url, label))
        number = len(self.link_targets)
        self.link_targets.append(inline.target(url))
        self.inline.append(f"{inline.LINK_OPEN}{number}{inline.LINK_NUMBER}")
        return lambda: self.inline.append(inline.LINK_CLOSE) if self.inline else None

    def has_picture(self, end: int) -> bool:
        """Whether there is an image up to an end tag, other than an arrow to the top."""
        for token in self.tokens[self.position | 1 : end : 2]:
            if token.startswith("img"):
                return read_tag(token).attributes.get("alt", "").lower() not in _PERMALINK_TEXTS
        return False

    def open_image(self, tag: Tag) -> object:
        """An image with its alternative text; a formula drawn as an image is its TeX."""
        attributes = tag.attributes
        alt = " ".join(inline.decode(attributes.get("alt", "")).split())
        if not tag.classes.isdisjoint(_FORMULA_CLASSES):
            self.inline.append(_tex(alt))
            return _CONSUMED
        source = attributes.get("src") or attributes.get("data-src") or ""
        url = self.resolve(source.strip()) if source else ""
        if self.code_depth or (self.frames[-1].kind == "alert" and not self.blocks) or not url:
            if alt and not self.code_depth and not self.heading_depth:
                self.inline.append(inline.escape(alt))
            return _CONSUMED
        self.written.images.append((url, alt))
        label = inline.escape(alt).replace("[", "\\[").replace("]", "\\]")
        label = label.replace("[", inline.CODE_OPEN_BRACKET).replace("]", inline.CODE_CLOSE_BRACKET)
        number = len(self.link_targets)
        self.link_targets.append(inline.target(url))
        self.inline.append(f"{inline.IMAGE_OPEN}{number}{inline.LINK_NUMBER}{label}{inline.IMAGE_CLOSE}")
        return _CONSUMED

    def open_input(self, tag: Tag) -> object:
        """A checkbox of a task list."""
        if tag.attributes.get("type") == "checkbox" and self.frames[-1].kind == "item" and not self.blocks and not "".join(self.inline).strip():
            mark = "x" if "checked" in tag.attributes else " "
            self.inline.append(f"{inline.CODE_OPEN_BRACKET}{mark}{inline.CODE_CLOSE_BRACKET} ")
        return _CONSUMED

    # Code blocks

    def open_pre(self, tag: Tag) -> object:
        """A code block, verbatim."""
        end = self.end_of(tag.name)
        if self.code_depth:
            return None
        self.flush()
        self.add_code(self.verbatim(end), self.language_of(tag))
        self.position = end + 1
        return _CONSUMED

    def open_fragment(self, tag: Tag) -> object:
        """Doxygen's code blocks: one `div` for each line."""
        end = self.end_of("div")
        self.flush()
        self.add_code(self.verbatim(end), self.language_of(tag))
        self.position = end + 1
        return _CONSUMED

    def add_code(self, code: str, language: str | None) -> None:
        """Append a fence, guessing its language where the page names none."""
        code = code.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
        lines = [line.rstrip() for line in code.split("\n")]
        while lines and not lines[0]:
            lines.pop(0)
        while lines and not lines[-1]:
            lines.pop()
        if not lines:
            return
        code = "\n".join(lines)
        self.add("code", _fence(code, language or guess_language(code)))

    def verbatim(self, end: int) -> str:
        """The code up to an end tag, without what highlighters and copy tools put into it."""
        tokens, start = self.tokens, self.position
        marks = set(tokens[start + 1 : end : 2])
        if not any(mark[0] != "/" and _has_meaning(mark) for mark in marks):
            return inline.decode("".join(tokens[start:end:2]))
        parts: list[str] = []
        lines: list[bool] = []
        position = start
        while position < end:
            parts.append(tokens[position])
            position += 1
            if position >= end:
                break
            token = tokens[position]
            position += 1
            if token[0] == "/":
                if lines and lines.pop():
                    parts.append("\n")
                continue
            tag = read_tag(token)
            if tag.name == "br":
                parts.append("\n")
            elif tag.kind == Kind.SKIP or (tag.name == "a" and "anchor" in tag.classes):
                self.position = position
                self.skip(tag)
                position = self.position
            elif tag.name not in VOID:
                lines.append(_is_line(tag))
        self.position = start
        return inline.decode("".join(parts))

    def language_of(self, tag: Tag) -> str | None:
        """The language named by the block itself, by the `code` in it, or by what wraps it."""
        for inner in self.tokens[self.position + 1 : self.position + 6 : 2]:
            if inner.startswith(("code", "pre")):
                found = read_tag(inner).language
                if found:
                    return found
        if tag.language:
            return tag.language
        for outer in self.open_tags[:-4:-1]:
            if outer.language:
                return outer.language
        return None

    # Lists

    def open_list(self, tag: Tag) -> object:
        """A list, ordered or not."""
        frame = self.push("list")
        start = tag.attributes.get("start", "1")
        number = int(start) if start.isdecimal() and len(start) < 9 else 1

        def close() -> None:
            self.pop()
            if frame.blocks:
                frame.marks.append(("", frame.blocks))
            text = self.render_list(frame, number if tag.name == "ol" else None)
            if text:
                self.add("list", text)

        return close

    def render_list(self, frame: _Frame, number: int | None) -> str:
        """Write the items with their markers; another marker than the list right before."""
        items = [(mark, blocks) for mark, blocks in frame.marks if blocks]
        is_tight = all(_is_tight(blocks) for _, blocks in items)
        follows = bool(self.blocks) and self.blocks[-1][0] == "list"
        previous = self.blocks[-1][1] if follows else ""
        written: list[str] = []
        for _, blocks in items:
            if number is None:
                marker = "* " if previous.startswith("- ") else "- "
            else:
                closing = ")" if re.match(r"\d+\. ", previous) else "."
                marker = f"{number}{closing} "
                number += 1
            body = "\n".join(text for _, text in blocks) if is_tight else _join(blocks)
            written.append(marker + _indent(body, " " * len(marker)))
        return ("\n" if is_tight else "\n\n").join(written)

    def open_item(self, tag: Tag) -> object:
        """An item of a list."""
        self.flush()
        parent = self.frames[-1]
        if parent.kind != "list":
            return self.flush
        frame = self.push("item")

        def close() -> None:
            self.pop()
            if parent.blocks:
                parent.marks.append(("", parent.blocks.copy()))
                parent.blocks.clear()
            parent.marks.append(("", frame.blocks))

        return close

    # Definitions

    def open_definitions(self, tag: Tag) -> object:
        """A definition list: each term bold on a line of its own, what it means below."""
        frame = self.push("definitions")
        if tag.classes & _FLAT_DEFINITIONS:
            frame.title = "flat"

        def close() -> None:
            self.pop()
            if frame.blocks:
                frame.marks.append(("description", frame.blocks))
            if frame.title == "flat":
                for _, blocks in frame.marks:
                    self.blocks.extend(blocks)
            elif frame.marks:
                text = _definition_items(frame.marks)
                if text:
                    self.add("list", text)

        return close

    def open_term(self, tag: Tag) -> object:
        """A term."""
        parent = self.within("definitions")
        self.flush()
        if parent is None:
            return self.flush
        frame = self.push("term")

        def close() -> None:
            self.pop()
            blocks = [
                ("p", _bold(text.replace("\\\n", ", "))) if kind == "p" else (kind, text)
                for kind, text in frame.blocks
            ]
            parent.marks.append(("term", blocks))

        return close

    def open_signature(self, tag: Tag) -> object:
        """The signature of something documented: code, without its links."""
        parent = self.within("definitions")
        self.flush()
        end = self.end_of("dt")
        code = " ".join(self.verbatim(end).replace("¶", "").replace("\uf0c1", "").split())
        for source in ("[source]", "[link]"):
            code = code.removesuffix(source).rstrip()
        self.note_ids(end)
        span = inline.code_span(code).replace(inline.CODE_OPEN_BRACKET, "[")
        block = ("p", f"**{span.replace(inline.CODE_CLOSE_BRACKET, ']')}**")
        self.position = end + 1
        if code and parent is not None:
            parent.title = "flat"
            self.settle_ids()
            parent.marks.append(("term", [block]))
        elif code:
            self.add(*block)
        return _CONSUMED

    def note_ids(self, end: int) -> None:
        """Note the ids in a piece that is not walked."""
        for token in self.tokens[self.position | 1 : end : 2]:
            if ' id="' in token:
                name = read_tag(token).id
                if name:
                    self.pending_ids.append(name)

    def open_description(self, tag: Tag) -> object:
        """What a term means."""
        parent = self.within("definitions")
        self.flush()
        if parent is None:
            return self.flush
        frame = self.push("description")

        def close() -> None:
            self.pop()
            parent.marks.append(("description", frame.blocks))

        return close

    def open_contents(self, tag: Tag) -> object:
        """What may be a table of the page's own contents: left out, the headings tell it again."""
        self.flush()
        end = self.end_of(tag.name)
        if self.position >= self.checked_until and self.only_leads_within(end):
            self.position = end + 1
            return _CONSUMED
        self.checked_until = max(self.checked_until, end)  # what is in it is not looked at again
        inner = SPECIAL_NAMES.get(tag.name)
        return _HANDLERS[inner](self, tag) if inner else self.flush

    def only_leads_within(self, end: int) -> bool:
        """Whether what comes up to an end tag is little else than links to this page."""
        links = linked = 0
        for index in range(self.position | 1, end, 2):
            token = self.tokens[index]
            if token.startswith("a "):
                href = read_tag(token).attributes.get("href", "#")
                if not href.startswith("#"):
                    target = self.resolve(href).partition("#")[0]
                    if target != self.own_url:
                        return False
                links += 1
            elif token.startswith(("pre", "p ", "img", "h1")) or token == "p":
                linked -= 40
        words = len(self.inner_text(end).split())
        return links > 1 and words < links * 14 + 10 + linked

    # Quotations and alerts

    def open_quote(self, tag: Tag) -> object:
        """A quotation."""
        frame = self.push("quote")

        def close() -> None:
            self.pop()
            if all(kind in ("code", "table", "math") for kind, _ in frame.blocks):
                self.blocks.extend(frame.blocks)  # only indented by it, not quoted
            else:
                self.add("quote", _quoted(_join(frame.blocks)))

        return close

    def open_alert(self, tag: Tag) -> object:
        """An admonition, as GitHub writes it."""
        frame = self.push("alert")
        kind = tag.alert

        def close() -> None:
            self.pop()
            title = frame.title
            blocks = frame.blocks
            if not title and len(blocks) > 1 and _is_kind(blocks[0][1]):
                title = blocks.pop(0)[1]
            if not blocks and not title:
                return
            lines = [f"[!{ALERTS[kind]}]"]
            plain = plain_text(title).strip(" :.!").lower()
            if plain and plain != ALERTS[kind].lower():
                lines.append(_bold(title))
                if blocks:
                    lines.append("")
            if blocks:
                lines.append(_join(blocks))
            self.add("quote", _quoted("\n".join(lines)))

        return close

    # Tables

    def open_table(self, tag: Tag) -> object:
        """A table, or something that a table only arranges."""
        frame = self.push("table")
        is_presentation = tag.attributes.get("role") == "presentation" or (
            len(self.frames) > 1 and self.frames[-2].kind == "alert"
        )

        def close() -> None:
            self.pop()
            rows = [row for row in frame.rows if row.cells]
            for block in frame.blocks:  # the caption
                self.blocks.append(block)
            for block in tables.to_blocks(rows, is_presentation=is_presentation):
                self.blocks.append(block)

        return close

    def open_table_head(self, tag: Tag) -> object:
        """The head of a table."""
        self.flush()
        frame = self.within("table")
        if frame is None:
            return self.flush
        first = len(frame.rows)

        def close() -> None:
            self.flush()
            for row in frame.rows[first:]:
                row.in_head = True

        return close

    def open_row(self, tag: Tag) -> object:
        """A row of a table."""
        self.flush()
        frame = self.within("table")
        if frame is not None:
            frame.rows.append(tables.Row())
        return self.flush

    def open_cell(self, tag: Tag) -> object:
        """A cell of a table."""
        parent = self.within("table")
        if parent is None or not parent.rows:
            self.flush()
            return self.flush
        frame = self.push("cell")
        cell = tables.Cell(
            frame.blocks,
            is_header=tag.name == "th",
            columns=_span(tag, "colspan"),
            rows=_span(tag, "rowspan"),
        )
        parent.rows[-1].cells.append(cell)
        return self.pop

    # The rest

    def open_rule(self, tag: Tag) -> object:
        """A thematic break, where there is something to divide."""
        self.flush()
        if self.blocks and self.blocks[-1][0] != "rule" and self.frames[-1].kind == "page":
            self.blocks.append(("rule", "---"))
        return _CONSUMED

    def open_summary(self, tag: Tag) -> object:
        """What a folded section says while folded: its label."""
        if self.frames[-1].kind == "alert" and not self.blocks:
            return self.open_title(tag)
        frame = self.push("summary")

        def close() -> None:
            self.pop()
            for kind, text in frame.blocks:
                self.add(kind, _bold(text) if kind == "p" else text)

        return close

    def open_tab(self, tag: Tag) -> object:
        """The label of a tab: kept until its panel comes."""
        self.flush()
        end = self.end_of(tag.name)
        label = " ".join(inline.escape("".join(self.tokens[self.position : end : 2])).split())
        self.position = end + 1
        if tag.name == "label" and "sd-tab-label" in tag.classes:
            self.add("p", _bold(label))
        elif label and len(self.tab_labels) < _MOST_TABS:
            self.tab_labels.append((tag, label))
        return _CONSUMED

    def open_tab_panel(self, tag: Tag) -> object:
        """What a tab shows: a section with the tab's label."""
        self.flush()
        label = self.label_for(tag)
        if label:
            self.add("p", _bold(label))
        return self.flush

    def label_for(self, panel: Tag) -> str:
        """Find the label of a panel; a panel shared by several tabs has none."""
        labelled_by = panel.attributes.get("aria-labelledby")
        controlling = [
            label
            for tab, label in self.tab_labels
            if (panel.id and tab.attributes.get("aria-controls") == panel.id)
        ]
        if len(controlling) > 1:
            return ""
        if controlling:
            return controlling[0]
        for tab, label in self.tab_labels:
            if tab.id and tab.id == labelled_by and not tab.attributes.get("aria-controls"):
                return label
        free = [entry for entry in self.tab_labels if not entry[0].attributes.get("aria-controls")]
        if free and not labelled_by:
            self.tab_labels.remove(free[0])
            return free[0][1]
        return ""

    def open_math(self, tag: Tag) -> object:
        """A formula within a line, as TeX where the page has it."""
        end = self.end_of(tag.name)
        tex = self.tex_until(end) or tag.attributes.get("alttext", "")
        text = self.inner_text(end)
        is_display = tag.attributes.get("display") in ("block", "true")
        self.position = end + 1
        if tag.name == "math" and not tex:
            self.inline.append(inline.escape(text))
        else:
            self.inline.append(_tex(tex or text, is_display=is_display))
        return _CONSUMED

    def open_display_math(self, tag: Tag) -> object:
        """A formula on lines of its own."""
        end = self.end_of(tag.name)
        inner = self.tokens[self.position | 1 : end : 2]
        if any(token.startswith("img") for token in inner):
            self.flush()
            return self.flush
        tex = self.tex_until(end) or self.inner_text(end)
        self.note_ids(end)
        self.flush()
        self.position = end + 1
        tex = tex.replace("¶", "").replace("\uf0c1", "").strip()
        tex = tex.removeprefix("\\[").removesuffix("\\]").strip("$ \n")
        if tex:
            self.add("math", f"$$\n{tex}\n$$")
        return _CONSUMED

    def tex_until(self, end: int) -> str:
        """The TeX annotation of a formula, if it has one."""
        for index in range(self.position | 1, end, 2):
            token = self.tokens[index]
            if token.startswith("annotation") and "tex" in token.lower():
                return inline.decode(self.tokens[index + 1]).strip()
        return ""

    def open_tex(self, tag: Tag) -> object:
        """MathJax's source of a formula."""
        end = self.end_of("script")
        is_display = "display" in tag.attributes.get("type", "")
        self.inline.append(_tex(self.inner_text(end), is_display=is_display))
        self.position = end + 1
        return _CONSUMED


_CONSUMED = object()
"""Given by a handler that has dealt with the element to its end."""
_MOST_TABS = 300
_FORMULA_CLASSES = frozenset("math formulaInl formulaDsp latex tex mwe-math-fallback-image-inline".split())
_FLAT_DEFINITIONS = frozenset(
    "py c cpp js rst std function class method attribute data exception module describe".split()
)
_HANDLERS: dict[str, Callable[[Walk, Tag], object]] = {
    name.removeprefix("open_"): handler
    for name, handler in vars(Walk).items()
    if name.startswith("open_")
}
_HANDLERS["inline_math"] = Walk.open_math
_HANDLERS["subscript"] = Walk.open_transparent


def _has_meaning(mark: str) -> bool:
    tag = read_tag(mark)
    return tag.kind == Kind.SKIP or tag.name == "br" or _is_line(tag) or "anchor" in tag.classes


def _is_line(tag: Tag) -> bool:
    return tag.name == "div" and "line" in tag.classes


def _span(tag: Tag, name: str) -> int:
    value = tag.attributes.get(name, "1")
    return min(int(value), 1000) if value.isdecimal() and len(value) < 5 and value != "0" else 1


def _bold(text: str) -> str:
    if text.startswith("**") and text.endswith("**") and text.count("**") == 2:
        return text
    lines = text.replace("**", "").split("\\\n")
    return "\\\n".join(f"**{line}**" for line in lines if line.strip())


def _quoted(text: str) -> str:
    return "> " + text.replace("\n", "\n> ").replace("\n> \n", "\n>\n").replace("\n> \n", "\n>\n")


def _is_kind(text: str) -> bool:
    return plain_text(text).strip(" :.!").lower().replace(" ", "") in ALERTS


_TARGET = re.compile("\\]\\(\ue000[^\ue001]*\ue001\\)")


def plain_text(markdown: str) -> str:
    """The words of a line of Markdown, without its marks."""
    text = _TARGET.sub("]", markdown)
    text = re.sub(r"\\([!-/:-@\[-`{-~])", "\ue01e\\1", text)
    text = re.sub(r"(?<!\ue01e)(?:\*\*|[*`]|!?\[|\])", "", text)
    return text.replace("\ue01e", "").strip()


def _tex(source: str, *, is_display: bool = False) -> str:
    tex = " ".join(source.split())
    for start, stop in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")):
        if tex.startswith(start) and tex.endswith(stop) and len(tex) >= len(start) + len(stop):
            is_display = is_display or start in ("\\[", "$$")
            tex = tex[len(start) : -len(stop)].strip()
            break
    if not tex:
        return ""
    tex = tex.replace("[", inline.CODE_OPEN_BRACKET).replace("]", inline.CODE_CLOSE_BRACKET)
    return f"$${tex}$$" if is_display else f"${tex}$"


def _code_pieces(pieces: list[str]) -> list[str]:
    """Write the content of a `code` element: links stand between spans, not in them."""
    written: list[str] = []
    code: list[str] = []

    def close() -> None:
        text = "".join(code)
        code.clear()
        if text.strip():
            lead = " " if text[:1].isspace() else ""
            tail = " " if text[-1:].isspace() else ""
            written.append(f"{lead}{inline.code_span(text)}{tail}")
        elif text:
            written.append(text)

    for piece in pieces:
        if piece.startswith((inline.LINK_OPEN, inline.LINK_CLOSE)):
            close()
            written.append(piece)
        else:
            code.append(piece)
    close()
    return written


def _definition_items(marks: list[tuple[str, list[Block]]]) -> str:
    items: list[list[Block]] = []
    previous = ""
    for kind, blocks in marks:
        if not blocks:
            continue
        if kind == "term" and previous != "term" or not items:
            items.append([])
        items[-1].extend(blocks)
        previous = kind
    return "\n\n".join("- " + _indent(_join(blocks), "  ") for blocks in items)


_LINK = re.compile("!?\\[((?:\\\\.|[^\\[\\]\\\\]|\\[[^\\]]*\\])*)\\]\\(\ue000[^\ue001]*\ue001\\)")
_WORD = re.compile(r"\w+")
_ARROW = re.compile("[←→«»‹›⟨⟩]")
_SIGNS = frozenset("next previous prev up home".split())
_WAYS = frozenset(
    "next previous prev up home contents index top back toc table of chapter section page first last "
    "forward main menu the return to parent go".split()
)


def trim(blocks: list[Block], repeated: frozenset[int]) -> None:
    """Take away what stands around the content: repeated blocks, ways to other pages."""
    while blocks and blocks[0][0] != "h" and _is_edge(blocks[0], repeated):
        del blocks[0]
    last: Block | None = None
    while blocks and blocks[-1][0] != "h" and _is_edge(blocks[-1], repeated):
        last = blocks.pop()
    if last is not None and blocks and blocks[-1][0] == "h" and last[0] != "rule":
        blocks.append(last)
    blocks[:] = [block for block in blocks if not _is_bar(block)]


def unlinked(markdown: str) -> str:
    """Markdown with the texts of its links instead of the links."""
    return _LINK.sub(r"\1", _LINK.sub(r"\1", markdown)) if "\ue000" in markdown else markdown


def _is_edge(block: Block, repeated: frozenset[int]) -> bool:
    kind, text = block
    if kind == "rule":
        return True
    if kind in ("code", "math"):
        return False
    return hash(unlinked(text)) in repeated or (len(text) < 2_000 and _ways(text) >= 1)


def _is_bar(block: Block) -> bool:
    """Whether a block within the page is a navigation bar: three ways or more, nothing else."""
    return block[0] in ("p", "table", "list") and len(block[1]) < 2_000 and _ways(block[1]) >= 3


def _ways(text: str) -> int:
    """Count the ways to other pages, if a block holds hardly anything else; 0 otherwise."""
    links = [unlinked(link) for link in _LINK.findall(text)]
    if not links:
        return 0
    around = set(_WORD.findall(_LINK.sub(" ", text).lower()))
    if not around <= _WAYS:
        return 0
    inside = [set(_WORD.findall(link.lower())) for link in links]
    ways = sum(words <= _WAYS for words in inside)
    if ways == len(links):
        return ways
    signs = bool(around & _SIGNS) or ways * 2 >= len(links)
    arrows = len(links) <= 4 and bool(_ARROW.search(text))
    return 1 if signs or arrows else 0


def content_blocks(html: str) -> list[Block]:
    """Give the blocks of Markdown that content consists of, links left out."""
    walk = Walk(html, lambda href: "")
    walk.run()
    return walk.blocks


def to_markdown(html: str, resolve: Callable[[str], str], model: SiteModel | None) -> Written:
    """Write content as Markdown.

    Args:
        html: The parser's serialisation of the content (never a page as it was fetched).
        resolve: Makes a link absolute; gives "" for one that is not to be kept.
        model: What repeats on the site's pages: left out.
    """
    walk = Walk(html, resolve, model.junk if model else frozenset(), resolve(""))
    written = walk.run()
    trim(walk.blocks, model.repeated_blocks if model else frozenset())
    written.markdown = _join(walk.blocks)
    return written
