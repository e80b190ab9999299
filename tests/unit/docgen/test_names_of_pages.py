"""Pages that call themselves, or each other, by several names."""

from tests.support.crawling import crawl
from tests.support.site import Site, prose


def links(*targets: str) -> str:
    return "".join(f'<a href="{target}">{target}</a> ' for target in targets)


def canonical(target: str) -> str:
    return f'<link rel="canonical" href="{target}">'


def test_a_page_that_differs_from_its_canonical_one_in_parameters_is_left_out() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a?view=1", "a?view=2"))
        for target in ("/docs/a", "/docs/a?view=1", "/docs/a?view=2"):
            said = prose("a").replace("explains", target)
            site.page(target, said, title="A", head=canonical("/docs/a"))
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/a"]
        assert found.aliases["/docs/a?view=2"] == "/docs/a"


def test_pages_told_apart_by_parameters_are_not_lost_to_one_canonical_link() -> None:
    with Site() as site:
        site.page("/docs/view?p=1", prose("1") + links("view?p=2", "view?p=3", "view"), title="1")
        for target in ("/docs/view?p=2", "/docs/view?p=3", "/docs/view"):
            site.page(target, prose(target), title=target, head=canonical("/docs/view"))
        assert len(crawl(site, "/docs/view?p=1").pages) == 4


def test_a_canonical_link_to_no_page_is_no_failure() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a.html", "b?x=1"))
        site.page("/docs/a.html", prose("a"), head=canonical("/docs/a"))
        site.page("/docs/b?x=1", prose("b"), head=canonical("/docs/b"))
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/a.html", "/docs/b?x=1"]
        assert found.failed == 0
        assert found.skipped == {"/docs/a": "http_404", "/docs/b": "http_404"}


def test_a_canonical_link_that_every_page_has_loses_no_page() -> None:
    with Site() as site:
        head = canonical("/docs/")
        site.page("/docs/", prose("front") + links("a", "b"), head=head)
        site.page("/docs/a", prose("a"), head=head)
        site.page("/docs/b", prose("b"), head=head)
        assert crawl(site).pages == ["/docs/", "/docs/a", "/docs/b"]


def test_canonical_links_in_a_circle_lose_no_page() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a?v=1", "a?v=2"))
        site.page("/docs/a?v=1", prose("one"), title="A", head=canonical("/docs/a?v=2"))
        site.page("/docs/a?v=2", prose("two"), title="A", head=canonical("/docs/a?v=1"))
        assert crawl(site).pages == ["/docs/", "/docs/a?v=1", "/docs/a?v=2"]


def test_a_markdown_copy_without_a_page_is_no_failure() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a.html", "dead"))
        site.page("/docs/a.html", prose("a"))
        site.text("/docs/llms.txt", "- [A](/docs/a.md)\n- [D](/docs/dead.md)\n", "text/markdown")
        found = crawl(site)

        assert found.skipped == {"/docs/a": "http_404", "/docs/dead": "http_404"}
        assert found.failed == 1  # a page links to it


def translated(site: Site, name: str, *, body: str = "", kinds: tuple[str, ...]) -> None:
    """Serve a page in languages that only a parameter tells apart, and which name each other."""
    head = "".join(
        f'<link rel="alternate" hreflang="{kind}" href="/docs/{name}?hl={kind}">' for kind in kinds
    )
    for kind in kinds:
        menu = links(*(f"/docs/{name}?hl={other}" for other in kinds))
        site.page(f"/docs/{name}?hl={kind}", prose(f"{kind} {name}") + menu + body, head=head)


def test_translations_that_pages_name_are_left_out() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a?hl=de", "a?hl=en", "b?hl=fr", "c?hl=de"))
        translated(site, "a", kinds=("de", "en", "fr", "x-default"))
        translated(site, "b", kinds=("de", "en-us", "fr"))
        translated(site, "c", kinds=("de", "fr"))
        found = crawl(site)

    kept = {"/docs/", "/docs/a?hl=en", "/docs/b?hl=en-us", "/docs/c?hl=de", "/docs/c?hl=fr"}
    assert set(found.pages) - {"/docs/a?hl=x-default"} == kept
    assert found.skipped["/docs/a?hl=de"] == "locale_copy"


def test_without_a_language_of_the_start_page_no_translation_is_left_out() -> None:
    with Site() as site:
        site.text("/docs/", f"<html><body>{prose('front')}{links('a?hl=de')}", "text/html")
        translated(site, "a", kinds=("de", "fr"))
        assert len(crawl(site).pages) == 3


def test_links_with_the_other_scheme_are_read_as_the_sites_own() -> None:
    with Site() as site:
        secure = site.url("/docs/a").replace("http:", "https:")
        site.page("/docs/", prose("front") + links(secure))
        site.page("/docs/a", prose("a"))
        assert crawl(site).pages == ["/docs/", "/docs/a"]


def test_a_short_page_with_a_button_that_leads_away_is_read() -> None:
    button = "<button onclick=\"location.href='/docs/b'\">b</button>"
    script = "<script>if (localStorage.old) { location.href = '/docs/b' }</script>"
    with Site() as site:
        site.page("/docs/", prose("front") + links("a", "b", "c"))
        site.page("/docs/a", prose("a") + button)
        site.page("/docs/b", prose("b"))
        site.page("/docs/c", prose("c") + script)
        assert crawl(site).pages == ["/docs/", "/docs/a", "/docs/b", "/docs/c"]


def test_a_page_that_reloads_itself_is_read() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a"))
        site.page("/docs/a", prose("a"), head='<meta http-equiv="refresh" content="5;url=/docs/a">')
        assert crawl(site).pages == ["/docs/", "/docs/a"]
