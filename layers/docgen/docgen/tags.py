"""What does one start tag of a page mean for its Markdown?"""

from __future__ import annotations

import re
from enum import IntEnum
from html import unescape
from typing import TYPE_CHECKING

from docgen.admonitions import KINDLESS, alert_kind, kind_by_looks, may_be_alert
from docgen.code_language import named_language
from docgen.vocabulary import (
    ALERT_FAMILIES,
    BADGES,
    CELL_NUMBERS,
    CODE_FRAMES,
    CONTENTS,
    GRID_CELLS,
    INLINE_NAMES,
    INSETS,
    JUNK,
    JUNK_ID_NAMES,
    JUNK_IDS,
    JUNK_ROLES,
    LABELS,
    NUMBER_CELLS,
    PREFIX,
    ROLES_BY_NAME,
    SECTIONS,
    SIGNATURES,
    SKIPPED_NAMES,
    SPECIFIED,
    TAB_LABELS,
    TAB_PANELS,
    TABS,
    TITLES_OF_TOPICS,
    VOID,
    with_and_without_prefix,
)

if TYPE_CHECKING:
    pass

_ATTRIBUTE = re.compile(r'([^\s"=]+)(?:="([^"]*)")?')
_NO_CLASSES: frozenset[str] = frozenset()
_MEMO_LIMIT = 20_000  # distinct start tags kept; beyond it the memory is emptied, never grown
_ICON = re.compile(
    r"^(?:fa[srlb]?|fa-.*|icon|icon-.*|material-icons.*|glyphicon.*|octicon.*|bi-.*)$"
)
_PARTS = re.compile("[-_]+|(?<=[a-z])(?=[A-Z])")
_FORMULAS = ("math", "arithmatex")
_OPERATING = frozenset(("aria-haspopup", "title", "data-clipboard-text", "data-copied"))
_HASH = re.compile("_+[A-Za-z0-9+-]{4,6}$")  # what builders append to classes
_HIGHLIGHTERS = ("hljs", "token", "pl-", "cm-")
_CODE_LABEL = re.compile(r"code-?(?:block|snippet)?(?:__|-)?(?:title|file-?name)$", re.I)
_BREADCRUMBS = ("breadcrumb", "breadcrumbs")
_HEADINGS_OF_ELEMENTS = ("header", "heading", "summary")  # of those that a script defines
_ONLY_TOLD = ("has", "with", "no", "hide", "show")  # that the page has some, or has none
_TITLE_ENDINGS = ("title", "heading", "title-container", "header-text", "_header")
_GRID = re.compile("[a-z]+-column-(?:release-)?summary|" + "|".join(sorted(GRID_CELLS)))
"""Tables and cells of javadoc, which have no rows."""


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
    NOTHING = 4
    """Without content and meaning: `wbr` and the like."""


class Tag:
    """One start tag, read once: every later occurrence of the same text is a dictionary look-up."""

    __slots__ = (
        "alert",
        "attributes",
        "classes",
        "id",
        "is_badge",
        "kind",
        "language",
        "name",
        "role",
    )

    def __init__(self, source: str) -> None:
        self.name, _, rest = source.partition(" ")
        attributes: dict[str, str] = {}
        if rest:
            for key, value in _ATTRIBUTE.findall(rest):
                attributes[key] = unescape(value) if "&" in value else value
        self.attributes = attributes
        words = attributes.get("class")
        self.classes = frozenset(words.split()) if words else _NO_CLASSES
        part = attributes.get("data-component-part")
        if part:  # a name among classes that are only looks
            self.classes |= {part}
        self.id = attributes.get("id")
        self.alert = ""
        self.is_badge = any(map(_is_badge, self.classes)) and "token" not in self.classes
        self.language = named_language(self.name, attributes) if rest else None
        self.role = ""
        self.kind = self._kind()

    def _kind(self) -> Kind:
        name = self.name
        role = self._role_by_attributes() if self.attributes or "-" in name else ""
        if not role and name == "textarea" and any("code" in word.lower() for word in self.classes):
            role = "pre"
        if not role and (name == "button" or name.endswith("-button")):
            role = self._button()
        if not role:
            if name in SKIPPED_NAMES or (self.attributes and self._is_junk()):
                return Kind.SKIP
            role = ROLES_BY_NAME.get(name, "")
            if role == "quote" and not self.classes.isdisjoint(INSETS):
                role = ""
            if role == "heading" and "visibility:hidden" in self.attributes.get("style", ""):
                return Kind.SKIP
        if role:
            self.role = role
            return Kind.SPECIAL
        if name in VOID:
            return Kind.NOTHING
        if "-" in name and any(map(self.attributes.get, _HEADINGS_OF_ELEMENTS)):
            self.role = "headed"
            return Kind.SPECIAL
        return Kind.INLINE if name in INLINE_NAMES or "-" in name else Kind.BLOCK

    def _button(self) -> str:
        """Whether a button may be the label of what it unfolds, and not operate the page."""
        if not _OPERATING.isdisjoint(self.attributes) or (self.attributes and self._is_junk()):
            return ""
        return "disclosure" if "aria-expanded" in self.attributes else "button"

    def _is_junk(self) -> bool:
        if not self.classes.isdisjoint(JUNK) and self.name not in ("body", "html", "main"):
            return True
        if self.id in JUNK_IDS and (
            (self.name in JUNK_ID_NAMES and self.classes.isdisjoint(SECTIONS))
            or self.id in ("footnote-label", "usernotes")
        ):
            return True
        if self.attributes.get("role") in JUNK_ROLES or _is_breadcrumb(self):
            return True
        if self.attributes.get("data-slot") == "headline":  # of which part the page is
            return True
        if _is_hidden(self) or _is_beside(self) or self.classes >= {"d-none", "name"}:
            return True
        if "tooltip" in self.classes and self.attributes.get("aria-hidden") == "true":
            return True
        if self.name == "div" and self.classes >= CELL_NUMBERS:
            return True
        if self.name == "td" and not self.classes.isdisjoint(NUMBER_CELLS):
            return True
        if self.name in ("i", "span") and any(map(_ICON.match, self.classes)):
            return True
        return self.name == "span" and self.attributes.get("aria-hidden") == "true"

    def _role_by_attributes(self) -> str:
        role = _formula(self) or _tab(self)
        if role or self._is_junk():
            return role
        role = _code_role(self.name, self.classes, self.language)
        if role:
            return role
        if self.name == "div" and "param-head" in self.classes:
            return "line"
        if "checkbox-on" in self.classes or "checkbox-off" in self.classes:
            return "input"
        if self.name == "input" and "view-source-toggle-state" in self.classes:
            return "source_switch"
        if self.name == "div" and any(map(_GRID.fullmatch, self.classes)):
            return "table" if GRID_CELLS.isdisjoint(self.classes) else "grid_cell"
        if _may_be_contents(self):
            return "contents"
        role = _line_role(self)
        if role:
            return role
        self.alert = kind_by_looks(self) or alert_kind(self.name, self.classes, self.attributes)
        if self.alert:
            return "alert"
        return "maybe_alert" if may_be_alert(self) else ""


def _is_badge(word: str) -> bool:
    """Whether a class names a small word beside another, not a highlighter's tag."""
    return _PARTS.split(word)[-1].lower() in BADGES and not word.startswith(_HIGHLIGHTERS)


def _is_breadcrumb(tag: Tag) -> bool:
    """Whether an element is the way to the page, by what themes put before that word."""
    label = tag.attributes.get("aria-label", "")
    if label[:10].lower() == "breadcrumb":
        return True
    return any(
        word.endswith(_BREADCRUMBS) and not word.startswith(_ONLY_TOLD) for word in tag.classes
    )


def _is_hidden(tag: Tag) -> bool:
    """Whether an element is not shown, and has nothing by which it could be: no id, no class."""
    if tag.attributes.get("hidden", "until-found") == "until-found":
        return False
    if tag.name == "a" or "-" in tag.name or ROLES_BY_NAME.get(tag.name) == "heading":
        return True
    return (
        tag.name in ("div", "section", "aside")
        and not tag.id
        and not tag.classes
        and not any("tab" in part for pair in tag.attributes.items() for part in pair)
    )


def _is_beside(tag: Tag) -> bool:
    """Whether an element stands beside the content, by what themes put before that word."""
    return tag.name in ("aside", "section") and any(
        word.endswith(("-sidebar", "_sidebar")) and not word.startswith(_ONLY_TOLD)
        for word in tag.classes
    )


def _formula(tag: Tag) -> str:
    classes = tag.classes
    if tag.name == "script":
        return "tex" if tag.attributes.get("type", "").startswith("math/tex") else ""
    if "katex-display" in classes or (tag.name == "div" and not classes.isdisjoint(_FORMULAS)):
        return "display_math"
    if "katex" in classes or (tag.name == "span" and not classes.isdisjoint(_FORMULAS)):
        return "math"
    return "math" if tag.name in ("mjx-container", "math-renderer") else ""


def _tab(tag: Tag) -> str:
    role = tag.attributes.get("role")
    if role == "tab":
        return "tab"
    words = with_and_without_prefix(tag.classes)
    if role == "tabpanel" or not words.isdisjoint(TAB_PANELS):
        return "tab_panel"
    if tag.name == "div" and (
        "data-tab-item" in tag.attributes
        or ("tabs__content" in tag.classes and "data-title" in tag.attributes)
    ):
        return "tab_panel"
    if tag.name in ("button", "div", "li") and not words.isdisjoint(TABS):
        return "tab"
    if (tag.name == "li" and "tab" in tag.classes) or tag.name.endswith("-tab"):
        return "tab"
    if tag.name.endswith(("-tab-panel", "-tabpanel")):
        return "tab_panel"
    if tag.name == "ul" and "nav-tabs" in tag.classes:
        return "tab_list"
    if tag.name == "tab-label":  # a link, see `phrases`
        return "tab"
    if tag.name == "label" and (
        "data-title" in tag.attributes
        or tag.attributes.get("for", "").startswith("__tabbed")
        or not tag.classes.isdisjoint(TAB_LABELS)
    ):
        return "tab"
    return "choice" if tag.name == "label" and "for" in tag.attributes else ""


def _code_role(name: str, classes: frozenset[str], language: str | None) -> str:
    """Whether an element is code, or the signature of what is documented, by its classes alone."""
    if not classes.isdisjoint(CODE_FRAMES):
        return "signature" if "RForeground" in classes else "code_frame"
    if name == "dt":
        return "signature" if "sig" in classes else ""
    if name == "table":
        return "signature" if "RForeground" in classes else ""
    if name in ("div", "p") and not classes.isdisjoint(SIGNATURES):
        return "signature"
    if name != "div":
        return ""
    if language and "code-block" in classes:
        return "code_division"
    if "monospace" in classes and not classes.isdisjoint(("symbol", "header")):
        return "signature"
    if "spec" in classes and not classes.isdisjoint(SPECIFIED):
        return "specification"
    return "fragment" if "fragment" in classes else ""


def _line_role(tag: Tag) -> str:
    """Whether a paragraph is the title of an admonition, or the label of what comes next."""
    if tag.name not in ("p", "div", "header") or not tag.classes.isdisjoint(KINDLESS):
        return ""
    for word in tag.classes:
        for plain in (word, _HASH.sub("", word), PREFIX.sub("", word)):
            if plain in LABELS or _CODE_LABEL.match(plain):
                return "label"
            if (
                plain in ("title", "box-label")
                or plain in TITLES_OF_TOPICS
                or (
                    plain.startswith(ALERT_FAMILIES)
                    and (tag.name == "header" or plain.lower().endswith(_TITLE_ENDINGS))
                )
            ):
                return "title"
    return ""


def _may_be_contents(tag: Tag) -> bool:
    if tag.name not in ("div", "details", "ul", "ol", "aside", "section", "dl", "table"):
        return False
    if tag.id == "index":  # of a page of Perl's
        return tag.name == "ul"
    return not tag.classes.isdisjoint(CONTENTS) or tag.id in CONTENTS


_TELLING_IDS = JUNK_IDS | CONTENTS | {"index"}
_memo: dict[str, Tag] = {}
_PLAIN_LINK = re.compile(
    r'a((?: class="[^"]*")?) href="([^"]*)"(?: title="[^"]*")?((?: class="[^"]*")?)'
)
_OWN = re.compile(r' (href|id|title|name|src|alt|rel|target)="([^"]*)"')


def read_tag(source: str) -> Tag:
    """Give the meaning of a start tag, from memory where it was seen before."""
    tag = _memo.get(source)
    if tag is None:
        tag = _variant(source) if "=" in source else None
        if tag is None:
            tag = _remember(source)
    return tag


def _remember(source: str) -> Tag:
    if len(_memo) >= _MEMO_LIMIT:
        _memo.clear()
    tag = _memo[source] = Tag(source)
    return tag


def _variant(source: str) -> Tag | None:
    """Read a tag that differs from a known one only in what is its own: id, target, title."""
    if ' hidden="' in source:  # then it tells whether there is an id
        return None
    match = _PLAIN_LINK.fullmatch(source)
    if match is not None:
        own = {"href": match[2]}
        shape = f"a{match[1]}{match[3]}"
    else:
        shape = _OWN.sub("", source)
        if shape == source:
            return None
        own = dict(_OWN.findall(source))
        name = own.get("id")
        if name is not None and (name in _TELLING_IDS or name[:8] == "__tabbed"):
            return _remember(source)
    model = _memo.get(shape) or _remember(shape)
    tag = Tag.__new__(Tag)
    tag.name = model.name
    tag.classes = model.classes
    tag.kind = model.kind
    tag.role = model.role
    tag.alert = model.alert
    tag.is_badge = model.is_badge
    tag.language = model.language
    if "&" in source:
        own = {key: unescape(value) for key, value in own.items()}
    tag.id = own.get("id")
    tag.attributes = {**model.attributes, **own} if model.attributes else own
    return tag
