import io
import re
from pathlib import Path

import pytest
from docgen.__main__ import Display, main, summary
from docgen.engine import Progress, Result, Stage

from local.site_server import served
from tests.support.links import broken_links


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(percent: int, stage: Stage = Stage.CRAWLING, **more: object) -> Progress:
    facts = {"pages": 3, "known": 9, "failed": 0, "current": "https://example.com/a"}
    return Progress(stage=stage, percent=percent, **{**facts, **more})


def test_the_sample_site_is_documented_without_a_broken_link(tmp_path: Path) -> None:
    out = io.StringIO()

    with served() as (url, _):
        code = main([url, "--out", str(tmp_path), "--private"], out)

    said = out.getvalue()
    assert code == 0, said
    assert re.search(r"✓ Lantern\n  17 pages, 1 failed, [\d,]+ words", said)
    assert f"html      {tmp_path}/html/index.html" in said
    assert broken_links(tmp_path) == []


def test_private_addresses_need_to_be_asked_for(tmp_path: Path) -> None:
    out = io.StringIO()

    with served() as (url, requests):
        code = main([url, "--out", str(tmp_path)], out)

    assert (code, requests) == (1, [])
    assert "✗" in out.getvalue()
    assert "PRIVATE=1" in out.getvalue()


@pytest.mark.parametrize(
    "host", ["[64:ff9b::7f00:1]", "[::127.0.0.1]", "[fec0::1]", "[2002:7f00:1::]", "240.0.0.1"]
)
def test_an_address_that_stands_for_a_private_one_is_none_of_the_public(
    host: str, tmp_path: Path
) -> None:
    out = io.StringIO()

    assert main([f"http://{host}/", "--out", str(tmp_path)], out) == 1
    assert "has no public address" in out.getvalue()


def test_a_depth_of_none_takes_the_first_page_alone(tmp_path: Path) -> None:
    out = io.StringIO()

    with served() as (url, _):
        code = main([url, "--out", str(tmp_path), "--private", "--max-depth", "0"], out)

    assert code == 0
    assert "1 page" in out.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [""],
        ["x.example"],
        ["http://x.example", "--formats", "html,exe"],
        ["http://x.example", "--max-pages", "0"],
        ["http://x.example", "--max-pages", "many"],
    ],
)
def test_wrong_usage_ends_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert "usage:" in said
    assert "_count" not in said


@pytest.mark.parametrize("name", ["html", "manifest.json"])
def test_what_somebody_else_has_put_there_is_not_overwritten(name: str, tmp_path: Path) -> None:
    out = io.StringIO()
    kept = tmp_path / name / "kept" if name == "html" else tmp_path / name
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("of the user's")

    with served() as (url, requests):
        code = main([url, "--out", str(tmp_path), "--private", "--formats", "markdown"], out)

    assert (code, requests) == (2, [])
    assert f"{tmp_path / name} is there already" in out.getvalue()
    assert kept.read_text() == "of the user's"


def test_the_last_run_is_replaced_and_what_lies_beside_it_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("of the user's")
    with served() as (url, _):
        for formats in ("html", "markdown"):
            main([url, "--out", str(tmp_path), "--private", "--formats", formats], io.StringIO())

    assert (tmp_path / "notes.txt").exists()
    assert (tmp_path / "markdown").exists()
    assert not (tmp_path / "html").exists()


def test_a_place_that_cannot_be_written_to_is_told_in_one_line(tmp_path: Path) -> None:
    out = io.StringIO()
    (tmp_path / "file").touch()

    assert main(["http://127.0.0.1:1/", "--out", str(tmp_path / "file")], out) == 1
    assert out.getvalue() == f"✗ {tmp_path}/file cannot be written to: File exists.\n"


def test_a_terminal_sees_a_bar_that_is_drawn_in_place() -> None:
    out = Terminal()
    display = Display(out, clock=iter([0.0, 0.01, 1.0]).__next__)

    display.show(progress(50))
    display.show(progress(51))
    display.show(progress(52, failed=2, current="evil\x1b[2J"))
    display.end()

    said = out.getvalue()
    assert said.count("Crawling") == 2
    assert "52 %" in said
    assert "3 of 9 pages, 2 failed" in said
    assert "evil\x1b" not in said
    assert said.endswith("\x1b[?25h")


def test_what_is_no_terminal_sees_a_line_now_and_then() -> None:
    out = io.StringIO()
    display = Display(out, clock=iter([0.0, 1.0, 2.0, 9.0]).__next__)

    for percent in (1, 2):
        display.show(progress(percent))
    display.show(progress(3, Stage.WRITING, current=None))
    display.show(progress(4, Stage.WRITING, current="pdf"))

    assert out.getvalue().splitlines() == [
        "  1 %  crawling  3 of 9 pages  https://example.com/a",
        "  3 %  writing  3 of 9 pages",
        "  4 %  writing  3 of 9 pages  pdf",
    ]


def test_the_summary_says_what_is_missing() -> None:
    result = Result(
        title="T",
        pages=2,
        failed_pages=1,
        words=1234,
        bytes=5_600_000,
        formats=("json",),
        truncated=True,
        files={"json": Path("out/json/documentation.json"), "zip": Path("out/bundle.zip")},
        manifest=Path("out/manifest.json"),
    )

    said = summary(result, Path("out"), 1.25, Display(io.StringIO()))

    assert said.splitlines() == [
        "✓ T",
        "  2 pages, 1 failed, 1,234 words, 5.6 MB in 1.2 s",
        "  There is more on the site than the limits let in (--max-pages).",
        "  json      out/json/documentation.json",
        "  zip       out/bundle.zip",
        "  manifest  out/manifest.json",
    ]
