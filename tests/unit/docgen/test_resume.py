"""A run that stopped goes on; a run that ended is brought up to date."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docgen import Interrupted, Options, Progress, Result, generate
from docgen.store import Store

from tests.support.crawling import HASTY
from tests.support.site import Site, prose

FORMATS = ("markdown", "json")


def run(site: Site, folder: Path, path: str = "/docs/", **arguments: Any) -> Result:
    """Generate into a fresh directory, with the folder's store."""
    options = {name: arguments.pop(name) for name in ("max_pages", "include") if name in arguments}
    directory = folder / f"out-{len(list(folder.glob('out-*')))}"
    return generate(
        site.url(path), Options(formats=FORMATS, **options), directory=directory, limits=HASTY,
        allow_address=lambda _: True, store=folder / "store.sqlite", **arguments,
    )  # fmt: skip


def after(steps: int) -> Callable[[], bool]:
    """Say stop after having been asked so often."""
    asked = iter(range(10**9))
    return lambda: next(asked) >= steps


def contents(result: Result) -> bytes:
    return result.files["zip"].read_bytes()


def hits(site: Site) -> dict[str, int]:
    pages = [target for target in site.targets() if "page-" in target]
    return {target: pages.count(target) for target in pages}


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    pages = [0]
    with Site(latency=0.01) as site:
        site.docs(60)
        with pytest.raises(Interrupted):
            run(
                site,
                tmp_path,
                should_stop=lambda: pages[-1] >= 15,
                on_progress=lambda progress: pages.append(progress.pages),
            )
        before = len(hits(site))
        result = run(site, tmp_path)

        assert 14 <= before <= 15 + 2 * HASTY.concurrency
        assert result.pages == 60
        assert sum(hits(site).values()) <= 59 + HASTY.concurrency


@pytest.mark.parametrize("steps", [1, 5, 20, 60, 90, 120, 150, 170, 190])
def test_a_run_interrupted_anywhere_ends_like_one_that_was_not(tmp_path: Path, steps: int) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with Site() as site:
        site.docs(30)
        whole = run(site, tmp_path / "a")
        for _ in range(200):
            try:
                pieces = run(site, tmp_path / "b", should_stop=after(steps))
                break
            except Interrupted:
                steps += 3
        assert files(pieces) == files(whole)


def files(result: Result) -> dict[str, bytes]:
    """Read what was written, but for the times."""
    folder = result.manifest.parent / "markdown"
    return {
        str(path.relative_to(folder)): path.read_bytes().split(b"fetched", 1)[0]
        for path in sorted(folder.rglob("*.md"))
    }


@pytest.mark.parametrize("steps", [3, 6, 9])
def test_the_language_to_keep_is_not_forgotten_over_an_interruption(
    tmp_path: Path, steps: int
) -> None:
    kinds = ("de", "en", "fr")
    menu = "".join(f'<a href="{kind}/{name}">x</a>' for kind in kinds for name in "abc")
    with Site() as site:
        front = f"<html lang=de><title>F</title>{prose('front')}{menu}"
        site.text("/docs/", front, "text/html")
        for kind in kinds:
            for name in "abc":
                site.page(f"/docs/{kind}/{name}", prose(f"{kind} {name}"))
        with pytest.raises(Interrupted):
            run(site, tmp_path, should_stop=after(steps))
        names = {path.parent.name for path in run(site, tmp_path).manifest.parent.rglob("[abc].md")}

    assert names == {"de"}


def test_progress_never_falls_over_interruptions(tmp_path: Path) -> None:
    told: list[Progress] = []
    with Site() as site:
        site.docs(30)
        for steps in (15, 30, 60, 10_000):
            try:
                run(site, tmp_path, should_stop=after(steps), on_progress=told.append)
            except Interrupted:
                continue

    percents = [progress.percent for progress in told]
    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_a_second_run_asks_only_whether_anything_changed(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(20)
        first = run(site, tmp_path)
        site.forget()
        second = run(site, tmp_path)

        pages = [request for request in site.requests if request.target.startswith("/docs/p")]
        assert len(pages) == 19
        assert all("if-none-match" in request.headers for request in pages)
        assert contents(second) == contents(first)


def test_a_second_run_still_says_what_is_wrong_with_pages(tmp_path: Path) -> None:
    with Site() as site:
        site.page(
            "/docs/", prose("front") + "<a href=lost>x</a><a href=bare>x</a><a href=a?v=1>x</a>"
        )
        site.page("/docs/lost", "<h1>404 Not found</h1>", title="404")
        site.text("/docs/bare", "", "text/html")
        for target in ("/docs/a", "/docs/a?v=1"):
            site.page(target, prose(target), title="A", head="<link rel=canonical href=/docs/a>")
        first = run(site, tmp_path)
        second = run(site, tmp_path)

    reasons = {page["reason"] for page in json.loads(second.manifest.read_bytes())["skipped"]}
    assert reasons == {"soft_404", "empty"}
    assert contents(second) == contents(first)


def test_a_second_run_takes_in_what_changed(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(6)
        run(site, tmp_path)
        site.page("/docs/page-a0.html", prose("changed") + '<a href="new">n</a>', title="Changed")
        site.page("/docs/new", prose("new"), title="New")
        site.fail("/docs/page-b1.html", 404)
        second = run(site, tmp_path)

    text = (second.manifest.parent / "markdown").rglob("*.md")
    joined = "".join(path.read_text() for path in text)
    assert "about changed" in joined
    assert "about new" in joined
    assert "about page-b1" not in joined
    assert (second.pages, second.failed_pages) == (6, 1)


def varied(site: Site) -> None:
    """Serve pages with other names, copies, and copies that only the end shows to be some."""
    names = ["old", "a", "b", "copy", *(f"{v}/{n}" for v in ("1.0", "2.0") for n in ("x", "y"))]
    menu = "".join(f'<a href="{name}">{name}</a> ' for name in names)
    site.page("/docs/", prose("front") + menu)
    site.redirect("/docs/old", "/docs/a")
    for name in names[1:]:
        site.page(f"/docs/{name}", prose("b" if name == "copy" else name), title=name)
    site.page("/docs/a", prose("a") + '<a href="late">l</a>', title="a")
    site.page("/docs/late", prose("late") + '<a href="2.0/z">z</a>', title="late")
    site.page("/docs/2.0/z", prose("z") + '<a href="/docs/1.0/z">z</a>', title="z")
    site.page("/docs/1.0/z", prose("old z"), title="old z")


def test_no_body_is_fetched_again_under_any_name(tmp_path: Path) -> None:
    with Site() as site:
        varied(site)
        first = run(site, tmp_path)
        site.forget()
        second = run(site, tmp_path)

        bare = {r.target for r in site.requests if "if-none-match" not in r.headers}
        assert bare <= {"/robots.txt", "/llms.txt", "/docs/llms.txt", "/sitemap.xml",
                        "/docs/sitemap.xml"}  # fmt: skip
        assert contents(second) == contents(first)


def test_a_second_run_has_what_a_first_one_would_have(tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    with Site() as site:
        varied(site)
        run(site, tmp_path)
        site.page("/docs/a", prose("a without the link"), title="a")  # nothing leads to `late` now
        site.page("/docs/copy", prose("something of its own"), title="copy")
        site.page("/docs/old", prose("a page at last"), title="old")
        site.fail("/docs/b", 404)
        second, fresh = run(site, tmp_path), run(site, tmp_path / "fresh")

    assert files(second) == files(fresh)
    assert {"copy.md", "old.md"} <= set(files(second))
    assert not {"late.md", "b.md"} & set(files(second))


def test_more_pages_can_be_asked_for_later(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(12)
        assert run(site, tmp_path, max_pages=4).truncated
        second = run(site, tmp_path, max_pages=50)
        assert (second.pages, second.truncated) == (12, False)


def test_other_patterns_give_another_result(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(6)
        run(site, tmp_path)
        assert run(site, tmp_path, include=("/docs/page-a*",)).pages == 1
        assert run(site, tmp_path).pages == 6


def test_a_store_of_another_site_is_not_mixed_up(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(4)
        site.docs(3, folder="/other/")
        run(site, tmp_path)
        result = run(site, tmp_path, "/other/")
        assert result.pages == 3


@pytest.mark.parametrize("rubbish", [b"", b"not a database, by any means" * 100, b"\0" * 5000])
def test_a_store_that_is_none_is_made_anew(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "store.sqlite").write_bytes(rubbish)
    with Site() as site:
        site.docs(3)
        assert run(site, tmp_path).pages == 3


def test_a_finished_store_is_one_file(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(3)
        run(site, tmp_path)
    assert [path.name for path in tmp_path.glob("store*")] == ["store.sqlite"]


KILLED = """
import os, sys
from pathlib import Path
from docgen import Options, generate
url, folder = sys.argv[1], Path(sys.argv[2])
generate(url, Options(), directory=folder / "out", store=folder / "s", allow_address=lambda _: True,
         on_progress=lambda progress: progress.pages >= 60 and os.kill(os.getpid(), 9))
"""


def test_a_killed_run_goes_on_from_its_last_commit(tmp_path: Path) -> None:
    with Site(latency=0.005) as site:
        site.docs(100)
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, site.url("/docs/"), str(tmp_path)],
            env={"PYTHONPATH": "layers/docgen"}, check=False,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL
        with Store(tmp_path / "s") as store:
            kept = len(list(store.pages()))
        site.forget()
        result = generate(
            site.url("/docs/"), Options(formats=("json",)), directory=tmp_path / "out",
            store=tmp_path / "s", allow_address=lambda _: True, limits=HASTY,
        )  # fmt: skip

        assert kept >= 25
        assert result.pages == 100
        assert len(hits(site)) == 100 - kept
