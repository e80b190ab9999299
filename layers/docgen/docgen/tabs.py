"""What becomes of tabs: sections with their labels?"""

from __future__ import annotations

import re
from html import escape

from docgen import inline
from docgen.inline import bold
from docgen.tags import Tag
from docgen.vocabulary import TAB_LABELS
from docgen.walk import Closer, Walk, done, handles

_MOST_TABS = 300
_LONGEST_TAB = 12  # tags and texts in the label of a tab
_LABELS_WITHIN = 160  # so many before the first panel there may be more of them
_SHOWN_WITHIN = 20  # so many tags and texts behind their labels the first tab may begin
_PANEL = re.compile(r"[\"' -]tab[\w-]*(?:panel|pane|content|block)", re.I)


@handles("tab")
def open_tab(walk: Walk, tag: Tag) -> Closer:
    """The label of a tab: kept until its panel comes."""
    walk.flush()
    end = walk.end_of(tag.name)
    if "role" not in tag.attributes and not _shows_panel(walk, end):
        if tag.name == "li":
            return walk.handle("item", tag)
        if tag.name.endswith("-tab"):
            return walk.flush
    text = walk.note_ids("".join(walk.tokens[walk.position : end : 2]))
    label = walk.finish(inline.unlink(text, walk.phrases.own))
    walk.position = end + 1
    if not tag.classes.isdisjoint(TAB_LABELS):
        walk.add("p", bold(label))
    elif label and len(walk.tab_labels) < _MOST_TABS:
        walk.tab_labels.append((tag, label))
    return done


def _shows_panel(walk: Walk, end: int) -> bool:
    """Whether an item is so short that it is the label of a panel that comes soon."""
    following = walk.tokens[end | 1 : end + _LABELS_WITHIN : 2]
    return end - walk.position < _LONGEST_TAB and any(_PANEL.search(token) for token in following)


@handles("tab_list")
def open_tab_list(walk: Walk, tag: Tag) -> Closer:
    """The labels of tabs, as links to what they show."""
    end = walk.end_of(tag.name)
    links = [
        link
        for index in range(walk.position, end, 2)
        for link in inline.whole_links(walk.tokens[index])
        if link[0] in walk.phrases.own
    ]
    following = walk.tokens[end : end + _SHOWN_WITHIN]
    if not links or not any("tab-pane" in token for token in following):
        return walk.handle("list", tag)
    walk.flush()
    for number, label in links[: _MOST_TABS - len(walk.tab_labels)]:
        panel = walk.phrases.targets[number].partition("#")[2].rstrip(inline.TARGET_CLOSE)
        shows = Tag(f'a aria-controls="{panel}"')
        walk.tab_labels.append((shows, walk.finish(walk.note_ids(label))))
    walk.position = end + 1
    return done


@handles("choice")
def open_choice(walk: Walk, tag: Tag) -> Closer:
    """A label; right behind a radio button it is that of a tab."""
    if walk.choice and tag.attributes["for"] == walk.choice:
        walk.choice = ""
        return walk.handle("label", tag)
    return None


@handles("tab_panel")
def open_tab_panel(walk: Walk, tag: Tag) -> Closer:
    """What a tab shows: a section with the tab's label."""
    walk.flush()
    label = _label_for(walk, tag) or walk.finish(escape(tag.attributes.get("data-title", "")))
    if label:
        walk.add("p", bold(label))
    outer, walk.first_tab = walk.first_tab, len(walk.tab_labels)

    def close() -> None:
        walk.flush()
        del walk.tab_labels[walk.first_tab :]
        walk.first_tab = outer

    return close


def _label_for(walk: Walk, panel: Tag) -> str:
    """Find the label of a panel; a panel shared by several tabs has none."""
    labelled_by = panel.attributes.get("aria-labelledby")
    controlling = [
        label
        for tab, label in walk.tab_labels
        if (panel.id and tab.attributes.get("aria-controls") == panel.id)
    ]
    if len(controlling) > 1:
        return ""
    if controlling:
        return controlling[0]
    for tab, label in walk.tab_labels:
        if tab.id and tab.id == labelled_by and not tab.attributes.get("aria-controls"):
            return label
    for index in range(walk.first_tab, len(walk.tab_labels)):
        tab, label = walk.tab_labels[index]
        if not labelled_by and not tab.attributes.get("aria-controls"):
            del walk.tab_labels[index]
            return label
    return ""
