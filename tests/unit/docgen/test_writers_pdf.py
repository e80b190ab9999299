from pathlib import Path

import pytest
from docgen.errors import TypesettingFailed
from docgen.writers import pdf, typeset
from docgen.writers.pdf_body import string
from pypdf import PdfReader

from tests.support.documents import BASE, a_document, a_png, image, link, menu, outside, written

EVERYTHING = """# B

Text *a* **b** ~~c~~ `d` H<sub>2</sub>O<br>new line[^1] $x$ #let \\"quoted\\" @ref <label> //

## Usage `x`

> [!TIP]
> A tip.

> quoted

1. one
   - two

     ```python
     print("x" * 3)
     ```
2. three

- [x] done

| a | b |
|---|--:|
| `c` | d |

---

$$y$$

[^1]: A note.

The end. """


def read(path: Path) -> PdfReader:
    return PdfReader(path, strict=True)


def test_a_book_has_everything(tmp_path: Path) -> None:
    lines = menu((0, "Part", ""), (1, "B", "b"))
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n{link('b#usage-x', 'to B')}", navigation=lines),
        a_document("b", EVERYTHING + image("i.png") + outside("https://other.example/")),
        formats=("pdf",),
        assets={f"{BASE}i.png": a_png(60, 60)},
    )

    book = read(result.files["pdf"])
    text = "".join(page.extract_text() for page in book.pages)
    assert book.metadata.title == "Home"
    assert [mark.title for mark in book.outline if not isinstance(mark, list)] == ["Home", "Part"]
    for each in ("Contents", "to B", "A tip.", "A note.", "print(", "#let", "<label>"):
        assert each in text
    assert sum(len(page.images) for page in book.pages) == 1
    assert (tmp_path / "pdf").iterdir().__next__().name == "documentation.pdf"


def test_links_lead_to_their_headings(tmp_path: Path) -> None:
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n{link('b#usage')} {outside('https://other.example/x')}"),
        a_document("b", "# B\n\n## Usage\n"),
        formats=("pdf",),
    )

    book = read(result.files["pdf"])
    names = book.named_destinations
    notes = [note.get_object() for page in book.pages for note in page.get("/Annots", ())]
    inside = {str(note["/Dest"]) for note in notes if "/Dest" in note}
    assert inside == {"h0.0", "h1.0", "h1.1"}
    assert inside <= set(names)
    assert book.get_destination_page_number(names["h1.1"]) == 3
    assert "https://other.example/x" in {note["/A"]["/URI"] for note in notes if "/A" in note}


def test_volumes_are_bound_with_running_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "VOLUME", 200)
    words = "word " * 60
    result = written(
        tmp_path,
        *(a_document(f"p{n}", f"# P{n}\n\n{words}\n\n{words}\n") for n in range(4)),
        formats=("pdf",),
    )

    book = read(result.files["pdf"])
    assert len(book.pages) > 6
    assert book.page_labels[:3] == ["i", "ii", "1"]
    numbers = [page.extract_text().split()[-1] for page in book.pages[2:]]
    assert numbers == [str(n) for n in range(1, len(book.pages) - 1)]


def test_a_broken_image_costs_the_images_not_the_book(tmp_path: Path) -> None:
    broken = a_png(50, 50)[:60]
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n{image('i.png', 'the picture')}"),
        formats=("pdf",),
        assets={f"{BASE}i.png": broken},
    )

    assert "the picture" in read(result.files["pdf"]).pages[2].extract_text()


def test_the_same_site_gives_the_same_bytes(tmp_path: Path) -> None:
    books = [
        written(tmp_path / name, a_document("", EVERYTHING), formats=("pdf",)).files["pdf"]
        for name in "ab"
    ]

    assert books[0].read_bytes() == books[1].read_bytes()


def test_progress_may_stop_the_typesetting(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def on_step(done: int, steps: int, current: str | None) -> None:
        if current == "pdf":
            raise Enough

    with pytest.raises(Enough):
        written(tmp_path, a_document(""), formats=("pdf",), on_step=on_step)


def test_a_book_that_takes_too_long_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "MOST_SECONDS", 0.01)

    with pytest.raises(TypesettingFailed) as refusal:
        written(tmp_path, a_document(""), formats=("pdf",))

    assert not refusal.value.retryable
    assert "other formats" in refusal.value.message


def test_pictures_beyond_what_memory_holds_are_named_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = " ".join(image(f"p{n}.png", f"Picture {n}") for n in range(3))
    assets = {f"{BASE}p{n}.png": a_png(100 + n, 100) for n in range(3)}
    monkeypatch.setattr(pdf, "MOST_PIXELS", 25_000)
    result = written(
        tmp_path, a_document("", f"# Home\n\n{shown}"), assets=assets, formats=("pdf",)
    )

    page = read(result.files["pdf"]).pages[-1]
    assert len(page.images) == 2
    assert "[Picture 2]" in page.extract_text()


def test_the_typesetter_gets_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "secret")

    assert "secret" not in typeset._environment().values()
    assert typeset._environment()["PATH"]


def test_strings_cannot_be_left() -> None:
    assert string('a"b\\c\n\x00\x1b\ud800') == '"a\\"b\\\\c\\n"'


def test_a_book_that_would_be_too_long_says_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "MOST_TEXT", 100)
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n{link('b')}\n"),
        a_document("b", "# B\n\n" + "word " * 30),
        formats=("pdf",),
    )

    book = read(result.files["pdf"])
    assert "1 of 2 pages" in book.pages[-1].extract_text()
    notes = [note.get_object() for page in book.pages for note in page.get("/Annots", ())]
    assert f"{BASE}b" in {note["/A"]["/URI"] for note in notes if "/A" in note}


def test_what_would_fill_a_volume_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "VOLUME", 20_000)
    items = "\n".join(f"- item {n}\n" + "  - below\n" * 40 for n in range(30))
    rows = "|a|\n|-|\n" + "\n".join(f"|row {n}|" for n in range(250))
    code = "```\n" + "\n".join(f"line {n}" for n in range(2000)) + "\n```"
    document = a_document(
        "", f"# Home\n\n- all\n\n  {items.replace('\n', '\n  ')}\n\n{rows}\n\n{code}\n"
    )
    result = written(tmp_path, document, formats=("pdf",))

    text = "".join(page.extract_text() for page in read(result.files["pdf"]).pages)
    for each in ("item 0", "item 29", "row 0", "row 249", "line 0", "line 1999"):
        assert each in text
    assert text.count("below") == 1200


def test_tasks_show_whether_they_are_done(tmp_path: Path) -> None:
    source = "# Home\n\n- [x] first\n- [ ] second\n"
    result = written(tmp_path, a_document("", source), formats=("pdf",))

    text = " ".join(read(result.files["pdf"]).pages[2].extract_text().split())
    assert "✓ first" in text
    assert "✓ second" not in text
