"""What does a page say about itself: title, description, language, dates, place in the site?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from docgen.names import PAGE_SUFFIXES
from docgen.sitemodel import SEPARATORS, split_suffix, split_title

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from docgen.walk import Heading

_DESCRIPTIONS = ("description", "og:description", "twitter:description", "dcterms.description")
_PUBLISHED = ("article:published_time", "datepublished", "dcterms.created", "dc.date", "date")
_MODIFIED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "updated_at",
    "dcterms.modified",
    "last-modified",
    "revised",
)
_LD_DATE = re.compile(r'"date(Published|Modified)"\s*:\s*"([^"]{8,40})"')
_ISO_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_CRUMBS = (
    "[aria-label^=breadcrumb i], .breadcrumb, "
    ".breadcrumbs, .wy-breadcrumbs, .td-breadcrumbs, .bd-breadcrumbs, .crumbs, #breadcrumbs"
)
_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""What is no text, or turns the direction of the text that follows it."""
_LONGEST_DESCRIPTION = 1_000
_NUMBERED = re.compile(
    r"^(?:(?:chapter|section|appendix|part) +)?(?:\d+(?:[.-]\d+)*|[a-z](?:\.\d+)+)"
    r"[.:)]? *[:\u2014\u2013-]? +",
    re.IGNORECASE,
)
_ONLY_NUMBER = re.compile(r"(?:chapter|section|appendix|part) [\dA-Z]+(?:\.\d+)*\.?", re.I)
"""A title that says less than the heading it stands for."""
_UNTITLED = re.compile(r"^<no title>\W*")
"""What Sphinx calls a page without a heading, before the name of the site."""
_CRUMB_MARKS = "/»\u203a>·•| "
_MOST_CRUMBS = 12


@dataclass(slots=True)
class Metadata:
    """What stands in the head of a page."""

    title: str = ""
    language: str | None = None
    base: str | None = None
    up: str = ""
    """The page above this one, as books of many pages name it."""
    is_frame: bool = False
    """Whether its links lead to where it is shown in: another frame."""
    named: dict[str, str] = field(default_factory=dict)
    """The contents of its `meta` elements, by name in lower case; the first of each name."""
    linked_data: str = ""

    @property
    def description(self) -> str | None:
        """What the page says it is about."""
        found = next((self.named[name] for name in _DESCRIPTIONS if self.named.get(name)), None)
        return one_line(found)[:_LONGEST_DESCRIPTION] or None if found else None

    @property
    def published(self) -> str | None:
        """When it was first published, ISO 8601."""
        return self._date(_PUBLISHED, "Published")

    @property
    def modified(self) -> str | None:
        """When it was last changed, ISO 8601."""
        return self._date(_MODIFIED, "Modified")

    def _date(self, names: tuple[str, ...], kind: str) -> str | None:
        for name in names:
            found = iso_date(self.named.get(name, ""))
            if found:
                return found
        for which, value in _LD_DATE.findall(self.linked_data):
            if which == kind:
                return iso_date(value)
        return None


def one_line(text: str) -> str:
    """Write text as it may stand in a title, in a contents line or in a file's front matter."""
    return _INVISIBLE.sub("", " ".join(text.split())).strip()


def iso_date(text: str) -> str | None:
    """Read a date as ISO 8601; None for what is none."""
    match = _ISO_DATE.match(text.strip())
    if match:
        return match[0].replace(" ", "T")
    if not text or not text[-1].isalnum() or "," not in text:
        return None
    try:
        moment = _in_utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError):  # the latter for many digits, and the ends of time
        return None
    return moment.isoformat().replace("+00:00", "Z")


def _in_utc(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def read_head(tree: LexborHTMLParser) -> Metadata:
    """Read the head of a page."""
    found = Metadata()
    root = tree.root
    if root is not None:
        language = root.attributes.get("lang") or root.attributes.get("xml:lang") or ""
        match = _LANGUAGE.match(language.strip())
        found.language = match[0].replace("_", "-") if match else None
    head = tree.head
    if head is not None:
        for node in head.iter():
            _read_node(found, node)
    if found.language is None:
        match = _LANGUAGE.match(found.named.get("content-language", "").strip())
        found.language = match[0] if match else None
    return found


def _read_node(found: Metadata, node: LexborNode) -> None:
    tag = node.tag
    if tag == "meta":
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or attributes.get("http-equiv")
        content = attributes.get("content") or attributes.get("itemprop")
        if name and content:
            found.named.setdefault(name.lower(), content)
    elif tag == "title" and not found.title:
        found.title = _UNTITLED.sub("", one_line(node.text()))
    elif tag == "link" and not found.up:
        attributes = node.attributes
        if (attributes.get("rel") or "").lower() == "up":
            found.up = attributes.get("href") or ""
    elif tag == "base" and found.base is None:
        attributes = node.attributes
        found.base = attributes.get("href")
        target = attributes.get("target") or "_self"
        found.is_frame = target.lower() not in ("_self", "_blank", "_new", "_top")
    elif tag == "script" and node.attributes.get("type") == "application/ld+json":
        found.linked_data += node.text()


def choose_title(title: str, headings: list[Heading], affixes: frozenset[str]) -> str:
    """The page's own title: without what the site adds to each, or the first heading."""
    first = next((h.text for h in headings if h.level == 1), headings[0].text if headings else "")
    first = one_line(first)
    if not title or (first and _ONLY_NUMBER.fullmatch(title)):
        return first
    bare, suffix = split_suffix(title)
    if suffix and (suffix in affixes or _alike(bare, first)):
        title = bare
    elif suffix and bare in affixes:
        title = suffix[1:-1].strip()  # there stands which of the manual's pages it is
    parts = split_title(title)
    if title in affixes and not any(h.level == 1 for h in headings):
        return _once(title, parts)  # of the start page: the others add their own to it
    if first and _alike(parts[0], first):
        return parts[0] if parts[0].casefold() == first.casefold() else first
    separator = next((s for s in SEPARATORS if s in split_suffix(title)[0]), " ")
    own = list(parts)
    while len(own) > 1 and own[-1] in affixes:
        own.pop()
    while len(own) > 1 and own[0] in affixes:
        own.pop(0)
    if first and any(_alike(part, first) for part in own):
        return first
    if own == [first] or own[0] not in affixes:
        return separator.join(own).strip()
    return first or _once(title, parts)


def _once(title: str, parts: list[str]) -> str:
    """A title that is not written twice, as the site's and as the page's."""
    half = parts[: len(parts) // 2]
    return title[: len(title) // 2].rstrip(" :|\u2014\u2013-") if half * 2 == parts else title


def _alike(one: str, other: str) -> bool:
    """Whether two titles are one: a number before one of them makes no difference."""
    one, other = one.casefold(), other.casefold()
    return one == other or _NUMBERED.sub("", one) == _NUMBERED.sub("", other) != ""


def name_of_address(url: str) -> str:
    """What a page is called that calls itself nothing: its file, its folder, else its address."""
    name = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    return one_line(PAGE_SUFFIXES.sub("", name)) or url


def read_breadcrumbs(tree: LexborHTMLParser, title: str) -> tuple[str, ...]:
    """The way from the site's start to the page, without the page itself."""
    node = tree.css_first(_CRUMBS)
    if node is None:
        return ()
    items = node.css("li") or node.css("a, span")
    crumbs: list[str] = []
    for item in items[:_MOST_CRUMBS]:
        if 'aria-current="page"' in (item.html or ""):
            continue
        if "aside" in (item.attributes.get("class") or ""):
            continue  # what can be done with the page
        text = one_line(item.text()).strip(_CRUMB_MARKS)
        if text == "Trace:":
            return ()  # DokuWiki tells where its reader has been
        if text and text[-1] != ":" and len(text) < 100 and (not crumbs or crumbs[-1] != text):
            crumbs.append(text)
    if crumbs and _alike(crumbs[-1], title):
        crumbs.pop()
    return tuple(crumbs)
