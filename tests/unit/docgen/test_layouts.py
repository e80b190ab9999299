"""How pages are laid out: where is the content, where the menu, and is there any?"""

import pytest
from docgen.outline import Leaf, Menu, outline

from tests.support.pages import document_of, markdown_of


def test_a_short_page_with_a_heading_is_no_empty_shell():
    page = "<div id='app'><h1>Widgetry</h1><p>Makes widgets for everybody, quickly and well.</p>"
    shell = "<div id='app'><h1>Widgetry</h1><p>Loading</p></div>"

    assert document_of(page + "</div><script>run()</script>").problem is None
    assert document_of(shell + "<script>run()</script>").problem == "empty_shell"


def test_a_group_that_leads_to_its_first_page_is_a_heading():
    groups = "<li><a href='a'>Guide</a>{}</li><li><a href='c'>Reference</a>{}</li>"
    first = groups.format(
        "<ul><li><a href='a'>Start</a></li><li><a href='b'>More</a></li></ul>", ""
    )
    second = groups.format(
        "", "<ul><li><a href='c'>Calls</a></li><li><a href='d'>Log</a></li></ul>"
    )
    pages = {f"https://docs.example/guide/{name}": number for number, name in enumerate("abcd")}
    menu = Menu()
    for links in (first, second):
        document = document_of(f"<nav><ul>{links}</ul></nav><main><h1>T</h1><p>x</p></main>")
        menu.learn(document.navigation, pages.get)

    nodes = outline([Leaf(key, url, "", (), ()) for url, key in pages.items()], menu, root=None)

    shown = [(n.label, n.page, [(c.label, c.page) for c in n.children]) for n in nodes]
    assert shown == [
        ("Guide", None, [("Start", 0), ("More", 1)]),
        ("Reference", None, [("Calls", 2), ("Log", 3)]),
    ]


def test_the_indentation_of_the_markup_weighs_nothing_when_the_content_is_looked_for():
    menu = "<div class='col-3'><ul>" + ("\n" + " " * 200 + "<li>x</li>") * 30 + "</ul></div>"
    main = f"<div role='main'><h1>T</h1><p>{'Some prose. ' * 30}</p></div>"

    assert markdown_of(menu + main) == f"# T\n\n{('Some prose. ' * 30).strip()}"


@pytest.mark.parametrize(
    "body",
    [
        "<div id='docs-root'>Loading ...</div><script src='a.js'></script>",
        "<nav><a href='#/a'>A</a></nav><div>Please wait while we load this for you</div>"
        "<script src='a.js'></script>",
    ],
)
def test_a_page_that_only_waits_for_its_script_is_an_empty_shell(body):
    assert document_of(body).problem == "empty_shell"
