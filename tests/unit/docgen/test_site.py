from docgen.anchors import Slugs, slugify
from docgen.names import Names
from docgen.navigation import NavLink
from docgen.site import Entry
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import BASE, a_document, arranged, link, menu


def shape(entries: list[Entry]) -> list:
    return [
        (entry.label, shape(entry.children)) if entry.children else entry.label for entry in entries
    ]


def test_the_page_asked_for_comes_first_and_is_the_index() -> None:
    site = arranged(a_document("b", "# B"), a_document("", "# Home"), a_document("a", "# A"))

    assert [page.stem for page in site.pages] == ["index", "b", "a"]
    assert site.root.title == site.title == "Home"


def test_order_and_hierarchy_follow_the_menu() -> None:
    lines = menu((0, "Start", ""), (1, "Install", "z"), (1, "Use", "m"), (0, "More", "a"))
    site = arranged(
        a_document("", "# Home", navigation=lines),
        *(a_document(path, f"# {path}", navigation=lines) for path in "amz"),
    )

    assert shape(site.tree) == ["Home", ("Start", ["Install", "Use"]), "More"]
    assert [page.stem for page in site.pages] == ["index", "z", "m", "a"]


def test_a_heading_over_all_groups_of_the_menu_is_its_title() -> None:
    lines = menu(
        (0, "Home", ""), (0, "Documentation", ""), (1, "Start", ""), (2, "Install", "a"),
        (1, "Guides", ""), (2, "Use", "m"), (2, "Test", "z"),
    )  # fmt: skip
    site = arranged(
        a_document("", "# Home", navigation=lines),
        *(a_document(path, f"# {path}") for path in "amz"),
    )

    assert shape(site.tree) == ["Home", ("Start", ["Install"]), ("Guides", ["Use", "Test"])]


def test_each_page_may_show_another_part_of_the_menu() -> None:
    top = [(0, "A", "a/"), (0, "B", "b/")]
    site = arranged(
        a_document("", "# Home", navigation=menu(*top)),
        a_document("a/", "# A", navigation=menu(top[0], (1, "A1", "a/1"), top[1])),
        a_document("b/", "# B", navigation=menu(*top, (1, "B1", "b/1"))),
        a_document("a/1", "# A1"),
        a_document("b/1", "# B1"),
    )

    assert shape(site.tree) == ["Home", ("A", ["A1"]), ("B", ["B1"])]


def test_sections_of_a_page_in_the_menu_are_no_pages() -> None:
    lines = menu((0, "A", "a"), (1, "First", "a#first"), (0, "B", "b"))
    site = arranged(
        a_document("", "# Home", navigation=lines), a_document("a", "# A"), a_document("b", "# B")
    )

    assert shape(site.tree) == ["Home", "A", "B"]


def test_without_a_menu_folders_give_the_hierarchy() -> None:
    site = arranged(
        a_document("", f"# Home\n\n{link('api/')} {link('tips/one')}"),
        a_document("tips/two", "# Two"),
        a_document("tips/one", "# One"),
        a_document("api/calls", "# Calls"),
        a_document("api/", "# API"),
    )

    assert shape(site.tree) == ["Home", ("API", ["Calls"]), ("Tips", ["One", "Two"])]


def test_breadcrumbs_place_what_the_menu_leaves_out() -> None:
    lines = menu((0, "Guides", "guides"), (0, "API", "api"))
    site = arranged(
        a_document("", "# Home", navigation=lines),
        a_document("guides", "# Guides"),
        a_document("api", "# API"),
        a_document("x/y/z", "# Deep", breadcrumbs=("Home", "API", "Deep")),
    )

    assert shape(site.tree) == ["Home", "Guides", ("API", ["Deep"])]


def test_breadcrumbs_name_the_parts_of_a_flat_menu() -> None:
    parts = {"a": "Start", "b": "Start", "c": "Guides", "d": "Guides", "e": "More"}
    lines = menu(*((0, path.upper(), path) for path in parts))
    site = arranged(
        a_document("", "# Home", navigation=lines),
        *(
            a_document(path, f"# {path}", breadcrumbs=("Home", part, path))
            for path, part in parts.items()
        ),
    )

    assert shape(site.tree) == ["Home", ("Start", ["A", "B"]), ("Guides", ["C", "D"]), "E"]


def test_what_no_menu_orders_stands_as_the_start_page_links_to_it() -> None:
    paths = ["tutorial/", "library/", "about/", "glossary/"]
    site = arranged(
        a_document("", "# Home\n\n" + " ".join(map(link, paths))),
        *(
            a_document(
                path, f"# {path[:-1]}", navigation=menu((0, path, path), (1, "1", f"{path}1"))
            )
            for path in sorted(paths)
        ),
        *(a_document(f"{path}1", "# One") for path in paths),
    )

    assert [page.stem for page in site.pages][1::2] == [f"{path}index" for path in paths]


def test_where_to_turn_is_no_name_of_a_page() -> None:
    lines = menu((0, "next »", "a"), (0, "Index", "b"))
    site = arranged(
        a_document("", "# Home", navigation=lines), a_document("a", "# A"), a_document("b", "# B")
    )

    assert shape(site.tree) == ["Home", "A", "B"]


def test_a_book_without_a_menu_gets_its_chapters_from_its_contents() -> None:
    chapters = {"one": ["a", "b", "c"], "two": ["d", "e", "f"]}
    everything = [name for chapter in chapters for name in (chapter, *chapters[chapter])]
    site = arranged(
        a_document("index.html", "# Book\n\n" + " ".join(link(f"{n}.html") for n in everything)),
        *(
            a_document(f"{n}.html", f"# {n}\n\n" + " ".join(map(link, listed(n, chapters))))
            for n in sorted(everything)
        ),
        root=f"{BASE}index.html",
    )

    assert shape(site.tree) == ["Book", ("one", ["a", "b", "c"]), ("two", ["d", "e", "f"])]


def listed(name: str, chapters: dict[str, list[str]]) -> list[str]:
    return [f"{each}.html" for each in chapters.get(name, [])]


def test_a_menu_of_any_depth_is_flattened_at_the_bottom() -> None:
    lines = menu(*((n, f"L{n}", f"p{n}") for n in range(300)))
    site = arranged(
        a_document("", "# Home", navigation=lines),
        *(a_document(f"p{n}", f"# P{n}") for n in range(300)),
    )

    assert len(site.pages) == 301
    assert max(entry.depth for entry in site.entries()) == 5


def test_links_find_pages_in_every_spelling() -> None:
    site = arranged(
        a_document("", "# Home"),
        a_document("a/", "# A\n\n## Über uns\n"),
        aliases=[(f"{BASE}old-a", f"{BASE}a/")],
    )
    spellings = ["a/", "a", "a/index.html", "old-a", "a/#nothing-there"]

    assert {site.find(BASE + each).page.stem for each in spellings} == {"a/index"}
    assert site.find(f"{BASE}a/#%C3%BCber-uns").anchor == "über-uns"
    assert site.find(f"{BASE}b") is None


def test_a_link_to_a_folder_finds_the_file_that_a_site_was_built_with_instead() -> None:
    site = arranged(
        a_document("", "# Home"),
        a_document("start.html", "# Start"),
        a_document("api.html", "# One"),
        a_document("api/", "# Other"),
    )

    assert site.find(f"{BASE}start/").page.title == "Start"
    assert site.find(f"{BASE}api").page.title == "Other"
    assert site.find(f"{BASE}api.html").page.title == "One"


def test_element_ids_lead_to_the_headings_they_belong_to() -> None:
    document = a_document("a", "# A\n\n## Usage\n\n## Usage\n", anchors={"u": "usage"})
    site = arranged(a_document("", "# Home\n\n## Usage\n"), document)

    target = site.find(f"{BASE}a#u")

    assert (target.anchor, target.heading, target.combined) == ("usage", 1, "usage-1")


def test_a_page_without_a_title_heading_gets_one_and_anchors_make_room() -> None:
    document = a_document("a", "Text.\n\n## Install\n", title="Install")
    site = arranged(a_document("", "# Home"), document)
    page = site.pages[1]

    assert page.needs_title
    assert [anchor for _, _, anchor, _ in site.headings(page)] == ["install", "install-1"]
    assert site.find(f"{BASE}a#install").anchor == "install-1"


def test_neighbours_and_trail() -> None:
    lines = menu((0, "Part", ""), (1, "A", "a"), (1, "B", "b"))
    site = arranged(
        a_document("", "# Home", navigation=lines), a_document("a", "# A"), a_document("b", "# B")
    )
    home, a, b = site.pages

    assert (site.previous(home), site.next(home), site.next(b)) == (None, a, None)
    assert site.previous(b) is a
    assert [entry.label for entry in site.trail(b)] == ["Part"]


def test_slugs_are_githubs() -> None:
    slugs = Slugs()

    assert slugify("What's new in `2.0`?") == "whats-new-in-20"
    assert slugify("snake_case & two  blanks") == "snake_case--two--blanks"
    assert [slugs.make("A"), slugs.make("A-1"), slugs.make("A"), slugs.make("A")] == [
        "a",
        "a-1",
        "a-2",
        "a-3",
    ]


@given(st.lists(st.text(max_size=80), max_size=30))
def test_no_name_leaves_its_folder_or_clashes(paths: list[str]) -> None:
    names = Names("/")

    stems = [names.stem(f"https://example.com/{path}") for path in paths]

    assert len({stem.casefold() for stem in stems}) == len(stems)
    for stem in stems:
        assert len(stem.encode()) < 250
        parts = stem.split("/")
        assert all(part and part.strip(". ") == part for part in parts), stem
        assert not any(set(part) & set('\\:*?"<>|\0') for part in parts), stem


def test_awkward_names_are_made_fit() -> None:
    names = Names("/docs/")

    def name(path: str) -> str:
        return names.stem(f"https://x.example/docs/{path}")

    assert name("../../etc/passwd") == "etc/passwd"
    assert name("CON.html") == "CON-"
    assert name("a/aux/b") == "a/aux-/b"
    assert name("Index.html") == "Index"
    assert name("") == "index-2"
    assert name("list?page=2") == "list-page-2"
    assert name("README") == "index-3"
    assert name("a/README.html") == "a/index"
    assert name("x.html/y") == "x-html/y"
    assert name("C:%5CWindows") == "C-Windows"


def test_a_start_page_called_index_does_not_name_the_site():
    lines = (NavLink(0, "Node.js", BASE), NavLink(0, "A", f"{BASE}a"))
    site = arranged(a_document("", "# Index", navigation=lines), a_document("a", "# A"))

    assert site.title == "Node.js"


def test_a_heading_that_says_more_than_the_title_names_the_site():
    site = arranged(
        a_document("", "# Pyx 3.1 documentation", title="3.1 Documentation"),
        a_document("a", "# A"),
    )

    assert site.title == "Pyx 3.1 documentation"


def test_a_heading_that_says_the_title_in_other_punctuation_is_the_title():
    site = arranged(
        a_document(
            "", "## The Library's Test-Driven Tests", title="The «Library's» Test Driven Tests"
        ),
        a_document("a", "## C", title="C++"),
        a_document("b", "## D", title="E"),
    )

    assert [page.needs_title for page in site.pages] == [False, False, True]


def test_a_link_to_a_folders_readme_leads_to_the_folders_page():
    site = arranged(a_document("", "# Home"), a_document("a/", "# A"), a_document("b/README.html"))

    assert site.find(f"{BASE}a/README.md").page.url == f"{BASE}a/"
    assert site.find(f"{BASE}b/").page.url == f"{BASE}b/README.html"
    assert site.find(f"{BASE}c/README.md") is None


def test_pages_stand_below_those_that_they_name_in_the_order_of_its_links() -> None:
    top = f"# Home\n\n{link('one')} {link('z')} {link('two')}"
    site = arranged(
        a_document("", top),
        a_document("one", f"# One\n\n{link('b')} {link('a')}", up=BASE),
        a_document("z", "# Z", up=BASE),
        a_document("two", "# Two", up=BASE),
        a_document("a", "# A", up=f"{BASE}one"),
        a_document("b", f"# B\n\n{link('deep')}", up=f"{BASE}one"),
        a_document("deep", "# Deep", up=f"{BASE}b"),
    )

    assert shape(site.tree) == ["Home", ("One", [("B", ["Deep"]), "A"]), "Z", "Two"]


def test_pages_that_name_each_other_as_above_them_are_all_there() -> None:
    site = arranged(
        a_document("", "# Home"),
        a_document("a", "# A", up=f"{BASE}b"),
        a_document("b", "# B", up=f"{BASE}a"),
        a_document("c", "# C", up=f"{BASE}c"),
    )

    assert sorted(page.title for page in site.pages) == ["A", "B", "C", "Home"]


def test_the_menu_of_one_chapter_leaves_its_sections_below_it() -> None:
    book = menu((0, "One", "one"), (0, "Two", "two"), (0, "Three", "three"))
    chapter = menu((0, "A", "a"), (0, "B", "b"), (0, "C", "c"))
    site = arranged(
        a_document("", "# Home", navigation=book),
        a_document("one", "# One", navigation=chapter),
        *(a_document(path, f"# {path.upper()}", up=f"{BASE}one") for path in "abc"),
        a_document("two", "# Two"),
        a_document("three", "# Three"),
    )

    assert shape(site.tree) == ["Home", ("One", ["A", "B", "C"]), "Two", "Three"]


def test_what_a_menu_has_side_by_side_stays_so() -> None:
    lines = menu((0, "A", "a"), (0, "B", "b"), (0, "C", "c"))
    site = arranged(
        a_document("", "# Home", navigation=lines),
        a_document("a", "# A"),
        a_document("b", "# B", up=f"{BASE}a"),
        a_document("c", "# C"),
    )

    assert shape(site.tree) == ["Home", "A", "B", "C"]


def test_a_list_of_all_chapters_beside_each_makes_none_a_part_of_another() -> None:
    every = " ".join(map(link, "abcdefg"))
    site = arranged(
        a_document("", f"# Home\n\n{every}"),
        *(a_document(path, f"# {path.upper()}\n\n{every}") for path in "abcdefg"),
    )

    assert shape(site.tree) == ["Home", *"ABCDEFG"]


def test_contents_do_not_call_pages_by_a_heading_that_many_have() -> None:
    site = arranged(
        a_document("", "# Home"),
        *(a_document(path, "# Documentation", title=f"Module {path}") for path in "abc"),
    )

    assert shape(site.tree) == ["Home", "Module a", "Module b", "Module c"]


def test_contents_leave_out_what_a_heading_puts_before_the_title() -> None:
    site = arranged(
        a_document("", "# Home"), a_document("a", "# Foo documentation: motion", title="motion")
    )

    assert shape(site.tree) == ["Home", "motion"]


def test_an_introduction_that_tells_of_all_that_follows_is_not_over_it() -> None:
    rest = " ".join(map(link, "bcdef"))
    site = arranged(
        a_document("", f"# Home\n\n{link('a')} {rest}"),
        a_document("a", f"# A\n\n{rest}"),
        *(a_document(path, f"# {path.upper()}") for path in "bcdef"),
    )

    assert shape(site.tree) == ["Home", *"ABCDEF"]


def test_contents_call_a_page_by_its_title_if_its_first_heading_comes_late() -> None:
    site = arranged(
        a_document("", "# Home"),
        a_document("a", "It does a.\n\n# Functions\n\nMany.", title="Module a"),
    )

    assert shape(site.tree) == ["Home", "Module a"]


def test_pages_that_menus_call_alike_are_called_by_their_titles() -> None:
    site = arranged(
        a_document("", "# Home", navigation=menu((0, "Home", ""))),
        *(
            a_document(path, f"# {path}", navigation=menu((0, "Home", ""), (0, "Package", path)))
            for path in "abc"
        ),
    )

    assert shape(site.tree) == ["Home", "a", "b", "c"]


def test_a_chapter_that_names_the_following_ones_is_not_over_them() -> None:
    paths = "abcdef"
    titles = ["Preface", *(f"Chapter {number}: Tools" for number in range(1, 6))]
    site = arranged(
        a_document("", f"# Home\n\n{' '.join(map(link, paths))} {link('x')} {link('y')}"),
        a_document("a", "# Preface"),
        a_document("b", f"# {titles[1]}\n\n{' '.join(map(link, 'cdef'))}"),
        *(a_document(path, f"# {title}") for path, title in zip("cdef", titles[2:], strict=True)),
        a_document("x", "# Terms"),
        a_document("y", "# Books"),
    )

    assert shape(site.tree) == ["Home", *titles, "Terms", "Books"]
