import pytest
from docgen.sitemaps import read_llms, read_sitemap

from tests.support.crawling import crawl
from tests.support.site import Answer, Site, prose


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<urlset><url><loc>https://e.com/a</loc></url></urlset>", ["https://e.com/a"]),
        ("<loc>\n https://e.com/a?x=1&amp;y=2 \n</loc>", ["https://e.com/a?x=1&y=2"]),
        ("<loc><![CDATA[https://e.com/a]]></loc>", ["https://e.com/a"]),
        ("<LOC>/a</LOC><loc>/b", ["/a", "/b"]),
        ("<image:loc>https://e.com/i.png</image:loc>", []),
        ("https://e.com/a\nhttps://e.com/b\nrubbish\n", ["https://e.com/a", "https://e.com/b"]),
        ("<loc>&boom;</loc>", ["&boom;"]),
        ("", []),
        ("<s:urlset><s:loc>/a</s:loc></s:urlset>", ["/a"]),
        (
            "<?xml version='1.0'?><rss><link>/</link><item><link>/a</link></item></rss>",
            ["/", "/a"],
        ),
        (
            "<feed><link href='/f' rel='self'/><link rel='x' href=\"/a?b&amp;c\"/></feed>",
            ["/f", "/a?b&c"],
        ),
    ],
)
def test_sitemaps_are_read(text: str, expected: list[str]) -> None:
    assert list(read_sitemap(text, 100)) == expected


def test_no_more_is_read_than_wanted() -> None:
    assert len(list(read_sitemap("<loc>/a</loc>" * 100, 7))) == 7
    assert len(list(read_sitemap("https://e.com/a\n" * 100, 7))) == 7


def test_llms_txt_names_pages_by_their_markdown_copies() -> None:
    text = """# Docs
> About
- [A](https://e.com/a.md): first
- [B](/b.html.md)
- [C](c/index.md#part), [D](</d e>), [E](/e)
- [F](/f/index.html.md)
"""
    found = list(read_llms(text))
    assert found == ["https://e.com/a", "/b.html", "c/", "/d", "/e", "/f/"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_hides_no_url(encoding: str) -> None:
    with Site() as site:
        listed = f"{site.url('/docs/a')}\n{site.url('/docs/b')}\n".encode(encoding)
        site.on("/sitemap.xml", lambda _: Answer(listed, headers={"Content-Type": "text/plain"}))
        for name in ("", "a", "b"):
            site.page(f"/docs/{name}", prose(f"page {name}"))
        assert crawl(site).pages == ["/docs/", "/docs/a", "/docs/b"]
