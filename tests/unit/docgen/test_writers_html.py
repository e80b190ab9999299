import re
from pathlib import Path

import pytest
from docgen.writers.highlight import highlight
from docgen.writers.html_body import HtmlBody
from docgen.writers.syntax import parse

from tests.support.browser import CHROMIUM, Tab, a_tab
from tests.support.documents import (
    BASE,
    a_document,
    a_png,
    image,
    link,
    menu,
    outside,
    written,
)
from tests.support.links import broken_links
from tests.support.wait import until


def body(markdown: str) -> str:
    return HtmlBody(lambda url: url, lambda url: None).render(parse(markdown))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("*b* **c** ~~d~~ `<e>`", "<em>b</em> <strong>c</strong> <del>d</del> <code>&lt;e&gt;"),
        ("> [!TIP]\n> Hot", '<div class="alert tip" role="note"><p class="alert-title">Tip'),
        ("- [x] done", '<li><input type="checkbox" disabled="" checked=""> done</li>'),
        ("3. c", '<ol start="3">'),
        ("|a|b|\n|-|-:|\n|1|2|", '<td>1</td><td class="right">2</td>'),
        ("|a|\n|-|\n|1<br>2|", "<td>1<br>2</td>"),
        ("H<sub>2</sub>O <kbd>Ctrl</kbd>", "H<sub>2</sub>O <kbd>Ctrl</kbd>"),
        ("## Über `x`", '<h1 id="über-x">Über <code>x</code> <a class="anchor"'),
        ("x[^a]\n\n[^a]: Note", '<sup id="ds-ref-1"><a class="note" href="#ds-note-1"'),
        ("# A\n\n# B\n\n## C", "</h1>\n<h2 id=\"b\">"),
        ("$x^2$", "<p><math><msup><mi>x</mi><mn>2</mn></msup></math></p>"),
    ],
)  # fmt: skip
def test_markdown_becomes_html(markdown: str, html: str) -> None:
    assert html.replace("%C3%BC", "ü") in body(markdown).replace("%C3%BC", "ü")


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)> text",
        "<iframe src='https://evil.example'></iframe>",
        "<form action=/x><input name=a></form>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        outside("javascript:alert(1)"),
        outside("data:text/html,<script>1</script>"),
        "<b onclick=alert(1)>x</b>",
        "[x](javascript:alert(1))",
        '```"><script>alert(1)</script>\nx\n```',
    ],
)
def test_nothing_of_the_crawled_site_is_active(tmp_path: Path, markdown: str) -> None:
    written(tmp_path, a_document("a", f"# A\n\n{markdown}\n"), formats=("html",))

    article = (tmp_path / "html/a.html").read_text().partition("<article>")[2].partition("</art")[0]
    assert not re.search(r"<(?:script|iframe|form|meta|img|b)\b", article)
    assert not re.search(r"<[^>]*(?:\bon\w+=|javascript:|data:)", article)


def test_links_and_anchors_of_the_site_lead_somewhere(tmp_path: Path) -> None:
    lines = menu((0, "Part", ""), (1, "B", "sub/b"))
    written(
        tmp_path,
        a_document("", f"# Home\n\n## Über uns\n\n{link('sub/b#usage')}", navigation=lines),
        a_document("sub/b", f"# B\n\n## Usage\n\n{link('#usage')} {link('')} {image('i.png')}"),
        assets={f"{BASE}i.png": a_png()},
    )

    assert broken_links(tmp_path) == []
    page = (tmp_path / "html/sub/b.html").read_text()
    assert 'href="../index.html"' in page
    assert re.search(r'<img src="../_images/i-\w+\.png" alt="picture" width="2" height="2"', page)


def test_every_page_forbids_what_it_does_not_need(tmp_path: Path) -> None:
    written(tmp_path, a_document("", "# Home"), a_document("a", "# A"), formats=("html",))

    for page in (tmp_path / "html").rglob("*.html"):
        text = page.read_text()
        assert (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:" in text
        )
        assert not re.search(r"<(?:script|link|img)[^>]*(?:src|href)=\"https?:", text)
        assert "style=" not in text


def test_code_is_highlighted_without_losing_a_character() -> None:
    code = "$ cat x\nif x < 1:\n    print('ä')"

    for language in ("python", "console", "nonsense", ""):
        assert "".join(text for _, text in highlight(code, language)) == code
    assert ("k", "if") in list(highlight(code, "python"))


def test_a_page_written_from_right_to_left_reads_so(tmp_path: Path) -> None:
    pages = (a_document("", "# Home"), a_document("a", "# א", language="he-IL"))
    written(tmp_path, *pages, formats=("html",))

    assert '<article dir="rtl">' in (tmp_path / "html/a.html").read_text()
    assert "<article>" in (tmp_path / "html/index.html").read_text()


def test_a_site_whose_start_page_is_missing_still_has_an_index(tmp_path: Path) -> None:
    written(tmp_path, a_document("a", "# A"), a_document("b/c", "# C"), formats=("html",))

    assert 'href="b/c.html"' in (tmp_path / "html/index.html").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    wide = "|" + "|".join(f"column number {n}" for n in range(12)) + "|\n|" + "-|" * 12
    code = "```python\n" + "very_long_name = " * 30 + "\n```"
    written(
        directory,
        a_document("", f"# Home\n\n## Begin\n\nSee {link('sub/b')}.\n\n{image('i.png')}"),
        a_document("sub/b", f"# Widgets\n\n## Turning\n\nA quokka turns.\n\n{wide}\n\n{code}\n"),
        a_document("sub/c", "# 中文\n\n## 安装\n\n运行安装程序。"),
        a_document(
            "sub/d", "# Input\n\n## readFileSync\n\nx\n\n## readFile\n\nx\n\n## Else\n\nread"
        ),
        *(a_document(f"more/p{n}", f"# Page {n}\n\nfiller text {n}") for n in range(60)),
        formats=("html",),
        assets={f"{BASE}i.png": a_png()},
    )
    return directory / "html"


def show(tab: Tab, path: Path) -> None:
    tab.ask("Page.navigate", url=path.as_uri())
    when(tab, f"document.readyState === 'complete' && location.pathname === {str(path)!r}")


def when(tab: Tab, condition: str) -> None:
    """Wait for it over a change of page, which ends what a page itself waits for."""
    until(lambda: tab.run(condition), within=30)


def press(tab: Tab, key: str, code: int, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        tab.ask("Input.dispatchKeyEvent", type=kind, key=key, text=text, windowsVirtualKeyCode=code)


def resize(tab: Tab, width: int, height: int, *, phone: bool) -> None:
    tab.ask(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=height,
        deviceScaleFactor=1,
        mobile=phone,
    )


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_the_site_works_from_disk(site: Path) -> None:
    with a_tab() as tab:
        show(tab, site / "index.html")
        assert tab.run("document.querySelectorAll('.side [aria-current]').length") == 1

        press(tab, "/", 191, "/")
        when(tab, "!!document.querySelector('dialog[open]')")
        tab.ask("Input.insertText", text="quok")
        when(tab, "document.querySelectorAll('.hit').length === 1")
        assert "Turning" in tab.run("document.querySelector('.hit').textContent")
        press(tab, "Enter", 13)
        when(tab, "location.hash === '#turning' && document.title.startsWith('Widgets')")

        assert {url.partition(":")[0] for url in tab.requested} <= {"file", "data"}
        assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_words_without_blanks_are_found(site: Path) -> None:
    with a_tab() as tab:
        show(tab, site / "sub/b.html")
        tab.click(".find")
        tab.ask("Input.insertText", text="安装")
        when(tab, "document.querySelectorAll('.hit').length === 1")

        assert tab.run("document.querySelector('.hit .title').textContent") == "中文"


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_each_section_that_is_named_so_is_found(site: Path) -> None:
    with a_tab() as tab:
        show(tab, site / "sub/b.html")
        tab.click(".find")
        tab.ask("Input.insertText", text="read file")
        when(tab, "document.querySelectorAll('.hit').length === 2")

        found = tab.run("[...document.querySelectorAll('.hit')].map(e => e.hash)")
        assert found == ["#readfile", "#readfilesync"]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_a_phone_shows_it_whole(site: Path) -> None:
    visibility = "getComputedStyle(document.querySelector('.side')).visibility"
    with a_tab() as tab:
        resize(tab, 390, 844, phone=True)
        show(tab, site / "sub/b.html")

        assert tab.run("document.documentElement.scrollWidth") == 390
        assert tab.run(visibility) == "hidden"
        tab.click(".menu")
        when(tab, f"{visibility} === 'visible'")
        press(tab, "Escape", 27)
        when(tab, f"{visibility} === 'hidden'")
        assert tab.run("document.activeElement.className") == "icon menu"
        assert tab.complaints == []


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_dark_is_dark(site: Path) -> None:
    with a_tab() as tab:
        colours = []
        for scheme in ("light", "dark"):
            wish = {"name": "prefers-color-scheme", "value": scheme}
            tab.ask("Emulation.setEmulatedMedia", features=[wish])
            show(tab, site / "index.html")
            colours.append(tab.run("getComputedStyle(document.body).backgroundColor"))

        assert colours == ["rgb(255, 255, 255)", "rgb(15, 20, 27)"]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_what_is_found_is_told_to_those_who_hear_it(site: Path) -> None:
    field = "document.querySelector('.search input')"
    with a_tab() as tab:
        show(tab, site / "sub/b.html")
        tab.click(".find")
        tab.ask("Input.insertText", text="read file")
        when(tab, f"{field}.getAttribute('aria-expanded') === 'true'")
        first = tab.run(f"{field}.getAttribute('aria-activedescendant')")
        press(tab, "ArrowDown", 40)
        second = tab.run(f"{field}.getAttribute('aria-activedescendant')")

        selected = tab.run("document.querySelector('.hit[aria-selected=true]').id")
        assert (first, second) == ("ds-hit-0", "ds-hit-1")
        assert selected == second


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_only_code_that_moves_sideways_stops_the_keyboard(tmp_path: Path) -> None:
    source = f"# Home\n\n```\nshort\n```\n\n```\n{'long ' * 90}\n```\n"
    written(tmp_path, a_document("", source))
    with a_tab() as tab:
        show(tab, tmp_path / "html/index.html")
        when(tab, "document.querySelectorAll('pre[tabindex]').length === 1")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_in_a_browser_paper_is_light(site: Path) -> None:
    with a_tab() as tab:
        show(tab, site / "index.html")
        tab.run("document.documentElement.dataset.theme = 'dark'")
        tab.ask("Emulation.setEmulatedMedia", media="print")

        assert tab.run("getComputedStyle(document.body).color") == "rgb(27, 36, 48)"


@pytest.mark.parametrize(
    ("alert", "expected"),
    [
        ("> [!CAUTION]\n> **Danger**\n>\n> Hot.", "Danger</p><p>Hot.</p>"),
        ("> [!NOTE]\n> **See also:**\n>\n> More.", "See also</p><p>More.</p>"),
        ("> [!NOTE]\n> Plain.", "Note</p><p>Plain.</p>"),
        ("> [!CAUTION]\n> **Hot**\n>\n> So.", "Caution</p><p><strong>Hot</strong></p>\n<p>So.</p>"),
    ],
)
def test_an_alert_is_called_what_its_page_calls_the_kind(alert, expected, tmp_path):
    written(tmp_path, a_document("", f"# Home\n\n{alert}\n"))

    assert expected in (tmp_path / "html/index.html").read_text()
