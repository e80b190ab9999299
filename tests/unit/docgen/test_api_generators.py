"""What generators of API references write in ways of their own, and what becomes of it."""

from tests.support.pages import markdown_of


def test_a_signature_is_code_on_a_line_of_its_own():
    body = (
        "<div class='tsd-signature'><span>pick</span><span>(</span>row<span>:</span> "
        "<span>number</span><span>)</span>: <a href='x.html'>Basket</a>[]</div><p>Picks.</p>"
    )

    assert markdown_of(body) == "**`pick(row: number): Basket[]`**\n\nPicks."


def test_a_signature_of_several_lines_is_a_block_of_code():
    body = (
        "<div class='tsd-signature'>interface <span>Basket</span> {<br>&nbsp;&nbsp;<a href='#w'>w"
        "</a>: number;<br>}</div>"
    )

    assert markdown_of(body) == "```\ninterface Basket {\n  w: number;\n}\n```"


def test_how_the_markup_breaks_a_signature_is_no_line_of_it():
    body = (
        "<div class='attr function'>\n  <span>def</span>\n  <span>pick</span>"
        "<span>(<span>\trow: int,</span>\n<span>\tlimit: int</span>)</span>\n</div>"
    )

    assert markdown_of(body) == "**`def pick(row: int, limit: int)`**"


def test_a_source_that_a_switch_unfolds_does_not_repeat_the_documentation():
    body = (
        "<h1>T</h1><section><input class='view-source-toggle-state' type='checkbox'>"
        "<div class='attr function'>def pick()<label class='view-source-button'>"
        "<span>View Source</span></label></div><div class='codehilite'><pre>def pick():\n  "
        '"""Picks."""</pre></div><div class=\'docstring\'><p>Picks.</p><pre>pick()</pre></div>'
        "</section>"
    )

    assert markdown_of(body) == "# T\n\n**`def pick()`**\n\nPicks.\n\n```\npick()\n```"


def test_numbers_in_a_cell_beside_the_code_are_left_out():
    body = (
        "<table><tr><td><pre class='lines'>\n\n24\n25</pre></td>\n<td><pre>\n\nint x;\nint y;"
        "</pre></td></tr></table>"
    )

    assert markdown_of(body) == "```\nint x;\nint y;\n```"


def test_numbers_in_a_cell_alone_are_code():
    body = "<table><tr><td><pre>24\n25</pre></td><td>out</td></tr></table>"

    assert markdown_of(body) == "```\n24\n25\n```\n\nout"


def test_a_word_beside_a_name_does_not_run_into_it():
    body = (
        "<h3><code class='tsd-tag'>Readonly</code><span>name</span></h3>"
        "<h4>add(count<span class='signature-attributes'>opt</span>)</h4>"
        "<p>New<span class='badge'>beta</span>.</p>"
    )

    assert markdown_of(body) == "### `Readonly` name\n\n#### add(count opt)\n\nNew beta."


def test_ways_to_fold_a_part_are_no_text():
    body = "<h2>Summary <small><a href='#' class='toggle'>collapse</a></small></h2><p>x</p>"

    assert markdown_of(body) == "## Summary\n\nx"


def test_members_in_a_list_are_sections():
    body = "<ul><li><p>a</p><h4>Parameters</h4><p>b</p></li><li><p>c</p></li></ul>"

    assert markdown_of(body) == "a\n\n#### Parameters\n\nb\n\nc"


def test_terms_without_a_description_stand_apart():
    body = "<dl><dt>Plan</dt><dd></dd><dt>RainPlan</dt><dd></dd><dt>Row</dt><dt>Line</dt></dl>"

    assert markdown_of(body) == "- **Plan**\n\n- **RainPlan**\n\n- **Row**\n\n- **Line**"


def test_rows_that_hold_tables_tell_what_is_in_each_cell():
    body = (
        "<table><thead><tr><th>Name<th>Meaning</tr></thead><tr><td><code>o</code><td>Options."
        "<table><thead><tr><th>Name<th>Type</tr></thead><tr><td>limit<td>int</tr></table></tr>"
        "<tr><td rowspan=2>x<td>A.</tr><tr><td>B.</tr></table>"
    )

    assert markdown_of(body) == (
        "- **Name:** `o`\n\n  **Meaning:** Options.\n\n  | Name | Type |\n  | --- | --- |\n"
        "  | limit | int |\n\n- **Name:** x\n\n  **Meaning:** A.\n\n- **Meaning:** B."
    )


def test_a_line_of_code_in_a_table_is_code_in_a_line():
    body = (
        "<table><thead><tr><th>Kind<th>Example</tr></thead><tr><td>apple<td><pre>a | b</pre></tr>"
        "</table>"
    )

    assert markdown_of(body).split("\n")[2] == "| apple | `a \\| b` |"


def test_lines_of_code_in_a_table_stay_lines():
    body = (
        "<table><thead><tr><th>Kind<th>Example</tr></thead><tr><td>apple<td>"
        "<pre>pick(1)\npick(2)</pre></tr></table>"
    )

    assert markdown_of(body) == (
        "- **Kind:** apple\n\n  **Example:**\n\n  ```\n  pick(1)\n  pick(2)\n  ```"
    )


def test_a_title_beside_an_article_is_its_title():
    body = (
        "<div id='nav'><a href='x'>x</a></div><div id='main'><h1>Class: Plan</h1><section>"
        "<header><h2>Plan(name)</h2><div>A plan for a field.</div></header><article>"
        "<h4>new Plan(name)</h4><p>Make a plan that has this name.</p></article></section></div>"
    )

    assert markdown_of(body).startswith("# Class: Plan\n\n## Plan(name)\n\nA plan for a field.")


def test_code_that_can_be_edited_is_code():
    body = (
        "<textarea class='exampleCode code'>package main\n\nfunc main() {\n}\n</textarea>"
        "<textarea>your comment</textarea>"
    )

    assert markdown_of(body) == "```go\npackage main\n\nfunc main() {\n}\n```"


def test_a_table_of_numbers_and_code_keeps_the_language_of_what_is_around_it():
    body = (
        "<figure class='highlight yaml'><table><tr><td class='gutter'><pre>1\n2</pre></td>"
        "<td class='code'><pre><span class='line'>a: 1</span><br><span class='line'>b: 2</span>"
        "</pre></td></tr></table></figure>"
    )

    assert markdown_of(body) == "```yaml\na: 1\nb: 2\n```"


def test_a_way_to_improve_a_page_leaves_no_divider():
    body = (
        "<h3>Methods</h3><span><span class='divider'>|</span><a href='https://h.example/new/m?f=a'>"
        "Improve this Doc</a></span><p>x</p>"
    )

    assert markdown_of(body) == "### Methods\n\nx"
