"""How do words, links and emphasis become one line of Markdown?

While a page is walked, a paragraph is a list of fragments: escaped text, finished code spans,
and private-use characters that mark where emphasis and links begin and end. Here they are
joined. Deciding about `*` and `[` only when the whole paragraph is known keeps the text free of
escapes that are not needed, and the Markdown free of emphasis that would not render.
"""

from __future__ import annotations

import re

LINK_OPEN, LINK_NUMBER, LINK_CLOSE = "\ue002", "\ue003", "\ue004"
IMAGE_OPEN, IMAGE_CLOSE = "\ue005", "\ue006"
BREAK = "\ue007"
CODE_OPEN_BRACKET, CODE_CLOSE_BRACKET = "\ue008", "\ue009"
STRONG_OPEN, STRONG_CLOSE = "\ue010", "\ue011"
EMPHASIS_OPEN, EMPHASIS_CLOSE = "\ue012", "\ue013"
STRIKE_OPEN, STRIKE_CLOSE = "\ue014", "\ue015"
TARGET_OPEN, TARGET_CLOSE = "\ue000", "\ue001"

_PRIVATE = re.compile("[\ue000-\ue01f]")
SPECIAL = re.compile(r"[\\`*_<&~$\u200b\u00ad\ue000-\ue01f]")
"""What serialised text has to hold for `escape` to change it."""
_ESCAPED = re.compile(
    r"\\(?=[!-/:-@\[-`{-~]|$)|[`*<$]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|(?<=~)~"
    r"|&(?=\#?\w{1,31};)|[\u200b\u00ad\ue000-\ue01f]"
)
_LINE_START = re.compile(r"(?:#{1,6}|[-+]|=+|-{2,}|:)(?=\s|$)|>|~~~|\|")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_BRACKET = re.compile(r"\[(?=[^\[\]]*\](?:[(:\[]|\\\()|\^|\s?\]|[xX]\])|\](?=\()")
_LINK = re.compile(f"{LINK_OPEN}(\\d+){LINK_NUMBER}([^{LINK_OPEN}{LINK_CLOSE}]*){LINK_CLOSE}?")
_IMAGE = re.compile(f"{IMAGE_OPEN}(\\d+){LINK_NUMBER}([^{IMAGE_CLOSE}]*){IMAGE_CLOSE}")
_MARK = re.compile(f"([{STRONG_OPEN}-{STRIKE_CLOSE}])")
_AGAIN = re.compile("(?:\ue011(\\s*)\ue010|\ue013(\\s*)\ue012)")
_SPARE_LINK_MARK = re.compile(f"{LINK_OPEN}\\d+{LINK_NUMBER}|{LINK_CLOSE}")
_BREAKS = re.compile(f"\\s*{BREAK}\\s*")
_TICKS = re.compile("`+")
_UNSAFE_IN_TARGET = re.compile(r"[\s()<>\\|\"`\ue000-\ue01f]")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + LINK_OPEN + LINK_CLOSE)
_MARKERS = {STRONG_OPEN: "**", EMPHASIS_OPEN: "*", STRIKE_OPEN: "~~"}
_CLOSES = {STRONG_CLOSE: STRONG_OPEN, EMPHASIS_CLOSE: EMPHASIS_OPEN, STRIKE_CLOSE: STRIKE_OPEN}
_INVISIBLE = {ord(c): None for c in "\u200b\u00ad"} | dict.fromkeys(range(0xE000, 0xE020))


def _escape_one(match: re.Match[str]) -> str:
    found = match[0]
    return "\\" + found if found < "\x7f" else ""


def decode(text: str) -> str:
    """Undo the few entities a serialised tree holds, and drop invisible characters."""
    if "&" in text:
        text = (
            text.replace("&nbsp;", "\u00a0")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
        )
    return text if text.isascii() else text.translate(_INVISIBLE)


def escape(text: str) -> str:
    """Make serialised text mean itself in Markdown, wherever in a paragraph it stands."""
    if "&" in text:
        text = (
            text.replace("&nbsp;", "\u00a0")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
        )
    return _ESCAPED.sub(_escape_one, text)


def code_span(code: str) -> str:
    """Write code within a line, with as many backticks as it needs."""
    code = " ".join(code.split())
    if not code:
        return ""
    if "[" in code or "]" in code:
        code = code.replace("[", CODE_OPEN_BRACKET).replace("]", CODE_CLOSE_BRACKET)
    if "`" not in code:
        return f"`{code}`"
    ticks = "`" * (max(map(len, _TICKS.findall(code))) + 1)
    return f"{ticks} {code} {ticks}"


def protect_brackets(label: str) -> str:
    """Escape brackets, and keep them from being escaped again."""
    if "[" not in label and "]" not in label:
        return label
    return label.replace("[", "\\" + CODE_OPEN_BRACKET).replace("]", "\\" + CODE_CLOSE_BRACKET)


def target(url: str) -> str:
    """Wrap an absolute URL so that it can be told from text, and cannot break the Markdown."""
    if _UNSAFE_IN_TARGET.search(url):
        url = _UNSAFE_IN_TARGET.sub(
            lambda match: (
                "".join(f"%{byte:02X}" for byte in match[0].encode()) if match[0] < "\ue000" else ""
            ),
            url,
        )
    return f"{TARGET_OPEN}{url}{TARGET_CLOSE}"


def _edges(text: str) -> tuple[str, str, str]:
    inner = text.strip()
    if not inner:
        return text, "", ""
    start = text.index(inner)
    return text[:start], inner, text[start + len(inner) :]


def _is_word(character: str) -> bool:
    return not character.isspace() and character not in _PUNCTUATION and character < "\ue000"


def _renders(before: str, inner: str, after: str) -> bool:
    """Whether `*` around `inner` opens and closes emphasis (CommonMark's flanking rule)."""
    opens = inner[0] not in _PUNCTUATION or not before or not _is_word(before)
    closes = inner[-1] not in _PUNCTUATION or not after or not _is_word(after)
    return opens and closes


def _emphasise(text: str) -> str:
    parts = _MARK.split(_AGAIN.sub(lambda m: m[1] or m[2] or "", text))
    stacks: list[tuple[str, list[str]]] = [("", [])]
    depth = dict.fromkeys(_MARKERS, 0)
    for position, part in enumerate(parts):
        if part in _MARKERS:
            depth[part] += 1
            if depth[part] == 1:
                stacks.append((part, []))
        elif part in _CLOSES:
            opener = _CLOSES[part]
            if depth[opener] == 0:
                continue
            depth[opener] -= 1
            if depth[opener] == 0:
                following = parts[position + 1] or (parts[position + 2 : position + 3] or [""])[0]
                _close_emphasis(stacks, opener, following, depth)
        else:
            stacks[-1][1].append(part)
    while len(stacks) > 1:
        _, rest = stacks.pop()
        stacks[-1][1].extend(rest)
    return "".join(stacks[0][1])


def _close_emphasis(
    stacks: list[tuple[str, list[str]]], opener: str, following: str, depth: dict[str, int]
) -> None:
    while stacks[-1][0] != opener:  # overlapping elements: the inner one ends here
        inner_opener, rest = stacks.pop()
        depth[inner_opener] = 0
        stacks[-1][1].extend(rest)
    _, content = stacks.pop()
    outer = stacks[-1][1]
    left, inner, right = _edges("".join(content))
    before = left[-1:] or (outer[-1][-1:] if outer and outer[-1] else "")
    after = right[:1] or following[:1]
    if inner and _renders(before, inner, after):
        marker = _MARKERS[opener]
        outer.append(f"{left}{marker}{inner}{marker}{right}")
    else:
        outer.append(left + inner + right)


def _balanced(label: str) -> str:
    """Escape brackets that would end or break a link's label."""
    depth = 0
    for character in label:
        depth += (character == "[") - (character == "]")
        if depth < 0:
            break
    if depth == 0 and label.count("[") <= 1:
        return label
    return label.replace("[", "\\[").replace("]", "\\]")


def _place_links(text: str, links: list[str]) -> str:
    def place(match: re.Match[str]) -> str:
        label = match[2]
        url = links[int(match[1])]
        if not label or not url:
            return label
        left = right = ""
        if label[0] == " " or label[-1] == " ":
            left, label, right = _edges(label)
        if not label.strip("*~"):
            return left
        if "[" in label or "]" in label:
            label = _balanced(label)
        return f"{left}[{label}]({url}){right}"

    text = _LINK.sub(place, text)
    if LINK_OPEN in text or LINK_CLOSE in text:
        text = _SPARE_LINK_MARK.sub("", text)
    return text


def finish(fragments: list[str], links: list[str]) -> str:
    """Join a paragraph's fragments into Markdown; lines end only where the page breaks them."""
    text = " ".join("".join(fragments).split())
    if not text:
        return ""
    if "[" in text:
        text = _BRACKET.sub(_escape_bracket, text)
    if not text.isascii() and _PRIVATE.search(text):
        if _MARK.search(text):
            text = _emphasise(text)
        text = _finish_links(text, links)
        if BREAK in text:
            text = _BREAKS.sub(BREAK, text.strip()).strip(BREAK)
            return "\\\n".join(_guard(line) for line in text.split(BREAK) if line)
        text = text.strip()
    return _guard(text)


def _escape_bracket(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _finish_links(text: str, links: list[str]) -> str:
    if IMAGE_OPEN in text:
        text = _IMAGE.sub(lambda match: f"![{match[2]}]({links[int(match[1])]})", text)
    if LINK_OPEN in text:
        text = text.replace(f"!{LINK_OPEN}", f"\\!{LINK_OPEN}")
        text = _place_links(text, links)
    if CODE_OPEN_BRACKET in text or CODE_CLOSE_BRACKET in text:
        text = text.replace(CODE_OPEN_BRACKET, "[").replace(CODE_CLOSE_BRACKET, "]")
    return text


_RISKY_STARTS = frozenset("#-+=:>~|0123456789")


def _guard(line: str) -> str:
    """Escape what would make a line something else than text."""
    if not line or line[0] not in _RISKY_STARTS:
        return line
    if _LINE_START.match(line):
        return "\\" + line
    return _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else line


def bold(text: str) -> str:
    """Make a paragraph strong, line by line."""
    if text.startswith("**") and text.endswith("**") and text.count("**") == 2:
        return text
    lines = text.replace("**", "").split("\\\n")
    return "\\\n".join(f"**{line}**" for line in lines if line.strip())


_TARGET = re.compile("\\]\\(\ue000[^\ue001]*\ue001\\)")


def plain_text(markdown: str) -> str:
    """The words of a line of Markdown, without its marks."""
    text = _TARGET.sub("]", markdown)
    text = re.sub(r"\\([!-/:-@\[-`{-~])", "\ue01e\\1", text)
    text = re.sub(r"(?<!\ue01e)(?:\*\*|[*`]|!?\[|\])", "", text)
    return text.replace("\ue01e", "").strip()
