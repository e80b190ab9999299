"""In which order and hierarchy does a site want its pages to be read?

Four witnesses, the best first: the site's own menus, merged over all pages (each page may show
another part of it); the trail of breadcrumbs on a page; the page above it that its head names;
the folders of the URLs. What none of them places stands in the order in which the pages link to
each other.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

from docgen.names import PAGE_SUFFIXES, base_folder
from docgen.nesting import as_linked, nest_by_contents, put_below
from docgen.numbering import read_number, sort_by_number

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable, Sequence

    from docgen.extract import NavLink

MANY_ALIKE = 3  # pages with one label beside each other
LONGEST_LABEL = 80
MOST_OF = 0.6
DIRECTIONS = frozenset(
    {"next", "previous", "prev", "up", "back", "top", "home", "index", "modules", "contents"}
    | {"nextpage", "previouspage", "tableofcontents", "nexttopic", "previoustopic"}
)
"""Links of a menu that say where to turn, not what is there."""
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(slots=True, eq=False)
class Node:
    """A line of the outline: a page (by its key) or a heading without a page."""

    label: str
    page: int | None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    def add(self, child: Node, *, after: Node | None = None) -> None:
        """Make `child` a child of this node: behind `after`, or last."""
        child.parent = self
        if after is not None and after.parent is self:
            self.children.insert(self.children.index(after) + 1, child)
        else:
            self.children.append(child)

    def is_within(self, other: Node) -> bool:
        """Whether this node is `other` or below it."""
        node: Node | None = self
        while node is not None and node is not other:
            node = node.parent
        return node is other


@dataclass(slots=True, frozen=True)
class Leaf:
    """What the outline needs to know of a page."""

    key: int
    url: str
    title: str
    breadcrumbs: tuple[str, ...]
    links: array[int]
    """Keys of the pages it links to, in order, each once."""
    up: int | None = None
    """Key of the page that it says is above it."""


class Menu:
    """The site's own navigation, merged from what each page shows of it."""

    def __init__(self) -> None:
        self.root = Node("", None)
        self._seen: set[int] = set()
        self._pages: dict[int, Node] = {}
        self._headings: dict[tuple[int, str], Node] = {}
        self._shown: dict[int, set[int]] = {}  # by id: the most children seen in one menu

    def learn(self, links: Sequence[NavLink], page_at: Callable[[str], int | None]) -> None:
        """Merge the menu of one page; the same menu again costs nothing."""
        print_of_links = hash(tuple((link.level, link.text, link.url) for link in links))
        if print_of_links in self._seen:
            return
        self._seen.add(print_of_links)
        above: list[tuple[int, Node]] = []
        last: dict[int, Node] = {}  # by id of the parent: the sibling placed last
        shown: dict[int, set[int]] = {}
        for link in links:
            while above and above[-1][0] >= link.level:
                above.pop()
            parent = above[-1][1] if above else self.root
            node = self._place(link, parent, last, shown, page_at)
            if node is not None:
                above.append((link.level, node))
        for parent_id, children in shown.items():
            if len(children) > len(self._shown.get(parent_id, ())):
                self._shown[parent_id] = children

    def knows_order_of(self, node: Node) -> bool:
        """Whether one menu showed most of a node's children together, and so in their order."""
        shown = self._shown.get(id(node), set())
        return len(shown & {id(child) for child in node.children}) >= MOST_OF * len(node.children)

    def lists(self, one: Node, other: Node) -> bool:
        """Whether one menu showed two nodes side by side at its top."""
        return {id(one), id(other)} <= self._shown.get(id(self.root), set())

    def node(self, page: int) -> Node | None:
        """Where the menu has a page."""
        return self._pages.get(page)

    def _place(
        self,
        link: NavLink,
        parent: Node,
        last: dict[int, Node],
        shown: dict[int, set[int]],
        page_at: Callable[[str], int | None],
    ) -> Node | None:
        label = " ".join(link.text.split())[:LONGEST_LABEL]
        if _NOT_WORDS.sub("", label).casefold() in DIRECTIONS:
            return None
        bare, fragment = urldefrag(link.url or "")
        page = page_at(bare) if bare else None
        if page is not None and fragment and page in self._pages:
            return None  # a section of a page, not a page
        known = (
            self._pages.get(page)
            if page is not None
            else self._headings.get((id(parent), label.casefold()))
        )
        if known is None:
            if not label and page is None:
                return None
            known = Node(label, page)
            parent.add(known, after=last.get(id(parent)))
            if page is None:
                self._headings[id(parent), label.casefold()] = known
            else:
                self._pages[page] = known
        elif known.parent is self.root is not parent and not parent.is_within(known):
            # One page's menu had it at the top; where another's has it is deeper.
            if parent.label == known.label:
                known.label = label  # elsewhere its group stood for it
            self.root.children.remove(known)
            parent.add(known, after=last.get(id(parent)))
        if known.parent is not None:
            last[id(known.parent)] = known
            shown.setdefault(id(known.parent), set()).add(id(known))
        return known


def outline(leaves: Sequence[Leaf], menu: Menu, *, root: int | None) -> list[Node]:
    """Arrange every page exactly once; the page `root` comes first, beside the others."""
    ranked = _by_links(leaves, root)
    nodes = {leaf.key: node for leaf in leaves if (node := menu.node(leaf.key)) is not None}
    _forget_shared_labels(menu.root, {leaf.key: leaf.title for leaf in leaves})
    missing = [leaf for leaf in ranked if leaf.key not in nodes]
    _place_missing(menu.root, nodes, missing, _Folders(menu.root, leaves, nodes), root)
    put_below(menu, nodes, ranked, root)
    _lift_root(menu.root, nodes, root)
    _prune(menu.root)
    _drop_title(menu.root, root)
    by_key = {leaf.key: leaf for leaf in leaves}
    if root in by_key and not menu.knows_order_of(menu.root):
        menu.root.children[1:] = as_linked(menu.root.children[1:], by_key[root].links)
        if len(menu.root.children) > len(leaves) // 2:
            nest_by_contents(menu.root, by_key, set(by_key[root].links))
    _sort_by_numbers(menu)
    _group_by_breadcrumbs(menu.root, by_key)
    return menu.root.children


def _sort_by_numbers(menu: Menu) -> None:
    """Let chapters stand as they are numbered, unless a menu has put them in another order."""
    waiting = [menu.root]
    for node in waiting:
        sort_by_number(node, in_order=menu.knows_order_of(node))
        waiting.extend(child for child in node.children if read_number(child.label) is None)


def _forget_shared_labels(top: Node, titles: dict[int, str]) -> None:
    """Call pages by their own titles that menus call alike: each page's own "Package"."""
    waiting = [top]
    for node in waiting:
        waiting.extend(node.children)
        called = Counter(child.label for child in node.children if child.page is not None)
        for child in node.children:
            if child.page is not None and called[child.label] >= MANY_ALIKE:
                child.label = titles[child.page][:LONGEST_LABEL]


def _by_links(leaves: Sequence[Leaf], root: int | None) -> list[Leaf]:
    """Breadth first along the links from the root, each page's in their order; then the rest."""
    by_key = {leaf.key: leaf for leaf in leaves}
    order: dict[int, None] = {}
    start = [root] if root in by_key else []
    for first in [*start, *by_key]:
        queue = deque([first] if first not in order else [])
        order.setdefault(first)
        while queue:
            for key in by_key[queue.popleft()].links:
                if key in by_key and key not in order:
                    order[key] = None
                    queue.append(key)
    return [by_key[key] for key in order]


def _place_missing(
    top: Node, nodes: dict[int, Node], missing: list[Leaf], folders: _Folders, root: int | None
) -> None:
    """Place what no menu shows: by breadcrumbs, by what it says is above it, by its folder."""
    by_label = _unique_labels(nodes.values())
    for leaf in missing:
        nodes[leaf.key] = Node(leaf.title[:LONGEST_LABEL], leaf.key)
    for leaf in missing:
        node = nodes[leaf.key]
        parent = (
            _crumb_parent(leaf, by_label)
            or (nodes[leaf.up] if leaf.up is not None else None)
            or folders.parent(leaf.url)
        )
        if parent.is_within(node) or (parent.page is not None and parent.page == root):
            parent = top
        parent.add(node)


def _unique_labels(nodes: Iterable[Node]) -> dict[str, Node]:
    found: dict[str, Node | None] = {}
    for node in nodes:
        label = node.label.casefold()
        found[label] = None if label in found else node
    return {label: node for label, node in found.items() if node is not None}


def _crumb_parent(leaf: Leaf, by_label: dict[str, Node]) -> Node | None:
    own = leaf.title.casefold()
    for crumb in reversed(leaf.breadcrumbs):
        node = by_label.get(" ".join(crumb.split()).casefold())
        if node is not None and crumb.casefold() != own:
            return node
    return None


class _Folders:
    """The nodes of a site's folders: the page at the folder's own address, or a heading."""

    def __init__(self, top: Node, leaves: Sequence[Leaf], nodes: dict[int, Node]) -> None:
        self._top = top
        self._nodes = nodes
        self._pages: dict[str, int] = {}
        self._sizes: Counter[str] = Counter()
        for leaf in leaves:
            self._pages.setdefault(_as_folder(leaf.url), leaf.key)
            self._sizes[_folder_of(leaf.url)] += 1
        self._base = base_folder(urlsplit(leaf.url).path for leaf in leaves).rstrip("/")
        self._headings: dict[str, Node] = {}

    def parent(self, url: str) -> Node:
        """The node of the folder that a page lies in."""
        folder = _folder_of(url)
        if _as_folder(url) == folder:
            folder = folder.rpartition("/")[0]
        return self._node(folder)

    def _node(self, folder: str) -> Node:
        while len(folder) > len(self._base):
            key = self._pages.get(folder)
            if key is not None:
                return self._nodes[key]
            if self._sizes[folder] > 1:
                return self._heading(folder)
            folder = folder.rpartition("/")[0]
        return self._top

    def _heading(self, folder: str) -> Node:
        above, _, name = folder.rpartition("/")
        if folder not in self._headings:
            words = re.sub(r"[-_+]+", " ", unquote(name)).strip()
            self._headings[folder] = Node(words[:1].upper() + words[1:LONGEST_LABEL], None)
            self._node(above).add(self._headings[folder])
        return self._headings[folder]


def _folder_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[0]


def _as_folder(url: str) -> str:
    """The folder that a page speaks for: `/a` of `/a/`, `/a`, `/a.html` and `/a/index.html`."""
    path = urlsplit(url).path
    folder, _, name = path.rpartition("/")
    stem = PAGE_SUFFIXES.sub("", name)
    return folder if stem in {"", "index", "README", "readme", "default"} else f"{folder}/{stem}"


def _prune(node: Node) -> None:
    """Drop headings over nothing, iteratively (a menu may be nested as deep as it likes)."""
    order = [node]
    for each in order:
        order.extend(each.children)
    for each in reversed(order):
        if each.page is None and not each.children and each.parent is not None:
            each.parent.children.remove(each)


def _lift_root(top: Node, nodes: dict[int, Node], root: int | None) -> None:
    """Put the root page first and what a menu has below it beside it."""
    node = nodes.get(root) if root is not None else None
    if node is None or node.parent is None:
        return
    node.parent.children.remove(node)
    children, node.children = node.children, []
    top.children.insert(0, node)
    node.parent = top
    for place, child in enumerate(children, start=1):
        child.parent = top
        top.children.insert(place, child)


def _drop_title(top: Node, root: int | None) -> None:
    """Take away a heading over everything: it says what the menu is, not what is in it."""
    others = [node for node in top.children if node.page is None or node.page != root]
    if len(others) != 1 or others[0].page is not None:
        return
    groups = others[0].children
    if any(node.children for node in groups):
        top.children.remove(others[0])
        for node in groups:
            top.add(node)


def _group_by_breadcrumbs(top: Node, leaves: dict[int, Leaf]) -> None:
    """Put neighbours under the heading that their breadcrumbs name and no page has."""
    names = {node.label.casefold() for node in top.children}
    grouped: list[Node] = []
    for name, nodes in groupby(top.children, key=lambda node: _last_crumb(node, leaves)):
        run = list(nodes)
        if (
            name is None
            or name.casefold() in names
            or len(run) == 1
            or len(run) >= len(top.children) - 1
        ):
            grouped += run
            continue
        before = leaves.get(grouped[-1].page or 0) if grouped else None
        if before is None or before.title.casefold() != name.casefold():
            grouped.append(Node("", None, top))
        grouped[-1].label = name[:LONGEST_LABEL]
        for node in run:
            grouped[-1].add(node)
    top.children = grouped


def _last_crumb(node: Node, leaves: dict[int, Leaf]) -> str | None:
    """The last breadcrumb of a page that is not its own name."""
    leaf = leaves.get(node.page) if node.page is not None else None
    own = node.label.casefold()
    crumbs = [each for each in leaf.breadcrumbs if each.casefold() != own] if leaf else []
    return " ".join(crumbs[-1].split()) if len(crumbs) > 1 else None
