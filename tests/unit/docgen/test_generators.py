"""What generators write in ways of their own, and what becomes of it."""

import time

import pytest

from tests.support.pages import markdown_of


@pytest.mark.parametrize(
    "block",
    [
        "<div class='ec-line'><div class='code'>a = 1</div></div>"
        "<div class='ec-line'><div class='code'>\n</div></div>"
        "<div class='ec-line'><div class='code'>b = 2</div></div>",
        "<div class='token-line'>a = 1<br></div><div class='token-line'><br></div>"
        "<div class='token-line'>b = 2<br></div>",
        "<div class='line'>a = 1</div>\n<div class='line'></div>\n<div class='line'>b = 2</div>\n",
        "<ol><li><span>a = 1</span></li><li></li><li><span>b = 2</span></li></ol>",
        "a = 1\n<div>\nb = 2</div>",
    ],
)
def test_lines_of_code_that_are_elements_stay_lines(block):
    body = f"<div class='language-py'><pre><code>{block}</code></pre></div>"

    assert markdown_of(body) == "```python\na = 1\n\nb = 2\n```"


def test_the_name_of_a_language_beside_a_block_is_no_text():
    body = (
        "<div class='language-sh'><button class='copy'></button><span class='lang'>sh</span>"
        "<pre><code><span class='line'>ls</span></code></pre></div>"
    )

    assert markdown_of(body) == "```bash\nls\n```"


def test_a_group_of_code_blocks_names_each_of_them():
    body = (
        "<div class='vp-code-group'><div class='tabs'>"
        "<input type='radio' id='tab-a'><label data-title='npm' for='tab-a'>npm</label>"
        "<input type='radio' id='tab-b'><label data-title='pnpm' for='tab-b'>pnpm</label></div>"
        "<div class='blocks'><div class='language-sh'><pre>npm i</pre></div>"
        "<div class='language-sh'><pre>pnpm i</pre></div></div></div><pre>after</pre>"
    )

    assert markdown_of(body) == (
        "**npm**\n\n```bash\nnpm i\n```\n\n**pnpm**\n\n```bash\npnpm i\n```\n\n```\nafter\n```"
    )


def test_links_that_show_a_tab_are_its_label():
    body = (
        "<ul role='tablist'>"
        "<li role='presentation'><a role='tab' href='#panel-1' id='tab-1'>Stars</a></li>"
        "<li role='presentation'><a role='tab' href='#panel-2' id='tab-2'>Moons</a></li></ul>"
        "<div role='tabpanel' id='panel-1' aria-labelledby='tab-1'><p>Sirius</p></div>"
        "<div role='tabpanel' id='panel-2' aria-labelledby='tab-2'><p>Io</p></div>"
    )

    assert markdown_of(body) == "**Stars**\n\nSirius\n\n**Moons**\n\nIo"


@pytest.mark.parametrize(
    "body",
    [
        "<div class='admonition tip'><p class='admonition-title'>My way</p><p>x</p></div>",
        "<div class='theme-admonition theme-admonition-tip alert alert--success'>"
        "<div class='admonitionHeading_Gvgb'><span><svg></svg></span>My way</div>"
        "<div class='admonitionContent_BuS1'><p>x</p></div></div>",
        "<aside class='starlight-aside starlight-aside--tip'>"
        "<p class='starlight-aside__title'>My way</p><div><p>x</p></div></aside>",
        "<div class='tip custom-block'><p class='custom-block-title'>My way</p><p>x</p></div>",
        "<details class='success' open><summary>My way</summary><p>x</p></details>",
    ],
)
def test_the_title_of_an_admonition_stands_out(body):
    assert markdown_of(body) == "> [!TIP]\n> **My way**\n>\n> x"


def test_a_folded_section_that_only_looks_like_an_admonition_is_none():
    body = "<details class='alert alert--info'><summary>More</summary><p>x</p></details>"

    assert markdown_of(body) == "**More**\n\nx"


@pytest.mark.parametrize(
    "body",
    [
        "<div class='code-block-caption'><span class='caption-text'>a.py</span></div><pre>x</pre>",
        "<div class='codeBlockTitle_OeMC'>a.py</div><div><pre>x</pre></div>",
        "<figure><figcaption><span class='title'>a.py</span></figcaption><pre>x</pre></figure>",
    ],
)
def test_what_a_block_of_code_is_called_stands_out(body):
    assert markdown_of(body) == "**a.py**\n\n```python\nx\n```"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>a <span class='arithmatex'>\\(x_1 &lt; 2\\)</span> b</p>", "a $x_1 < 2$ b"),
        ("<div class='arithmatex'>\\[ x_1 \\]</div>", "$$\nx_1\n$$"),
        (
            "<div class='math notranslate'><span class='eqno'>(1)<a class='headerlink' "
            "href='#e'>#</a></span>\\[x &lt; 1\\]</div>",
            "$$\nx < 1 \\tag{1}\n$$",
        ),
        ("<div class='math'>\\[x\\] (2.1)</div>", "$$\nx \\tag{2.1}\n$$"),
        ("<div class='math'>f(1)</div>", "$$\nf(1)\n$$"),
    ],
)
def test_formulas_keep_their_source_and_number(body, expected):
    assert markdown_of(body) == expected


def test_signs_of_private_fonts_stay_in_code_only():
    body = "<p>\uf121 icon</p><p>a <code>\ue0b0</code></p><pre>x \uf0c1 \ue000y</pre>"

    assert markdown_of(body) == "icon\n\na `\ue0b0`\n\n```\nx \uf0c1 y\n```"


def test_an_icon_is_no_title_but_may_tell_the_kind():
    body = "<div class='nextra-callout'><div>⚠️</div><div>Take care.</div></div>"

    assert markdown_of(body) == "> [!WARNING]\n> Take care."


def test_alerts_that_a_generator_does_not_know_stay_alerts():
    body = "<blockquote><p>[!CAUTION]\nTake care.</p></blockquote>"

    assert markdown_of(body) == "> [!CAUTION]\n> Take care."


def test_a_tab_whose_heading_says_the_same_has_one_title():
    body = (
        "<div role='tablist'><button role='tab' id='t'>Apple</button></div>"
        "<div role='tabpanel' aria-labelledby='t'><h3>Apple</h3><p>x</p></div>"
    )

    assert markdown_of(body) == "### Apple\n\nx"


def test_a_space_for_an_empty_line_of_code_is_none():
    body = "<pre>a\n<span data-line=''> </span>\n  b</pre>"

    assert markdown_of(body) == "```\na\n\n  b\n```"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<div role='note'><p>x</p></div>", "NOTE"),
        ("<p class='warning'>x</p>", "WARNING"),
        ("<blockquote class='prompt-tip'><p>x</p></blockquote>", "TIP"),
        ("<div class='alert alert-primary' role='alert'><p>x</p></div>", "NOTE"),
    ],
)
def test_themes_name_admonitions_in_many_ways(body, kind):
    assert markdown_of(body) == f"> [!{kind}]\n> x"


@pytest.mark.parametrize(
    "foot",
    [
        "<p>Last updated: 2024-03-12</p>",
        "<p>This page was last modified on March 1st by <a href='u'>Ann</a>.</p>",
        "<a href='https://github.com/x/y/edit/main/a.md'>Edit this page on GitHub</a>",
        "<a href='https://github.com/x/y/issues/new?title=a'>✎ Report an issue</a>",
        "<a href='https://github.com/x/y/blob/main/a.md'>View page source</a>",
    ],
)
def test_what_a_page_says_of_itself_is_left_out(foot):
    assert markdown_of(f"<h1>T</h1><p>x</p>{foot}") == "# T\n\nx"


def test_an_update_that_the_text_tells_of_stays():
    text = "Last updated rows win: [view the source](https://x.example/blob/a)."
    body = "<p>Last updated rows win: <a href='https://x.example/blob/a'>view the source</a>.</p>"

    assert markdown_of(f"<h1>T</h1><p>x</p>{body}") == f"# T\n\nx\n\n{text}"


@pytest.mark.parametrize(
    ("mathml", "tex"),
    [
        (
            "<msup><mi>e</mi><mrow><mi>i</mi><mi>π</mi></mrow></msup><mo>+</mo><mn>1</mn>",
            "e^{iπ}+1",
        ),
        ("<mfrac><mi>a</mi><msqrt><mi>b</mi><mi>c</mi></msqrt></mfrac>", "\\frac{a}{\\sqrt{bc}}"),
        ("<munderover><mo>∑</mo><mi>k</mi><mi>n</mi></munderover><mi>k</mi>", "∑_{k}^{n}k"),
        ("<mi>cos</mi><mo>\u2061</mo><msub><mi>x</mi><mn>1</mn></msub>", "\\cos x_{1}"),
        ("<mo>{</mo><msup><mi>ab</mi><mn>2</mn></msup>", "\\{{\\mathrm{ab}}^{2}"),
        (
            "<mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr><mtr><mtd>3</mtd><mtd>4</mtd></mtr></mtable>",
            "\\begin{matrix} 1 & 2 \\\\ 3 & 4 \\end{matrix}",
        ),
        ("<msup><mi>x</mi></msup>", "x"),
    ],
)
def test_formulas_in_mathml_alone_become_tex(mathml, tex):
    math = f"<math>{mathml}</math>"
    drawn = (
        f"<mjx-container><svg></svg><mjx-assistive-mml>{math}</mjx-assistive-mml></mjx-container>"
    )

    assert markdown_of(f"<p>a {math} b</p>") == f"a ${tex}$ b"
    assert markdown_of(f"<p>a {drawn} b</p>") == f"a ${tex}$ b"


def test_a_formula_nested_without_end_costs_little():
    depth = 20_000
    math = f"<math>{'<msup><mi>x</mi>' * depth}<mn>2</mn>{'</msup>' * depth}</math>"
    started = time.process_time()

    assert markdown_of(f"<p>{math}</p>").count("x") == depth
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ("<img class='twemoji' alt='😄' title=':smile:' src='https://cdn.example/1.svg'>", "😄"),
        ("<img class='emoji' alt=':octocat:' src='https://cdn.example/2.png'>", ":octocat:"),
        ("<img alt='⚠️' src='3.png'>", "⚠️"),
        ("<img alt='A' src='a.png'>", "![A](https://docs.example/guide/a.png)"),
    ],
)
def test_an_emoji_drawn_as_an_image_is_a_sign(image, text):
    assert markdown_of(f"<p>so {image} it is</p>") == f"so {text} it is"


@pytest.mark.parametrize(
    "lines",
    [
        "<div class='ec-line'><div class='code'>a</div></div>"
        "<div class='ec-line highlight del'><div class='code'>  b</div></div>"
        "<div class='ec-line highlight ins'><div class='code'>  c</div></div>",
        "<span class='line'><span>a</span></span>\n"
        "<span class='line diff remove'><span>  b</span></span>\n"
        "<span class='line diff add'><span>  c</span></span>",
    ],
)
def test_code_shown_with_the_lines_it_replaces_is_a_diff(lines):
    body = f"<pre data-language='js'><code>{lines}</code></pre>"

    assert markdown_of(body) == "```diff\n a\n-  b\n+  c\n```"


def test_code_that_shows_only_what_is_new_stays_code():
    body = (
        "<pre data-language='js'><code><div class='ec-line ins'><div class='code'>a</div></div>"
        "<div class='ec-line'><div class='code'>b <del>c</del></div></div></code></pre>"
    )

    assert markdown_of(body) == "```javascript\na\nb c\n```"


def test_a_diff_whose_signs_are_only_drawn_gets_them():
    line = "<div class='ec-line {}'><div class='code'>{}</div></div>"
    drawn = line.format("ins", "a") + line.format("", "b")
    written = line.format("ins", "+a") + line.format("del", "-b")
    pre = "<pre data-language='diff'><code>{}</code></pre>"

    assert markdown_of(pre.format(drawn)) == "```diff\n+a\n b\n```"
    assert markdown_of(pre.format(written)) == "```diff\n+a\n-b\n```"


@pytest.mark.parametrize(
    "explained",
    [
        "<ol><li><p>One</p></li><li><p>Two</p></li></ol>",
        "<table><tr><td><i class='conum' data-value='1'></i><b>1</b></td><td>One</td></tr>"
        "<tr><td><i class='conum' data-value='2'></i><b>2</b></td><td>Two</td></tr></table>",
        "<table><tr><td><p><a href='#co1'><img src='1.png' alt='1'></a></p></td>"
        "<td><p>One</p></td></tr><tr><td><img src='2.png' alt='(2)'></td><td>Two</td></tr></table>",
        "<dl><dt><a href='#co1'><img src='1.png' alt='1'></a></dt><dd>One</dd>"
        "<dt><a href='#co2'><img src='2.png' alt='2'></a></dt><dd><p>Two</p></dd></dl>",
    ],
)
def test_what_explains_marks_in_code_is_a_list_with_their_numbers(explained):
    body = (
        "<pre>a <i class='conum' data-value='1'></i><b>(1)</b>\n"
        "b <a id='co2'></a><img src='2.png' alt='2'></pre>"
    )

    assert markdown_of(f"{body}<div class='colist'>{explained}</div>") == (
        "```\na (1)\nb (2)\n```\n\n1. One\n2. Two"
    )


def test_a_table_of_numbers_is_a_table_where_it_explains_no_marks():
    body = "<table><tr><td>1</td><td>One</td></tr><tr><td>2</td><td>Two</td></tr></table>"

    assert "| 1 | One |" in markdown_of(body)
    assert "| x | One |" in markdown_of(f"<div class='colist'>{body.replace('>1<', '>x<')}</div>")


def test_a_picture_in_code_is_no_mark_unless_it_shows_a_number():
    assert markdown_of("<pre>a<img src='x.png' alt='arrow'><div>b</div></pre>") == "```\na\nb\n```"


def test_code_of_yard_has_the_language_its_words_are_marked_with():
    word = "<span class='id identifier rubyid_a'>a</span>"
    body = f"<pre class='example code'><code>{word}.b</code></pre><pre class='code'>int a;</pre>"

    assert markdown_of(body) == "```ruby\na.b\n```\n\n```\nint a;\n```"
