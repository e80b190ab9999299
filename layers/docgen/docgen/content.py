"""Where on a page is its content?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# What pages call their content themselves, the surest first. Nothing here names a site: these
# are the landmarks of HTML and ARIA, and the names that generators and their themes share.
_LANDMARKS = ("main", "[role=main]", "[itemprop=articleBody]", "article")
_NAMES = (
    "#main-content",
    "#content",
    "#page-content",
    "#doc-content",
    "#docs-content",
    "#content-area",
    "#main",
    "#bodyContent",
    "#mw-content-text",
    "#article",
    "#body",
    "div.body",
    "div.markdown-body",
    "div.main-content",
    "div.page-content",
    "div.doc-content",
    "div.docs-content",
    "div.post-content",
    "div.entry-content",
    "div.mainContent",
    "div.document",
    "div.content",
    "div.main",
)
_LANDMARK_QUERY = ", ".join(_LANDMARKS)
_NAME_QUERY = ", ".join(_NAMES)

_LEAST_SHARE = 0.75
"""Of the words that are no links, a container chosen by its name has to hold so much."""
_LEAST_LANDMARK_SHARE = 0.3
_LEAST_INNER_SHARE = 0.8
_MOST_BESIDE = 0.25
"""What other articles may hold of an article that is taken for all of the content."""
_MOST_AROUND = 2
"""As much prose may be in what is named as the content as in the article in it."""


_NO_INTRODUCTION = ("header", "nav", "aside", "footer")
_LEAST_INTRODUCTION = 60  # characters of paragraphs


def find_content(tree: LexborHTMLParser, selector: str | None = None) -> tuple[LexborNode, str]:
    """Find the element that holds the page's content.

    Gives it with a selector that finds its like on the site's other pages. A `selector` that
    proved right on most pages is tried first; it saves measuring.
    """
    body = tree.body
    if body is None:
        return tree.root, "html"  # type: ignore[return-value]
    if selector:
        if selector == "body":
            return body, selector
        node = body.css_first(selector)
        if node is not None and node.first_child is not None:
            return node, selector
    found = _landmark(body)
    if found is not None:
        return found, _selector(found)
    found = _named(body)
    return (found, _selector(found)) if found is not None else (body, "body")


def _landmark(body: LexborNode) -> LexborNode | None:
    """The main landmark, or the one article in it; None where there is none worth the name."""
    nodes = body.css(_LANDMARK_QUERY)
    if not nodes:
        return None
    whole = _prose_length(body)
    best: LexborNode | None = None
    best_length = 0
    lengths = [_prose_length(node) for node in nodes]
    for node, length in zip(nodes, lengths, strict=True):
        if length < whole * _LEAST_LANDMARK_SHARE:
            continue
        if best is None or not _is_within(node, best):
            if length > best_length:
                best, best_length = node, length
        elif length >= best_length * _LEAST_INNER_SHARE and _keeps_title(node, best):
            best = node
    if best is not None and best.tag == "article":
        beside = sum(
            length
            for node, length in zip(nodes, lengths, strict=True)
            if node.mem_id != best.mem_id
            and not _is_within(node, best)
            and not _is_within(best, node)
        )
        if beside > best_length * _MOST_BESIDE:
            return None
        return _with_title(best, body)
    return _with_introduction(best, body) if best is not None else None


def _with_title(article: LexborNode, body: LexborNode) -> LexborNode:
    """The article, or what is named as the content around it, if the title stands there."""
    if article.css_first("h1") is not None or body.css_first("h1") is None:
        return article
    most = _prose_length(article) * _MOST_AROUND
    for node in reversed(body.css(_NAME_QUERY)):
        if _is_within(article, node) and node.css_first("h1") is not None:
            return node if _prose_length(node) <= most else article
    return article


def _with_introduction(main: LexborNode, body: LexborNode) -> LexborNode:
    """The main landmark, or what is around it and the introduction above it, with the title."""
    titles = body.css("h1")
    if len(titles) != 1 or main.css_first("h1") is not None:
        return main
    beside = main
    while beside.parent is not None and not _is_within(titles[0], beside.parent):
        beside = beside.parent
    around = beside.parent
    above: LexborNode | None = titles[0]
    while above is not None and above.parent is not None and around is not None:
        if above.tag in _NO_INTRODUCTION or above.attributes.get("role") == "banner":
            return main
        if above.parent.mem_id == around.mem_id:
            prose = sum(_prose_length(paragraph) for paragraph in above.css("p"))
            return around if prose >= _LEAST_INTRODUCTION else main
        above = above.parent
    return main


def _keeps_title(node: LexborNode, outer: LexborNode) -> bool:
    return node.css_first("h1") is not None or outer.css_first("h1") is None


def _named(body: LexborNode) -> LexborNode | None:
    """The smallest container with a telling name that holds nearly all prose."""
    nodes = body.css(_NAME_QUERY)
    if not nodes:
        return None
    least = _prose_length(body) * _LEAST_SHARE
    if least < 1:
        return None
    title = body.css_first("h1")
    best: LexborNode | None = None
    best_length = 0
    for node in nodes:
        length = _prose_length(node)
        if length < least or (best is not None and length > best_length):
            continue
        if title is not None and node.css_first("h1") is None:
            continue
        best, best_length = node, length
    return best


def _prose_length(node: LexborNode) -> int:
    """How many characters of text the element has outside links; how it is indented is none."""
    linked = sum(_length(link) for link in node.css("a, script, style, nav"))
    return max(0, _length(node) - linked)


def _length(node: LexborNode) -> int:
    text = node.text()
    return len(text) - text.count(" ") - text.count("\n") - text.count("\t")


def _is_within(node: LexborNode, outer: LexborNode) -> bool:
    identity = outer.mem_id
    parent = node.parent
    while parent is not None:
        if parent.mem_id == identity:
            return True
        parent = parent.parent
    return False


def _selector(node: LexborNode) -> str:
    """A selector for this element's like: tag with id or first class, when they are plain names."""
    tag = node.tag or "body"
    if tag in ("main", "body"):
        return tag
    attributes = node.attributes
    name = attributes.get("id") or ""
    if name and name.replace("-", "").replace("_", "").isalpha() and name.isascii():
        return f"{tag}#{name}"
    if attributes.get("role") == "main":
        return f"{tag}[role=main]"
    if attributes.get("itemprop") == "articleBody":
        return f"{tag}[itemprop=articleBody]"
    classes = (attributes.get("class") or "").split()
    if classes and classes[0].replace("-", "").replace("_", "").isalpha() and classes[0].isascii():
        return f"{tag}.{classes[0]}"
    return tag
