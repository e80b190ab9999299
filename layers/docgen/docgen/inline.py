"""How do words, links and emphasis become one line of Markdown?

The text of a paragraph comes as the parser wrote it, with private-use characters in it that mark
where emphasis, code and links begin and end (see `phrases`). Deciding about `*` and `[` only when
the whole paragraph is known keeps the text free of escapes that are not needed, and the Markdown
free of emphasis that would not render.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.phrases import Phrases

TARGET_OPEN, TARGET_CLOSE = "\ue000", "\ue001"
LINK_OPEN, LINK_NUMBER, LINK_CLOSE = "\ue002", "\ue003", "\ue004"
HELD_OPEN, HELD_CLOSE = "\ue005", "\ue006"
BREAK = "\ue007"
CODE_OPEN_BRACKET, CODE_CLOSE_BRACKET = "\ue008", "\ue009"
ID_OPEN, ID_CLOSE = "\ue00a", "\ue00b"
CODE_OPEN, CODE_CLOSE = "\ue00c", "\ue00d"
EXPONENT = "\ue00e"
NOTE_OPEN, NOTE_CLOSE = "\ue00f", "\ue016"
STRONG_OPEN, STRONG_CLOSE = "\ue010", "\ue011"
EMPHASIS_OPEN, EMPHASIS_CLOSE = "\ue012", "\ue013"
STRIKE_OPEN, STRIKE_CLOSE = "\ue014", "\ue015"
ADDED, REMOVED = "\ue017", "\ue018"
"""Before a line of code that the page shows as the new or the old one."""

_SPECIAL = re.compile(r"[\\`*_<&~$\[\ue000-\ue01f]")
_PRIVATE = re.compile("[\ue000-\ue01f]")
_ANY_MARK = re.compile(
    "\ue002\\d+\ue003|\ue005\\d+\ue006|\ue00a\\d+\ue00b|\ue00f\\d+\ue016|[\ue002-\ue006\ue008-\ue01f]"
)
_RISKY = re.compile(r"[\\`*_<&~$]")  # a plain set of characters: found fast
_ENTITY = re.compile(r"&\#?\w{1,31};")
_CODE = re.compile(f"{CODE_OPEN}([^{CODE_OPEN}{CODE_CLOSE}]*){CODE_CLOSE}")
_CODE_MARKS = re.compile(f"[{CODE_OPEN}{CODE_CLOSE}]")
_PIECE = re.compile(f"({LINK_OPEN}\\d+{LINK_NUMBER}|{LINK_CLOSE})")
_HELD = re.compile(f"{HELD_OPEN}(\\d+){HELD_CLOSE}")
_ID = re.compile(f"{ID_OPEN}(\\d+){ID_CLOSE}")
_NOTE = re.compile(f"{NOTE_OPEN}(\\d+){NOTE_CLOSE}")
_BRACKETED_NOTE = re.compile(f"\\\\?\\[({NOTE_OPEN}\\d+{NOTE_CLOSE})\\\\?\\]")
_LINK_MARK = re.compile(f"{LINK_OPEN}(\\d+){LINK_NUMBER}")
_LINE_START = re.compile(r"(?:#{1,6}|[-+]|=+|-{2,}|:)(?=\s|$)|>|~~~|\|")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_GUARDED = re.compile(r"^(?:(\d{1,9})\\([.)])|\\(?=[-+=:]))(?=.)")
_BRACKET = re.compile(r"\[(?=[^\[\]]*\](?:[(:\[]|\\\()|\^|\s?\]|[xX]\])|\](?=\()")
_BARE_BRACKET = re.compile(r"(?<!\\)((?:\\\\)*)([\[\]])")
_LINK = re.compile(f"{LINK_OPEN}(\\d+){LINK_NUMBER}([^{LINK_OPEN}{LINK_CLOSE}]*){LINK_CLOSE}?")
_SINGLE_LINK = re.compile(  # a paragraph that is a link with a plain text: a line of contents
    f"{LINK_OPEN}(\\d+){LINK_NUMBER}"
    + r"([^\s\\`*_<&~$\[\]!\ue000-\ue01f](?:[^\\`*_<&~$\[\]!\ue000-\ue01f]*"
    r"[^\s\\`*_<&~$\[\]!\ue000-\ue01f])?)" + LINK_CLOSE
)
_EMPTY_LINK = re.compile(f"{LINK_OPEN}\\d+{LINK_NUMBER}(\\s*){LINK_CLOSE}")
_LINK_START = re.compile(f"({LINK_OPEN}\\d+{LINK_NUMBER})( +)")
_LINK_END = re.compile(f" +{LINK_CLOSE}")
_MARK = re.compile(f"([{STRONG_OPEN}-{STRIKE_CLOSE}])")
_IDLE = re.compile(  # emphasis that ends and begins again, or begins and ends at once
    "(?:\ue011(\\s*)\ue010|\ue013(\\s*)\ue012|\ue015(\\s*)\ue014"
    "|\ue010(\\s*)\ue011|\ue012(\\s*)\ue013|\ue014(\\s*)\ue015)"
)
_LINK_AFTER_LINK = LINK_CLOSE + LINK_OPEN
_TOUCHING_LINKS = re.compile(  # what a page shows side by side: buttons, cards
    f"(?<=[^\\W_]){LINK_CLOSE}(?={LINK_OPEN}\\d+{LINK_NUMBER}[^\\W_])"
)
_SPARE_LINK_MARK = re.compile(f"{LINK_OPEN}\\d+{LINK_NUMBER}|{LINK_CLOSE}")
_BREAKS = re.compile(f"\\s*{BREAK}\\s*")
_IDLE_PASSES = 4
_LOOK_AHEAD = 12
_SPACES = re.compile(" {2,}")
_TICKS = re.compile("`+")
_UNSAFE_IN_TARGET = re.compile(r"[\s()<>\\|\"`\ue000-\ue01f]")
_MARK_ENDS = ("*", "~")  # right after them, the next mark would be read as part of theirs
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" + LINK_OPEN + LINK_CLOSE)
_MARKERS = {STRONG_OPEN: "**", EMPHASIS_OPEN: "*", STRIKE_OPEN: "~~"}
_CLOSES = {STRONG_CLOSE: STRONG_OPEN, EMPHASIS_CLOSE: EMPHASIS_OPEN, STRIKE_CLOSE: STRIKE_OPEN}


def decode(text: str) -> str:
    """Undo the few entities a serialised tree holds."""
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text


def plain(text: str) -> str:
    """Serialised text without marks; lines end where the page breaks them."""
    if not text.isascii() and _PRIVATE.search(text):
        text = _ANY_MARK.sub("", text).replace(BREAK, "\n")
    return decode(text)


def escape(text: str) -> str:
    """Make serialised text mean itself in Markdown, wherever in a paragraph it stands."""
    return _RISKY.sub(_escape_risky, decode(text))


def _escape_risky(match: re.Match[str]) -> str:
    found = match[0]
    if found == "_":
        text, start, end = match.string, match.start(), match.end()
        if text[start - 1 : start].isalnum() and text[end : end + 1].isalnum():
            return found  # within a word it is no mark
    elif found == "\\":
        following = match.string[match.end() : match.end() + 1]
        if following.isalnum() or (following > "\x7f" and following < TARGET_OPEN):
            return found
    elif found == "&" and not _ENTITY.match(match.string, match.start()):
        return found
    return "\\" + found


def _escape_one(match: re.Match[str]) -> str:
    return "\\" + match[0]


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
    return (
        character != ""
        and not character.isspace()
        and character not in _PUNCTUATION
        and character < "\ue000"
    )


def _renders(before: str, inner: str, after: str) -> bool:
    """Whether `*` around `inner` opens and closes emphasis (CommonMark's flanking rule)."""
    opens = inner[0] not in _PUNCTUATION or not before or not _is_word(before)
    closes = inner[-1] not in _PUNCTUATION or not after or not _is_word(after)
    return opens and closes


def open_link(text: str) -> str:
    """The mark of a link that has begun in a text and not ended; "" if there is none."""
    start = text.rfind(LINK_OPEN)
    if start < 0 or text.find(LINK_CLOSE, start) >= 0:
        return ""
    match = _LINK_MARK.match(text, start)
    return match[0] if match else ""


def link_numbers(text: str) -> list[int]:
    """The links that begin in a text."""
    return [int(number) for number in _LINK_MARK.findall(text)]


def whole_links(text: str) -> list[tuple[int, str]]:
    """The links that begin and end in a text, and what is between."""
    return [(int(number), label) for number, label in _LINK.findall(text)]


def unlink(text: str, numbers: set[int]) -> str:
    """Take away the marks of some links."""
    return _LINK_MARK.sub(lambda match: "" if int(match[1]) in numbers else match[0], text)


def place_notes(markdown: str, write: Callable[[int], str]) -> str:
    """Put references in the places of their marks."""
    if NOTE_OPEN not in markdown:
        return markdown
    markdown = _BRACKETED_NOTE.sub(r"\1", markdown)
    return _NOTE.sub(lambda match: write(int(match[1])), markdown)


def take_ids(text: str) -> tuple[str, list[int]]:
    """Take the marks of ids out of a text; gives their numbers."""
    return _ID.sub("", text), [int(number) for number in _ID.findall(text)]


def _next_text(parts: list[str], position: int) -> str:
    for part in parts[position : position + _LOOK_AHEAD]:
        if part and part not in _MARKERS and part not in _CLOSES:
            return part
    return ""


def _drop_idle_marks(text: str) -> str:
    if LINK_OPEN in text:
        text = _EMPTY_LINK.sub(r"\1", text)
        text = _LINK_START.sub(r"\2\1", _LINK_END.sub(f"{LINK_CLOSE} ", text))
    for _ in range(_IDLE_PASSES):  # taking one away may bring another's ends together
        text = _IDLE.sub(lambda match: match[match.lastindex or 0], text)
    return text


def _emphasise(text: str) -> str:
    parts = _MARK.split(_drop_idle_marks(text))
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
                following = _next_text(parts, position + 1)
                _close_emphasis(stacks, opener, following, depth)
        elif part:
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
    before = left[-1:] or (outer[-1][-1:] if outer else "")
    after = right[:1] or following[:1]
    is_clear = len(stacks) == 1 or not (before + after).strip()
    text_before = before or next((parts[-1][-1] for _, parts in reversed(stacks) if parts), "")
    if inner and is_clear and text_before not in _MARK_ENDS and _renders(text_before, inner, after):
        marker = _MARKERS[opener]
        outer.append(f"{left}{marker}{inner}{marker}{right}")
    else:
        outer.append(left + inner + right)


def _place_links(text: str, phrases: Phrases) -> str:
    targets, placed = phrases.targets, phrases.placed
    has_breaks = BREAK in text

    def place(match: re.Match[str]) -> str:
        label = match[2]
        if not label:
            return ""
        left = right = ""
        if has_breaks and BREAK in label:  # a line that is a link ends behind it
            left, right = (BREAK if end == BREAK else "" for end in (label[0], label.rstrip()[-1]))
            label = _SPACES.sub(" ", label.replace(BREAK, " ")).strip()
            if not label:
                return left
        elif label[0] == " " or label[-1] == " ":
            left, label, right = _edges(label)
            if not label:
                return left
        if "[" in label or "]" in label:
            label = _BARE_BRACKET.sub(r"\1\\\2", label)
        number = int(match[1])
        placed.append(number)
        return f"{left}[{label}]({targets[number]}){right}"

    return _LINK.sub(place, text)


def _code_markdown(code: str) -> str:
    """Write the content of a `code` element: links stand between spans, not in them."""
    if not code.isascii() and _PRIVATE.search(code):
        code = code.replace(EXPONENT, "**").replace(BREAK, " ")
        pieces = _PIECE.split(code)
        for index in range(0, len(pieces), 2):
            pieces[index] = _spaced_code(decode(_ANY_MARK.sub("", pieces[index])))
        return "".join(pieces)
    return _spaced_code(decode(code))


def _spaced_code(code: str) -> str:
    if not code or code.isspace():
        return code
    lead = " " if code[0] == " " else ""
    return f"{lead}{code_span(code)}{' ' if code[-1] == ' ' else ''}"


def finish(text: str, phrases: Phrases) -> str:
    """Make Markdown of a paragraph; lines end only where the page breaks them."""
    text = " ".join(text.split())
    if not text or not _SPECIAL.search(text):
        return _guard(text)
    single = _SINGLE_LINK.fullmatch(text)
    if single is not None:
        number = int(single[1])
        phrases.placed.append(number)
        return f"[{single[2]}]({phrases.targets[number]})"
    if text.isascii() or not _PRIVATE.search(text):
        text = escape(text)
        return _guard(_BRACKET.sub(_escape_one, text) if "[" in text else text)
    return _finish_marked(text, phrases)


def _finish_marked(text: str, phrases: Phrases) -> str:
    text = _write_code(text) if CODE_OPEN in text or CODE_CLOSE in text else escape(text)
    if EXPONENT in text:
        text = text.replace(EXPONENT, "\\*\\*")
    if _MARK.search(text):
        text = _SPACES.sub(" ", _emphasise(text))
    if "[" in text:  # only now is it known what stands side by side
        text = _BRACKET.sub(_escape_one, text)
    text = _finish_links(text, phrases)
    if BREAK in text:
        lines = _BREAKS.sub(BREAK, text.strip()).strip(BREAK).split(BREAK)
        text = "\\\n".join(_guard(line) for line in lines if line)
    else:
        text = _guard(text.strip())
    return _HELD.sub(lambda match: phrases.held[int(match[1])], text) if HELD_OPEN in text else text


def _write_code(text: str) -> str:
    parts = _CODE.split(text.replace(CODE_CLOSE + CODE_OPEN, ""))  # two spans side by side are one
    for index, part in enumerate(parts):
        parts[index] = _code_markdown(part) if index % 2 else _CODE_MARKS.sub("", escape(part))
    return "".join(parts)


def _finish_links(text: str, phrases: Phrases) -> str:
    if LINK_OPEN in text:
        if _LINK_AFTER_LINK in text:
            text = _TOUCHING_LINKS.sub(f"{LINK_CLOSE} ", text)
        text = _place_links(text.replace(f"!{LINK_OPEN}", f"\\!{LINK_OPEN}"), phrases)
        text = _SPACES.sub(" ", text)
    if LINK_OPEN in text or LINK_CLOSE in text:  # the other half is in another paragraph
        text = _SPARE_LINK_MARK.sub("", text)
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


def unguard(line: str) -> str:
    """Take back the escape of a line's beginning, behind what makes the line a heading anyway."""
    return _GUARDED.sub(r"\1\2", line, count=1)


def bold(text: str) -> str:
    """Make a finished line strong, where that is safe: emphasis in it could get in the way."""
    return text if "*" in text or "\n" in text else f"**{text}**"


_TARGET = re.compile("\\]\\(\ue000[^\ue001]*\ue001\\)")


def plain_text(markdown: str) -> str:
    """The words of a line of Markdown, without its marks."""
    text = _NOTE.sub("", _TARGET.sub("]", markdown))
    text = re.sub(r"\\([!-/:-@\[-`{-~])", "\ue01e\\1", text)
    text = re.sub(r"(?<!\ue01e)(?:\*\*|[*`]|!?\[|\])", "", text)
    return text.replace("\ue01e", "").strip()
