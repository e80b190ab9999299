"""Formulas, set as such in every format that is typeset."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typst
from docgen.writers import docx_equations, equations, pdf_equations
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from tests.support.documents import a_document, written

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
KNOWN = [
    r"\frac{a}{b} + \sqrt{x} + \sqrt[3]{y} + \binom{n}{k}",
    r"\sum_{i=1}^{n} x_i^2 + \int_0^1 f\,dx + \bigcup_i A_i \oint g",
    r"\left(\frac12\right] \left\lfloor x \right\rfloor \left. y \right| \|v\|",
    r"\hat{a}\vec{b}\bar{c}\tilde{d}\dot{e}\ddot{f}\overline{AB}\underline{u}\widehat{abc}",
    r"\overbrace{a+b}^{m} \underbrace{x}_{n} \overset{!}{=} \lim_{x \to 0} \max_{\theta} p",
    r"\begin{pmatrix} a & b \\ c \end{pmatrix}",
    r"\begin{cases} 1 & x > 0 \\ 0 & \text{if $x$ is $y$}\end{cases}",
    r"\begin{align} a &= b \\ &= c \end{align}",
    r"\begin{split} a &= b \end{split}",
    r"\begin{eqnarray*} a & = & b \\ & = & c\end{eqnarray*}",
    r"\begin{equation} E = mc^2 \label{eq:energy} \end{equation}",
    r"\begin{gather} a \\ b \nonumber \end{gather}",
    r"x \tag{3.1}",
    r"\mathbb{R} \mathcal{L} \mathbf{x} \mathrm{abc} \mathfrak{g} \operatorname{sgn} \sin x f'",
    r"\boxed{y} \phantom{z} a \quad b \! c \mbox{words} \# \$ \% \& \_ \{ \} / : ; ,",
    r"a < b \neq c \leq d \in E \subseteq F \Rightarrow G",
    "",
]
UNKNOWN = [r"\unknown{x}", r"\frac{a}", "}", r"\href{javascript:alert(1)}{x}", "x" * 4_000,
           r"\sqrt" * 50 + "{x}", r"\def\a{\a\a}\a"]  # fmt: skip
COMMANDS = (
    r"\frac \sqrt \sum \int \left( \right) \hat \overline \underbrace \lim \text \mathbb \boxed"
    r" \phantom \binom \not \middle| \prod \vec \operatorname \begin{matrix} \end{matrix}"
    r" \begin{aligned} \end{aligned} \begin{cases} \end{cases} \quad { } _ ^ & \\ \, '"
)
PIECES = st.sampled_from(COMMANDS.split()) | st.text(max_size=3)


def set_all(formulas: list[str]) -> None:
    """Typeset formulas; fails where one is no Typst."""
    style = (Path(equations.__file__).parent / "static/book.typ").read_text()
    source = "\n\n".join([style, "#let with-images = false", *(f"#{each}" for each in formulas)])
    typst.compile(source.encode(), ignore_system_fonts=True, sys_inputs={"images": "no"})


def shown(tex: str) -> str:
    formula = equations.read(tex, is_display=True)
    assert formula is not None, tex
    return equations.write_mathml(formula)


@pytest.mark.parametrize("tex", KNOWN)
@pytest.mark.parametrize("is_display", [True, False])
def test_what_pages_write_is_set_in_every_format(tex: str, is_display: bool) -> None:
    assert equations.read(tex, is_display=is_display) is not None
    word = docx_equations.equation(tex, is_display=is_display)
    assert word is not None
    ET.fromstring(word.replace("<m:oMath>", '<m:oMath xmlns:m="m" xmlns:w="w">', 1))
    code = pdf_equations.equation(tex, is_display=is_display)
    assert code is not None
    set_all([code])


@pytest.mark.parametrize("tex", UNKNOWN)
def test_what_is_no_formula_is_shown_as_it_is(tex: str) -> None:
    assert equations.read(tex, is_display=False) is None
    assert docx_equations.equation(tex, is_display=True) is None
    assert pdf_equations.equation(tex, is_display=True) is None


def test_rows_are_aligned_as_they_ask() -> None:
    rows = re.findall("<mtr>.*?</mtr>", shown(r"\begin{align*} a &= b \\ &= c \end{align*}"))
    assert [re.findall('<mtd class="(.*?)"', row) for row in rows] == [["right", "left"]] * 2


def test_equations_are_not_numbered_anew() -> None:
    assert "(1)" not in shown(r"\begin{align} a &= b \end{align}")
    assert "(3.1)" in shown(r"x \tag{3.1}")


def test_text_in_a_formula_is_no_markup() -> None:
    tex = r"\text{<script>alert(1)</script>} <b"
    assert "&lt;script&gt;" in shown(tex)
    assert "<script" not in shown(tex)
    assert "&lt;script&gt;" in str(docx_equations.equation(tex, is_display=True))


def test_a_page_shows_formulas_in_lines_and_on_their_own(tmp_path: Path) -> None:
    source = "# A\n\nA line with $x_1$ in it.\n\n$$\n\\frac{a}{b}\n$$\n\nAnd $\\nothing$ else.\n"
    result = written(tmp_path, a_document("a", source), formats=("html", "docx", "pdf"))

    page = (tmp_path / "html/a.html").read_text()
    assert "<math><msub><mi>x</mi><mn>1</mn></msub></math> in it." in page
    assert '<math display="block"><mfrac><mi>a</mi><mi>b</mi></mfrac></math></span>' in page
    assert '<code class="math">\\nothing</code>' in page
    with zipfile.ZipFile(result.files["docx"]) as file:
        document = ET.fromstring(file.read("word/document.xml"))
    assert [each.tag.removeprefix(M) for each in document.iter() if each.tag.startswith(M)] == [
        *("oMath", "sSub", "e", "r", "t", "sub", "r", "rPr", "sty", "t"),
        *("oMathPara", "oMath", "f", "num", "r", "t", "den", "r", "t"),
    ]
    text = "".join(sheet.extract_text() for sheet in PdfReader(result.files["pdf"]).pages)
    assert "\\frac" not in text
    assert "\\nothing" in text


@example(["\\text", "{", '"', "\\", "}", "#", "$", "//"])
@given(st.lists(PIECES, max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_a_formula_holds_the_book_is_set(pieces: list[str]) -> None:
    for tex in (" ".join(pieces), "".join(pieces)):
        code = pdf_equations.equation(tex, is_display=True)
        if code is not None:
            set_all([code])
