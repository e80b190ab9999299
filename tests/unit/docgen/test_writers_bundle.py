import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from docgen.options import FORMATS
from docgen.writers import WRITERS
from docgen.writers.images import Image, check, shown

from tests.support.documents import BASE, a_document, a_png, image, link, written
from tests.support.links import broken_links


def test_there_is_a_writer_for_every_format() -> None:
    assert tuple(WRITERS) == FORMATS


def test_the_manifest_names_every_page_and_what_was_left_out(tmp_path: Path) -> None:
    result = written(tmp_path, a_document("", "# Home"), a_document("sub/b", "# B\n\none two"))

    manifest = json.loads(result.manifest.read_text())
    entry = manifest["pages"][1]
    markdown = (tmp_path / entry["md"]).read_bytes()
    assert (manifest["url"], manifest["title"]) == (BASE, "Home")
    assert manifest["skipped"] == [{"url": f"{BASE}old", "reason": "excluded"}]
    assert entry == {
        "url": f"{BASE}sub/b",
        "path": "/guide/sub/b",
        "md": "markdown/sub/b.md",
        "title": "B",
        "words": 4,
        "sha256": hashlib.sha256(markdown).hexdigest(),
        "status": 200,
    }


def test_the_manifest_names_a_shallow_page_before_its_deeper_namesakes(tmp_path: Path) -> None:
    names = ("", "tutorial/views", "views", "tutorial/more/views")
    result = written(tmp_path, *(a_document(name, f"# {name or 'Home'}") for name in names))

    pages = json.loads(result.manifest.read_text())["pages"]
    assert [page["path"].removeprefix("/guide/") for page in pages] == [
        "", "views", "tutorial/views", "tutorial/more/views",
    ]  # fmt: skip


def test_the_bundle_holds_the_same_tree_in_order_and_of_one_time(tmp_path: Path) -> None:
    result = written(tmp_path, a_document("", "# Home"), a_document("b", "# B"))

    with zipfile.ZipFile(result.files["zip"]) as bundle:
        names = bundle.namelist()
        times = {info.date_time for info in bundle.infolist()}
    assert names == sorted(names)
    assert times == {(2026, 3, 4, 5, 6, 8)}
    assert {"manifest.json", "html/index.html", "markdown/b.md"} <= set(names)
    with zipfile.ZipFile(result.files["html"]) as site:
        assert "index.html" in site.namelist()


def test_the_same_site_gives_the_same_bytes(tmp_path: Path) -> None:
    pages = [
        a_document("", f"# Home\n\n{link('b')} {image('i.png')}"),
        a_document("b", "# B\n\n```python\nx = 1\n```"),
    ]
    bundles = [
        written(
            tmp_path / name, *pages, formats=FORMATS[:4], assets={f"{BASE}i.png": a_png()}
        ).files["zip"]
        for name in "ab"
    ]

    assert bundles[0].read_bytes() == bundles[1].read_bytes()


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    written(tmp_path, a_document("", "# Home"), a_document("gone", "# Gone"))
    written(tmp_path, a_document("", "# Home"), formats=("markdown",))

    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "bundle.zip",
        "manifest.json",
        "markdown/README.md",
        "markdown/documentation.md",
        "markdown/index.md",
    }


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str | None]] = []
    documents = (a_document("", "# Home"), a_document("b", "# B"))
    written(tmp_path, *documents, on_step=lambda *step: seen.append(step))

    assert seen[:2] == [(0, 3, BASE), (1, 3, f"{BASE}b")]
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1][:2] == (3, 3)


def test_what_progress_raises_ends_the_work(tmp_path: Path) -> None:
    def on_step(done: int, steps: int, current: str | None) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        written(tmp_path, a_document(""), on_step=on_step)
    assert not (tmp_path / "bundle.zip").exists()
    assert not (tmp_path / ".images").exists()


def test_hundreds_of_pages_link_to_each_other_without_a_break(tmp_path: Path) -> None:
    pages = []
    for n in range(200):
        other = link(f"{(n + 3) % 7}/{n + 3}.html#same")
        pages.append(a_document(f"{n % 7}/{n}.html", f"# P {n}\n\n## Same\n\n{other}"))
    written(tmp_path, a_document("", "# Home"), *pages)

    assert broken_links(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (a_png(3, 4), ("png", (3, 4))),
        (b"GIF89a\x05\x00\x06\x00", ("gif", (5, 6))),
        (b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x0b\x08\x00\x07\x00\x08", ("jpg", (8, 7))),
        (b"RIFF....WEBPVP8X" + b"\0" * 8 + b"\x09\0\0\x04\0\0", ("webp", (10, 5))),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 8"/>', ("svg", (9, 8))),
    ],
)
def test_images_are_told_by_their_bytes(body: bytes, expected: tuple) -> None:
    kind, size, _ = check(body)

    assert (kind, size) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\x89PNG\r\n\x1a\n", a_png(1, 1)[:20], a_png(9000, 1)[:16] + b"\xff" * 8],
)
def test_what_is_no_image_is_left_out(body: bytes) -> None:
    assert check(body) is None


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("png", "200", (200, 100)),
        ("png", "x50", (100, 50)),
        ("png", "50%", (350, 175)),
        ("png", "900", (400, 200)),
        ("svg", "900", (900, 450)),
        ("png", None, (400, 200)),
    ],
)
def test_an_image_is_as_large_as_its_page_shows_it(kind, size, expected, tmp_path):
    image = shown(Image("i", kind, 400, 200, tmp_path), size)

    assert (image.width, image.height) == expected


def test_every_format_shows_an_image_in_its_size(tmp_path: Path) -> None:
    source = a_document("", f"# Home\n\n{image('i.png')}", sizes={f"{BASE}i.png": "48"})
    pictures = {f"{BASE}i.png": a_png(96, 64)}
    written(tmp_path, source, assets=pictures, formats=("html", "docx"))

    assert 'width="48" height="32"' in (tmp_path / "html/index.html").read_text()
    book = zipfile.ZipFile(tmp_path / "docx/documentation.docx").read("word/document.xml").decode()
    assert f'<a:ext cx="{48 * 9525}" cy="{32 * 9525}"/>' in book
