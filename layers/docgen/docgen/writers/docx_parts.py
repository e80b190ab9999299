"""The parts of a Word document that hardly depend on what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from docgen.writers.text import is_leftward

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SCHEMAS = "http://schemas.openxmlformats.org"
MAIN = f'xmlns:w="{SCHEMAS}/wordprocessingml/2006/main"'
RELATIONS = f"{SCHEMAS}/officeDocument/2006/relationships"
NAMESPACES = (
    f'{MAIN} xmlns:r="{RELATIONS}" xmlns:m="{SCHEMAS}/officeDocument/2006/math" '
    f'xmlns:wp="{SCHEMAS}/drawingml/2006/wordprocessingDrawing" '
    f'xmlns:a="{SCHEMAS}/drawingml/2006/main" xmlns:pic="{SCHEMAS}/drawingml/2006/picture"'
)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
BULLETS = 1
"""The list definition of unordered lists; ordered ones have 2 and get a new number each."""
STEP = 360  # twentieths of a point that a list level is indented
LEVELS = 9

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold, not even escaped."""

EAST_ASIAN = {
    "zh": ("Microsoft YaHei", "zh-CN"),
    "ja": ("Yu Gothic", "ja-JP"),
    "ko": ("Malgun Gothic", "ko-KR"),
}
"""By language: the font of its characters and the language they are spelled in."""

PARTS = ("styles", "numbering", "settings", "footnotes", "header1", "footer1")


def content_types() -> str:
    """Say what each part is."""
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{WORD}.{part.rstrip("1")}+xml"/>'
        for part in PARTS
    )
    images = "".join(
        f'<Default Extension="{kind}" ContentType="image/{media}"/>'
        for kind, media in (("png", "png"), ("jpg", "jpeg"), ("gif", "gif"))
    )
    return (
        f'{XML}<Types xmlns="{SCHEMAS}/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{images}'
        f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
        f'{overrides}<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    )


def package_relations() -> str:
    """Say where the document and its facts are."""
    core = f"{SCHEMAS}/package/2006/relationships/metadata/core-properties"
    return relations(
        [
            ("rId1", f"{RELATIONS}/officeDocument", "word/document.xml", False),
            ("rId2", core, "docProps/core.xml", False),
        ]
    )


def relations(found: Sequence[tuple[str, str, str, bool]]) -> str:
    """Write relations: id, type, target, and whether that is outside the file."""
    lines = "".join(
        f'<Relationship Id="{name}" Type="{kind}" Target={quoteattr(target)}'
        f"{' TargetMode="External"' if outside else ''}/>\n"
        for name, kind, target, outside in found
    )
    return (
        f'{XML}<Relationships xmlns="{SCHEMAS}/package/2006/relationships">{lines}</Relationships>'
    )


def core(title: str, source: str, stamp: datetime) -> str:
    """Write the facts about the document."""
    title = UNPRINTABLE.sub("", title)
    time = f"{stamp:%Y-%m-%dT%H:%M:%SZ}"
    dates = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{time}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        f'{XML}<cp:coreProperties xmlns:cp="{SCHEMAS}/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:subject>{escape(source)}</dc:subject>"
        f"<dc:creator>DocSnap</dc:creator>{dates}</cp:coreProperties>"
    )


def styles(template: Path, language: str) -> str:
    """Write the styles, in the fonts and for the spelling of the language."""
    match = re.fullmatch(r"([A-Za-z]{2,3})(-[A-Za-z0-9-]+)?", language)
    tag = language if match else "en"
    font, spelling = EAST_ASIAN.get(match[1].lower() if match else "", EAST_ASIAN["zh"])
    if tag.lower().startswith(("zh-tw", "zh-hk", "zh-mo", "zh-hant")):
        font, spelling = "Microsoft JhengHei", "zh-TW"
    return (
        template.read_text("utf-8")
        .replace("LEFTWARD", "1" if is_leftward(language) else "0")
        .replace("EAST-ASIAN-FONT", font)
        .replace("EAST-ASIAN-LANGUAGE", spelling)
        .replace("LANGUAGE", tag)
    )


def settings() -> str:
    """Write how the document behaves: as Word 2013 and later do."""
    return (
        f'{XML}<w:settings {MAIN}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
        '<w:characterSpacingControl w:val="doNotCompress"/>'
        '<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>'
    )


def numbering(ordered: Sequence[tuple[int, int]]) -> str:
    """Write the list definitions: bullets, and one for each ordered list (its level, its start)."""
    kinds = [_definition(0, ("bullet",) * 3, ("•", "◦", "▪"))]
    kinds.append(
        _definition(
            1, ("decimal", "lowerLetter", "lowerRoman"), tuple(f"%{n + 1}." for n in range(LEVELS))
        )
    )
    lists = [f'<w:num w:numId="{BULLETS}"><w:abstractNumId w:val="0"/></w:num>']
    lists += [
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="{level}">'
        f'<w:startOverride w:val="{start}"/></w:lvlOverride></w:num>'
        for number, (level, start) in enumerate(ordered, start=BULLETS + 1)
    ]
    return f"{XML}<w:numbering {MAIN}>{''.join(kinds)}{''.join(lists)}</w:numbering>"


def _definition(number: int, formats: tuple[str, ...], texts: tuple[str, ...]) -> str:
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{formats[n % len(formats)]}"/>'
        f'<w:lvlText w:val="{texts[n % len(texts)]}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="{(n + 1) * STEP}" w:hanging="{STEP}"/></w:pPr></w:lvl>'
        for n in range(LEVELS)
    )
    return (
        f'<w:abstractNum w:abstractNumId="{number}"><w:multiLevelType w:val="multilevel"/>'
        f"{levels}</w:abstractNum>"
    )


def footnotes(notes: Sequence[str]) -> str:
    """Write the footnotes, numbered from 1, behind the two that Word itself asks for."""
    own = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{mark}/></w:r></w:p>'
        "</w:footnote>"
        for kind, number, mark in (
            ("separator", -1, "separator"),
            ("continuationSeparator", 0, "continuationSeparator"),
        )
    )
    return f"{XML}<w:footnotes {NAMESPACES}>{own}{''.join(notes)}</w:footnotes>"


def header(title: str) -> str:
    """Write the running head: the title, and the page of the site."""
    title = UNPRINTABLE.sub("", title)
    return (
        f'{XML}<w:hdr {MAIN}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{escape(title)}</w:t></w:r><w:r><w:tab/></w:r>'
        f"{field('STYLEREF &quot;heading 1&quot;', '')}</w:p></w:hdr>"
    )


def footer() -> str:
    """Write the page number."""
    return (
        f'{XML}<w:ftr {MAIN}><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
        f"{field('PAGE', '1')}</w:p></w:ftr>"
    )


def field(instruction: str, text: str) -> str:
    """Write a field and what it shows until it is brought up to date."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f"<w:r><w:t>{text}</w:t></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
