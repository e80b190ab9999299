"""What a reader sees of the formats that have sheets of paper."""

from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from docgen.writers import pdf
from docgen.writers.columns import widths
from docgen.writers.syntax import parse
from pypdf import PdfReader

from tests.support.documents import BASE, a_document, a_png, image, menu, written

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def sheets(directory: Path, *documents: object, **more: object) -> list[str]:
    """The text of each sheet of the book, after its contents."""
    book = PdfReader(written(directory, *documents, formats=("pdf",), **more).files["pdf"])
    texts = [" ".join(page.extract_text().split()) for page in book.pages]
    return texts[book.page_labels.index("1") :]


def fonts(directory: Path, markdown: str, language: str = "en") -> set[str]:
    """The fonts of the sheets of one page."""
    page = a_document("", markdown, language=language)
    book = PdfReader(written(directory, page, formats=("pdf",)).files["pdf"])
    return {
        font.get_object()["/BaseFont"].partition("+")[2]
        for sheet in book.pages[2:]
        for font in sheet["/Resources"]["/Font"].values()
    }


def paragraphs(directory: Path, markdown: str, *, language: str = "en") -> list[ET.Element]:
    """All paragraphs of a Word document, in order."""
    page = a_document("", markdown, language=language)
    with ZipFile(written(directory, page, formats=("docx",)).files["docx"]) as file:
        return list(ET.fromstring(file.read("word/document.xml")).iter(f"{WORD}p"))


def saying(found: list[ET.Element], text: str) -> ET.Element:
    """The paragraph of that text."""
    return next(each for each in found if "".join(each.itertext()) == text)


def test_no_title_of_a_page_ends_a_sheet(tmp_path: Path) -> None:
    lines = "\n\n".join(["Filled."] * 9)
    pages = [
        a_document(f"p{n}", f"# Title{n}\n\n{lines}\n" + "\n\nMore.\n" * (n % 5)) for n in range(40)
    ]
    below = menu((0, "All", ""), *((1, f"Title{n}", f"p{n}") for n in range(40)))

    found = sheets(tmp_path, a_document("", "# All\n", navigation=below), *pages)

    for n in range(40):
        assert any(f"/p{n} Filled. Filled. Filled." in text for text in found)


def test_a_page_that_begins_at_the_top_of_a_sheet_has_its_name_there(tmp_path: Path) -> None:
    lines = "\n\n".join(["Filled."] * 26)
    pages = [a_document(f"p{n}", f"# Title{n}\n\n{lines}\n\n---\n") for n in range(4)]
    below = menu((0, "All", ""), *((1, f"Name{n}", f"p{n}") for n in range(4)))

    found = sheets(tmp_path, a_document("", "# All\n", navigation=below), *pages)

    for n in range(1, 4):
        assert any(text.startswith(f"All Name{n} Title{n} ") for text in found)


def test_a_footnote_stands_beside_its_number(tmp_path: Path) -> None:
    page = a_document("", "# Home\n\nText[^1]\n\n[^1]: A note.\n")

    book = PdfReader(written(tmp_path, page, formats=("pdf",)).files["pdf"])

    lines = book.pages[2].extract_text().splitlines()
    assert [line.strip() for line in lines if "A note." in line] in (["1A note."], ["1 A note."])


def test_a_line_of_code_that_is_too_long_goes_on_below_without_a_gap(tmp_path: Path) -> None:
    def height(code: str) -> float:
        found: dict[str, float] = {}

        def see(text: str, at: list[float], *_: object) -> None:
            found[text.strip()] = at[5]

        page = a_document("", f"# Home\n\n```\nabove\n{code}\nbelow\n```\n")
        path = written(tmp_path, page, formats=("pdf",)).files["pdf"]
        PdfReader(path).pages[2].extract_text(visitor_text=see)
        return abs(found["above"] - found["below"])

    assert height("word " * 30) == pytest.approx(height("one\ntwo"), abs=0.5)


def test_short_code_is_not_parted_and_stands_with_the_line_that_announces_it(
    tmp_path: Path,
) -> None:
    code = "\n".join(["first{n}", *["print()"] * 9, "last{n}"])
    blocks = [f"Words.\n\nLook{n}:\n\n```\n{code.replace('{n}', str(n))}\n```\n" for n in range(20)]

    found = sheets(tmp_path, a_document("", "# Home\n\n" + "\n".join(blocks)))

    assert len(found) > 4
    for n in range(20):
        (sheet,) = (text for text in found if f"Look{n}:" in text)
        assert f"first{n} " in sheet
        assert f"last{n} " in sheet


@pytest.mark.parametrize("line", ["## Part{n}", "**Part{n}**", "- **Part{n}**\n\n  **More**"])
def test_no_sheet_stays_empty_for_lines_that_belong_to_what_follows(
    tmp_path: Path, line: str
) -> None:
    lines = "\n\n".join(line.replace("{n}", str(n)) for n in range(200))

    found = sheets(tmp_path, a_document("", f"# Home\n\nText.\n\n{lines}\n\nThe end."))

    assert "Part0 " in found[0]
    assert all(text.count("Part") >= 10 for text in found[:-1])


def test_long_code_fills_the_sheet_it_begins_on(tmp_path: Path) -> None:
    code = "\n".join(f"line{n}" for n in range(150))

    found = sheets(tmp_path, a_document("", f"# Home\n\n```\n{code}\n```\n"))

    assert "line0 " in found[0]
    assert len(found) <= 4


def test_pictures_in_a_table_are_small(tmp_path: Path) -> None:
    rows = "".join(f"| {image(f'{n}.png')} | Meaning{n} |\n" for n in range(4))
    assets = {f"{BASE}{n}.png": a_png(900 + n, 900) for n in range(4)}

    found = sheets(tmp_path, a_document("", f"# Home\n\n| a | b |\n|-|-|\n{rows}"), assets=assets)

    assert len(found) == 1


def test_a_volume_ends_where_a_page_begins_a_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "\n\n".join(["word " * 30] * 30)
    pages = [a_document(f"p{n}", f"# P{n}\n\n{words}") for n in range(6)]
    whole = sheets(tmp_path / "whole", *pages)
    monkeypatch.setattr(pdf, "VOLUME", 12_000)

    assert sheets(tmp_path / "cut", *pages) == whole


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("文档 ドキュメント 문서", "NotoSansCJK"),
        ("`文档`", "NotoSansCJK"),
        ("✅ 🚀", "NotoEmoji"),
        ("التوثيق", "NotoSansArabic"),
        ("เอกสาร", "NotoSansThai"),
        ("दस्तावेज़", "NotoSansDevanagari"),
        ("`├── └── │`", "DejaVuSansMono"),
    ],
)
def test_the_book_has_letters_for_every_script_wherever_it_is_made(
    tmp_path: Path, text: str, font: str
) -> None:
    assert any(name.startswith(font) for name in fonts(tmp_path, f"# Home\n\n{text}\n"))


@pytest.mark.parametrize(
    ("language", "spelling"), [("de-AT", "zh-CN"), ("ja", "ja-JP"), ("zh-Hant-TW", "zh-TW")]
)
def test_a_word_document_says_in_what_language_it_is(
    tmp_path: Path, language: str, spelling: str
) -> None:
    page = a_document("", language=language)
    with ZipFile(written(tmp_path, page, formats=("docx",)).files["docx"]) as file:
        styles = ET.fromstring(file.read("word/styles.xml"))

    (found,) = styles.findall(f"{WORD}docDefaults/*/*/{WORD}lang")
    assert found.attrib == {f"{WORD}val": language, f"{WORD}eastAsia": spelling}


def test_a_word_document_keeps_together_what_belongs_together(tmp_path: Path) -> None:
    long = "\n".join(f"line {n}" for n in range(40))
    found = paragraphs(
        tmp_path, f"# Home\n\nLook:\n\n```\nshort\n```\n\nWords.\n\nOther.\n\n```\n{long}\n```\n"
    )

    def is_kept(text: str, how: str) -> bool:
        return saying(found, text).find(f"{WORD}pPr/{WORD}{how}") is not None

    assert is_kept("Look:", "keepNext")
    assert is_kept("short", "keepLines")
    assert not is_kept("Words.", "keepNext")
    assert not is_kept(long.replace("\n", ""), "keepLines")


def test_two_pieces_of_code_in_a_word_document_have_a_frame_each(tmp_path: Path) -> None:
    found = paragraphs(tmp_path, "# Home\n\n```\none\n```\n\n```\ntwo\n```\n")

    at = found.index(saying(found, "one"))
    assert found[at + 2] is saying(found, "two")
    assert "".join(found[at + 1].itertext()) == ""


def test_columns_are_as_wide_as_what_they_hold() -> None:
    words = "some words " * 30
    table = parse(f"| Type | Description |\n|-|-|\n| boolean | {words} |\n").children[0]

    kind, description = widths(table, 60)

    assert len("boolean") <= kind < 15
    assert kind + description == pytest.approx(60)


def test_columns_that_fit_get_no_more_than_they_need() -> None:
    table = parse("| a | b |\n|-|-|\n| ![picture of something](x) | 文字 |\n").children[0]

    assert sum(widths(table, 80)) < 35


def test_columns_of_long_words_share_the_room() -> None:
    head = "|".join("abcdefghijklmnopqrstuvwxyz" * 2 for _ in range(8))
    table = parse(f"|{head}|\n|{'-|' * 8}\n").children[0]

    assert widths(table, 80) == pytest.approx([10] * 8)
