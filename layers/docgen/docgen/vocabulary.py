"""Which names do generators, themes and standards give to the parts of a page?"""

from __future__ import annotations

import re

PREFIX = re.compile("^[a-z]{1,4}-(?=[a-z])")  # what a theme puts before its classes


def word_set(*texts: str) -> frozenset[str]:
    """Make a set of the words of texts: long lists stay readable so."""
    return frozenset(word for text in texts for word in text.split())


def with_and_without_prefix(classes: frozenset[str]) -> frozenset[str]:
    """Give classes with and without what a theme puts before all of its own."""
    if any("-" in word for word in classes):
        return classes.union(PREFIX.sub("", word) for word in classes)
    return classes


VOID = word_set(
    """
    area base br col embed hr img input link meta param source track wbr
    """
)
"""Elements without an end tag."""

SKIPPED_NAMES = word_set(
    """
    area audio button canvas datalist dialog embed footer frameset head iframe link map meta meter
    nav noembed noframes noscript object progress rp rt script select style svg template textarea
    title video
    """
)
"""Elements that never hold content."""

INLINE_NAMES = word_set(
    """
    a b strong em i cite dfn var del s strike code tt samp kbd q br
    abbr acronym basefont bdi bdo big col colgroup data font ins label mark nobr optgroup option
    output param rb ruby slot small source span sub time track u wbr
    """
)
"""Elements that change nothing in a line."""

UNMARKED_NAMES = word_set(
    "abbr acronym basefont bdi bdo big data font ins mark nobr output rb ruby small sub sup time u",
    "wbr",
)
"""Elements within a line of which only the text matters."""

ROLES_BY_NAME = {
    **{f"h{level}": "heading" for level in range(1, 7)},
    "hr": "rule",
    "img": "image",
    "input": "input",
    "pre": "pre",
    "listing": "pre",
    "xmp": "pre",
    "plaintext": "pre",
    "ul": "list",
    "ol": "list",
    "menu": "list",
    "dir": "list",
    "li": "item",
    "dl": "definitions",
    "dt": "term",
    "dd": "description",
    "blockquote": "quote",
    "table": "table",
    "thead": "table_head",
    "tr": "row",
    "td": "cell",
    "th": "cell",
    "math": "math",
    "summary": "summary",
    "figcaption": "caption",
}
"""Which handler deals with an element of this name."""

_PERMALINKS_AND_TOOLS = """
    headerlink permalink anchor-link anchorlink anchorjs-link hash-link header-anchor
    heading-anchor header-link headinglink headerLink toc-anchor id_link viewcode-link
    viewcode-back srclink sourceLink
    link-seesrc sub-logo-container
    copybtn copy-button copy-btn btn-copy clipboard clip-button zeroclipboard-container
    clipboard-button copy-code-button copy-to-clipboard-button code-copy buttons buttonGroup
    toolbar-item test-arrow go-to-top back-to-top backtotop
"""
_LINE_NUMBERS = """
    linenos linenodiv lineno linenumber line-numbers-rows line-numbers-wrapper gutter rouge-gutter
    hljs-ln-numbers lnt ln boring code-linenos line-number ocn
    input_prompt output_prompt jp-InputPrompt jp-OutputPrompt
"""
_NAVIGATION = """
    navheader navfooter NAVHEADER NAVFOOTER breadcrumb breadcrumbs wy-breadcrumbs td-breadcrumbs
    theme-doc-breadcrumbs pagination pager pagination-nav prev-next prev-next-area prev-next-footer
    prevnext rst-footer-buttons page-nav page-navigation nav-chapters nav-wide-wrapper
    mobile-nav-chapters related related-pages sphinxsidebar sidebar-drawer toc-drawer toc-sidebar
    bd-sidebar bd-toc md-sidebar md-header md-footer md-tabs md-source md-nav wy-nav-side wy-nav-top
    sidebar-nav side-nav sidenav left-nav nav-path navpath tabs2 tabs3 spirit-nav site-nav
    site-header site-footer page-footer page-header-nav navbar navbar-header topbar top-nav topnav
    bottom-nav bottomnav subnav sub-nav skip-link skip-nav skip-to-content skiplink skipnav
    nav-links table-of-contents-nav docs-sidebar docs-nav doc-sidebar theme-doc-toc-mobile
    theme-doc-toc-desktop theme-doc-footer theme-doc-sidebar-container vp-doc-footer VPDocFooter
    VPDocAside VPSidebar VPNav VPLocalNav col-sidebar page-menu tsd-navigation site-menu
    view-source-button post-meta post-meta-container article-meta entry-meta reading-time
    sidebar-offcanvas-left sidebar-offcanvas-right bottom-actions divider rightside ingroups
"""
_TALK = """
    edit-page edit-this-page edit-page-link editpage edit-link editlink edit-on-github
    theme-edit-this-page feedback page-feedback feedback-toolbar suggestEdits PageThumbs DateLine
    eyebrow screen-reader-only quarto-title-meta sb-wrapper copy-popup-wrapper myst-footer-links
    search-results step-number page-metadata article-author article-subscribe
    article-relatives article-comments article-votes article-more-questions article-share
    td-page-meta feedback--answer cookie-banner
    cookie-notice cookie-consent cookies-banner search-form searchbox search-box search-container
    searchform social-links share-buttons share-links newsletter giscus utterances disqus
    advertisement ethical-ad ethical-rtd ad-banner carbonads version-switcher version-warning-none
    rst-versions footer-text sr-only visually-hidden screen-reader-text screenreader hideme footer
    navigation notable-traits-tooltiptext summary_toggle showSource notebook-link ablog__prev-next
    mw-editsection editsection mw-jump-link noprint printfooter catlinks navbox vertical-navbox
    t-navbar onlyprint print-only only-print sl-banner
    dont-index docInfo pageId article-footer gh-header-meta gh-header-actions wiki-rightbar
    nocontent nextprev feedbackbox tooltiptext
    copyCode codeSnippetCopyButton collapseToggle MCDropDown_Image_Icon
"""
_NOT_PRINTED = """
    d-print-none print:hidden print-hidden no-print noPrint display-none-print hidden-print
    hide-print
"""
JUNK = word_set(_PERMALINKS_AND_TOOLS, _LINE_NUMBERS, _NAVIGATION, _TALK, _NOT_PRINTED)
"""Classes of what is no content: links to a heading itself, line numbers, menus, talk. What a page
leaves out when it is printed only operates it."""

CELL_NUMBERS = word_set("prompt highlight-none")
"""Classes of what numbers a cell of a notebook, all at once: nbsphinx's."""

NUMBER_CELLS = word_set("line-numbers line_numbers linenumbers line-num")
"""Classes of cells beside code that number its lines; elsewhere they ask for such numbers."""

GRID_CELLS = word_set(
    """
    col-first col-second col-last col-plain col-constructor-name col-summary-item-name
    col-deprecated-item-name col-preview-item-name
    """
)
"""Classes of cells that stand in their table without rows: javadoc's."""

JUNK_IDS = word_set(
    """
    MSearchResultsWindow MSearchSelectWindow bottomnav breadcrumbs catlinks comments
    comments-section contentSub cookie-banner jump-to-nav likes-and-labels-container siteSub
    disqus_thread doc-content-nav footer footnote-label header-nav
    left-sidebar main-nav menu mobile-nav nav-bottom
    nav-path nav-top navbar navigation page-footer pagination right-sidebar
    side-nav sidebar site-footer toggleLink topnav usernotes
    """
)
"""Ids of the same."""

JUNK_ID_NAMES = word_set("div nav header footer aside form ul ol table p")
"""The elements whose ids tell; those of headings and sections are made of their titles."""

SECTIONS = word_set(
    """
    section subsection chapter sect1 sect2 sect3 sect4 sect5 level1 level2 level3 level4 level5
    """
)
"""Classes of sections, whose ids are made of their titles, too."""

JUNK_ROLES = word_set(
    """
    banner contentinfo dialog menu menubar navigation search toolbar tooltip
    """
)
"""ARIA roles of the same."""

CONTENTS = word_set(
    """
    toc local-toc page-toc on-this-page table-of-contents contents topic toctree-local mini-toc
    minitoc mini_toc bd-toc right-toc toc-list table_of_contents in-page-nav inline-toc
    tsd-index-content toc-macro ChapSects tableofcontents markdown-toc highlights
    """
)
"""Classes and ids of what may be a table of the page's own contents."""

CONTENTS_TITLES = frozenset(
    {"contents", "table of contents", "on this page", "in this article", "page contents", "index"}
    | {"topics"}
)
"""Headings of such a table."""

ALERTS = {
    "note": "NOTE",
    "info": "NOTE",
    "information": "NOTE",
    "notice": "NOTE",
    "seealso": "NOTE",
    "see-also": "NOTE",
    "abstract": "NOTE",
    "summary": "NOTE",
    "todo": "NOTE",
    "example": "NOTE",
    "question": "NOTE",
    "faq": "NOTE",
    "quote": "NOTE",
    "remark": "NOTE",
    "remarks": "NOTE",
    "api_stability": "NOTE",
    "secondary": "NOTE",
    "primary": "NOTE",
    "version": "NOTE",
    "deprecated": "WARNING",
    "since": "NOTE",
    "tip": "TIP",
    "hint": "TIP",
    "success": "TIP",
    "check": "TIP",
    "best-practice": "TIP",
    "important": "IMPORTANT",
    "warning": "WARNING",
    "warn": "WARNING",
    "attention": "WARNING",
    "caution": "CAUTION",
    "danger": "CAUTION",
    "error": "CAUTION",
    "failure": "CAUTION",
    "bug": "CAUTION",
    "critical": "CAUTION",
}
"""Kinds of admonitions, and the alert of GitHub that stands for each."""

ALERT_FAMILIES = (
    "admonition",
    "alert",
    "callout",
    "custom-block",
    "theme-admonition",
    "hint",
    "markdown-alert",
    "starlight-aside",
    "nextra-callout",
    "confluence-information-macro",
    "bs-callout",
    "docs-alert",
    "td-alert",
    "prompt",
    "notice",
    "notecard",
    "intercom-interblocks-callout",
    "aside",
)
"""What classes of admonitions begin with, in the order of looking."""

PLAIN_ALERTS = word_set(
    """
    api_stability attention caution danger hint important info note notice seealso tip warning
    """
)
"""Kinds that make a block an admonition as its only class."""

PLAIN_ALERT_NAMES = word_set(
    """
    aside blockquote details div figure section
    """
)
"""The elements for which they do."""

BADGES = word_set("badge tag pill chip attributes description")
"""What classes of a small word beside another end with."""

SIGNATURES = word_set("tsd-signature attr signature functionHeader RForeground NDPrototype")
"""Classes of a block that is the signature of what is documented."""

TITLES_OF_TOPICS = word_set("CTitle collapsibleAreaRegion")
"""Classes of what is a heading, though no heading by name: of Natural Docs, of Sandcastle."""

SPECIFIED = word_set("value external type extension exception method instance-variable")
"""What odoc specifies, with the class `spec`; modules and classes lead to pages of their own."""

CODE_FRAMES = word_set("SCodeFlow RktBlk SVerbatim")
"""Classes of quotations and tables whose rows are the lines of code: Scribble's."""

INSETS = word_set("SVInsetFlow SubFlow SCentered leftindent")
"""Classes of quotations that quote nothing, but set off: Scribble's."""

LABELS = word_set(
    """
    caption-text code-block-caption code-block-title codeblock-title codeBlockTitle code-title
    rubric topic-title sidebar-title sd-card-title step-title expand-control
    """
)
"""Classes of the short line that says what the next thing is: a block of code, a box."""

TABS = word_set(
    """
    tabs__label__item tabs__item tab-btn tab-button tabs-button tab__button tablinks tab-link
    tab-nav-button codeSnippetContainerTab
    """
)
"""Classes of the labels of tabs where no role says so, behind a theme's prefix."""

TAB_PANELS = word_set(
    """
    tabs__content__item tabcontent tabpanel tab-panel tabs-panel tab__panel tab-pane tabbed-block
    codeSnippetContainerCode
    """
)
"""Classes of what such tabs show."""

TAB_BARS = word_set("CodeTabs-toolbar code-tabs-toolbar tabs-toolbar tab-buttons")
"""Classes of what holds the labels of tabs, which are buttons."""

TAB_LABELS = word_set("sd-tab-label tab-label")
"""Labels of tabs that stand right before what the tab shows."""
