"""How is a link written, once it is known where it leads?"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from docgen.site import Page, Site

SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp", "ftps", "irc", "ircs", "news", "geo"})
"""What a link may open; anything else (`javascript:` before all) is no link."""
PUNCTUATION = "/:?#[]@!$&*+,;=%~-._"
"""Kept as it is in a URL. Not the quotes, brackets and bars that mean something around it."""

_PLAIN = re.compile(r"[\w/:?#@!$&*+,;=%~.-]*", re.ASCII)  # nothing in it to be quoted
_URLS = re.compile(
    r"(?P<before>\[)?!\[(?P<alt>(?:\\.|[^\[\]\\])*+)\]"  # brackets in it are escaped
    "\\(\ue000(?P<source>[^\ue001]*)\ue001(?P<title>[^)\n]*)\\)"
    "|\ue000(?P<url>[^\ue001]*)\ue001"
)


def external(url: str) -> str | None:
    """Write a link out of the bundle, harmless in Markdown, HTML and XML; None if it may not be."""
    scheme, colon, _ = url.partition(":")
    if not colon or scheme.lower() not in SCHEMES:
        return None
    return url if _PLAIN.fullmatch(url) else quote(url, safe=PUNCTUATION)


def relative(page: Page, path: str) -> str:
    """Write the way from a page's file to another file of the same folder tree."""
    folder = posixpath.dirname(page.stem)
    return quote(posixpath.relpath(path, folder or "."), safe=PUNCTUATION)


def from_top(path: str) -> str:
    """Write the way from a file at the top of a folder tree to another file of it."""
    return quote(path, safe=PUNCTUATION)


def between(site: Site, page: Page, url: str, extension: str) -> str | None:
    """Write the link from a page's file to a URL: to its file if crawled, else to the web."""
    target = site.find(url)
    if target is None:
        return external(url)
    anchor = f"#{quote(target.anchor, safe=PUNCTUATION)}" if target.anchor else ""
    if target.page is page and anchor:
        return anchor
    return relative(page, target.page.stem + extension) + anchor


def within(site: Site, url: str) -> str | None:
    """Write the link to a URL where all pages are one document."""
    target = site.find(url)
    if target is None:
        return external(url)
    return f"#{quote(target.combined, safe=PUNCTUATION)}"


def replace(
    markdown: str, write: Callable[[str], str | None], images: Container[str] = frozenset()
) -> str:
    """Replace the URLs in stored Markdown.

    An image that is not among `images`, those of the bundle, becomes a link: to read the bundle
    must tell no other server so.
    """

    def written(match: re.Match[str]) -> str:
        if match["url"] is not None:
            return write(match["url"]) or ""
        source, alt = match["source"], match["alt"] or "Image"
        address, before = write(source), match["before"] or ""
        if source in images:
            return f"{before}![{match['alt']}]({address}{match['title']})"
        # Within the text of a link there can be no other.
        return f"{before}{alt}" if before or not address else f"[{alt}]({address})"

    return _URLS.sub(written, markdown)
