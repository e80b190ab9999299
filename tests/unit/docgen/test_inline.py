from html import escape

from docgen.extract import convert
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from tests.support.pages import URL

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXTS = st.text("ab1 .*_`[]()<>&;#+-=~|\\!:\"'$/^{}lt", min_size=1, max_size=30).filter(str.strip)
ELEMENTS = st.sampled_from(
    ["{}", "<b>{}</b>", "<i>{}</i>", "<code>{}</code>", "<b><i>{}</i></b>", "<del>{}</del>"]
)
PLACES = st.sampled_from(
    [
        "<p>{}</p>",
        "<p>x <a href='u'>words {}</a> y</p>",
        "<ul><li>{}</li></ul>",
        "<h2>{}</h2>",
        "<table><tr><th>a<th>b<tr><td>{}<td>q</table>",
        "<blockquote><p>{}</p></blockquote>",
        "<dl><dt>{}</dt><dd>x</dd></dl>",
    ]
)


def words_of(html: str) -> str:
    body = LexborHTMLParser(html).body
    return "".join(body.text().split()) if body is not None else ""


@settings(max_examples=500)
@given(st.lists(st.tuples(ELEMENTS, TEXTS), min_size=1, max_size=4), PLACES)
@example([("{}", "["), ("<b>{}</b>", "]"), ("<b>{}</b>", "()")], "<p>{}</p>")
def test_what_is_rendered_from_the_markdown_says_the_same(parts, place):
    content = "".join(element.replace("{}", escape(text)) for element, text in parts)
    html = f"<h1>T</h1><p>begin</p>{place.replace('{}', content)}<p>end</p>"

    markdown = convert(html, URL).markdown.replace("\ue000", "").replace("\ue001", "")

    assert words_of(RENDERER.render(markdown)) == words_of(html)
