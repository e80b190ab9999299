"""Which pages does the site list itself, in sitemaps and llms.txt?

Sitemaps are read with regular expressions, not with an XML parser: there are no entities to
expand, no external documents to load, and half of a broken file is still half a list.
"""

from __future__ import annotations

import html
import io
import re
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from docgen import urls
from docgen.charsets import decode
from docgen.errors import GenerateError
from docgen.fetch import get_patiently
from docgen.unpack import BodyRefused, Inflater

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from docgen.fetch import Getter, Response
    from docgen.options import Limits
    from docgen.robots import Robots

# Blanks are taken whole: given back one by one, a megabyte of them takes hours.
_LOCATION = re.compile(
    r"<(?:(?!image|video)\w{1,20}:)?loc>\s*+(?:<!\[CDATA\[)?\s*+([^<\]\s]+)", re.IGNORECASE
)
_INDEX = re.compile(r"<(?:\w{1,20}:)?sitemapindex[\s>]", re.IGNORECASE)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_FEED_LINK = re.compile(
    r"<link>\s*+(?:<!\[CDATA\[)?\s*+([^<\]\s]+)|<link\s[^<>]{0,500}?\bhref\s*=\s*[\"']([^\"'<>]+)",
    re.IGNORECASE,
)
_MARKDOWN_LINK = re.compile(r"\]\(\s*<?([^)>\s]+)")
_MARKDOWN_COPY = re.compile(r"(?:/index)?(\.html?)?\.mdx?$")
LOOKED_AT = 1024
OK = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages one list names."""

    urls: list[str]
    for_machines: bool
    """From an llms.txt, which names what matters most."""


async def read_llms_files(
    fetcher: Getter, robots: Robots, folder: str, limits: Limits
) -> AsyncIterator[Listing]:
    """Read the llms.txt of the folder (a URL) that the crawl keeps to, and of its origin."""
    for place in _places(folder):
        found = await _fetch(fetcher, robots, f"{place}llms.txt", limits)
        if found is not None and not found.media_type.endswith("html"):
            links = islice(read_llms(_text(found, limits)), limits.known_urls)
            yield Listing(list(_resolve(links, found.final_url)), for_machines=True)


async def read_sitemaps(
    fetcher: Getter, robots: Robots, folder: str, limits: Limits
) -> AsyncIterator[Listing]:
    """Read the sitemaps that robots.txt names, or else those in the usual places.

    Of what an index names, files in the folder (a URL) that the crawl keeps to come first.
    """
    waiting = deque(robots.sitemaps or [f"{place}sitemap.xml" for place in _places(folder)])
    seen = set(waiting)
    for _ in range(limits.sitemaps):
        if not waiting:
            return
        found = await _fetch(fetcher, robots, waiting.popleft(), limits)
        if found is None:
            continue
        text = _text(found, limits)
        listed = list(_resolve(read_sitemap(text, limits.known_urls), found.final_url))
        if _INDEX.search(text):
            fresh = [url for url in dict.fromkeys(listed) if url not in seen]
            fresh.sort(key=lambda url: not url.startswith(folder))
            del fresh[limits.sitemaps :]  # more are never read, and an index can name thousands
            seen.update(fresh)
            waiting.extend(fresh)
        else:
            yield Listing(listed, for_machines=False)


def asked_for_first(robots: Robots, folder: str) -> list[str]:
    """Name the lists that are read in any case, whatever they turn out to hold."""
    places = _places(folder)
    maps = robots.sitemaps[:1] or [f"{place}sitemap.xml" for place in places]
    urls = [*(f"{place}llms.txt" for place in places), *maps]
    return [url for url in urls if robots.allows(url)]


def _places(folder: str) -> list[str]:
    return list(dict.fromkeys([folder, f"{urls.split(folder)[0]}/"]))


def read_sitemap(text: str, most: int) -> Iterator[str]:
    """Read the locations of a sitemap, an index, a feed, or a plain list of URLs."""
    if "<" not in text:
        for line in islice(io.StringIO(text), most):
            if "://" in line:
                yield line.rstrip()
        return
    pattern = _FEED_LINK if _FEED.search(text[:LOOKED_AT]) else _LOCATION
    for found in islice(pattern.finditer(text), most):
        yield html.unescape(found[found.lastindex or 0])


def read_llms(text: str) -> Iterator[str]:
    """Read the links of an llms.txt; of Markdown copies, name the page they are copies of."""
    for found in _MARKDOWN_LINK.finditer(text):
        link = found[1].partition("#")[0]
        copy = _MARKDOWN_COPY.search(link)
        if copy is None:
            yield link
        elif "/index." in copy[0]:
            yield link[: copy.start()] + "/"
        else:
            yield link[: copy.start()] + (copy[1] or "")


def _resolve(links: Iterable[str], base: str) -> Iterator[str]:
    for link in links:
        try:
            yield urls.canonical(link, base)
        except urls.BadUrl:
            continue


async def _fetch(fetcher: Getter, robots: Robots, url: str, limits: Limits) -> Response | None:
    if not robots.allows(url):
        return None
    try:
        response = await get_patiently(
            fetcher, url, limits, most_bytes=limits.sitemap_bytes, cut=True
        )
    except GenerateError:
        return None  # a list less; links lead on
    return response if response.status == OK else None


def _text(response: Response, limits: Limits) -> str:
    body = response.body
    if body.startswith(b"\x1f\x8b"):
        try:
            body = Inflater()(body, limits.sitemap_bytes)
        except BodyRefused:
            body = b""
    return decode(body, response.headers.get("content-type"))
