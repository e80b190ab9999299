"""What becomes of the elements that stand within a line?

They are half of all tags of a page, and each would cost a step of the walk. So before the walk
they are replaced, all at once, by private-use characters in the text: where emphasis, code and
links begin and end, and numbers that refer to what is kept here. `inline` makes Markdown of a
paragraph with such marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from html import unescape
from typing import TYPE_CHECKING

from docgen import inline
from docgen.footnotes import BACK_TARGET, Footnotes, is_back_reference, is_reference
from docgen.inline import target
from docgen.markup import drop_raw_text, drop_spans
from docgen.tags import Kind, read_tag
from docgen.vocabulary import JUNK, UNMARKED_NAMES, word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_MARKS = {
    **dict.fromkeys(("b", "strong"), (inline.STRONG_OPEN, inline.STRONG_CLOSE)),
    **dict.fromkeys(
        ("em", "i", "cite", "dfn", "var"), (inline.EMPHASIS_OPEN, inline.EMPHASIS_CLOSE)
    ),
    **dict.fromkeys(("del", "s", "strike"), (inline.STRIKE_OPEN, inline.STRIKE_CLOSE)),
    **dict.fromkeys(("code", "tt", "samp", "kbd"), (inline.CODE_OPEN, inline.CODE_CLOSE)),
    "q": ("“", "”"),
    "br": (inline.BREAK, ""),
    **dict.fromkeys(UNMARKED_NAMES, ("", "")),
}
_TYPEWRITER_TAG = re.compile(  # code in a line, as Scribble, TeX4ht, LaTeXML and MediaWiki write it
    '<span class="(?:Rkt[A-Z][A-Za-z]*|stt|hspace|(?:cm|ec)tt-[^ "]*|ltx_text ltx_font_typewriter'
    '|mw-geshi)(?: [^"]*)?">'
)
_TYPEWRITER = re.compile(
    _TYPEWRITER_TAG.pattern + "([^<]*(?:<(?:span[^>]*>[^<]*</span>|br>)[^<]*)*)</span>"
)
_START = re.compile("<[a-z][^>]*>")
_SPAN_WITH_ID = re.compile('<span id="([^"]*)">')
_ID = re.compile(' id="([^"]*)"')
_MOST_IDS = 200  # on other elements within lines
_LINK = re.compile(
    r'<a(?: class="([^"]*)")?(?: href="([^"]*)")?(?: title="[^"]*")?((?: [^>]*)?)>(.*?)</a>', re.S
)
_FIRST_HEADING = re.compile("<h1[^>]*>.*?</h1>", re.S)
_NUMBER_OF_HEADING = re.compile(r"(<h[1-6][^>]*>\s*<span[^>]*>[\d.]+</span>)(?=<span)")
_TOUCHING_WORDS = re.compile(r"(?<=[^\W_]{2})(?=</span><span[^>]*>[^\W_]{2})")
_HEADING_START = re.compile(r"<h[1-6]\b[^>]*>\s*$")
_LINK_START = re.compile(r"<a(?: [^>]*)?>")
_ATTRIBUTE = re.compile(r'([^\s"=]+)="([^"]*)"')
_TAG = re.compile("<[^>]*>")
_CODE_IN_PRE = re.compile(r"(<pre\b[^>]*)>((?:\s|</?span[^>]*>)*)<code\b([^>]*)>")
_CHANGED_LINE = re.compile(r'<span class="line[^"]* diff (add|remove)\b[^"]*">')
_PHP_CODE = re.compile(r'<code>(<span style="color: #000000">(?:(?!</?code\b).)*)</code>', re.S)
_YARD_PRE = re.compile('<pre class="(?:example )?code">')
_LANGUAGE_LABEL = re.compile(r'<span class="lang">[^<]*</span>(?=\s*<pre)')
_NOTE_SIGN = re.compile(  # DokuWiki's, before the text of a footnote
    r'<div class="fn"><sup><a href="[^"]*" id="([^"]*)" class="fn_bot">[^<]*</a></sup>'
)
_FORMULA = re.compile(r"<span>(\$(?![\s$])[^$<]{0,1000}[^\s$<]\$)</span>")  # Documenter's
_EXPONENT = re.compile("<sup(?: [^>]*)?>([-+\u2212]?[\\dnkmxyij]{1,4})</sup>")
_UNWANTED = re.compile("[\u200b\u00ad\ue000-\uf8ff]")
_OWN_MARKS = re.compile("[\u200b\u00ad\ue000-\ue01f]")  # all of it that code may not keep
_CODE = re.compile(r"(<(pre|code)\b[^>]*>.*?</\2>)", re.S)
_PICTURE_TEXT = re.compile(r'<img\b[^>]*?\balt="([^"]*)"')

_PERMALINK_SIGNS = word_set("¶ § # 🔗 ⚓") | {""}
_PERMALINK_TEXTS = _PERMALINK_SIGNS | word_set("link permalink anchor top")
_SIGNS_IN_CODE = word_set("# ^ link anchor top")
"""Of the texts of permalinks and of ways back from footnotes, those that may be code, too."""
_PRE_BOUND = re.compile("</?pre[ >]")
_SOURCE_TEXTS = word_set("[source] (source) [src] source [docs] [edit] [link]") | {
    "view source",
    "[view source]",
    "view page source",
    "edit this page",
    "edit on github",
}
_FOLDING_TEXTS = {"show all", "show more", "show less"} | word_set("collapse expand show hide")
_FOLDING_SIGNS = " \n\t▾▴▼▲▸▶+-…"
_EDITOR = re.compile(r"/_?edit/|/new/|/blob/|/tree/|[?&]action=edit")
_EDIT_TEXT = re.compile(
    r"\W*(?:edit|improve|suggest)\b[\w\s']{0,20}\b(?:page|source|github|gitlab|edits?|doc)\b\W*$|\W*edit\W*$",
    re.I,
)
_SOURCE_FOLDER = re.compile(r"(?:\.\./)*(?:src|source|_modules)/")
_SOURCE_LINE = re.compile(r"#(?:L|l|line-?|lineNumber)\d+(?:-L?\d+)?$")
_AT_LINE = re.compile(r"at line \d+")  # of the source
_ENDS = ("</span>", "</code>", inline.LINK_CLOSE)
_LONGEST_TOOL = 20
_LONGEST_MARKUP = 160
_HIDDEN = ' aria-hidden="true"'
_UNFOLDS = " aria-expanded="
_NOT_SHOWN = ' hidden="'
_ICON_FONT = "\uf0c1"  # how Sphinx themes write a permalink's sign


class Phrases:
    """What the marks in a page's text refer to by number."""

    def __init__(self, resolve: Callable[[str], str], own_urls: Collection[str]) -> None:
        self.resolve = resolve
        self.own_urls = own_urls
        self.targets: list[str] = []
        self.own: set[int] = set()
        """Links to places on the page itself."""
        self.placed: list[int] = []
        """Links that stand in the Markdown, in order."""
        self.held: list[str] = []
        """Finished pieces of Markdown: images, formulas."""
        self.ids: list[str] = []
        self.notes = Footnotes()
        self.formulas: re.Pattern[str] | None = None
        """What is a formula in the text, if the page loads a script that sets them."""
        self._links: list[tuple[str, str]] = []
        self._found: dict[str, tuple[str, str, bool]] = {}
        self._code_bounds: list[int] | None = None

    def mark(self, html: str) -> str:
        """Replace what stands within lines by marks."""
        html = drop_raw_text(html)
        if not html.isascii() and _UNWANTED.search(html):
            html = _without_unwanted(html)
        html = html.replace("&nbsp;", "\u00a0")
        html = _mark_code(html)
        if "<span id" in html:
            html = _SPAN_WITH_ID.sub(self._keep_span_id, html)
        if ' class="fn_bot"' in html:
            html = _NOTE_SIGN.sub(r'<div id="\1">', html)
        if "<a" in html:
            # Only as far as links end, or each would be looked for to the end of the page.
            end = html.rfind("</a>") + len("</a>")
            html = _LINK.sub(self._link, html[:end]) + html[end:]
            # Where links nest, which only tables let them do, the outer one ends early.
            html = _LINK_START.sub("", html).replace("</a>", inline.LINK_CLOSE)
        if "<span>$" in html:
            html = _FORMULA.sub(r'<span class="math">\1</span>', html)
        html = html.replace("</span><small", "</span> <small")
        html = html.replace('<span class="classifier">', " : <span>")
        if "<sup" in html:
            html = _EXPONENT.sub(_mark_exponent, html)
        return self._mark_names(html)

    def hold(self, markdown: str) -> str:
        """Keep finished Markdown, and give the mark that stands for it."""
        if not markdown:
            return ""
        self.held.append(markdown)
        return f"{inline.HELD_OPEN}{len(self.held) - 1}{inline.HELD_CLOSE}"

    def links(self) -> list[tuple[str, str]]:
        """URL and text of the links that stand in the Markdown."""
        return [
            (url, " ".join(inline.plain(_TAG.sub("", label)).split()))
            for url, label in (self._links[number] for number in self.placed)
        ]

    def _mark_names(self, html: str) -> str:
        sources = sorted(set(_START.findall(html)))
        names = {source: source[1:-1].partition(" ")[0] for source in sources}
        spans = [source for source in sources if names[source] == "span"]
        sources = [source for source in sources if names[source] in _MARKS]
        badges = [source for source in (*sources, *spans) if read_tag(source[1:-1]).is_badge]
        for source in badges[:_MOST_IDS]:
            html = _set_off(html, source, names[source])
        if "<h1" in html:
            html = _FIRST_HEADING.sub(_part_words, html, count=1)
        if any(_TYPEWRITER_TAG.match(source) for source in spans):
            html = _TYPEWRITER.sub(f"{inline.CODE_OPEN}\\1{inline.CODE_CLOSE}", html)
        if '<span class="lang">' in spans:
            html = _LANGUAGE_LABEL.sub("", html)
        html = _NUMBER_OF_HEADING.sub(r"\1 ", html)
        with_id = [source for source in (*sources, *spans) if ' id="' in source]
        for source in with_id[:_MOST_IDS]:
            html = html.replace(source, self._id(_ID.findall(source)[0]) + source)
        for source in sources:
            if read_tag(source[1:-1]).kind == Kind.SKIP:
                within = rf"[^<]*(?:<(?!/?{names[source]}\b)[^<]*)*"
                html = re.sub(f"{re.escape(source)}{within}</{names[source]}>", "", html)
            html = html.replace(source, _MARKS[names[source]][0])
        for name in sorted({names[source] for source in sources}):
            html = html.replace(f"</{name}>", _MARKS[name][1])
        return drop_spans(html, spans) if spans else html

    def _keep_span_id(self, match: re.Match[str]) -> str:
        return f"{self._id(match[1])}<span>"

    def _id(self, name: str) -> str:
        self.ids.append(unescape(name) if "&" in name else name)
        return f"{inline.ID_OPEN}{len(self.ids) - 1}{inline.ID_CLOSE}"

    def _link(self, match: re.Match[str]) -> str:
        classes, href, rest, label = match.groups()
        marks = ""
        if rest:
            attributes = dict(_ATTRIBUTE.findall(rest))
            href = href or attributes.get("href")
            classes = classes or attributes.get("class")
            if attributes.get("role") == "tab":
                return _tab_label(attributes, href or "", label)
            marks = "".join(self._id(attributes[k]) for k in ("id", "name") if k in attributes)
        is_sign = label in _SIGNS_IN_CODE and self._is_code(match)
        if href is None or is_sign or (href == "#" and _UNFOLDS in rest):
            return marks + label
        place = self._place(href, classes, rest) if "#" in href else ""
        if place and len(label) < _LONGEST_MARKUP:
            note = self._note(place, label, classes, rest)
            if note is not None:
                return marks + note
        if _is_tool(href, label, classes) or (rest and _is_hidden(href, rest)):
            return marks + label if _is_whole_heading(match, label) else marks
        found = self._found.get(href)
        if found is None:
            found = self._found[href] = self._find(href)
        url, where, is_own = found
        if not url:
            return marks + label
        number = len(self.targets)
        self.targets.append(where)
        self._links.append((url, label))
        if is_own:
            self.own.add(number)
        return f"{marks}{inline.LINK_OPEN}{number}{inline.LINK_NUMBER}{label}{inline.LINK_CLOSE}"

    def _place(self, href: str, classes: str | None, rest: str) -> str:
        """The fragment of a link to the page itself: with the page's name before it, of a note."""
        if href[:1] == "#":
            return href
        is_note = (classes and "foot" in classes) or "doc-" in rest
        return href[href.find("#") :] if is_note and self._find(href)[2] else ""

    def _is_code(self, match: re.Match[str]) -> bool:
        """Whether a link that says no more than a sign stands in a block of code, and is of it."""
        if match[1] and not JUNK.isdisjoint(match[1].split()):
            return False
        if self._code_bounds is None:
            self._code_bounds = [bound.start() for bound in _PRE_BOUND.finditer(match.string)]
        return bisect_left(self._code_bounds, match.start()) % 2 == 1

    def _note(self, href: str, label: str, classes: str | None, rest: str) -> str | None:
        """The mark of a link that refers to a footnote or back from it; None for any other."""
        sign = "".join(inline.plain(_TAG.sub("", label)).split())
        words = classes.split() if classes else []
        if is_back_reference(sign, words, rest):
            return label if sign.isalnum() else ""
        if BACK_TARGET.match(href) and len(sign) < _LONGEST_TOOL:
            return ""
        if not is_reference(href, sign, words, rest):
            return None
        number = self.notes.refer(unescape(href[1:]), sign, target(self.resolve(href)))
        return f"{inline.NOTE_OPEN}{number}{inline.NOTE_CLOSE}"

    def _find(self, href: str) -> tuple[str, str, bool]:
        url = self.resolve((unescape(href) if "&" in href else href).strip())
        is_own = "#" in url and url.partition("#")[0] in self.own_urls
        return url, target(url) if url else "", is_own


def _is_hidden(href: str, rest: str) -> bool:
    return _NOT_SHOWN in rest or (_HIDDEN in rest and href[:1] == "#")


def _is_tool(href: str, label: str, classes: str | None) -> bool:
    """Whether a link is no part of the text: a permalink, a way to the source or an editor."""
    words = classes.split() if classes else ()
    if href == "#" and _only_operates(label):
        return True
    if words and not JUNK.isdisjoint(words):
        return True
    if _EDITOR.search(href) and _EDIT_TEXT.match(_TAG.sub("", label[:_LONGEST_MARKUP])):
        return True
    if len(label) > _LONGEST_TOOL:
        label = label.strip()
        if len(label) > _LONGEST_TOOL and ("<" not in label or len(label) > _LONGEST_MARKUP):
            return False
    text = " ".join(inline.decode(_TAG.sub("", label) if "<" in label else label).split()).lower()
    if len(text) > _LONGEST_TOOL:
        return False
    texts = _PERMALINK_TEXTS if href[:1] == "#" else _PERMALINK_SIGNS
    if text in texts and "#" in href:
        picture = _PICTURE_TEXT.search(label) if "<img" in label else None
        return picture is None or picture[1].lower() in _PERMALINK_TEXTS
    if text not in _SOURCE_TEXTS:
        return _AT_LINE.fullmatch(text) is not None
    if text[0] in "[(" or len(text) > 8 or "src" in words or "source" in words:
        return True
    return text == "source" and bool(_SOURCE_FOLDER.match(href) or _SOURCE_LINE.search(href))


def _only_operates(label: str) -> bool:
    """Whether a link that leads nowhere folds something, or is a sign with a hint."""
    text = label.strip(_FOLDING_SIGNS).lower()
    return text in _FOLDING_TEXTS or ("<" not in text and not any(map(str.isalnum, text)))


def _set_off(html: str, source: str, name: str) -> str:
    """Put spaces around an element where it touches words."""

    def spaced(match: re.Match[str]) -> str:
        start, end = match.span()
        before = html[max(0, start - 7) : start]
        after = html[end : end + 2]
        touches = before[-1:].isalnum() or before.endswith(_ENDS)
        is_touched = after[:1].isalnum() or (after[:1] == "<" and after[1:].isalpha())
        return f"{' ' * touches}{match[0]}{' ' * is_touched}"

    return re.sub(f"{re.escape(source)}[^<]*</{name}>", spaced, html)


def _part_words(match: re.Match[str]) -> str:
    """Part the words that a title shows one below the other."""
    return _TOUCHING_WORDS.sub(" ", match[0])


def _is_whole_heading(match: re.Match[str], label: str) -> bool:
    """Whether a link is all that a heading consists of: its text leads to itself."""
    html, start = match.string, match.start()
    before = html[max(0, start - _LONGEST_MARKUP) : start]
    if not html.startswith("</h", match.end()) or not _HEADING_START.search(before):
        return False
    text = " ".join(_TAG.sub("", label).split()).lower()
    return text not in _PERMALINK_TEXTS


def _without_unwanted(html: str) -> str:
    """Take away what has no meaning in text: soft hyphens, icons of private fonts, our own marks.

    In code the signs of private fonts are what the code is about.
    """
    parts = _CODE.split(html.replace(f">{_ICON_FONT}<", ">¶<"))
    for index in range(0, len(parts), 3):
        parts[index] = _UNWANTED.sub("", parts[index])
    for index in range(1, len(parts), 3):
        parts[index] = _OWN_MARKS.sub("", parts[index])
        parts[index + 1] = ""
    return "".join(parts)


def _tab_label(attributes: Mapping[str, str], href: str, label: str) -> str:
    """Write a link that only shows a tab's panel as the label it is."""
    shown = attributes.get("aria-controls") or (href[1:] if href[:1] == "#" else "")
    controls = f' aria-controls="{shown}"' if shown else ""
    return f'<tab-label id="{attributes.get("id", "")}"{controls}>{label}</tab-label>'


def _mark_code(html: str) -> str:
    """Move to blocks of code what only elements within their lines tell."""
    if '<code><span style="color: #000000">' in html:
        html = _PHP_CODE.sub(_block_of_php, html)
    if "<pre" in html:
        html = _CODE_IN_PRE.sub(_keep_language, html)
        if "rubyid_" in html:
            html = _YARD_PRE.sub(_name_ruby, html)
        if " diff " in html:
            html = _CHANGED_LINE.sub(_mark_change, html)
    return html


def _keep_language(match: re.Match[str]) -> str:
    """Move the language from a `code` element to the `pre` around it."""
    pre, between, source = match.groups()
    language = read_tag(f"code{source}").language
    return f'{pre} data-lang="{language}">{between}' if language else f"{pre}>{between}"


def _block_of_php(match: re.Match[str]) -> str:
    """Make a block of the code that PHP has highlighted, if it has lines."""
    return f'<pre data-lang="php">{match[1]}</pre>' if "<br" in match[1] else match[0]


def _name_ruby(match: re.Match[str]) -> str:
    """Name the language that YARD only tells by the classes of the words."""
    html, start = match.string, match.end()
    is_ruby = html.find("rubyid_", start, html.find("</pre>", start)) >= 0
    return '<pre data-lang="ruby">' if is_ruby else match[0]


def _mark_change(match: re.Match[str]) -> str:
    """Mark a line of code that highlighters show as new or old, before their colours go."""
    return match[0] + (inline.ADDED if match[1] == "add" else inline.REMOVED)


def _mark_exponent(match: re.Match[str]) -> str:
    """Tell 2<sup>32</sup> from 232, and from a footnote's number."""
    html, start = match.string, match.start()
    before = html[start - 1 : start]
    if before == ">":
        is_exponent = html.startswith("</", html.rfind("<", 0, start))
    else:
        is_exponent = before.isalnum() or before == ")"
    return inline.EXPONENT + match[1] if is_exponent else match[1]
