"""What stands around the content of a page, and is taken away?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen.vocabulary import word_set

if TYPE_CHECKING:
    from docgen.tables import Block


_LINK = re.compile("!?\\[((?:\\\\.|[^\\[\\]\\\\]|\\[[^\\]]*\\])*)\\]\\(\ue000[^\ue001]*\ue001\\)")
_LONGEST_BAR = 2_000
_LABEL_LENGTH = 16
_LONGEST_TIME = 80
_BEFORE_TITLE = 3  # blocks, which may all be ways to other pages
_BESIDE_TITLE = 5  # blocks, in which a page may say how long it takes to read
_MOST_TITLES = 30  # words beside the ways to the pages that they name
_TARGET = re.compile("\\(\ue000[^\ue001]*\ue001\\)")
_WORD = re.compile(r"\w+")
_OF_ITSELF = re.compile(  # what a page says last
    r"\W*(?:(?:this|the) )?(?:page |document )?(?:was )?"
    r"last (?:updated|modified|edited|changed|built)"
    r"(?:\W*|\W*\d.{0,60}|\s*:.{0,60}| (?:on|at|by)\b.{0,60}"
    r"| (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w* \d.{0,60})"
    r"|\W*updated (?:\d+|an?|about|over) .{0,30} ago\W*"
    r"|\W*last updated .{0,30} ago\W*"
    r"|\W*(?:was|is|did|do|does) (?:this|you find this) (?:page|article|section|doc\w*|guide)?"
    r" ?(?:find )?(?:helpful|useful|help(?:ed)?(?: you)?|what you need|answer your question)\W*"
    r"(?:(?:yes|no|thanks?)\W*){0,3}|\W*(?:raise|report)(?: an)? issue\W*"
    r"|\W*(?:view|show|report|open|raise|create)\b[\w\s]{0,12}"
    r"\b(?:page source|source on git(?:hub|lab)|issue)\b[\w\s]{0,24}\W*",
    re.I,
)
_ASKS = re.compile(  # the heading of nothing but such
    r"#+ \W*(?:(?:(?:send|give|share|provide)(?: us)?(?: your)? )?feedback"
    r"|(?:was|is|did|do|does) (?:this|you find this) [\w ]{0,40}(?:help\w*|useful)"
    r"|found a problem|rate this \w+|help (?:us )?improve[\w ]{0,40}"
    r"|additional resources|related (?:articles?|pages|topics|content))\W*",
    re.I,
)
_READING_TIME = re.compile(
    r"(?:^|\s*[·•|\u2013-])\W*(?:reading time\W*)?\d+\W*min(?:ute)?s?\b\W*"
    r"(?:to )?(?:read(?:ing)?)?\W*$",
    re.I,
)
_ARROW = re.compile("[←→«»\u2039\u203a⟨⟩]")
_LABELLED = re.compile(r"\b(?:next|previous|prev|up)\s*:\s*$", re.I)
_SIGNED = re.compile(r"\W*(?:<+[\s-]|[«\u2039←⟨]|(?:next|previous|prev|up)\s*:)", re.I)
_ONWARD = re.compile(r"(?:[\s-]>+|[»\u203a→⟩])\W*$")
"""What a link says that leads on, before or behind the title it leads to. The latter alone is no
sign of a bar: a start page says it of all that it offers."""
_TURN = re.compile(r"\W*(?:previous|prev|next)\b", re.I)
_GLUED_TURN = re.compile(r"\W*(?:Previous|Prev|Next)(?:[A-Z]| page\b)")
_SIGNS = word_set("next previous prev up home")
_WAYS = word_set(
    "next previous prev up home contents index top back toc table of chapter section page first",
    "last forward main menu the return to parent go",
)


def trim(blocks: list[Block], repeated: frozenset[int]) -> None:
    """Take away what stands around the content: repeated blocks, ways to other pages."""
    del blocks[: _banner(blocks, repeated)]
    _drop_trail(blocks)
    _drop_reading_time(blocks)
    _drop_separators(blocks)
    while blocks and blocks[0][0] != "h" and _is_edge(blocks[0], repeated):
        del blocks[0]
    _drop_end(blocks, repeated)
    blocks[:] = [block for block in blocks if not _is_bar(block)]


def _drop_separators(blocks: list[Block]) -> None:
    """Take away what stood between tools beside the title: `1.2 ·`, `· [-]`."""
    for index, (kind, text) in enumerate(blocks[:_BESIDE_TITLE]):
        if kind == "p" and (text.startswith(("· ", "| ")) or text.endswith((" ·", " |"))):
            rest = text.strip("·| ") if any(map(str.isalnum, text)) else ""
            blocks[index : index + 1] = [("p", rest)] if rest else []
            return


def _drop_end(blocks: list[Block], repeated: frozenset[int]) -> None:
    """Take away what stands below the content, but leave no heading without its text."""
    last: Block | None = None
    while blocks:
        if blocks[-1][0] != "h":
            if not _is_end(blocks, repeated):
                return
            last = blocks.pop()
        elif len(blocks) > 1 and _ASKS.fullmatch(blocks[-1][1]):
            blocks.pop()
        else:
            if last is not None and last[0] != "rule":
                blocks.append(last)
            return


def _is_end(blocks: list[Block], repeated: frozenset[int]) -> bool:
    """Whether the last block is no content: it may lead on from below when the page was changed."""
    if _is_edge(blocks[-1], repeated) or _is_of_itself(blocks[-1]):
        return True
    return is_only_links(blocks[-1]) and len(blocks) > 1 and _is_of_itself(blocks[-2])


def _drop_trail(blocks: list[Block]) -> None:
    """Take away what leads from the page before its title: where it stands, what it holds."""
    for index, block in enumerate(blocks[: _BEFORE_TITLE + 1]):
        kind, text = block
        if kind == "h":
            if text[:2] == "# ":
                del blocks[:index]
            return
        if kind != "rule" and not is_only_links(block):
            return


def _banner(blocks: list[Block], repeated: frozenset[int]) -> int:
    """How many blocks only name the site, as on its other pages, before the page's own heading."""
    if len(blocks) < 2 or blocks[0][0] != "h" or block_hash(blocks[0][1]) not in repeated:
        return 0
    if _LINK.fullmatch(blocks[0][1].lstrip("# ")) is not None:  # it leads to the site's start
        return 1 if any(kind == "h" for kind, _ in blocks[1:]) else 0
    if blocks[0][1][:2] != "# ":
        return 0
    for place, (kind, text) in enumerate(blocks[1 : _BESIDE_TITLE + 1], start=1):
        if kind == "h":
            return place if block_hash(text) not in repeated else 0
        if block_hash(text) not in repeated:
            return 0
    return 0


def _drop_reading_time(blocks: list[Block]) -> None:
    """Take away how long the page takes to read, which stands beside or below its title."""
    for index, (kind, text) in enumerate(blocks[:_BESIDE_TITLE]):
        if kind == "p" and len(text) < _LONGEST_TIME and "read" in text.lower():
            rest = _READING_TIME.sub("", text)
            if rest != text:
                blocks[index : index + 1] = [("p", rest)] if rest else []
                return


def _is_of_itself(block: Block) -> bool:
    kind, text = block
    return kind == "p" and len(text) < _LONGEST_BAR and bool(_OF_ITSELF.fullmatch(_unlinked(text)))


def block_hash(text: str) -> int:
    """What is remembered of a block: its words, wherever its links lead."""
    if "\ue000" in text:
        text = _TARGET.sub("", text)
    return hash(text.replace("[", "").replace("]", "").replace("!", ""))


def _unlinked(markdown: str) -> str:
    """Markdown with the texts of its links instead of the links."""
    return _LINK.sub(r"\1", _LINK.sub(r"\1", markdown)) if "\ue000" in markdown else markdown


def _is_edge(block: Block, repeated: frozenset[int]) -> bool:
    kind, text = block
    if kind == "rule":
        return True
    if kind in ("code", "math", "note"):
        return False
    if block_hash(text) in repeated:
        return True
    return len(text) < _LONGEST_BAR and (_ways(text) > 0 or _turns(text))


def is_only_links(block: Block) -> bool:
    """Whether a paragraph has no words of its own, only those of links."""
    kind, text = block
    return (
        kind == "p"
        and "![" not in text
        and len(text) < _LONGEST_BAR
        and "\ue000" in text
        and not _WORD.search(_LINK.sub(" ", text))
    )


def is_way_to(block: Block, title: str) -> bool:
    """Whether a paragraph above a title only leads to it: links to what it is in, and itself."""
    if is_only_links(block):
        return True
    own = _LINK.sub("", block[1]).strip(" />\u203a»·")
    return block[0] == "p" and own == title.removeprefix("# ")


def _turns(text: str) -> bool:
    """Whether a block is the links to the page before and the page behind, with their titles."""
    labels = [_unlinked(link) for link in _LINK.findall(text)]
    if not 0 < len(labels) <= 2 or _LINK.sub("", text).strip():
        return False
    return all(map(_GLUED_TURN.match, labels)) or (
        len(labels) == 2 and all(map(_TURN.match, labels))
    )


def _is_bar(block: Block) -> bool:
    """Whether a block within the page is a navigation bar: some ways, nothing else."""
    kind, text = block
    if kind not in ("p", "table", "list"):
        return False
    count = text.count("\ue000")
    if count < 2 or len(text) >= _LONGEST_BAR:
        return False
    first = _WORD.match(text)
    if first is not None and first[0].lower() not in _WAYS:
        return False
    return (count >= 3 and _ways(text) >= 3) or _is_labelled(text)


def _is_labelled(text: str) -> bool:
    """Whether each link leads on, and says so: `Next: [Usage]`, `[< Usage]`, `[Contents]`."""
    if not set(_WORD.findall(_LINK.sub(" ", text).lower())) <= _WAYS:
        return False
    signs = 0
    for match in _LINK.finditer(text):
        label = _unlinked(match[0]).replace("\\", "")
        before = text[max(0, match.start() - _LABEL_LENGTH) : match.start()]
        words = set(_WORD.findall(label.lower()))
        if _LABELLED.search(before) or _SIGNED.match(label) or (words and words <= _SIGNS):
            signs += 1
        elif not words <= _WAYS and not _ONWARD.search(label):
            return False
    return signs > 0


def _ways(text: str) -> int:
    """Count the ways to other pages, if a block holds hardly anything else; 0 otherwise."""
    links = [_unlinked(link) for link in _LINK.findall(text)]
    if not links:
        return 0
    around = _WORD.findall(_LINK.sub(" ", text).lower())
    inside = [set(_WORD.findall(link.lower())) for link in links]
    ways = sum(bool(words) and words <= _WAYS for words in inside)
    is_all = ways > 0 and all(words <= _WAYS for words in inside)
    turns = _SIGNS.intersection(word for words in inside for word in words)
    if is_all and len(turns) > 1 and len(around) <= _MOST_TITLES:
        return len(links)  # with the titles of the pages that they lead to
    if not _WAYS.issuperset(around):
        return 0
    if is_all:
        return len(links)
    signs = not _SIGNS.isdisjoint(around) or ways * 2 >= len(links)
    arrows = len(links) <= 4 and bool(_ARROW.search(_LINK.sub(" ", text)))
    return 1 if signs or arrows else 0
