"""In which encoding is this page written? Servers and pages are often wrong about it."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_PYTHONS_OWN = re.compile("escape|idna|punycode|mbcs|oem|undefined")  # no page is written in
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
META_WITHIN = 4096
LETTERS_EACH = 3  # beyond ASCII, and right, for each that is wrong

# Bytes in these can be valid UTF-8 and yet mean something else, so that the label decides.
_LABEL_DECIDES = ("utf-16", "utf-32", "iso2022", "iso-2022", "hz", "utf-7")
# What browsers understand by these labels, and why: pages say Latin-1 and mean Windows.
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "utf-7": "utf-8",
}


def decode(body: bytes, content_type: str | None) -> str:
    """Decode a page, whatever its labels say; never fails.

    A byte order mark wins; then UTF-8 if the bytes are valid UTF-8 but for a few, which nothing
    else is by chance; then the HTTP header, the page's own label, and Windows-1252.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    labels = _labels(body, content_type)
    if not any(label.startswith(_LABEL_DECIDES) for label in labels[:1]):
        text = body.decode("utf-8", "replace")
        if _is_mostly_valid(text):
            return text
    for label in labels:
        try:
            return body.decode(label)
        except (LookupError, UnicodeError):
            continue
    wanted = next((label for label in labels if _is_text_encoding(label)), "cp1252")
    return body.decode(wanted, "replace")


def _is_mostly_valid(text: str) -> bool:
    wrong = text.count("\ufffd")
    return not wrong or wrong * LETTERS_EACH < len(_BEYOND_ASCII.findall(text)) - wrong


def _labels(body: bytes, content_type: str | None) -> list[str]:
    found = []
    if header := _HEADER.search(content_type or ""):
        found.append(header[1])
    if meta := _META.search(body[:META_WITHIN]):
        found.append(meta[1].decode("ascii", "replace"))
    labels = [label.strip().lower() for label in found]
    return [_MEANT.get(label, label) for label in labels if not _PYTHONS_OWN.search(label)]


def _is_text_encoding(label: str) -> bool:
    try:
        b"\x80".decode(label, "replace")
    except (LookupError, UnicodeError):
        return False
    return True
