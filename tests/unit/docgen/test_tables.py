import pytest

from tests.support.pages import markdown_of


def test_a_table_with_a_head():
    body = "<table><thead><tr><th>a<th>b</thead><tr><td>1<td>2|3</table>"

    assert markdown_of(body) == "| a | b |\n| --- | --- |\n| 1 | 2\\|3 |"


def test_a_table_without_a_head_gets_an_empty_one():
    body = "<table><tr><td>a<td>b<tr><td>c<td>d</table>"

    assert markdown_of(body) == "|  |  |\n| --- | --- |\n| a | b |\n| c | d |"


def test_spans_keep_the_columns():
    body = (
        "<table><tr><th colspan=2>a<th>b<tr><td rowspan=2>1<td>2<td>3<tr><td>4<td>5"
        "<tr><td>6<td colspan=2>7</table>"
    )

    assert markdown_of(body).split("\n") == [
        "| a |  | b |",
        "| --- | --- | --- |",
        "| 1 | 2 | 3 |",
        "| 1 | 4 | 5 |",
        "| 6 | 7 |  |",
    ]


@pytest.mark.parametrize("span", ["0", "-1", "x", "99999999", "1e9", ""])
def test_absurd_spans_do_no_harm(span):
    body = f"<table><tr><th>a<th>b<tr><td rowspan='{span}' colspan='{span}'>1<td>2</table>"

    assert len(markdown_of(body)) < 1_000


def test_blocks_in_cells_stand_on_one_line():
    body = (
        "<table><tr><th>a<th>b<tr><td><p>x</p><p>y</p><td><ul><li>1<li>2</ul>"
        "<tr><td><code>a|b</code><td>u<br>v</table>"
    )

    lines = markdown_of(body).split("\n")
    assert lines[2:] == ["| x y | 1; 2 |", "| `a\\|b` | u v |"]


def test_tables_that_hold_code_blocks_are_unwrapped():
    body = "<table><tr><th>C<td><pre>int x;\nint y;</pre><tr><th>D<td>d</table>"

    assert markdown_of(body) == "**C**\n\n```\nint x;\nint y;\n```\n\n**D**\n\nd"


@pytest.mark.parametrize(
    "body",
    [
        "<table><tr><td><p>a</p></td></tr></table>",
        "<table role='presentation'><tr><td>a</td><td></td></tr></table>",
        "<table><tr><td><table><tr><td>a</td></tr></table></td></tr></table>",
    ],
)
def test_layout_tables_are_unwrapped(body):
    assert markdown_of(body) == "a"


def test_a_heading_row_divides_a_table():
    body = (
        "<table><tr><td colspan=2><h2>Types</h2><tr><td>a<td>b<tr><td>c<td>d"
        "<tr><td colspan=2><h2>Functions</h2><tr><td>e<td>f<tr><td>g<td>h</table>"
    )

    markdown = markdown_of(body)
    assert markdown.startswith("## Types\n\n|  |  |\n| --- | --- |\n| a | b |")
    assert "\n\n## Functions\n\n|  |  |\n" in markdown


def test_the_caption_stands_before_the_table():
    body = "<table><caption>Table 1</caption><tr><th>a<th>b<tr><td>1<td>2</table>"

    assert markdown_of(body).startswith("Table 1\n\n| a | b |")
