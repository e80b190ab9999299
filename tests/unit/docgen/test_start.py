"""Where the site begins: the page that was meant, and the folder that follows from it."""

import pytest

from tests.support.crawling import crawl
from tests.support.site import Site, prose


def links(*targets: str) -> str:
    return "".join(f'<a href="{target}">{target}</a> ' for target in targets)


def serve(site: Site, *paths: str, menu: tuple[str, ...]) -> None:
    """Serve pages that all show the same menu."""
    for path in paths:
        site.page(path, prose(path) + links(*menu), title=path)


MANUAL = (
    "/docs/start/intro", "/docs/start/install", "/docs/api/one", "/docs/api/two", "/docs/faq",
)  # fmt: skip


@pytest.mark.parametrize("asked", ["/docs/", "/docs", "/docs/index.html"])
def test_a_folder_that_sends_on_to_its_first_page_is_still_meant_whole(asked: str) -> None:
    with Site() as site:
        site.redirect(asked, "/docs/start/intro")
        serve(site, *MANUAL, "/blog", menu=(*MANUAL, "/blog"))
        assert sorted(crawl(site, asked).pages) == sorted(MANUAL)


def test_a_page_that_moved_stands_for_the_folder_it_is_in_now() -> None:
    with Site() as site:
        site.redirect("/docs/old", "/docs/start/intro")
        serve(site, *MANUAL, menu=MANUAL)
        assert crawl(site, "/docs/old").pages == ["/docs/start/intro", "/docs/start/install"]


def test_a_site_that_sends_on_to_its_documentation_means_that() -> None:
    with Site() as site:
        site.redirect("/", "/docs/start")
        pages = [f"/docs/{name}" for name in "abcdefgh"]
        serve(site, "/docs/start", *pages, "/blog", menu=("/docs/start", *pages, "/blog"))
        assert "/blog" not in crawl(site, "/").pages


def test_language_and_version_that_the_start_leads_to_are_meant_alone() -> None:
    pages = ("/docs/en/v2/start/intro", "/docs/en/v2/api/one", "/docs/en/v2/faq/all")
    others = ("/docs/fr/v2/start/intro", "/docs/en/v1/start/intro")
    with Site() as site:
        site.redirect("/docs/", pages[0])
        serve(site, *pages, *others, menu=(*pages, *others))
        assert sorted(crawl(site).pages) == sorted(pages)


def test_a_version_without_a_slash_is_a_folder_of_its_own() -> None:
    pages = ("/docs/12.x", "/docs/12.x/a", "/docs/12.x/b")
    with Site() as site:
        site.redirect("/docs", "/docs/12.x")
        serve(site, *pages, "/docs/11.x", "/docs/11.x/a", menu=(*pages, "/docs/11.x/a"))
        assert crawl(site, "/docs").pages == list(pages)


def test_a_front_page_amid_links_to_the_rest_of_the_site_stands_for_its_folder() -> None:
    pages = tuple(f"/docs/{name}" for name in "abcdefgh")
    shop = tuple(f"/shop/{name}" for name in "abcdefghijklmnopqrstuvwxyz")
    with Site() as site:
        serve(site, "/docs", *pages, *shop, menu=(*pages, *shop))
        assert crawl(site, "/docs").pages == ["/docs", *pages]


def test_a_start_page_that_reloads_itself_is_read() -> None:
    with Site() as site:
        site.page(
            "/docs/", prose("status"), head='<meta http-equiv="refresh" content="5;url=/docs/">'
        )
        assert crawl(site).pages == ["/docs/"]
