import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from docgen import errors
from docgen.fetch import Fetcher, error_of, get_patiently, parse_retry_after
from docgen.records import Validators
from docgen.unpack import BodyRefused

from tests.support.crawling import HASTY, fetch, within
from tests.support.site import Answer, Request, Site


def test_an_answer_is_read_with_its_header() -> None:
    with Site() as site:
        site.page("/a", "hello", headers={"X-Thing": "yes"})
        response = fetch(site.url("/a"))

    assert (response.status, response.media_type) == (200, "text/html")
    assert b"hello" in response.body
    assert response.headers["x-thing"] == "yes"
    assert response.hops == ()


def test_connections_are_kept_alive() -> None:
    async def act(site: Site) -> None:
        async with Fetcher(HASTY, lambda _: True) as fetcher:
            for _ in range(5):
                await fetcher.get(site.url("/a"), most_bytes=1000)
            await fetcher.get(site.url("/missing"), most_bytes=1000, wanted=lambda *_: False)
            await fetcher.get(site.url("/a"), most_bytes=1000)

    with Site() as site:
        site.page("/a", "hello")
        asyncio.run(act(site))
        assert site.connections == 1


def test_requests_say_who_asks_and_carry_no_cookie() -> None:
    with Site() as site:
        site.page("/a", "x", headers={"Set-Cookie": "a=b"})
        fetch(site.url("/a"))
        fetch(site.url("/a"))

        for request in site.requests:
            assert "DocSnap" in request.headers["user-agent"]
            assert request.headers["accept-encoding"] == "gzip"
            assert request.headers["host"] == f"127.0.0.1:{site.port}"
            assert "cookie" not in request.headers


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with Site() as site:
        site.page("/a", "hello")
        assert fetch(site.url("/a")).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(status: int) -> None:
    with Site() as site:
        site.redirect("/a", "b/./../c?x=1#part", status)
        site.page("/c?x=1", "there")
        response = fetch(site.url("/a"))

        assert response.final_url == site.url("/c?x=1")
        assert response.hops == (site.url("/a"),)


@pytest.mark.parametrize("target", ["/a", "/b"])
def test_circles_of_redirects_are_left(target: str) -> None:
    with Site() as site:
        site.redirect("/a", "/b")
        site.redirect("/b", target)
        with pytest.raises(errors.TooManyRedirects):
            fetch(site.url("/a"))


def test_redirects_are_counted() -> None:
    with Site() as site:
        for number in range(7):
            site.redirect(f"/{number}", f"/{number + 1}")
        with pytest.raises(errors.TooManyRedirects):
            fetch(site.url("/0"))
        assert len(site.requests) == 6


@pytest.mark.parametrize(
    "location",
    ["ftp://h/", "http://u:p@127.0.0.1/", "file:///etc/passwd", "http://a\\b/", "http:x"],
)
def test_a_redirect_to_no_web_address_is_refused(location: str) -> None:
    with Site() as site:
        site.redirect("/a", location)
        with pytest.raises(errors.AddressRefused):
            fetch(site.url("/a"))


def test_every_hop_can_be_refused() -> None:
    async def refuse(url: str) -> None:
        assert url.endswith("/private")
        raise errors.RobotsForbid

    with Site() as site:
        site.redirect("/a", "/private")
        with pytest.raises(errors.RobotsForbid):
            fetch(site.url("/a"), check_hop=refuse)
        assert site.hits("/private") == 0


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("identity", bytes),
        ("UTF-8", bytes),
        ("none", bytes),
        ("GZip", lambda body: gzip.compress(body[:99]) + gzip.compress(body[99:]) + b"\0\0"),
    ],
)
def test_packed_bodies_are_unpacked(coding: str, pack: Any) -> None:
    body = b"All work and no play. " * 1000
    with Site() as site:
        site.on("/a", lambda _: Answer(pack(body), headers={"Content-Encoding": coding}))
        assert fetch(site.url("/a")).body == body


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "gzip, gzip, gzip", "zstd", "gzip, br"])
def test_other_packings_are_refused(coding: str) -> None:
    with Site() as site:
        site.on("/a", lambda _: Answer(b"x", headers={"Content-Encoding": coding}))
        with pytest.raises(BodyRefused) as caught:
            fetch(site.url("/a"))
    assert caught.value.reason == "bad_encoding"


def test_what_is_not_packed_as_it_says_is_refused() -> None:
    with Site() as site:
        site.on("/a", lambda _: Answer(b"plain", headers={"Content-Encoding": "gzip"}))
        with pytest.raises(BodyRefused):
            fetch(site.url("/a"))


@pytest.mark.parametrize("claimed", [True, False])
def test_a_body_beyond_the_limit_is_refused_or_cut(claimed: bool) -> None:
    def script(_: Request) -> Answer:
        return Answer(b"x" * 2000) if claimed else Answer(pieces(b"x" * 100, 20))

    with Site() as site:
        site.on("/a", script)
        with pytest.raises(BodyRefused) as caught:
            fetch(site.url("/a"), most_bytes=1000)
        response = fetch(site.url("/a"), most_bytes=1000, cut=True)

    assert caught.value.reason == "too_large"
    assert (len(response.body), response.is_cut) == (1000, True)


async def pieces(piece: bytes, count: int, pause: float = 0.0) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(pause)
        yield piece


def test_a_body_of_just_the_limit_is_taken() -> None:
    with Site() as site:
        site.gzipped("/a", b"x" * 1000)
        response = fetch(site.url("/a"), most_bytes=1000)
    assert (len(response.body), response.is_cut) == (1000, False)


def test_a_drip_ends_with_the_time_for_the_request() -> None:
    with Site() as site:
        site.on("/a", lambda _: Answer(pieces(b"x", 1000, 0.05)))
        with pytest.raises(errors.SiteUnreachable):
            fetch(site.url("/a"), within(request_timeout=timedelta(seconds=0.3)))


def test_what_nobody_wants_is_not_read() -> None:
    with Site() as site:
        site.on("/a", lambda _: Answer(b"x" * 90_000, headers={"Content-Type": "image/png"}))
        response = fetch(site.url("/a"), wanted=lambda status, kind: kind == "text/html")
    assert (response.status, response.body) == (200, b"")


def test_validators_make_a_request_conditional() -> None:
    with Site() as site:
        site.page("/a", "hello")
        etag = fetch(site.url("/a")).headers["etag"]
        response = fetch(site.url("/a"), validators=Validators(etag=etag, last_modified="then"))
        assert site.requests[-1].headers["if-modified-since"] == "then"
    assert (response.status, response.body) == (304, b"")


def test_a_closed_port_is_an_unreachable_site() -> None:
    with Site() as site:
        url = site.url("/")
    with pytest.raises(errors.SiteUnreachable):
        fetch(url)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 banana\r\n\r\n", b"\0\1\2\3\r\n\r\n", b"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    ],
)  # fmt: skip
def test_broken_http_is_an_unreachable_site(raw: bytes) -> None:
    with Site() as site:
        site.on("/a", lambda _: Answer(pieces(b"", 1), raw_header=raw))
        with pytest.raises(errors.SiteUnreachable):
            fetch(site.url("/a"))


@pytest.mark.parametrize(("name", "value"), [("X-Big", "v" * 90_000), ("X-Huge", "v" * 1_000_000)])
def test_oversized_headers_are_refused(name: str, value: str) -> None:
    with Site() as site:
        site.page("/a", "hello", headers={name: value})
        with pytest.raises((BodyRefused, errors.SiteUnreachable)):
            fetch(site.url("/a"))


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (401, errors.AccessDenied, False),
        (403, errors.AccessDenied, False),
        (404, errors.PageGone, False),
        (410, errors.PageGone, False),
        (418, errors.PageGone, False),
        (429, errors.SiteOverloaded, True),
        (500, errors.SiteUnreachable, True),
        (503, errors.SiteOverloaded, True),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[Exception], retryable: bool) -> None:
    with Site() as site:
        site.fail("/a", status, headers={"Retry-After": "7"})
        error = error_of(fetch(site.url("/a")))

    assert type(error) is kind
    assert isinstance(error, errors.SiteError)
    assert error.retryable is retryable
    if retryable:
        assert error.retry_after == 7


def ask_patiently(site: Site, path: str) -> Any:
    async def act() -> Any:
        async with Fetcher(HASTY, lambda _: True) as fetcher:
            return await get_patiently(fetcher, site.url(path), HASTY, most_bytes=1000)

    return asyncio.run(act())


def test_passing_errors_are_waited_out() -> None:
    with Site() as site:
        site.page("/a", "hello")
        site.fail("/a", 500, times=2)
        assert ask_patiently(site, "/a").status == 200
        assert site.hits("/a") == 3


def test_lasting_errors_are_raised_after_three_tries() -> None:
    with Site() as site:
        site.fail("/a", 500)
        with pytest.raises(errors.SiteUnreachable):
            ask_patiently(site, "/a")
        assert site.hits("/a") == 3


def test_nobody_waits_for_an_hour() -> None:
    with Site() as site:
        site.fail("/a", 429, headers={"Retry-After": "3600"})
        with pytest.raises(errors.SiteOverloaded) as caught:
            ask_patiently(site, "/a")
        assert site.hits("/a") == 1
    assert caught.value.retry_after == 3600


NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 5 ", 5),
        ("Thu, 01 Jan 2026 12:01:30 GMT", 90),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999999", None),
        ("", None),
        ("9" * 5000, 999_999_999),
    ],
)
def test_retry_after_is_read_as_seconds(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == seconds
