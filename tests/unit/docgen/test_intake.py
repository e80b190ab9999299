"""What becomes of an answer, whatever it calls itself."""

import pytest

from tests.support.crawling import crawl
from tests.support.site import Answer, Site, prose

XHTML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title/><script src="a.js"/>
<link rel="x" href="y"/></head><body><a id="top"/><p><i/>{text}</p><p><a href="next">n</a><br/>
<![CDATA[a <b> in text]]></p></body></html>"""


def answered(body: bytes, content_type: str) -> list[str]:
    """Crawl a front page that links to such an answer, and a page that only the answer names."""
    with Site() as site:
        site.page("/docs/", prose("front") + '<a href="a">a</a>')
        site.on("/docs/a", lambda _: Answer(body, headers={"Content-Type": content_type}))
        site.page("/docs/next", prose("next"))
        return crawl(site).pages


@pytest.mark.parametrize("kind", ["application/xhtml+xml", "application/xml", "text/xml"])
def test_elements_that_end_at_once_swallow_nothing_in_xml(kind: str) -> None:
    body = XHTML.format(text=prose("a")).encode()
    assert answered(body, kind) == ["/docs/", "/docs/a", "/docs/next"]


@pytest.mark.parametrize("kind", ["text/plain", ""])
@pytest.mark.parametrize(
    "before", ["<!-- made by hand -->\n", "\n\ufeff"[:1], "<?xml version='1'?>"]
)
def test_html_is_recognised_by_its_beginning(kind: str, before: str) -> None:
    body = f"{before}<html><body>{prose('a')}<a href=next>n</a>".encode()
    assert answered(body, kind) == ["/docs/", "/docs/a", "/docs/next"]


@pytest.mark.parametrize(
    "body", [b"%PDF-1.7\n<html> and objects", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"]
)
def test_a_file_that_calls_itself_html_is_left_out(body: bytes) -> None:
    assert answered(body * 50, "text/html") == ["/docs/"]
