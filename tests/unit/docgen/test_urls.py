import re

import pytest
from docgen import urls
from docgen.urls import BadUrl, Globs
from hypothesis import given
from hypothesis import strategies as st

BASE = "https://docs.example.com/guide/start.html"

REFUSED = [
    "http://user@example.com/", "http://user:secret@example.com/", "http://@example.com/",
    "http://example.com\\@127.0.0.1/", "http://127.0.0.1%2f@example.com/", "http://exa%6dple.com/",
    "http://exam\tple.com/", "ht\ntp://example.com/", "http://example.com/\x00", "http:///path",
    "http:example.com", "http:/example.com", "https:\\\\example.com", "ftp://example.com/",
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "gopher://example.com/",
    "http://[::1%25lo]/", "http://exa mple.com/", "http://example.com:99999/", "http://",
    "http://[::1/", "http://./", "about:blank", "mailto:a@b.c", "http://a@b@c/",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_disguised_or_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(BadUrl):
        urls.canonical(text)
    with pytest.raises(BadUrl):
        urls.canonical(text, BASE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTP://Example.COM:80/a/../b#c", "http://example.com/b"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("http://example.com./x", "http://example.com/x"),
        ("http://example.com.:8080/x", "http://example.com:8080/x"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.01/", "http://127.0.0.1/"),
        ("http://①②⑦.⓪.⓪.①/", "http://127.0.0.1/"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://example.com/%7euser/%c3%bc", "http://example.com/~user/%C3%BC"),
        ("  https://example.com/a b \n", "https://example.com/a%20b"),
        ("https://example.com?q=1", "https://example.com/?q=1"),
    ],
)
def test_every_spelling_has_one_canonical_form(text: str, expected: str) -> None:
    assert urls.canonical(text) == expected


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("install.html#linux", "https://docs.example.com/guide/install.html"),
        ("../api/", "https://docs.example.com/api/"),
        ("/x?y=1", "https://docs.example.com/x?y=1"),
        ("//cdn.example.com/z", "https://cdn.example.com/z"),
        ("?page=2", "https://docs.example.com/guide/start.html?page=2"),
        ("", "https://docs.example.com/guide/start.html"),
    ],
)
def test_links_are_resolved_against_their_page(href: str, expected: str) -> None:
    assert urls.canonical(href, BASE) == expected


@pytest.mark.parametrize(
    "noisy",
    [
        "https://example.com/a?utm_source=x&utm_medium=y",
        "https://example.com/a;jsessionid=A1B2",
        "https://example.com/a?PHPSESSID=0123456789abcdef",
        "https://example.com/a?fbclid=1&gclid=2",
        "https://example.com/a?sort=asc&order=name",
        "https://example.com/a?C=N;O=D",
        "https://example.com/a?highlight=word",
        "https://example.com/a?",
    ],
)
def test_noise_is_dropped(noisy: str) -> None:
    assert urls.clean(noisy) == "https://example.com/a"


def test_meaningful_parameters_stay_in_their_order() -> None:
    url = "https://example.com/a?title=Main&utm_source=x&action=view"
    assert urls.clean(url) == "https://example.com/a?title=Main&action=view"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://example.com/docs", "https://example.com/docs/",
        "https://example.com/docs/index.html", "https://example.com//docs/index.php",
        "https://example.com/docs/?utm_campaign=1", "https://example.com/docs/default.aspx",
    ],
)  # fmt: skip
def test_spellings_of_one_page_share_a_key(spelling: str) -> None:
    assert urls.fold(spelling) == "https://example.com/docs"


def test_different_pages_have_different_keys() -> None:
    pages = ["/a", "/A", "/a?x=1", "/a?x=2", "/a.html", "/a/b", "/index", "/"]
    assert len({urls.fold(f"https://example.com{page}") for page in pages}) == len(pages)


def test_parameters_in_any_order_share_a_key() -> None:
    assert urls.fold("https://e.com/a?y=2&x=1") == urls.fold("https://e.com/a?x=1&y=2")


texts = st.text(st.sampled_from("abcXYZ019/:.?#@%&=;[]\\ \t-_~é①。") | st.characters(), max_size=40)
addresses = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["example.com", "EXAMPLE.com.", "127.1", "[::1]", "xn--bcher-kva.example"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    texts,
)


@given(addresses | texts)
def test_the_canonical_form_is_final_and_safe(text: str) -> None:
    try:
        url = urls.canonical(text, BASE)
    except BadUrl:
        return
    assert urls.canonical(url) == url
    assert re.fullmatch(r"https?://[^/@\\%\s?#]+/[!-~]*", url)
    assert "#" not in url


@given(addresses)
def test_folding_is_final_and_blind_to_noise(text: str) -> None:
    try:
        url = urls.canonical(text)
    except BadUrl:
        return
    assert urls.clean(urls.clean(url)) == urls.clean(url)
    assert urls.fold(urls.clean(url)) == urls.fold(url)
    separator = "&" if "?" in url else "?"
    assert urls.fold(f"{url}{separator}utm_source=mail") == urls.fold(url)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/docs/*", "/docs/a/b", True),
        ("/docs/*", "/docs", True),
        ("/docs/**", "/docs/a/b", True),
        ("/docs/**/x.html", "/docs/x.html", True),
        ("/docs/**/x.html", "/docs/a/b/x.html", True),
        ("**/api/**", "/api/x", True),
        ("**/api/**", "/v1/api/x", True),
        ("**/api/**", "/apis/x", False),
        ("api/*", "/api/x", True),
        ("api/*", "/docs/api/x", True),
        ("/docs/api", "/docs/api", True),
        ("/docs/api", "/docs/api/x", True),
        ("/docs/api", "/docs/apix", False),
        ("*.html", "/a/b.html", True),
        ("/a?c", "/abc", True),
        ("/[ab]/*", "/b/x", True),
        ("/müller", "/m%C3%BCller", True),
        ("", "/anything", False),
    ],
)
def test_patterns_mean_what_people_expect(pattern: str, path: str, matches: bool) -> None:
    assert Globs([pattern]).match(path) is matches


def test_no_pattern_takes_long() -> None:
    assert not Globs(["*a" * 30 + "b"]).match("/" + "a" * 2000)
