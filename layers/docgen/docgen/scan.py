"""What does a fetched page say about where to go next, and what is it a copy of?

Reads raw HTML once, fast, before anything is known about the rest of the site.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from docgen import urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

MAIN = "main, [role=main]"
CHROME = ["script", "style", "nav", "header", "footer", "aside", "template", "noscript"]
ENOUGH_WORDS = 30
STUB_BYTES = 4096  # a page that only sends its reader on is smaller, and says little
_REFRESH = re.compile(r"\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)
_SCRIPTED = re.compile(
    r"(?:window\.|document\.|self\.|top\.)?location(?:\.href\s*=|\.replace\(|\.assign\(|\s*=)"
    r"\s*[\"']([^\"'\\]+)[\"']"
)
_MENU_NAMES = ("docfx:navrel", "docfx:tocrel")
"""By these DocFX names the pages from which a script fetches a page's menus."""
LONGEST_REFRESH = 10  # seconds; a page that stays longer is meant to be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was found on a page. All URLs are canonical and without noise."""

    base: str
    """What relative links start from."""
    hrefs: tuple[str, ...]
    """Links as they stand there, in document order, without fragments, each once."""
    canonical: str | None
    """What the page calls its own address."""
    refresh: str | None
    """Where the page sends its reader on to."""
    alternates: tuple[tuple[str, str], ...]
    """Language and URL of the same page in each language it names."""
    language: str | None
    name: str
    """Its title and first heading."""
    text_hash: str | None
    """Equal for pages with the same main text; None where there is no text."""

    def links(self) -> Iterator[str]:
        """Resolve the links, one by one: a page may have thousands."""
        return (url for href in self.hrefs if (url := _resolve(href, self.base)) is not None)


def scan(html: str, url: str, *, most_links: int) -> Scan:
    """Read a page that was fetched from `url`."""
    tree = LexborHTMLParser(html)
    base = _base(tree, url)
    head = _HeadLinks(tree, base)
    hrefs = tuple(_hrefs(tree, most_links))
    is_stub = len(html) < STUB_BYTES and _says_little(tree)
    refresh = _refresh(tree, base, is_stub=is_stub) or (_scripted(tree, base) if is_stub else None)
    root = tree.root
    language = root.attributes.get("lang") if root is not None else None
    return Scan(
        base=base,
        hrefs=hrefs,
        canonical=head.canonical,
        refresh=refresh,
        alternates=head.alternates,
        language=language.lower() if language else None,
        name=" ".join(_first_text(tree, tag) for tag in ("title", "h1")),
        text_hash=_text_hash(tree),  # last, because it takes the tree apart
    )


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return (_resolve(node.attributes.get("href"), url) if node is not None else None) or url


def _resolve(href: str | None, base: str) -> str | None:
    if href is None:
        return None
    try:
        return urls.clean(urls.canonical(href, base))
    except urls.BadUrl:
        return None


class _HeadLinks:
    def __init__(self, tree: LexborHTMLParser, base: str) -> None:
        self.canonical: str | None = None
        alternates = []
        for node in tree.css("link[rel][href]"):
            attributes = node.attributes
            kinds = (attributes["rel"] or "").lower().split()
            if "canonical" in kinds and self.canonical is None:
                self.canonical = _resolve(attributes["href"], base)
            elif "alternate" in kinds and (language := attributes.get("hreflang")):
                alternates.append((language.lower(), _resolve(attributes["href"], base)))
        self.alternates = tuple((lang, url) for lang, url in alternates if url is not None)


def _hrefs(tree: LexborHTMLParser, most: int) -> dict[str, None]:
    found: dict[str, None] = {}
    for node in tree.css("a[href], area[href], frame[src], iframe[src]"):
        if len(found) >= most:
            break
        attributes = node.attributes
        href = (attributes.get("href") or attributes.get("src") or "").partition("#")[0]
        if href:
            found[href] = None
    found.update(dict.fromkeys(_menus(tree)))
    return found


def _menus(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css("meta[name^=docfx], meta[property^=docfx]"):
        attributes = node.attributes
        if (attributes.get("name") or attributes.get("property")) in _MENU_NAMES:
            yield from filter(None, (attributes.get("content"),))


def _says_little(tree: LexborHTMLParser) -> bool:
    unseen = sum(len(_words(node)) for node in tree.css("body script, body style, body noscript"))
    return len(_words(tree.body)) - unseen < ENOUGH_WORDS


def _refresh(tree: LexborHTMLParser, base: str, *, is_stub: bool) -> str | None:
    for node in tree.css("meta[http-equiv][content]"):
        if (node.attributes["http-equiv"] or "").lower() != "refresh":
            continue
        if not is_stub and node.parent is not None and node.parent.tag == "noscript":
            continue  # a page of its own, which sends on only readers without scripts
        found = _REFRESH.match(node.attributes["content"] or "")
        if found and int(found[1][:9]) <= LONGEST_REFRESH:
            return _resolve(found[2].strip(), base)
    return None


def _scripted(tree: LexborHTMLParser, base: str) -> str | None:
    for node in tree.css("script"):
        if found := _SCRIPTED.search(node.text()):
            return _resolve(found[1], base)
    return None


def _first_text(tree: LexborHTMLParser, tag: str) -> str:
    node = tree.css_first(tag)
    return node.text().strip() if node is not None else ""


def _text_hash(tree: LexborHTMLParser) -> str | None:
    images = [node.attributes.get("src") or "" for node in tree.css("img[src]")]
    title = tree.css_first("title")
    main = tree.css(MAIN)
    text = _words(main[0]) if len(main) == 1 else []
    if len(text) < ENOUGH_WORDS:
        tree.strip_tags(CHROME)
        text = _words(tree.body)
    if not text:
        return None
    if len(text) < ENOUGH_WORDS:
        # Little text: pages that differ in their title or pictures differ.
        text += ["\0", title.text() if title is not None else "", *images]
    return hashlib.blake2b(" ".join(text).encode(), digest_size=16).hexdigest()


def _words(node: LexborNode | None) -> list[str]:
    return node.text_lexbor().split() if node is not None else []
