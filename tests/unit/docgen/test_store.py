from pathlib import Path

from docgen.extract import Document, Heading, NavLink
from docgen.records import CrawledPage, KnownUrl, State, Validators
from docgen.store import Store


def a_known(name: str, *, rank: float = 1.0, number: int = 1) -> KnownUrl:
    return KnownUrl(key=f"k/{name}", url=f"u/{name}", depth=1, rank=rank, number=number)


def a_page(
    name: str, *, rank: float = 1.0, number: int = 1, text: str | None = None
) -> CrawledPage:
    return CrawledPage(
        key=f"k/{name}", url=f"u/{name}", final_url=f"u/{name}", status=200,
        content_type="text/html", html=name.encode() * 1000, etag='"1"', last_modified=None,
        sha256="0", text_hash=text, depth=1, rank=rank, number=number, fetched_at="now",
    )  # fmt: skip


def a_document(name: str) -> Document:
    return Document(
        url=f"u/{name}", title="T", description=None, language="en", published=None, modified=None,
        breadcrumbs=("a", "b"), markdown="# T \ue000x\ue001", anchors={"id": "slug"},
        headings=(Heading(1, "T", "t"),), links=(("u", "text"),), images=(("i", "alt"),),
        navigation=(NavLink(1, "N", "n"),), words=7, problem=None,
    )  # fmt: skip


def a_store_with(path: Path, *names: str) -> Store:
    store = Store(path)
    for number, name in enumerate(names):
        store.add_url(a_known(name, number=number))
        store.put_page(a_page(name, number=number))
        store.mark(f"k/{name}", State.PAGE)
    return store


def test_pages_come_back_as_they_were_and_in_order() -> None:
    with a_store_with(Path(":memory:"), "c", "a", "b") as store:
        pages = list(store.pages())
        assert [page.url for page in pages] == ["u/c", "u/a", "u/b"]
        assert pages[0] == a_page("c", number=0)


def test_only_pages_of_the_result_are_listed() -> None:
    with a_store_with(Path(":memory:"), "a", "b") as store:
        store.mark("k/a", State.SKIPPED, reason="excluded")
        assert [page.url for page in store.pages()] == ["u/b"]
        assert list(store.skipped()) == [("u/a", "excluded")]


def test_documents_come_back_as_they_were() -> None:
    with Store(Path(":memory:")) as store:
        store.documents.put(3, a_document("b"))
        store.documents.put(1, a_document("a"))
        assert list(store.documents.all()) == [a_document("a"), a_document("b")]
        assert store.documents.of("u/b") == a_document("b")
        assert store.documents.sizes() == {1: ("T", 7), 3: ("T", 7)}


def test_the_most_important_url_is_taken_first() -> None:
    with Store(Path(":memory:")) as store:
        store.add_url(a_known("late", rank=2.0, number=1))
        store.add_url(a_known("second", rank=1.0, number=3))
        store.add_url(a_known("first", rank=1.0, number=2))
        taken = [store.next_url() for _ in range(4)]
        assert [known.url if known else None for known in taken] == [
            "u/first", "u/second", "u/late", None
        ]  # fmt: skip


def test_a_url_is_known_once() -> None:
    with Store(Path(":memory:")) as store:
        store.add_url(a_known("a", rank=1.0))
        store.add_url(a_known("a", rank=0.0))
        known = store.next_url()
        assert known is not None
        assert known.rank == 1.0
        assert store.next_url() is None


def test_what_was_being_visited_is_queued_again_after_a_crash(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.add_url(a_known("a"))
        assert store.next_url() is not None
    with Store(tmp_path / "s") as store:
        assert store.next_url() is not None


def test_aliases_lead_to_the_page_at_the_end() -> None:
    with a_store_with(Path(":memory:"), "page") as store:
        for name, target in (("a", "b"), ("b", "page"), ("x", "y"), ("loop", "loop")):
            store.add_url(a_known(name))
            store.mark(f"k/{name}", State.ALIAS, target=f"k/{target}")
        assert list(store.aliases()) == [("u/a", "u/page"), ("u/b", "u/page")]


def test_a_new_round_keeps_nothing_but_the_bodies_and_what_led_to_them() -> None:
    with a_store_with(Path(":memory:"), "a", "b") as store:
        for name, state in (("bad", State.FAILED), ("no", State.SKIPPED), ("old", State.ALIAS)):
            store.add_url(a_known(name))
            store.mark(f"k/{name}", state, target="k/a" if state is State.ALIAS else None)
        store.start_round()
        assert list(store.keys()) == []
        assert store.validators("k/a") == Validators(etag='"1"', last_modified=None)
        assert store.validators("k/old") == Validators(etag='"1"', last_modified=None)

        store.add_url(a_known("a"))
        store.mark("k/a", State.PAGE)
        store.end_round("now")
        assert store.page("k/b") is None
        assert store.get("changed_at") == "now"
        store.end_round("later")
        assert store.get("changed_at") == "now"


def test_pages_are_found_by_their_text() -> None:
    with Store(Path(":memory:")) as store:
        store.add_url(a_known("a"))
        store.put_page(a_page("a", text="hash"))
        assert store.page_with_text("hash") is None
        store.mark("k/a", State.PAGE)
        found = store.page_with_text("hash")
        assert found is not None
        assert found.key == "k/a"


def test_what_is_not_committed_is_lost_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.put("a", "1")
    store.commit()
    store.put("a", "2")
    store._db.close()  # as if killed
    with Store(tmp_path / "s") as again:
        assert again.get("a") == "1"


def test_images_come_back_and_go() -> None:
    with Store(Path(":memory:")) as store:
        for name in ("a", "b"):
            store.images.put(name, "image/png", b"xyz", Validators(etag="e", last_modified=None))
        store.images.drop_unwanted(["a"])
        assert list(store.images.all()) == [("a", "image/png", b"xyz")]
        assert store.images.sizes() == {"a": 3}
        assert store.images.validators("a") == Validators(etag="e", last_modified=None)
        assert store.images.validators("b") is None
