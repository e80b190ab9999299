from pathlib import Path
from typing import Any

import pytest
from docgen.frontier import Frontier, Scope, shape_of
from docgen.options import Limits, Options
from docgen.records import State
from docgen.robots import Robots
from docgen.store import Store
from docgen.urls import Globs

ORIGIN = "https://e.com"
FOLDER = f"{ORIGIN}/docs/"
LIMITS = Limits()


def a_frontier(
    store: Store, *, robots: str = "", limits: Limits = LIMITS, **options: Any
) -> Frontier:
    wanted = Options(**options)
    scope = Scope(folder=FOLDER, include=Globs(wanted.include), exclude=Globs(wanted.exclude))
    rules = Robots(robots, origin=ORIGIN, robot_name="DocSnap")
    return Frontier(store, scope, rules, wanted, limits)


def taken(frontier: Frontier) -> list[str]:
    found = []
    while (known := frontier.take()) is not None:
        found.append(known.url.removeprefix(FOLDER))
    return found


def offer(frontier: Frontier, *paths: str, depth: int = 0) -> None:
    for path in paths:
        frontier.found_link(f"{FOLDER}{path}", depth=depth)


def test_the_folder_itself_is_in_scope_with_and_without_its_slash() -> None:
    scope = Scope(folder=FOLDER, include=Globs([]), exclude=Globs([]))
    inside = ["", "a", "?x=1"]
    assert all(scope.holds(f"{FOLDER}{path}") for path in inside)
    assert scope.holds("https://e.com/docs")
    outside = [
        "https://e.com/docs2",
        "https://e.com/",
        "http://e.com/docs/",
        "https://e.com.x/docs/",
    ]
    assert not any(scope.holds(url) for url in outside)


def test_nearer_pages_come_first_and_equals_in_their_order() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store)
        offer(frontier, "far", depth=3)
        offer(frontier, "b", "a", "c")
        assert taken(frontier) == ["b", "a", "c", "far"]


def test_a_page_found_again_nearer_moves_up() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store)
        frontier.found_listed(f"{FOLDER}x/y/z")
        offer(frontier, "a", depth=1)
        offer(frontier, "x/y/z")
        assert taken(frontier) == ["x/y/z", "a"]


def test_what_machines_should_read_comes_before_what_is_merely_listed() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store)
        frontier.found_listed(f"{FOLDER}listed")
        frontier.found_listed(f"{FOLDER}deep/down/below", for_machines=True)
        offer(frontier, "linked")
        assert taken(frontier) == ["linked", "deep/down/below", "listed"]


def test_calendars_come_after_everything_else() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store)
        offer(frontier, *(f"events/2026/{day}" for day in range(100)), *"abc")
        assert taken(frontier)[:3] == ["a", "b", "c"]


def test_a_manual_with_numbered_pages_is_no_trap() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store)
        offer(frontier, *(f"{n}.html" for n in range(2000)))
        assert len(taken(frontier)) == 2000


def test_urls_of_one_shape_are_counted() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store, limits=Limits(same_shape=20))
        offer(frontier, *(f"item/{n}" for n in range(50)))
        offer(frontier, *(f"day/{n}/{n}" for n in range(50)))
        found = taken(frontier)
        assert sum(path.startswith("item") for path in found) == 20
        assert sum(path.startswith("day") for path in found) == 4
        assert set(store.skip_reasons()) == {"trap"}


@pytest.mark.parametrize(
    ("path", "options", "reason"),
    [
        ("a/b", {"exclude": ("/docs/a/*",)}, "excluded"),
        ("a", {"include": ("/docs/b/*",)}, "excluded"),
        ("a.pdf", {}, "not_html"),
        ("a", {"max_depth": 0}, "too_deep"),
        ("x" * 3000, {}, "url_too_long"),
        ("a/b/" * 3, {}, "trap"),
        ("/".join("abcdefghijklmnopqrstuvwxyz"), {}, "trap"),
        ("a?" + "&".join(f"{c}=1" for c in "abcdefgh"), {}, "trap"),
        ("private", {"robots": "User-agent: *\nDisallow: /docs/private"}, "robots"),
    ],
)
def test_what_is_left_out_is_remembered_with_its_reason(
    path: str, options: dict[str, Any], reason: str
) -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store, **options)
        offer(frontier, path)
        assert taken(frontier) == []
        assert store.skip_reasons() == {reason: 1}


def test_what_is_no_page_is_not_even_remembered() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store)
        offer(frontier, "a.png", "style.css", "data.json")
        for url in (f"{ORIGIN}/blog", "https://x.org/docs/a"):
            frontier.found_link(url, depth=0)
        assert taken(frontier) == []
        assert store.skip_reasons() == {}


def test_there_is_an_end_to_what_can_be_known() -> None:
    with Store(Path(":memory:")) as store:
        frontier = a_frontier(store, limits=Limits(known_urls=10))
        offer(frontier, *(f"page-{chr(97 + n)}" for n in range(26)))
        assert len(taken(frontier)) == 10


def test_a_frontier_goes_on_from_its_store(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        frontier = a_frontier(store)
        offer(frontier, "a", "b", "c")
        first = frontier.take()
        assert first is not None
        store.mark(first.key, State.PAGE)
        assert frontier.take() is not None

    with Store(tmp_path / "s") as store:
        frontier = a_frontier(store)
        assert frontier.queued == 2
        offer(frontier, "a", "d")
        assert taken(frontier) == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.com/a/1", "https://e.com/a/22"),
        ("https://e.com/a?page=1", "https://e.com/a?page=2"),
        ("https://e.com/s/0123456789abcdef0/p", "https://e.com/s/fedcba98765432100/p"),
        ("https://e.com/a?x=1&y=2", "https://e.com/a?y=3&x=4"),
    ],
)
def test_urls_that_differ_in_numbers_have_one_shape(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)
    assert shape_of(one)[1] > 0


def test_names_make_shapes_of_their_own() -> None:
    assert shape_of("https://e.com/install") == ("https://e.com/install", 0)
