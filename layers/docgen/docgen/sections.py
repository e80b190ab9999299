"""What becomes of headings, quotations, alerts, tabs and other parts of a page?"""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from docgen import inline
from docgen.inline import bold, plain_text
from docgen.tags import Tag
from docgen.vocabulary import (
    ALERTS,
    CONTENTS_TITLES,
    PLAIN_ALERTS,
    ROLES_BY_NAME,
    TAB_BARS,
    TITLES_OF_TOPICS,
)
from docgen.walk import Closer, Heading, Walk, done, handles, join

if TYPE_CHECKING:
    from docgen.tables import Block

_TITLE = Tag("h1")
_TITLE_OF_TOPIC = Tag("h2")
_MOST_HEADINGS = 10_000  # of one page; each costs two kilobytes of memory when it is written
_TITLED_WITHIN = 16  # so many tags and texts behind its beginning the title of an alert may stand
_LABELLED_WITHIN = 14  # so many tags behind its caption a block of code may begin, doubled
_MOST_WEIGHING = 4  # times the length of the page: contents may stand in what has their name, too
_MOST_WORDS_OF_ONE = 14  # in a table of contents of one line
_KIND_LABEL = re.compile(r"\A(?:\*\*)?([A-Za-z]+)(?:\*\*:|:\*\*|:)\s+")
"""What an alert's text begins with where its kind is written in it."""
_ALERT_MARK = re.compile(r"\A\\?(\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\\?\])(?:\\?\n|\s)\s*")
_CONTENTS = re.compile(r"#+ \W*(?:(?:table of )?contents|(?:on|in) this (?:page|article))\W*", re.I)
_OPERATES = re.compile(  # what buttons say that unfold nothing but more of the same
    r"\W*(?:(?:show|hide|expand|collapse|open|close|toggle|view|read|see|more|less|menu|copy|search"
    r"|filter|sort|share|ask|edit|try|run|(?:on|in) this page|(?:table of )?contents)\b"
    r"(?:\W+\w+){0,3})?\W*",
    re.I,
)
_NOT_QUOTED = ("code", "table", "math", "list")
"""What alone in a quotation is only indented by it: docutils writes so what stands indented."""
_SHOWS_CODE = re.compile(r"(?:\s*(?:show|hide) code cell \w+\s*)+", re.I)
_LONGEST_BUTTON = 200
_TO_CONTENTS = re.compile(r"#(?:[\w.:-]*[_.:-])?(?:toc|TOC)(?![A-Za-z])")
"""Where headings lead back to in manuals made of TeX: to their line in the table of contents."""
_CARD_SIGNS = "📄🗃🔗\ufe0f \n"  # what cards that lead to pages and groups of them begin with
_CLOSING_HASHES = re.compile(r"(?<=\s)#+$")
_WORDLESS = re.compile(r"[^\w!-/:-@\[-`{-~]{1,3}")
_TITLED_PARTS = {"info": ("h1", "h2"), "seealso": ("h1", "h2", "h3")}
_SAYS_KIND = re.compile(r"\W*([A-Za-z]+)\W*(?:[:!.]|$)")
_ICONS = {"⚠": "WARNING", "🚫": "CAUTION", "❌": "CAUTION", "🔥": "CAUTION", "💡": "TIP"}
_HOLDING_MORE = ("p", "pre", "img", "h1")
_BLOCKS = re.compile(r"(?:p|div|pre|ul|ol|table)\b")


@handles("heading")
def open_heading(walk: Walk, tag: Tag) -> Closer:
    """A heading, or the title of an alert."""
    if walk.frames[-1].kind == "alert" and not walk.blocks:
        return open_title(walk, tag)
    walk.flush()
    walk.heading_depth += 1
    level = int(tag.name[1])

    def close() -> None:
        walk.heading_depth -= 1
        text = walk.finish(_heading_text(walk))
        if not text:
            return
        if "\\" in text:
            text = inline.unguard(text)
        if walk.blocks and walk.blocks[-1][0] == "h" and _CONTENTS.fullmatch(walk.blocks[-1][1]):
            walk.blocks.pop()  # the contents under it were left out
            walk.written.headings.pop()
        if walk.blocks and walk.blocks[-1] == ("p", bold(text)):
            walk.blocks.pop()  # the label of the tab whose heading it is
        if len(walk.written.headings) >= _MOST_HEADINGS:
            walk.add("p", bold(text))
            return
        text = _CLOSING_HASHES.sub(r"\\\g<0>", text)
        plain = plain_text(text)
        walk.anchor = walk.slugs.make(plain)
        walk.written.headings.append(Heading(level, plain, walk.anchor))
        walk.add("h", f"{'#' * level} {text}")

    return close


def _heading_text(walk: Walk) -> str:
    """The text of a heading: it is strong anyway, and need not lead to itself."""
    text = walk.take_text()
    if text.isascii():
        return text
    text = text.replace(inline.STRONG_OPEN, "").replace(inline.STRONG_CLOSE, "")
    text = text.lstrip(_CARD_SIGNS)
    text = text.replace(inline.BREAK, " ")
    if inline.LINK_OPEN not in text:
        return text
    back = (n for n in inline.link_numbers(text) if _TO_CONTENTS.search(walk.phrases.targets[n]))
    return inline.unlink(text, walk.phrases.own.union(back))


@handles("title")
def open_title(walk: Walk, tag: Tag) -> Closer:
    """The title of an alert: the first thing in it."""
    if walk.open_tags and "headertitle" in walk.open_tags[-1].classes:
        return open_heading(walk, _TITLE)
    if not tag.classes.isdisjoint(TITLES_OF_TOPICS):
        return open_heading(walk, _TITLE_OF_TOPIC)
    frame = walk.within("alert")
    walk.flush()
    if frame is None or frame.blocks or frame.title:
        is_label = tag.name == "p" or tag.attributes.get("class") == "title"
        return open_label(walk, tag) if is_label and not _holds_blocks(walk, tag) else walk.flush

    def close() -> None:
        text = walk.finish(walk.strong(walk.take_text()))
        if frame.blocks:  # its paragraphs
            text = " ".join(block for _, block in frame.blocks) + text
            frame.blocks.clear()
        frame.title = text

    return close


def _holds_blocks(walk: Walk, tag: Tag) -> bool:
    within = walk.tokens[walk.position | 1 : walk.end_of(tag.name) : 2]
    return any(_BLOCKS.match(token) for token in within)


@handles("quote")
def open_quote(walk: Walk, tag: Tag) -> Closer:
    """A quotation."""
    frame = walk.push("quote")

    def close() -> None:
        walk.pop()
        kinds = [kind for kind, _ in frame.blocks]
        if kinds == ["quote"] or all(kind in _NOT_QUOTED for kind in kinds):
            walk.blocks.extend(frame.blocks)  # only indented by it, not quoted
        else:
            walk.add("quote", _quoted(_ALERT_MARK.sub(r"\1\n", join(frame.blocks), count=1)))

    return close


@handles("rule")
def open_rule(walk: Walk, tag: Tag) -> Closer:
    """A thematic break, where there is something to divide."""
    walk.flush()
    if walk.blocks and walk.blocks[-1][0] != "rule" and walk.frames[-1].kind == "page":
        walk.blocks.append(("rule", "---"))
    return done


@handles("summary")
def open_summary(walk: Walk, tag: Tag) -> Closer:
    """What a folded section says while folded: its label."""
    if walk.frames[-1].kind == "alert" and not walk.blocks:
        return open_title(walk, tag)
    end = walk.end_of(tag.name)
    if _SHOWS_CODE.fullmatch(walk.inner_text(end)):
        walk.position = end + 1
        return done
    return open_label(walk, tag)


@handles("line")
def open_line(walk: Walk, tag: Tag) -> Closer:
    """What a page shows side by side: a parameter's name, its type, whether it is required."""
    end = walk.end_of(tag.name)
    walk.flush()
    words = (walk.finish(walk.note_ids(text)) for text in walk.tokens[walk.position : end : 2])
    name, *rest = [word for word in words if word] or [""]
    if name:
        walk.add("p", " ".join([bold(name), *rest]))
    walk.position = end + 1
    return done


@handles("label")
def open_label(walk: Walk, tag: Tag) -> Closer:
    """A line that says what the next block is."""
    frame = walk.push("summary")

    def close() -> None:
        walk.pop()
        for kind, text in frame.blocks:
            walk.add(kind, text)

    return close


@handles("disclosure")
def open_disclosure(walk: Walk, tag: Tag) -> Closer:
    """A button that unfolds what comes next: its label."""
    text = walk.inner_text(walk.end_of(tag.name)).strip()
    if walk.heading_depth or not text or len(text) > _LONGEST_BUTTON or _OPERATES.fullmatch(text):
        return open_button(walk, tag)
    return open_label(walk, tag)


@handles("button")
def open_button(walk: Walk, tag: Tag) -> Closer:
    """A button operates the page; as all of a heading, or over a nested list, it is text."""
    if walk.open_tags and not walk.open_tags[-1].classes.isdisjoint(TAB_BARS):
        return walk.handle("tab", tag)
    end = walk.end_of(tag.name)
    following = walk.tokens[end + 2 : end + 3]
    is_first = walk.heading_depth and not walk.inline
    is_heading = is_first and ("aria-expanded" in tag.attributes or following[0].startswith("/h"))
    is_item = walk.frames[-1].kind == "item" and not walk.inline and not walk.blocks
    if is_heading or (is_item and following[0].partition(" ")[0] in ("ul", "ol")):
        return None
    walk.position = end + 1
    return done


@handles("caption")
def open_caption(walk: Walk, tag: Tag) -> Closer:
    """What is written beside a figure: before a block of code it is its label."""
    end = walk.end_of(tag.name)
    following = walk.tokens[end + 2 : end + 2 + _LABELLED_WITHIN : 2]
    if any(source.partition(" ")[0] == "pre" for source in following):
        return open_label(walk, tag)
    walk.flush()
    return walk.flush


@handles("contents")
def open_contents(walk: Walk, tag: Tag) -> Closer:
    """What may be a table of the page's own contents: left out, the headings tell it again."""
    walk.flush()
    if walk.position >= walk.checked_until:
        end = walk.end_of(tag.name)
        walk.weighed += end - walk.position
        if _only_leads_within(walk, end):
            walk.drop_heading(CONTENTS_TITLES)
            walk.position = end + 1
            return done
        if walk.weighed > len(walk.tokens) * _MOST_WEIGHING or not _holds_more(walk, end):
            walk.checked_until = end  # what is in it is not looked at again
    inner = ROLES_BY_NAME.get(tag.name)
    return walk.handle(inner, tag) if inner else walk.flush


def _only_leads_within(walk: Walk, end: int) -> bool:
    """Whether what comes up to an end tag is little else than links to this page."""
    text = "".join(walk.tokens[walk.position : end : 2])
    links = inline.link_numbers(text)
    if not links or not walk.phrases.own.issuperset(links):
        return False
    tags = [token.partition(" ")[0] for token in walk.tokens[walk.position | 1 : end : 2]]
    items = sum(pair == ("li", "p") for pair in pairwise(tags))  # each line is a paragraph
    has_title = tags[:3] == ["p", "/p", "ul"]
    more = sum(name in _HOLDING_MORE for name in tags) - items - has_title
    most = len(links) * 14 + 10 - 40 * more - 8 * items if len(links) > 1 else _MOST_WORDS_OF_ONE
    return len(inline.plain(text).split()) < most


def _holds_more(walk: Walk, end: int) -> bool:
    """Whether what comes up to an end tag is more than a list with its title."""
    inner = walk.tokens[walk.position | 1 : end : 2]
    return "pre" in inner or inner.count("p") > 1


@handles("maybe_alert")
def open_maybe_alert(walk: Walk, tag: Tag) -> Closer:
    """An admonition if it begins with what kind of one it is."""
    beginning = walk.tokens[walk.position : walk.position + _TITLED_WITHIN : 2]
    first = next((text for text in beginning if text and not text.isspace()), "")
    kind = _SAYS_KIND.match(inline.plain(first))
    if kind is not None and kind[1].lower() in PLAIN_ALERTS:
        return _open_alert(walk, kind[1].lower())
    walk.flush()
    return walk.flush


@handles("headed")
def open_headed(walk: Walk, tag: Tag) -> Closer:
    """An element that a script defines, with a heading in its start tag."""
    walk.flush()
    heading = next(filter(None, map(tag.attributes.get, ("header", "heading", "summary"))), "")
    if any(map(str.isalpha, heading)) and heading not in ("true", "false"):
        walk.add("p", bold(walk.finish(escape(heading, quote=False))))
    return walk.flush


@handles("alert")
def open_alert(walk: Walk, tag: Tag) -> Closer:
    """An admonition, as GitHub writes it."""
    if tag.alert in _TITLED_PARTS and _holds_title(walk, tag):
        walk.flush()
        return walk.flush
    is_titled = tag.name == "blockquote" and any(word[-6:] == "-title" for word in tag.classes)
    return _open_alert(walk, tag.alert, is_titled=is_titled)


def _holds_title(walk: Walk, tag: Tag) -> bool:
    """Whether what is called like an admonition is a part of the page, with a title of one."""
    end = min(walk.end_of(tag.name), walk.position + _TITLED_WITHIN)
    inner = walk.tokens[walk.position | 1 : end : 2]
    return any(token.partition(" ")[0] in _TITLED_PARTS[tag.alert] for token in inner)


def _open_alert(walk: Walk, kind: str, *, is_titled: bool = False) -> Closer:
    frame = walk.push("alert")

    def close() -> None:
        walk.pop()
        title, blocks = frame.title, frame.blocks
        if not title and len(blocks) == 1 and blocks[0][1].startswith("> [!"):
            walk.add(*blocks[0])  # written as two elements, one around the other
            return
        in_cell = any(outer.kind == "cell" for outer in walk.frames)
        lines = _alert(ALERTS[kind], title, blocks, is_titled=is_titled, in_cell=in_cell)
        if lines:
            walk.add("quote", _quoted("\n".join(lines)))

    return close


def _alert(
    name: str, title: str, blocks: list[Block], *, is_titled: bool, in_cell: bool
) -> list[str]:
    """The lines of an alert; the icon or the title may tell its kind better than its class."""
    if len(blocks) > 1 and blocks[0][1][:2] == "![" and _is_kind(blocks[0][1]):
        del blocks[0]  # its sign
    if len(blocks) > 1 and _WORDLESS.fullmatch(blocks[0][1]):
        name = _ICONS.get(blocks.pop(0)[1].rstrip("\ufe0f"), name)
    if not title and len(blocks) > 1 and (is_titled or _is_kind(blocks[0][1])):
        title = blocks.pop(0)[1]
    icon, words = _split_icon(plain_text(title))
    if icon:
        name, title = _ICONS.get(icon, name), words
    if not blocks and not title:
        return []
    lines = [f"[!{name}]"]
    plain = plain_text(title).strip(" :.!").lower()
    if plain and plain != name.lower():
        lines.append(bold(title))
        if blocks:
            lines.append("")
    elif blocks and not title and not in_cell:  # of a table, where nothing else tells the kind
        blocks[0] = _without_label(blocks[0], name)
    if blocks:
        lines.append(join(blocks))
    return lines


def _without_label(block: Block, name: str) -> Block:
    """The first block of an alert without its kind, which the alert tells anyway."""
    kind, text = block
    label = _KIND_LABEL.match(text) if kind == "p" else None
    return (kind, text[label.end() :]) if label and label[1].upper() == name else block


def _split_icon(title: str) -> tuple[str, str]:
    """An icon before a title, or instead of one, and the rest of it."""
    icon, _, words = title.partition(" ")
    return (icon.rstrip("\ufe0f"), words.strip()) if _WORDLESS.fullmatch(icon) else ("", title)


def _is_kind(text: str) -> bool:
    return plain_text(text).strip(" :.![]").lower().replace(" ", "") in ALERTS


def _quoted(text: str) -> str:
    return "> " + text.replace("\n", "\n> ").replace("\n> \n", "\n>\n").replace("\n> \n", "\n>\n")
