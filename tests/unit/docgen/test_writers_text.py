"""The formats for programs: JSON and llms.txt."""

import json
from pathlib import Path

import pytest
from docgen.writers.headings import levels
from docgen.writers.search import terms
from docgen.writers.syntax import parse
from docgen.writers.text import plain_text, sections

from tests.support.documents import BASE, a_document, link, menu, written


def test_json_holds_every_page_with_what_is_known_of_it(tmp_path: Path) -> None:
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n{link('b', 'to B')}\n"),
        a_document("b", "# B\n\n## Usage\n\n`x`\n", description="About B"),
        formats=("json",),
    )

    found = json.loads(result.files["json"].read_text())
    home, b = found["pages"]
    assert (found["title"], found["generatedAt"]) == ("Home", "2026-03-04T05:06:08Z")
    assert home["links"] == [{"url": f"{BASE}b", "text": "to B", "path": "b"}]
    assert home["markdown"] == f"# Home\n\n[to B]({BASE}b)\n"
    assert (b["description"], b["text"], b["previous"]) == ("About B", "B\n\nUsage\n\nx", BASE)
    assert b["headings"][1] == {"level": 2, "text": "Usage", "anchor": "usage"}


def test_llms_txt_has_the_form_of_its_specification(tmp_path: Path) -> None:
    lines = menu((0, "Guide", ""), (1, "B", "b"))
    written(
        tmp_path,
        a_document("", "# Home", description="All about it.", navigation=lines),
        a_document("b", "# B", description="How to B."),
        formats=("llms",),
    )

    assert (tmp_path / "llms/llms.txt").read_text() == (
        f"# Home\n\n> All about it.\n\n## Pages\n\n- [Home]({BASE}): All about it.\n"
        f"\n## Guide\n\n- [B]({BASE}b): How to B.\n"
    )


def test_llms_full_holds_everything_with_links_to_the_site(tmp_path: Path) -> None:
    result = written(
        tmp_path,
        a_document("", f"# Home\n\n{link('b')}\n"),
        a_document("b", "# B\n\nText.\n"),
        formats=("llms",),
    )

    text = result.files["llms"].read_text()
    assert f"\n# Home\n\nSource: {BASE}\n\n[link]({BASE}b)\n" in text
    assert text.endswith(f"\n# B\n\nSource: {BASE}b\n\nText.\n")


def test_plain_text_keeps_blocks_apart() -> None:
    tree = parse("# A *b*\n\n- one\n- two\n\n|x|y|\n|-|-|\n|1|2|\n\n```\ncode\n  more\n```\n")

    assert plain_text(tree) == "A b\n\none\n\ntwo\n\nx\ty\n\n1\t2\n\ncode\n  more"


def test_sections_begin_at_headings() -> None:
    tree = parse("before\n\n# A\n\none\n\ntwo\n\n## B\n")

    assert sections(tree) == [("", "before"), ("A", "one\ntwo"), ("B", "")]


def test_search_terms_are_words_and_parts_of_names() -> None:
    assert terms("The os_path.join (2.0)") == ["the", "os_path", "os", "path", "join"]
    assert terms("readFile HTMLParser, Über GET x_") == [
        *("readfile", "read", "file", "htmlparser", "html", "parser", "über", "get", "x_")
    ]
    assert terms("運行安裝") == ["運行", "行安", "安裝"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1 2 3 2", "1 2 3 2"),
        ("2 3 4 3", "1 2 3 2"),
        ("2 2 3", "1 2 3"),
        ("1 1 2 1", "1 2 3 2"),
        ("1 3 4", "1 3 4"),
        ("3 1 6", "1 2 6"),
        ("1", "1"),
        ("", "1"),
    ],
)
def test_every_page_has_one_title_and_its_sections_come_next(given: str, shown: str) -> None:
    tree = parse("\n\n".join(f"{'#' * int(level)} h" for level in given.split()))

    assert levels(tree) == [int(level) for level in shown.split()]
