"""How does the main content of a page become Markdown?"""

from __future__ import annotations

from typing import TYPE_CHECKING

# Each of these adds its handlers to the walk.
from docgen import code_blocks as code_blocks
from docgen import formulas as formulas
from docgen import lists as lists
from docgen import notes as notes
from docgen import pictures as pictures
from docgen import sections as sections
from docgen import table_elements as table_elements
from docgen import tabs as tabs
from docgen.inline import place_notes
from docgen.trimming import is_way_to, trim
from docgen.walk import Heading as Heading
from docgen.walk import Walk, Written, join

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from docgen.sitemodel import SiteModel
    from docgen.tables import Block


_MOST_BEFORE_TITLE = 3


def content_blocks(html: str) -> list[Block]:
    """Give the blocks of Markdown that content consists of, links left out."""
    walk = Walk(html, lambda href: "")
    walk.run()
    return walk.blocks


def _lead_with_title(blocks: list[Block]) -> None:
    """Let the title come first, which some pages put below a banner, a logo or a remark."""
    first = next((place for place, block in enumerate(blocks) if block[0] == "h"), 0)
    if 0 < first <= _MOST_BEFORE_TITLE and blocks[first][1].startswith("# "):
        title = blocks.pop(first)
        above = [block for block in blocks[:first] if not is_way_to(block, title[1])]
        blocks[:first] = [title, *above]


def _forget_last(written: Written, left: int) -> None:
    """Take back the headings at the end that were trimmed away: the last one left has their ids."""
    if not 0 < left < len(written.headings):
        return
    gone = {heading.anchor for heading in written.headings[left:]}
    del written.headings[left:]
    for name, anchor in written.anchors.items():
        if anchor in gone:
            written.anchors[name] = written.headings[-1].anchor


def to_markdown(
    html: str,
    resolve: Callable[[str], str],
    model: SiteModel | None,
    formulas: re.Pattern[str] | None = None,
    own_url: str = "",
) -> Written:
    """Write content as Markdown.

    Args:
        html: The parser's serialisation of the content (never a page as it was fetched).
        resolve: Makes a link absolute; gives "" for one that is not to be kept.
        model: What repeats on the site's pages: left out.
        formulas: What is a formula in the text, where a script sets them.
        own_url: The page's, from which its links need not start.
    """
    junk = model.junk if model else frozenset()
    walk = Walk(html, resolve, junk, {resolve(""), own_url})
    walk.phrases.formulas = formulas
    written = walk.run()
    first = walk.blocks[0] if walk.blocks else None
    trim(walk.blocks, model.repeated_blocks if model else frozenset())
    if first and first[0] == "h" and (not walk.blocks or walk.blocks[0] is not first):
        del written.headings[0]
    _forget_last(written, sum(kind == "h" for kind, _ in walk.blocks))
    _lead_with_title(walk.blocks)
    written.markdown = place_notes(join(walk.blocks), walk.phrases.notes.write)
    return written
