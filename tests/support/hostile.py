"""Sites that would rather have the crawler for breakfast, one trick each.

`TRICKS` names each trick, and how a job may end that meets it: with a partial result, or with one
of the errors that say what is wrong with the site.
"""

import asyncio
import gzip
import itertools
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import cache, partial

from tests.support.site import Answer, Request, Script, Site, html, prose

KIB, MIB = 1024, 1024 * 1024
COMPLETED = "completed"
NOTHING = "no_usable_content"
SILENT = "site_unreachable"


@dataclass(frozen=True, kw_only=True)
class Trick:
    """What a site does, and what may become of a job on it."""

    prepare: Callable[[Site], None]
    ends: frozenset[str]
    """`completed`, or codes of errors."""
    formats: tuple[str, ...] = ("markdown", "html", "json", "llms")
    pages: int = 30
    takes_minutes: bool = False
    """Every try lasts as long as one may."""


def front(site: Site, *targets: str) -> None:
    """A start page that links to the targets and to one good page."""
    links = "".join(f'<a href="{target}">x</a>' for target in (*targets, "good"))
    site.page("/docs/", prose("front") + links)
    site.page("/docs/good", prose("good"))


def page(script: Script, *, takes_minutes: bool = False) -> Trick:
    """The trick is on one page of several: it costs that page."""

    def prepare(site: Site) -> None:
        front(site, "trick")
        site.on("/docs/trick", script)

    return Trick(prepare=prepare, ends=frozenset({COMPLETED}), takes_minutes=takes_minutes)


def start(script: Script, *codes: str, takes_minutes: bool = False) -> Trick:
    """The trick is on the start page: there is no result without it."""
    return Trick(
        prepare=lambda site: site.on("/docs/", script),
        ends=frozenset(codes),
        takes_minutes=takes_minutes,
    )


def beside(target: str, script: Script) -> Trick:
    """The trick is in a file that crawlers ask for."""

    def prepare(site: Site) -> None:
        front(site, "good")
        site.on(target, script)

    return Trick(prepare=prepare, ends=frozenset({COMPLETED}))


def body(make: Callable[[], bytes], **headers: str) -> Script:
    """A body that is made when it is first asked for."""
    made = cache(make)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Answer(made(), headers=dict(fields))


def markup(make: Callable[[], str], *formats: str) -> Trick:
    """The trick is what a page holds; with it, and without it, there is a result."""

    def prepare(site: Site) -> None:
        front(site, "trick")
        page = cache(lambda: html(make()).encode())
        site.on("/docs/trick", lambda _: Answer(page()))

    every = ("markdown", "html", "json", "llms")
    return Trick(prepare=prepare, ends=frozenset({COMPLETED}), formats=(*every, *formats))


async def endless(piece: bytes = b"<p>more and more</p>" * 1000) -> AsyncIterator[bytes]:
    while True:
        yield piece


async def drip(piece: bytes = b"x") -> AsyncIterator[bytes]:
    while True:
        yield piece
        await asyncio.sleep(0.5)


def moved(location: str) -> Script:
    return lambda _: Answer(status=302, headers={"Location": location})


def redirects_without_end(site: Site) -> None:
    def script(request: Request) -> Answer:
        if not request.target.startswith("/docs/"):
            return Answer(b"not here", 404)
        return Answer(status=302, headers={"Location": f"{request.target}x"})

    site.otherwise(script)


def link_endlessly(site: Site, shape: str, *, distinct: bool = True, width: int = 5) -> None:
    """Have every page link to more of endlessly many."""
    numbers = itertools.count()

    def script(request: Request) -> Answer:
        if not request.target.startswith("/docs/"):
            return Answer(b"not here", 404)
        here = next(numbers)
        links = "".join(
            f"<a href=/docs/{shape.format(n=width * here + k, token=f'{here * 9 + k:032x}')}>x"
            for k in range(1, width)
        )
        text = prose(f"number {here}") if distinct else prose("always the same")
        return Answer(html(text + links).encode())

    site.otherwise(script)


def endless_site(shape: str, *, distinct: bool = True, width: int = 5) -> Trick:
    prepare = partial(link_endlessly, shape=shape, distinct=distinct, width=width)
    return Trick(prepare=prepare, ends=frozenset({COMPLETED}), pages=200)


def circle(site: Site) -> None:
    front(site)
    for here, there in (("a", "b"), ("b", "a")):
        named = f"<sitemapindex><loc>{site.url(f'/{there}.xml')}</loc></sitemapindex>"
        site.text(f"/{here}.xml", named)
    site.text("/robots.txt", f"Sitemap: {site.url('/a.xml')}")


def endless_index(site: Site) -> None:
    numbers = itertools.count()

    def script(request: Request) -> Answer:
        if "map" not in request.target:
            return Answer(b"not here", 404)
        listed = "".join(f"<loc>/map{next(numbers)}.xml</loc>" for _ in range(10_000))
        return Answer(f"<sitemapindex>{listed}</sitemapindex>".encode())

    front(site)
    site.otherwise(script)


def within_itself(site: Site) -> None:
    def script(request: Request) -> Answer:
        if not request.target.startswith("/docs/"):
            return Answer(b"not here", 404)
        return Answer(html(prose(request.target) + '<a href="sub/">x</a>').encode())

    site.otherwise(script)


def entities() -> bytes:
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    outside = '<!ENTITY f SYSTEM "file:///proc/self/environ">'
    return f'<!DOCTYPE x [<!ENTITY e0 "ha">{laughs}{outside}]><urlset><loc>&e11;&f;</loc>'.encode()


def robots(separator: str) -> bytes:
    named = [f"User-agent: r{n}" for n in range(15_000)]
    return separator.join(named + [f"Disallow: /x{n}" for n in range(15_000)]).encode()


def pictures(kind: str, make: Callable[[int], bytes], count: int = 1) -> Trick:
    def prepare(site: Site) -> None:
        shown = "".join(f'<img src="/picture{n}" alt="Picture {n}">' for n in range(count))
        site.page("/docs/", prose("front").replace("</main>", f"{shown}</main>"))
        for n in range(count):
            site.on(f"/picture{n}", body(partial(make, n), Content_Type=kind))

    return Trick(
        prepare=prepare, ends=frozenset({COMPLETED}), formats=("markdown", "html", "pdf", "docx")
    )


def png(side: int) -> bytes:
    """A picture of one colour, which packs to next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    packer = zlib.compressobj()
    lines = [packer.compress(bytes(side + 1)) for _ in range(min(side, 8000))]
    data = chunk(b"IDAT", b"".join(lines) + packer.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'


def svg_bomb() -> bytes:
    uses = "".join(f'<g id="g{n}">{f"""<use href="#g{n - 1}"/>""" * 10}</g>' for n in range(1, 10))
    return f'{SVG}<g id="g0"><rect width="1" height="1"/></g>{uses}</svg>'.encode()


BOMB = cache(lambda: gzip.compress(b"<p>boom</p>" * 10 * MIB, 9))

TRICKS: dict[str, Trick] = {
    # Bytes and time of one answer
    "an endless body": page(lambda _: Answer(endless())),
    "an endless body at the start": start(lambda _: Answer(endless()), NOTHING),
    "100 MB of text": page(body(lambda: b"<main><p>" + b"word " * 20 * MIB)),
    "a page of 5 MB of text": markup(lambda: "<main><p>" + "word " * 1_000_000, "pdf", "docx"),
    "a gzip bomb, 100 MB": page(body(BOMB, Content_Encoding="gzip")),
    "a gzip bomb at the start": start(body(BOMB, Content_Encoding="gzip"), NOTHING),
    "a bomb in a bomb": page(body(lambda: gzip.compress(BOMB()), Content_Encoding="gzip, gzip")),
    "200,000 empty gzip members": page(
        body(lambda: gzip.compress(b"") * 200_000, Content_Encoding="gzip")
    ),
    "a false length": page(lambda _: Answer(b"short", length=10**12)),
    "a megabyte of header": page(lambda _: Answer(b"", headers={"X": "x" * MIB})),
    "no HTTP": page(lambda _: Answer(b"", raw_header=b"220 smtp ready\r\n\r\n")),
    "a drip of body": page(lambda _: Answer(drip()), takes_minutes=True),
    "a drip of header": page(
        lambda _: Answer(drip(), raw_header=b"HTTP/1.1 200 OK\r\nX-Slow: "),
        takes_minutes=True,
    ),
    "silence": page(lambda _: Answer(latency=600), takes_minutes=True),
    "silence at the start": start(lambda _: Answer(latency=600), SILENT, takes_minutes=True),
    # Redirects
    "a redirect to itself": page(moved("/docs/trick")),
    "redirects without end": Trick(
        prepare=redirects_without_end, ends=frozenset({"too_many_redirects"})
    ),
    "a redirect to the metadata service": start(
        moved("http://169.254.169.254/latest/meta-data/"), "host_not_found"
    ),
    "a redirect to a file": start(moved("file:///proc/self/environ"), "host_not_found"),
    # Many pages
    "an endless calendar": endless_site("calendar/{n}/12/"),
    "session ids in the path": endless_site("s/{token}/page"),
    "session ids in the query": endless_site("a?visit={token}&n={n}"),
    "one page under endless names": endless_site("a/?q={token}", distinct=False, width=40),
    "a folder within itself": Trick(prepare=within_itself, ends=frozenset({COMPLETED}), pages=200),
    "half a million links": markup(lambda: "".join(f"<a href=p{n}>x" for n in range(350_000))),
    "URLs of 4 KB": markup(lambda: "".join(f"<a href={'x' * 4096}{n}>x" for n in range(1000))),
    # Lists and rules
    "circular sitemaps": Trick(prepare=circle, ends=frozenset({COMPLETED})),
    "sitemaps without end": Trick(prepare=endless_index, ends=frozenset({COMPLETED})),
    "an entity bomb": beside("/sitemap.xml", body(entities)),
    "16 MB of blanks in a sitemap": beside(
        "/sitemap.xml", body(lambda: b"<loc>" + b" " * 16 * MIB + b"<")
    ),
    "700,000 gzip members as sitemap": beside(
        "/sitemap.xml", body(lambda: gzip.compress(b"") * 700_000)
    ),
    "robots by rules": beside("/robots.txt", body(lambda: robots("\n"))),
    "robots by rules, by returns": beside("/robots.txt", body(lambda: robots("\r"))),
    "a robots.txt without end": beside(
        "/robots.txt", lambda _: Answer(endless(b"Disallow: /x\n" * 1000))
    ),
    "a pause of aeons in robots.txt": beside(
        "/robots.txt", body(lambda: b"User-agent: *\nCrawl-delay: 1e300")
    ),
    "millions of links in llms.txt": beside(
        "/llms.txt", body(lambda: b"[a](a)" * 2_500_000, Content_Type="text/plain")
    ),
    # What a page holds
    "divisions 100,000 deep": markup(lambda: "<div>" * 100_000 + "x" + "</div>" * 100_000),
    "tables within tables": markup(lambda: "<table><tr><td>" * 300 + "<p>x" * MIB),
    "quotations 400 deep": markup(lambda: "<blockquote>" * 400 + "<p>x" * MIB, "docx"),
    "lists 200 deep": markup(lambda: "<ul><li>" * 200 + "<p>x" * MIB),
    "a menu of 500,000 entries": markup(lambda: "<select>" + "<option>x" * 500_000),
    "a tag of a million attributes": markup(
        lambda: "<p " + " ".join(f"a{n}=1" for n in range(400_000)) + ">x"
    ),
    "tags that never end": markup(lambda: ("<a" * 7999 + ">") * 320),
    "a million open brackets": markup(lambda: "<main><p>" + "![" * MIB),
    "one word of 250 KB": markup(lambda: "<main><p>" + "x" * 250 * KIB, "pdf", "docx"),
    "200,000 accents on a letter": markup(lambda: "<main><p>a" + "\u0301" * 200_000, "docx"),
    "half a million headings": markup(lambda: "<main>" + "<h2>x</h2>" * 500_000),
    "a table of 30,000 cells in a row": markup(
        lambda: "<main><table><tr>" + "<td>x" * 30_000, "docx"
    ),
    # Charsets and types
    "UTF-16 that is none": page(body(lambda: b"\xff\xfe\xfa" * MIB, Content_Type="text/html")),
    "a charset of nonsense": page(
        body(lambda: b"<html>\xff\xfe" * 1000, Content_Type="text/html; charset=zlib_codec")
    ),
    "a program called HTML": page(body(lambda: b"\x7fELF" + bytes(MIB), Content_Type="text/html")),
    "a program at the start": start(
        body(lambda: b"\x7fELF" + bytes(MIB), Content_Type="text/html"), NOTHING
    ),
    # Pictures
    "a picture of 60,000 by 60,000": pictures("image/png", lambda _: png(60_000)),
    "30 pictures of 6,000 by 6,000": pictures("image/png", partial(png, 6000), 30),
    "a drawing of 10,000 by 10,000": pictures(
        "image/svg+xml", lambda _: SVG.replace('"9"', '"10000"').encode() + b"<g/></svg>"
    ),
    "a drawing 100,000 deep": pictures(
        "image/svg+xml",
        lambda _: SVG.encode() + b"<g>" * 100_000 + b"</g>" * 100_000 + b"</svg>",
    ),
    "a drawing that draws a billion": pictures("image/svg+xml", lambda _: svg_bomb()),
    "a drawing with an entity bomb": pictures(
        "image/svg+xml", lambda _: entities().replace(b"<urlset>", SVG.encode())
    ),
}
