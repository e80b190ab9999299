import pytest
from docgen.robots import Robots

ORIGIN = "https://e.com"


def rules(text: str) -> Robots:
    return Robots(text, origin=ORIGIN, robot_name="DocSnap")


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: docsnap\nDisallow: /\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: DocSnap\nAllow: /\n\nUser-agent: *\nDisallow: /", "/x", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /*.php$", "/a.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/a.php?x=1", True),
        ("user-agent:*\ndisallow:/caf%C3%A9", "/caf%C3%A9", False),
        ("<html>not found</html>", "/x", True),
        ("User-agent: a\nUser-agent: docsnap # us\nDisallow: /x", "/x", False),
        ("User-agent: DocSnap/1.0\nDisallow: /x\nUser-agent: *\nAllow: /", "/x", False),
        ("User-agent: doc*\rDisallow: /x", "/x", False),
        ("user agent docsnap\nDisallow /x", "/x", False),
        ("User-agent: a\nDisallow: /x\nUser-agent: *\nDisallow: /y", "/x", True),
        ("User-agent: *\nDisallow: /x\nUser-agent: a\nDisallow: /y", "/y", True),
        ("User-agent: *\r\nDisallow: /x\r\n", "/x", False),
    ],
)
def test_rules_are_read_as_the_rfc_has_it(text: str, path: str, allowed: bool) -> None:
    assert rules(text).allows(f"{ORIGIN}{path}") is allowed


def test_rules_hold_for_their_origin_only() -> None:
    robots = rules("User-agent: *\nDisallow: /")
    assert robots.allows("https://cdn.e.com/x")
    assert robots.allows("http://e.com/x")


def test_sitemaps_and_delay_are_read() -> None:
    robots = rules("Sitemap: /a.xml\nSitemap: https://x.org/b.xml\nSitemap: ftp://x/c\n"
                   "User-agent: *\nCrawl-delay: 2.5")  # fmt: skip
    assert robots.sitemaps == ["https://e.com/a.xml", "https://x.org/b.xml"]
    assert robots.delay.total_seconds() == 2.5
    assert rules("").delay.total_seconds() == 0
