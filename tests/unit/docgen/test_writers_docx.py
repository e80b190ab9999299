import re
import shutil
import subprocess
import zipfile
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import docx
import pytest
from pypdf import PageObject, PdfReader

from tests.support.documents import BASE, a_document, a_png, image, link, menu, outside, written
from tests.unit.docgen.test_writers_pdf import EVERYTHING

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0h9v9z"/></svg>'


def a_book(directory: Path) -> Path:
    lines = menu((0, "Part", ""), (1, "B", "b"))
    return written(
        directory,
        a_document("", f"# Home\n\n{link('b#usage-x', 'to B')}", navigation=lines),
        a_document(
            "b",
            EVERYTHING + image("i.png") + image("s.svg") + outside("https://other.example/?a&b"),
        ),
        formats=("docx",),
        assets={f"{BASE}i.png": a_png(60, 60), f"{BASE}s.svg": SVG},
    ).files["docx"]


def test_a_document_has_everything(tmp_path: Path) -> None:
    book = docx.Document(str(a_book(tmp_path)))

    styles = {(each.style.name, each.text) for each in book.paragraphs}
    assert book.core_properties.title == "Home"
    assert {("Title", "Home"), ("Heading 1", "Part"), ("Heading 2", "B")} <= styles
    assert ("Heading 3", "Usage x") in styles
    assert ("Code", 'print("x" * 3)') in styles
    assert len(book.inline_shapes) == 2
    assert [cell.text for cell in book.tables[1].rows[1].cells] == ["c", "d"]


def test_links_lead_to_bookmarks_that_are_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(a_book(tmp_path)) as file:
        text = file.read("word/document.xml").decode()
        relations = file.read("word/_rels/document.xml.rels").decode()

    anchors = set(re.findall('w:anchor="(.*?)"', text))
    names = set(re.findall('w:name="(.*?)"', text))
    assert "h1_1" in anchors
    assert anchors <= names
    assert 'Target="https://other.example/?a&amp;b" TargetMode="External"' in relations


def test_every_part_is_well_formed_and_of_one_time(tmp_path: Path) -> None:
    with zipfile.ZipFile(a_book(tmp_path)) as file:
        for info in file.infolist():
            assert info.date_time == (2026, 3, 4, 5, 6, 8)
            if info.filename.endswith((".xml", ".rels")):
                ET.fromstring(file.read(info))


def test_a_title_with_what_xml_cannot_hold_spoils_no_part(tmp_path: Path) -> None:
    book = written(tmp_path, a_document("", "# H\x00o\x08m\uffffe\n\nText."), formats=("docx",))

    document = docx.Document(str(book.files["docx"]))

    assert document.core_properties.title == "Home"
    assert document.sections[0].header.paragraphs[0].text.startswith("Home")


def test_the_same_site_gives_the_same_bytes(tmp_path: Path) -> None:
    assert a_book(tmp_path / "a").read_bytes() == a_book(tmp_path / "b").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_a_word_processor_opens_it(tmp_path: Path) -> None:
    pages = opened(a_book(tmp_path), tmp_path)

    text = "".join(page.extract_text() for page in pages)
    assert "Contents" in text
    assert "A note." in text


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_in_a_word_processor_no_line_stands_on_another(tmp_path: Path) -> None:
    words = "word " * 100
    page = a_document("", f"# Home\n\n{words}[^1]\n\n> [!TIP]\n> A tip.\n\n[^1]: A note.\n")
    path = written(tmp_path, page, formats=("docx",)).files["docx"]

    heights: set[float] = set()

    def see(text: str, at: list[float], inner: list[float], *_: object) -> None:
        if text.strip().startswith("word"):
            heights.add(round(inner[5] * at[3] + at[5]))

    for each in opened(path, tmp_path):
        each.extract_text(visitor_text=see)
    lines = sorted(heights)
    assert len(lines) > 3
    assert all(above - below >= 11 for below, above in pairwise(lines))


def opened(path: Path, directory: Path) -> list[PageObject]:
    """The sheets as LibreOffice shows them."""
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{directory}/profile"]
    subprocess.run(
        [*command, "--convert-to", "pdf", "--outdir", str(directory), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return list(PdfReader(directory / "documentation.pdf").pages)


def test_formulas_and_ticks_of_tasks_stand_in_their_paragraphs(tmp_path: Path) -> None:
    source = "# Home\n\n$$\n\\no{x}\n$$\n\n- [x] done\n\n- [ ] to do\n"
    result = written(tmp_path, a_document("", source), formats=("docx",))

    texts = [each.text.strip() for each in docx.Document(str(result.files["docx"])).paragraphs]
    assert {"\\no{x}", "☑ done", "☐ to do"} <= set(texts)


@pytest.mark.parametrize(("language", "bidi"), [("ar", "1"), ("en", "0")])
def test_a_document_written_from_right_to_left_reads_so(language, bidi, tmp_path) -> None:
    source = a_document("", "# Home\n\n| a |\n| --- |\n| b |\n", language=language)
    with zipfile.ZipFile(written(tmp_path, source, formats=("docx",)).files["docx"]) as file:
        normal = file.read("word/styles.xml").decode().partition("</w:style>")[0]
        text = file.read("word/document.xml").decode()

    assert f'<w:bidi w:val="{bidi}"/>' in normal
    assert ("<w:bidiVisual/>" in text) == (bidi == "1")
