from pathlib import Path

import pytest
from docgen.writers.bundle import escape
from docgen.writers.markdown import rename_footnotes
from docgen.writers.syntax import parse

from tests.support.documents import BASE, a_document, a_png, image, link, menu, outside, written
from tests.support.links import broken_links


def test_pages_begin_with_front_matter(tmp_path: Path) -> None:
    document = a_document("a", "# A\n", description='Says "hi": here', language="en-GB")
    written(tmp_path, a_document("", "# Home"), document, a_document("b", "# B"))

    assert (tmp_path / "markdown/a.md").read_text().splitlines()[:9] == [
        "---",
        f'url: "{BASE}a"',
        'title: "A"',
        'description: "Says \\"hi\\": here"',
        'language: "en-GB"',
        'fetched: "2026-03-04T05:06:07Z"',
        'previous: "index.md"',
        'next: "b.md"',
        "---",
    ]


def test_links_lead_to_the_bundles_own_files_or_out(tmp_path: Path) -> None:
    text = " ".join(
        [
            link("sub/b#usage"),
            link("sub/b"),
            link("#top-of-a"),
            link("elsewhere (1)"),
            outside("javascript:alert(1)"),
            outside("mailto:a@b.example"),
        ]
    )
    written(
        tmp_path,
        a_document("", f"# Home\n\n{text}\n"),
        a_document("sub/b", f"# B\n\n## Usage\n\n{link('')}\n"),
    )

    home = (tmp_path / "markdown/index.md").read_text()
    assert home.endswith(
        "[link](sub/b.md#usage) [link](sub/b.md) [link](index.md) "
        f"[link]({BASE}elsewhere%20%281%29) [link]() [link](mailto:a@b.example)\n"
    )
    assert "[link](../index.md)" in (tmp_path / "markdown/sub/b.md").read_text()


def test_the_contents_follow_the_menu(tmp_path: Path) -> None:
    lines = menu((0, "Part [1]", ""), (1, "*B*", "b"), (0, "A", "a"))
    written(
        tmp_path,
        a_document("", "# Home", navigation=lines),
        a_document("a", "# A"),
        a_document("b", "# B"),
    )

    assert (
        (tmp_path / "markdown/README.md")
        .read_text()
        .endswith(
            "## Contents\n\n- [Home](index.md)\n- **Part \\[1\\]**\n"
            "  - [\\*B\\*](b.md)\n- [A](a.md)\n"
        )
    )


def test_the_combined_file_holds_all_pages_and_links_within_itself(tmp_path: Path) -> None:
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n## Usage\n\n{link('b#usage')}\n"),
        a_document("b", "# B\n\n## Usage\n\nText.[^1]\n\n[^1]: Note.\n"),
    )

    text = result.files["markdown"].read_text()
    assert result.files["markdown"] == tmp_path / "markdown/documentation.md"
    assert "[link](#usage-1)" in text
    assert "Text.[^2-1]\n\n[^2-1]: Note." in text
    assert broken_links(tmp_path) == []


def test_fetched_images_are_in_the_bundle_and_others_become_links(tmp_path: Path) -> None:
    text = (
        f"{image('i/a b.png', 'one')} {image('i/gone.png', 'two')} [{image('x.png', '3')}]({BASE})"
    )
    written(
        tmp_path,
        a_document("sub/a", f"# A\n\n{text}\n"),
        assets={f"{BASE}i/a b.png": a_png()},
    )

    (stored,) = (tmp_path / "markdown/_images").iterdir()
    page = (tmp_path / "markdown/a.md").read_text()
    assert f"![one](_images/{stored.name}) [two]({BASE}i/gone.png) [3]({BASE})" in page


def test_footnotes_in_code_stay_as_they_are() -> None:
    text = "a[^1] `[^1]`\n\n```\n[^1]\n```\n\n[^1]: note\n\n[^x] is none\n"

    assert rename_footnotes(text, "p-") == (
        "a[^p-1] `[^1]`\n\n```\n[^1]\n```\n\n[^p-1]: note\n\n[^x] is none\n"
    )


def test_a_page_without_a_heading_gets_its_title(tmp_path: Path) -> None:
    written(tmp_path, a_document("a", "Text.\n", title="A <b>bold</b> title"))

    assert "\n# A \\<b>bold\\</b> title\n\nText.\n" in (tmp_path / "markdown/a.md").read_text()


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("my_module C# a->b AT&T", "my_module C# a->b AT&T"),
        ("__init__ &amp; # x #", "\\_\\_init\\_\\_ \\&amp; \\# x \\#"),
        ("> *a* [b](c) `d` $1 ~~e~~ f|g \\_", None),
    ],
)
def test_titles_mean_themselves_with_no_more_backslashes_than_needed(title, line):
    written = escape(title)

    assert line is None or written == line
    assert parse(f"# {written}").children[0].plain() == title
