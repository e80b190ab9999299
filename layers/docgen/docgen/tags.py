"""What does one start tag of a page mean for its Markdown?"""

import re
from enum import IntEnum
from html import unescape

from .code_language import named_language

VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()
)

_ATTRIBUTE = re.compile(r'([^\s"=]+)(?:="([^"]*)")?')
_NO_CLASSES: frozenset[str] = frozenset()
_MEMO_LIMIT = 20_000  # distinct start tags kept; beyond it the memory is emptied, never grown


class Kind(IntEnum):
    """How the walk treats an element."""

    INLINE = 0
    """Transparent: its text belongs to the paragraph it stands in."""
    BLOCK = 1
    """Ends the paragraph before it and the one in it."""
    SKIP = 2
    """Left out with everything in it."""
    SPECIAL = 3
    """Has a handler of its own, found by `Tag.role`."""


_SKIPPED_NAMES = frozenset(
    "script style svg template noscript iframe canvas audio video object embed dialog button "
    "select textarea nav footer head title link meta map area progress meter datalist rt rp "
    "frameset noframes noembed".split()
)
_INLINE_NAMES = frozenset(
    "span abbr acronym bdi bdo big font ins label mark nobr output ruby rb small time u data "
    "basefont slot optgroup option wbr param source track col colgroup".split()
)
SPECIAL_NAMES = {
    **{f"h{level}": "heading" for level in range(1, 7)},
    "a": "link",
    "b": "strong",
    "strong": "strong",
    "em": "emphasis",
    "i": "emphasis",
    "cite": "emphasis",
    "dfn": "emphasis",
    "var": "emphasis",
    "del": "strike",
    "s": "strike",
    "strike": "strike",
    "code": "code",
    "tt": "code",
    "samp": "code",
    "kbd": "code",
    "sup": "superscript",
    "sub": "subscript",
    "q": "quotation",
    "br": "break",
    "hr": "rule",
    "img": "image",
    "input": "input",
    "pre": "pre",
    "listing": "pre",
    "xmp": "pre",
    "plaintext": "pre",
    "ul": "list",
    "ol": "list",
    "menu": "list",
    "dir": "list",
    "li": "item",
    "dl": "definitions",
    "dt": "term",
    "dd": "description",
    "blockquote": "quote",
    "table": "table",
    "thead": "table_head",
    "tr": "row",
    "td": "cell",
    "th": "cell",
    "math": "math",
    "summary": "summary",
}

_JUNK = frozenset(
    # permalinks and tools around code
    "headerlink permalink anchor-link anchorlink anchorjs-link hash-link header-anchor heading-anchor "
    "header-link headinglink toc-anchor id_link viewcode-link viewcode-back srclink copybtn "
    "copy-button copy-btn btn-copy clipboard clip-button zeroclipboard-container clipboard-button "
    "copy-code-button copy-to-clipboard-button code-copy buttons buttonGroup toolbar-item test-arrow "
    "go-to-top back-to-top backtotop "
    # line numbers
    "linenos linenodiv lineno linenumber line-numbers-rows line-numbers-wrapper gutter rouge-gutter "
    "hljs-ln-numbers lnt ln boring code-linenos line-number "
    # navigation around the content
    "navheader navfooter breadcrumb breadcrumbs wy-breadcrumbs td-breadcrumbs theme-doc-breadcrumbs "
    "pagination pager pagination-nav prev-next prev-next-area prev-next-footer prevnext rst-footer-buttons "
    "page-nav page-navigation nav-chapters nav-wide-wrapper mobile-nav-chapters related related-pages "
    "sphinxsidebar sidebar-drawer toc-drawer toc-sidebar bd-sidebar bd-toc md-sidebar md-header md-footer "
    "md-tabs md-source md-nav wy-nav-side wy-nav-top sidebar-nav side-nav sidenav left-nav "
    "nav-path navpath tabs2 tabs3 spirit-nav site-nav site-header site-footer page-footer "
    "page-header-nav navbar navbar-header topbar top-nav topnav bottom-nav bottomnav subnav "
    "sub-nav skip-link skip-nav skip-to-content skiplink skipnav nav-links table-of-contents-nav "
    "docs-sidebar docs-nav doc-sidebar theme-doc-toc-mobile theme-doc-toc-desktop theme-doc-footer "
    "theme-doc-sidebar-container vp-doc-footer VPDocFooter VPDocAside VPSidebar VPNav VPLocalNav "
    # talk around the content
    "edit-page edit-this-page edit-page-link editpage edit-link editlink edit-on-github "
    "theme-edit-this-page feedback page-feedback td-page-meta feedback--answer cookie-banner "
    "cookie-notice cookie-consent cookies-banner search-form searchbox search-box search-container "
    "searchform social-links share-buttons share-links newsletter giscus utterances disqus "
    "advertisement ethical-ad ethical-rtd ad-banner carbonads version-switcher version-warning-none "
    "rst-versions footer-text sr-only visually-hidden screen-reader-text screenreader hideme "
    "footer navigation notable-traits-tooltiptext summary_toggle showSource notebook-link ablog__prev-next mw-editsection noprint printfooter catlinks".split()
)
_JUNK_IDS = frozenset(
    "footer page-footer site-footer header-nav breadcrumbs side-nav nav-path sidebar left-sidebar "
    "right-sidebar MSearchSelectWindow MSearchResultsWindow doc-content-nav navbar navigation "
    "main-nav mobile-nav bottomnav topnav disqus_thread comments cookie-banner toggleLink "
    "nav-bottom nav-top".split()
)
_JUNK_ROLES = frozenset("navigation search banner contentinfo dialog menu menubar toolbar".split())

_ICON = re.compile(r"^(?:fa[srlb]?|fa-.*|icon|icon-.*|material-icons.*|glyphicon.*|octicon.*|bi-.*)$")

ALERTS = {
    "note": "NOTE",
    "info": "NOTE",
    "information": "NOTE",
    "seealso": "NOTE",
    "see-also": "NOTE",
    "abstract": "NOTE",
    "summary": "NOTE",
    "todo": "NOTE",
    "example": "NOTE",
    "question": "NOTE",
    "faq": "NOTE",
    "quote": "NOTE",
    "remark": "NOTE",
    "remarks": "NOTE",
    "api_stability": "NOTE",
    "secondary": "NOTE",
    "primary": "NOTE",
    "version": "NOTE",
    "deprecated": "WARNING",
    "since": "NOTE",
    "tip": "TIP",
    "hint": "TIP",
    "success": "TIP",
    "check": "TIP",
    "best-practice": "TIP",
    "important": "IMPORTANT",
    "warning": "WARNING",
    "warn": "WARNING",
    "attention": "WARNING",
    "caution": "CAUTION",
    "danger": "CAUTION",
    "error": "CAUTION",
    "failure": "CAUTION",
    "bug": "CAUTION",
    "critical": "CAUTION",
}
_ALERT_FAMILIES = (
    "admonition",
    "alert",
    "callout",
    "custom-block",
    "theme-admonition",
    "hint",
    "markdown-alert",
    "starlight-aside",
    "nextra-callout",
    "confluence-information-macro",
    "bs-callout",
    "docs-alert",
    "notice",
)
_PLAIN_ALERTS = frozenset(
    "note warning tip caution important danger hint attention info seealso".split()
)
_PLAIN_ALERT_NAMES = frozenset("div aside section details blockquote".split())


class Tag:
    """One start tag, read once: every later occurrence of the same text is a dictionary look-up."""

    __slots__ = ("alert", "attributes", "classes", "id", "kind", "language", "name", "role")

    def __init__(self, source: str) -> None:
        self.name, _, rest = source.partition(" ")
        attributes: dict[str, str] = {}
        if rest:
            for key, value in _ATTRIBUTE.findall(rest):
                attributes[key] = unescape(value) if "&" in value else value
        self.attributes = attributes
        words = attributes.get("class")
        self.classes = frozenset(words.split()) if words else _NO_CLASSES
        self.id = attributes.get("id")
        self.alert = ""
        self.language = named_language(self.name, attributes) if rest else None
        self.role = ""
        self.kind = self._kind()

    def _kind(self) -> Kind:
        name = self.name
        if name in _SKIPPED_NAMES:
            if name == "script" and self.attributes.get("type", "").startswith("math/tex"):
                self.role = "tex"
                return Kind.SPECIAL
            return Kind.SKIP
        role = SPECIAL_NAMES.get(name, "")
        if self.attributes:
            if self._is_junk():
                return Kind.SKIP
            role = self._role_by_attributes() or role
        if role:
            self.role = role
            return Kind.SPECIAL
        return Kind.INLINE if name in _INLINE_NAMES or "-" in name else Kind.BLOCK

    def _is_junk(self) -> bool:
        if not self.classes.isdisjoint(_JUNK) and self.name not in ("body", "html", "main"):
            return True
        if self.id in _JUNK_IDS or self.attributes.get("role") in _JUNK_ROLES:
            return True
        if self.name in ("i", "span") and any(map(_ICON.match, self.classes)):
            return True
        return self.name == "span" and self.attributes.get("aria-hidden") == "true"

    def _role_by_attributes(self) -> str:
        classes = self.classes
        for test, role in _ROLES:
            if test(self):
                return role
        if classes:
            self.alert = self._alert_kind()
        return "alert" if self.alert else ""

    def _alert_kind(self) -> str:
        classes = self.classes
        if self.name == "dl":
            if "section" in classes or "admonition" in classes:
                return next((word for word in classes if word in ALERTS), "")
            return ""
        if self.name in _PLAIN_ALERT_NAMES:
            plain = classes & _PLAIN_ALERTS
            if plain:
                return min(plain)
            if "api_stability" in classes:
                return "api_stability"
        elif self.name not in ("p", "table"):
            return ""
        return self._alert_family(classes)

    def _alert_family(self, classes: frozenset[str]) -> str:
        for family in _ALERT_FAMILIES:
            if any(word.startswith(family) for word in classes):
                break
        else:
            return "note" if self.name == "p" and "note" in classes else ""
        kind = self.attributes.get("data-callout") or self.attributes.get("data-admonition-type")
        if kind:
            return kind.lower()
        for word in sorted(classes):
            last = re.split(r"--?|_", word.lower())[-1]
            for candidate in (word.lower(), last):
                if candidate in ALERTS and candidate not in ("hint", "primary", "secondary"):
                    return candidate
        if any(word in classes or f"{word}block" in classes for word in ("admonition", "callout")):
            return "note"
        return ""


def _has(*words: str):  # type: ignore[no-untyped-def]
    wanted = frozenset(words)
    return lambda tag: not tag.classes.isdisjoint(wanted)


def _is_display_math(tag: Tag) -> bool:
    return "katex-display" in tag.classes or (tag.name == "div" and "math" in tag.classes)


def _is_inline_math(tag: Tag) -> bool:
    return "katex" in tag.classes or (
        tag.name == "span" and "math" in tag.classes
    ) or tag.name == "mjx-container"


_CONTENTS = frozenset(
    "toc local-toc page-toc on-this-page table-of-contents contents topic toctree-local mini-toc "
    "minitoc mini_toc bd-toc right-toc toc-list table_of_contents in-page-nav inline-toc".split()
)


def _may_be_contents(tag: Tag) -> bool:
    if tag.name not in ("div", "details", "ul", "ol", "aside", "section", "dl", "table"):
        return False
    return not tag.classes.isdisjoint(_CONTENTS) or tag.id in _CONTENTS


_ROLES = (
    (_is_display_math, "display_math"),
    (_is_inline_math, "inline_math"),
    (lambda tag: tag.name == "div" and "fragment" in tag.classes, "fragment"),
    (lambda tag: tag.name == "dt" and "sig" in tag.classes, "signature"),
    (lambda tag: tag.attributes.get("role") == "tab" or (
        tag.name == "label" and not tag.classes.isdisjoint({"sd-tab-label", "tab-label"})
    ), "tab"),
    (lambda tag: tag.attributes.get("role") == "tabpanel", "tab_panel"),
    (_may_be_contents, "contents"),
)

_memo: dict[str, Tag] = {}


def read_tag(source: str) -> Tag:
    """Give the meaning of a start tag, from memory where it was seen before."""
    tag = _memo.get(source)
    if tag is None:
        if len(_memo) >= _MEMO_LIMIT:
            _memo.clear()
        tag = _memo[source] = Tag(source)
    return tag
