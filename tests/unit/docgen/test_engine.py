import json
import struct
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from docgen import GenerateError, Options, Progress, Result, Stage, errors, generate
from docgen.engine import NoUsableContent

from tests.support.crawling import HASTY, within
from tests.support.site import Answer, Site, prose

SHELL = '<div id="root"></div><script src="/app.js"></script>'
LOGIN = (
    "<main><h1>Sign in</h1><form action=/login method=post><input name=user>"
    "<input type=password name=password><button>Sign in</button></form></main>"
)


def run(site: Site, directory: Path, path: str = "/docs/", **arguments: Any) -> Result:
    options = {name: arguments.pop(name) for name in ("max_pages", "title", "include")
               if name in arguments}  # fmt: skip
    return generate(
        site.url(path), Options(**{"formats": ("markdown", "json"), **options}),
        directory=directory, allow_address=lambda _: True, limits=arguments.pop("limits", HASTY),
        **arguments,
    )  # fmt: skip


def manifest(result: Result) -> Any:
    return json.loads(result.manifest.read_text())


def test_a_site_becomes_files(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(5)
        result = run(site, tmp_path, title="My docs")

        assert (result.title, result.pages, result.failed_pages) == ("My docs", 5, 0)
        assert (result.formats, result.truncated) == (("markdown", "json"), False)
        assert result.words > 100
        assert set(result.files) == {"markdown", "json", "zip"}
        assert all(path.is_file() for path in result.files.values())
        assert result.bytes == result.files["zip"].stat().st_size
        assert len(manifest(result)["pages"]) == 5


def test_nothing_but_the_result_is_left_behind(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(3)
        run(site, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "markdown", "json", "manifest.json", "bundle.zip"
    }  # fmt: skip


def test_failures_and_what_was_left_out_are_named(tmp_path: Path) -> None:
    with Site() as site:
        links = '<a href="a">a</a><a href="b">b</a><a href="c.pdf">c</a>'
        site.page("/docs/", prose("front") + links)
        site.page("/docs/a", prose("a"))
        site.fail("/docs/b", 404)
        result = run(site, tmp_path)
        skipped = {entry["url"]: entry["reason"] for entry in manifest(result)["skipped"]}

        assert (result.pages, result.failed_pages) == (2, 1)
        assert skipped == {site.url("/docs/b"): "http_404", site.url("/docs/c.pdf"): "not_html"}


def test_a_cut_result_says_so(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(9)
        assert run(site, tmp_path, max_pages=4).truncated


def test_a_site_is_called_what_its_pages_call_it_where_its_first_page_does_not(
    tmp_path: Path,
) -> None:
    with Site() as site:
        topics = ["apples", "bears", "cats", "dogs", "eggs"]
        links = "".join(f'<a href="{topic}">{topic}</a>' for topic in topics)
        site.page("/docs/", prose("Introduction") + links, title="Introduction - Widgets")
        for topic in topics:
            site.page(f"/docs/{topic}", prose(topic), title=f"{topic} - Widgets")

        assert run(site, tmp_path).title == "Widgets"


def test_progress_goes_through_all_stages_to_a_hundred(tmp_path: Path) -> None:
    told: list[Progress] = []
    with Site(latency=0.01) as site:
        site.docs(40)
        run(site, tmp_path, on_progress=told.append)

    percents = [progress.percent for progress in told]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (1, 100)
    assert len(set(percents)) > 40
    assert list(dict.fromkeys(progress.stage for progress in told)) == list(Stage)
    assert max(progress.pages for progress in told) == 40


def test_what_on_progress_raises_comes_out_of_generate(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    for stage in Stage:

        def tell(progress: Progress, stage: Stage = stage) -> None:
            if progress.stage is stage:
                raise Enough

        with Site() as site:
            site.docs(4)
            with pytest.raises(Enough):
                run(site, tmp_path / stage, on_progress=tell)


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [(404, "page_gone", False), (403, "access_denied", False), (500, "site_unreachable", True),
     (429, "site_overloaded", True)],
)  # fmt: skip
def test_errors_carry_code_and_message(
    tmp_path: Path, status: int, code: str, retryable: bool
) -> None:
    with Site() as site:
        site.fail("/docs/", status)
        with pytest.raises(GenerateError) as caught:
            run(site, tmp_path)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://nowhere.invalid/", "ftp://h/", "nonsense", "http://u:p@h/"],
)
def test_what_cannot_be_reached_is_an_error_of_the_site(tmp_path: Path, url: str) -> None:
    with pytest.raises(errors.SiteError):
        generate(url, directory=tmp_path, allow_address=lambda _: True, limits=HASTY)


def test_an_address_that_is_not_allowed_gets_no_connection(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(2)
        with pytest.raises(errors.AddressRefused):
            generate(site.url("/docs/"), directory=tmp_path, allow_address=lambda _: False)
        assert site.connections == 0


@pytest.mark.parametrize("body", [SHELL, LOGIN, ""])
def test_a_site_without_text_is_a_clear_error(tmp_path: Path, body: str) -> None:
    with Site() as site:
        site.page("/docs/", body)
        with pytest.raises(NoUsableContent):
            run(site, tmp_path)


def test_a_site_of_nothing_but_pdfs_is_a_clear_error(tmp_path: Path) -> None:
    with Site() as site:
        files = "".join(f'<li><a href="{name}.pdf">{name} manual</a></li>' for name in "abcdef")
        site.page("/docs/", f"<h1>Manuals</h1><ul>{files}</ul>")
        with pytest.raises(NoUsableContent, match="PDF"):
            run(site, tmp_path)


def test_patterns_that_leave_nothing_are_a_clear_error(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(3)
        with pytest.raises(NoUsableContent, match="patterns"):
            run(site, tmp_path, include=("/nowhere/*",))


def png(size: int = 4) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + b"\x7f" * size for _ in range(size)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def with_image(site: Site, body: bytes, content_type: str = "image/png") -> None:
    text = prose("front").replace("</main>", '<p><img src="/pic.png" alt="A picture"></p></main>')
    site.page("/docs/", text)
    fields = {"Content-Type": content_type, "ETag": '"1"'}

    def script(request: Any) -> Answer:
        if "if-none-match" in request.headers:
            return Answer(status=304)
        return Answer(body, headers=dict(fields))

    site.on("/pic.png", script)


def test_images_come_into_the_bundle(tmp_path: Path) -> None:
    with Site() as site:
        with_image(site, png())
        run(site, tmp_path)
    images = list((tmp_path / "markdown").rglob("*.png"))
    assert [path.read_bytes() for path in images] == [png()]


@pytest.mark.parametrize(
    ("body", "content_type", "limits"),
    [
        (png(), "text/html", HASTY),
        (png(), "image/png", within(images=0)),
        (png(), "image/png", within(image_bytes=10)),
        (png(), "image/png", within(images_bytes=0)),
        (b"no picture", "image/png", HASTY),
    ],
)
def test_images_beyond_the_limits_stay_where_they_are(
    tmp_path: Path, body: bytes, content_type: str, limits: Any
) -> None:
    with Site() as site:
        with_image(site, body, content_type)
        assert run(site, tmp_path, limits=limits).pages == 1
        assert site.url("/pic.png") in next((tmp_path / "markdown").rglob("index.md")).read_text()
    assert not list((tmp_path / "markdown").rglob("*.png"))


def test_images_are_not_fetched_again(tmp_path: Path) -> None:
    with Site() as site:
        with_image(site, png())
        run(site, tmp_path / "a", store=tmp_path / "store")
        run(site, tmp_path / "b", store=tmp_path / "store")

        assert "if-none-match" in site.requests[-1].headers
    assert list((tmp_path / "b" / "markdown").rglob("*.png"))


def test_images_are_asked_for_as_robots_txt_has_it(tmp_path: Path) -> None:
    with Site() as site:
        with_image(site, png())
        site.text("/robots.txt", "User-agent: *\nDisallow: /pic")
        assert run(site, tmp_path).pages == 1
        assert site.hits("/pic.png") == 0


def with_images(site: Site, count: int, answer: Answer) -> None:
    shown = "".join(f'<p><img src="/{n}.png" alt="A picture"></p>' for n in range(count))
    site.page("/docs/", prose("front").replace("</main>", f"{shown}</main>"))
    for number in range(count):
        site.on(f"/{number}.png", lambda _: answer)


def test_images_are_asked_for_one_by_one_where_a_pause_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docgen.images.PATIENCE_SECONDS", 0.3)
    with Site() as site:
        with_images(site, 20, Answer(png(), headers={"Content-Type": "image/png"}, latency=0.02))
        site.text("/robots.txt", "User-agent: *\nCrawl-delay: 0.1")
        run(site, tmp_path)

        assert 3 <= len([target for target in site.targets() if "png" in target]) <= 4
        assert site.most_at_once == 1


def test_no_more_images_are_asked_for_where_fewer_requests_are_wanted(tmp_path: Path) -> None:
    with Site() as site:
        with_images(site, 40, Answer(status=429, latency=0.05))
        run(site, tmp_path)
        assert len([target for target in site.targets() if "png" in target]) <= HASTY.concurrency


def test_a_page_without_anything_on_it_is_named_and_left_out(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(3)
        site.text("/docs/page-a0.html", "", "text/html")
        result = run(site, tmp_path)

    assert result.pages == 2
    assert [page["reason"] for page in manifest(result)["skipped"]] == ["empty"]


def a_book(site: Site, *, chapters: int, together: str) -> None:
    """Serve chapters, and a page that has them all."""
    names = [f"chapter {chr(97 + number)}" for number in range(chapters)]
    links = "".join(f'<li><a href="{name[-1]}.html">{name}</a>' for name in names)
    site.page("/docs/", f'{prose("front")}<ul><li><a href="all.html">all</a>{links}</ul>')
    bodies = {name: prose(name) + f"<p>{name} goes on. " * 40 for name in names}
    for name, body in bodies.items():
        site.page(f"/docs/{name[-1]}.html", f"<main>{body}</main>", title=name)
    whole = together.join(bodies.values()).replace("<main>", "").replace("</main>", "")
    site.page("/docs/all.html", f"<main>{whole}</main>", title="The whole book")


def test_a_menu_on_a_page_of_its_own_gives_the_order(tmp_path: Path) -> None:
    with Site() as site:
        site.page("/docs/", "<h1>Home</h1>" + prose("front") + "<iframe src=toc.html></iframe>")
        menu = (
            "<ol><li><a href=z.html>First</a></li><li><ol><li><a href=m.html>Within</a></li></ol>"
            "</li><li><a href=a.html>Last</a></li></ol>"
        )
        site.page("/docs/toc.html", menu, head="<base target=_parent>")
        for name in "amz":
            site.page(f"/docs/{name}.html", f"<h1>{name}</h1>" + prose(name))
        result = run(site, tmp_path)

        assert [page["url"].rpartition("/")[2] for page in manifest(result)["pages"]] == [
            "", "z.html", "m.html", "a.html"
        ]  # fmt: skip
        assert {entry["reason"] for entry in manifest(result)["skipped"]} == {"frame_menu"}


def test_a_page_that_is_all_others_once_more_is_left_out(tmp_path: Path) -> None:
    with Site() as site:
        a_book(site, chapters=6, together="<hr>")
        result = run(site, tmp_path)

    assert result.pages == 7
    reasons = {page["url"][-8:]: page["reason"] for page in manifest(result)["skipped"]}
    assert reasons == {"all.html": "print_copy"}


@pytest.mark.parametrize(
    ("chapters", "together", "max_pages"),
    [(2, "", 100), (6, "<p>" + "words of its own " * 300, 100), (6, "", 4)],
)
def test_a_long_page_that_has_something_of_its_own_stays(
    tmp_path: Path, chapters: int, together: str, max_pages: int
) -> None:
    with Site() as site:
        a_book(site, chapters=chapters, together=together)
        result = run(site, tmp_path, max_pages=max_pages)

    assert "all.html" in " ".join(page["url"] for page in manifest(result)["pages"])


@pytest.mark.parametrize(("limits", "count"), [(HASTY, 1), (within(images=0), 0)])
def test_images_that_stand_in_the_page_come_into_the_bundle(
    tmp_path: Path, limits: Any, count: int
) -> None:
    data = f"data:image/png;base64,{b64encode(png()).decode()}"
    with Site() as site:
        shown = f'<p><img src="{data}" alt="A plot"></p></main>'
        site.page("/docs/", prose("front").replace("</main>", shown))
        run(site, tmp_path / "a", store=tmp_path / "store", limits=limits)
        run(site, tmp_path / "b", store=tmp_path / "store", limits=limits)

    for name in ("a", "b"):
        images = list((tmp_path / name / "markdown").rglob("*.png"))
        assert [path.read_bytes() for path in images] == [png()] * count
        text = next((tmp_path / name / "markdown").rglob("index.md")).read_text()
        assert "A plot" in text
        assert "embedded:" not in text
