"""How is the content of a page walked, and what is known at each step?

The content arrives as the parser's own serialisation: well-formed, every element closed, `<` and
`>` escaped everywhere but in tags. So one split gives texts and tags in turn, and one loop over
them, with a stack of what to do at each end tag, writes the Markdown. No recursion: depth costs
nothing. What a start tag means is remembered by its text (see `tags`); what is to be done about it
is told by the handlers that other modules add with `handles`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docgen import inline
from docgen.anchors import Slugs
from docgen.markup import split_markup
from docgen.phrases import Phrases
from docgen.tags import Kind, Tag, read_tag
from docgen.tex import hold_formulas
from docgen.vocabulary import VOID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from docgen.tables import Block, Row

type Closer = Callable[[], None] | None
"""What to do at an element's end tag."""
type Handler = Callable[[Walk, Tag], Closer]

_STRONG = ("term", "summary")  # frames whose paragraphs are strong
_NESTING = {"alert", "definitions", "description", "item", "list", "note", "quote", "term"}
_DEEPEST = 20
"""Frames within each other; what nests deeper stays on this level. Each one adds a mark before
every line in it: a megabyte in four hundred quotations is gigabytes of Markdown."""
_MOST_SEARCHING = 8  # times the length of the page
_HANDLERS: dict[str, Handler] = {}


def handles(role: str) -> Callable[[Handler], Handler]:
    """Let a function deal with the start tags of a role.

    It gives what is to be done at the end tag, or `done` when it has dealt with the whole element
    and moved the walk behind it.
    """

    def register(handler: Handler) -> Handler:
        _HANDLERS[role] = handler
        return handler

    return register


def done() -> None:
    """Stand for an element that is dealt with to its end."""


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
    sizes: dict[str, str] = field(default_factory=dict)
    embedded: dict[str, str] = field(default_factory=dict)


class Frame:
    """Something that holds blocks: the page, a list item, a cell, a quotation."""

    __slots__ = ("blocks", "kind", "marks", "rows", "title")

    marks: list[tuple[str, list[Block]]]
    rows: list[Row]

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.blocks: list[Block] = []
        self.title = ""
        if kind in ("list", "definitions"):
            self.marks = []
        elif kind == "table":
            self.rows = []


def join(blocks: list[Block]) -> str:
    """Put blocks one below the other."""
    return "\n\n".join(text for _, text in blocks)


def indent(text: str, by: str) -> str:
    """Move the lines after the first to the right, except blank ones."""
    return text.replace("\n", "\n" + by).replace(f"\n{by}\n", "\n\n") if "\n" in text else text


class Walk:
    """One walk over the content of one page."""

    def __init__(
        self,
        html: str,
        resolve: Callable[[str], str],
        junk: frozenset[str] = frozenset(),
        own_urls: Collection[str] = ("",),
    ) -> None:
        self.checked_until = 0
        self.weighed = 0  # tags and texts looked at to tell a table of contents
        self.searched = 0
        self.ends: dict[int, int] | None = None
        self.phrases = Phrases(resolve, own_urls)
        self.tokens = split_markup(self.phrases.mark(html))
        self.junk = junk
        self.position = 0
        self.resolve = resolve
        self.inline: list[str] = []
        self.frames = [Frame("page")]
        self.blocks = self.frames[0].blocks
        self.closers: list[Closer] = []
        self.open_tags: list[Tag] = []
        self.heading_depth = 0
        self.pending_ids: list[str] = []
        self.anchor = ""
        self.choice = ""  # the id of the last radio button
        self.hides_source = False  # until the next block of code
        self.note_label = ""  # of the footnote whose text comes next
        self.slugs = Slugs()
        self.tab_labels: list[tuple[Tag, str]] = []
        self.first_tab = 0  # of the labels, the first that may be one of a panel in this panel
        self.written = Written("")

    def run(self) -> Written:  # noqa: C901, PLR0915 - one loop: a call per token would double its time
        """Walk, and give the Markdown with everything noted on the way."""
        tokens, closers, open_tags = self.tokens, self.closers, self.open_tags
        fragments = self.inline
        position, end = 0, len(tokens)
        handlers = _HANDLERS
        junk = self.junk
        notes = self.phrases.notes.labels
        flush = self.flush
        while position < end:
            text = tokens[position]
            if text and (fragments or not text.isspace()):
                fragments.append(text)
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
                if closer is flush:
                    if fragments:
                        flush()
                elif closer is not None:
                    closer()
                continue
            tag = read_tag(token)
            kind, role = tag.kind, tag.role
            if tag.id:
                self.pending_ids.append(tag.id)
                if tag.id in notes:
                    kind, role = Kind.SPECIAL, "note"
            if token in junk:
                kind = Kind.SKIP
            if kind == 0:  # INLINE; plain numbers are faster here
                closers.append(None)
                open_tags.append(tag)
            elif kind == 1:
                if fragments:
                    flush()
                closers.append(flush)
                open_tags.append(tag)
            elif kind != 4:
                self.position = position
                if kind == 2:
                    self.skip(tag)
                elif role in _NESTING and len(self.frames) > _DEEPEST:
                    flush()
                    closers.append(flush)
                    open_tags.append(tag)
                else:
                    closer = handlers[role](self, tag)
                    if closer is not done:
                        closers.append(closer)
                        open_tags.append(tag)
                position = self.position
        self.flush()
        self.settle_ids()
        self.written.links = self.phrases.links()
        return self.written

    def handle(self, role: str, tag: Tag) -> Closer:
        """Treat a start tag as another role's."""
        return _HANDLERS[role](self, tag)

    def skip(self, tag: Tag) -> None:
        """Leave an element out with everything in it."""
        if tag.name not in VOID:
            self.position = self.end_of(tag.name) + 1

    def end_of(self, name: str) -> int:
        """Where the element whose start tag was just read ends: the index of its end tag."""
        if self.ends is not None:
            return self.ends.get(self.position, len(self.tokens) - 1)
        tokens, position = self.tokens, self.position
        closing, opening = f"/{name}", f"{name} "
        depth = 1
        while True:
            try:
                found = tokens.index(closing, position)
            except ValueError:
                return len(tokens) - 1
            is_text = found % 2 == 0  # a text that looks like the end tag
            nested = tokens[position | 1 : found : 2]
            depth += sum(1 for t in nested if t == name or t.startswith(opening))
            self.searched += found - position
            if self.searched > _MOST_SEARCHING * len(tokens):
                self.ends = self.match_tags()
                return self.end_of(name)
            if not is_text:
                depth -= 1
                if depth == 0:
                    return found
            position = found + 1

    def match_tags(self) -> dict[int, int]:
        """Find all end tags at once, for pages that nest so much that searching is slow."""
        ends: dict[int, int] = {}
        stack: list[int] = []
        for index in range(1, len(self.tokens), 2):
            token = self.tokens[index]
            if token[0] == "/":
                if stack:
                    ends[stack.pop()] = index
            elif token.partition(" ")[0] not in VOID:
                stack.append(index + 1)
        return ends

    def inner_text(self, end: int) -> str:
        """The plain text up to an end tag."""
        return inline.plain("".join(self.tokens[self.position : end : 2]))

    def flush(self) -> None:
        """End the paragraph; within a heading there is none to end."""
        if not self.inline:
            return
        if self.heading_depth:
            self.inline.append(" ")
            return
        text = self.take_text()
        link = inline.open_link(text) if self.frames[-1].kind == "page" else ""
        if link and not any(map(str.isalnum, inline.plain(text))):
            self.inline.append(link)  # an icon, in a card that leads somewhere as a whole
            return
        markdown = self.finish(self.strong(text) if self.frames[-1].kind in _STRONG else text)
        if markdown:
            self.add("p", markdown)
        else:  # a link that begins before a block leads from there
            link = inline.open_link(text)
            if link:
                self.inline.append(link)

    def take_text(self) -> str:
        """The text of the paragraph so far, which is over with that."""
        text = "".join(self.inline)
        self.inline.clear()
        return self.note_ids(text)

    def note_ids(self, text: str) -> str:
        """Note the ids marked in a text, and take the marks out."""
        if inline.ID_OPEN not in text:
            return text
        text, numbers = inline.take_ids(text)
        self.pending_ids.extend(self.phrases.ids[number] for number in numbers)
        return text

    def strong(self, text: str) -> str:
        """Make a paragraph strong, and a single line."""
        return f"{inline.STRONG_OPEN}{text.replace(inline.BREAK, ', ')}{inline.STRONG_CLOSE}"

    def finish(self, text: str) -> str:
        """Make Markdown of the text of a paragraph."""
        if self.phrases.formulas is not None:
            text = hold_formulas(text, self.phrases)
        return inline.finish(text, self.phrases)

    def add(self, kind: str, text: str) -> None:
        """Append a block to whatever is being filled."""
        if self.pending_ids:
            self.settle_ids()
        self.blocks.append((kind, text))

    def drop_heading(self, titles: frozenset[str]) -> None:
        """Take back the heading just written if it says one of these: what it heads is left out."""
        headings = self.written.headings
        if self.blocks and self.blocks[-1][0] == "p":  # a label
            if self.blocks[-1][1].strip("*").lower() in titles:
                self.blocks.pop()
            return
        if self.blocks and self.blocks[-1][0] == "h" and headings[-1].text.lower() in titles:
            self.blocks.pop()
            headings.pop()
            self.anchor = headings[-1].anchor if headings else ""

    def settle_ids(self) -> None:
        """Let the ids seen since the last block lead to the heading they stand under."""
        for name in self.pending_ids:
            self.written.anchors.setdefault(name, self.anchor)
        self.pending_ids.clear()

    def push(self, kind: str) -> Frame:
        """Begin something that holds blocks."""
        self.flush()
        frame = Frame(kind)
        self.frames.append(frame)
        self.blocks = frame.blocks
        return frame

    def pop(self) -> Frame:
        """End it, and go on with what holds it."""
        self.flush()
        frame = self.frames.pop()
        self.blocks = self.frames[-1].blocks
        return frame

    def leave(self) -> None:
        """End what was begun with `push`, where its blocks are kept already."""
        self.pop()

    def within(self, kind: str) -> Frame | None:
        """The frame being filled, if it is of this kind."""
        frame = self.frames[-1]
        return frame if frame.kind == kind else None

    def leaf(self) -> str:
        """The paragraph of an element that holds only text; the walk goes on behind it."""
        text = self.note_ids(self.tokens[self.position])
        if self.pending_ids:
            self.settle_ids()
        self.position += 2
        return self.finish(text) if text else ""

    def skip_to(self, end: int) -> None:
        """Go on behind an element that is dealt with; only its ids are noted."""
        for index in range(self.position, end):
            token = self.tokens[index]
            if index % 2 == 0:
                self.note_ids(token)
            elif ' id="' in token:
                name = read_tag(token).id
                if name:
                    self.pending_ids.append(name)
        self.position = end + 1
