import pytest
from docgen.scan import Scan, scan

from tests.support.site import html, prose

URL = "https://e.com/docs/a.html"


def read(body: str, head: str = "", *, most_links: int = 100) -> Scan:
    return scan(html(body, head=head), URL, most_links=most_links)


def test_links_are_found_in_their_order_and_each_once() -> None:
    found = read('<a href=b>b</a><a href="/c?utm_source=x">c</a><a href="b#x">b</a><a>no</a>')
    assert list(found.links()) == ["https://e.com/docs/b", "https://e.com/c"]


def test_only_so_many_links_are_read() -> None:
    found = read("".join(f"<a href=p{n}>x</a>" for n in range(50)), most_links=7)
    assert len(list(found.links())) == 7


def test_the_head_tells_canonical_address_language_and_other_languages() -> None:
    head = (
        '<link rel="Canonical" href="/docs/a"><link rel=alternate hreflang=fr href="/fr/a">'
        '<link rel="alternate" type="application/rss+xml" href="/feed">'
    )
    found = read("", head)
    assert found.canonical == "https://e.com/docs/a"
    assert found.alternates == (("fr", "https://e.com/fr/a"),)
    assert found.language == "en"
    assert found.name == "A page "


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=b", "https://e.com/docs/b"),
        ("3; URL='/b'", "https://e.com/b"),
        ("0, b", "https://e.com/docs/b"),
        ("30;url=b", None),
        ("30", None),
        ("0;url=javascript:x", None),
        ("0;url=http://u:p@h/", None),
    ],
)
def test_refreshes_lead_on_if_they_are_soon(content: str, target: str | None) -> None:
    assert read("", f'<meta http-equiv="Refresh" content="{content}">').refresh == target


def test_a_refresh_for_readers_without_scripts_is_none_where_there_is_something_to_read() -> None:
    refresh = '<noscript><meta http-equiv="refresh" content="0;url=/plain"></noscript>'
    assert read(prose("a"), refresh).refresh is None
    assert read("<script>start()</script>", refresh).refresh == "https://e.com/plain"


def test_a_long_page_is_not_left_by_its_scripts() -> None:
    script = "<script>if (x) location.href = '/login'</script>"
    assert read(script).refresh == "https://e.com/login"
    assert read(script + prose("a")).refresh is None
    assert read(prose("a") * 30 + script).refresh is None


def test_the_same_text_has_the_same_hash_whatever_is_around_it() -> None:
    one = read(f"<nav>here</nav>{prose('a')}<footer>1</footer>")
    other = read(f"<nav>there</nav>{prose('a')}<footer>2</footer>", "<title>Other</title>")
    assert one.text_hash == other.text_hash
    assert one.text_hash != read(prose("b")).text_hash


def test_no_text_has_no_hash() -> None:
    assert read("<nav>menu</nav><script>x</script>").text_hash is None
