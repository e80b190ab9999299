import pytest
from docgen.charsets import decode
from hypothesis import given
from hypothesis import strategies as st

TEXT = "Grüße, žluťoučký and 日本"


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (TEXT.encode(), None, TEXT),
        (TEXT.encode(), "text/html; charset=iso-8859-1", TEXT),
        (b"\xef\xbb\xbf" + TEXT.encode(), "text/html; charset=latin1", TEXT),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), None, TEXT),
        (TEXT.encode("utf-16-be"), "text/html; charset=utf-16be", TEXT),
        ("Grüße".encode("latin-1"), 'text/html; charset="ISO-8859-1"', "Grüße"),
        ("“Grüße”".encode("cp1252"), "text/html; charset=iso-8859-1", "“Grüße”"),
        ("日本".encode("shift_jis"), "text/html;charset=Shift_JIS", "日本"),
        ("日本".encode("iso-2022-jp"), "text/html; charset=iso-2022-jp", "日本"),
        ("中文".encode("gbk"), "text/html; charset=gb2312", "中文"),
        (b'<meta charset="euc-jp">' + "日本".encode("euc-jp"), None, '<meta charset="euc-jp">日本'),
        ("Grüße".encode("latin-1"), "text/html; charset=nonsense", "Grüße"),
        ("Grüße".encode("latin-1"), None, "Grüße"),
        (TEXT.encode() + b"\xe9", None, f"{TEXT}\ufffd"),
        (TEXT.encode() + b"\xe9", "text/html; charset=latin-1", f"{TEXT}\ufffd"),
        ("Ã¤ sehr früh, größer, schön".encode("latin-1"), None, "Ã¤ sehr früh, größer, schön"),
        (b"", "text/html", ""),
        (b"a\\\x80", "text/html; charset=unicode_escape", "a\\€"),
    ],
)
def test_pages_are_read_whatever_their_label(
    body: bytes, content_type: str | None, expected: str
) -> None:
    assert decode(body, content_type) == expected


LABELS = ("utf-8", "utf-16", "zlib", "hex", "idna", "punycode", "undefined", "unicode_escape",
          "rot13", "", "\0")  # fmt: skip


@given(st.binary(max_size=60), st.sampled_from(LABELS))
def test_no_bytes_and_no_label_are_too_wrong(body: bytes, label: str) -> None:
    assert isinstance(decode(body, f"text/html; charset={label}"), str)
