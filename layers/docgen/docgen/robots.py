"""What does the site's robots.txt ask of us?

After RFC 9309.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from protego import Protego

from docgen import urls
from docgen.errors import TooManyRedirects
from docgen.fetch import get_patiently
from docgen.unpack import BodyRefused

if TYPE_CHECKING:
    from docgen.fetch import Fetcher
    from docgen.options import Limits


# As generously as Protego reads it.
_AGENT = re.compile(
    r"^[^\S\n]*+user(?:-|[^\S\n]*+)agent(?:[^\S\n]*+:|[^\S\n]++)(?P<name>[^\n#]*+)",
    re.IGNORECASE | re.MULTILINE,
)
LONGEST_DELAY = 86_400.0  # seconds; a file can ask for more than there are
NOBODY = "User-agent: nobody in particular"


class Robots:
    """The rules of one origin. Asked about another origin, it allows."""

    def __init__(self, text: str, *, origin: str, robot_name: str) -> None:
        """Parse the text; what is not understood is ignored, as the RFC has it."""
        self._rules = Protego.parse(_about(robot_name.lower(), text))
        self._origin = origin
        self._name = robot_name

    def allows(self, url: str) -> bool:
        """Say whether the URL may be fetched."""
        if not url.startswith(f"{self._origin}/"):
            return True
        return self._rules.can_fetch(url, self._name)

    @property
    def delay(self) -> timedelta:
        """The pause asked for between two requests."""
        asked = self._rules.crawl_delay(self._name) or 0.0
        return timedelta(seconds=min(max(0.0, asked), LONGEST_DELAY))

    @property
    def sitemaps(self) -> list[str]:
        """The sitemaps it names, in order."""
        found = []
        for text in self._rules.sitemaps:
            try:
                found.append(urls.canonical(text, f"{self._origin}/"))
            except urls.BadUrl:
                continue
        return list(dict.fromkeys(found))


def _about(robot_name: str, text: str) -> str:
    """Call all robots but the one asked for by one name.

    Protego keeps each rule of a group once for each robot the group names: ten thousand robots
    and ten thousand rules are a file of a few hundred kilobytes, and gigabytes in memory.
    """

    def rename(line: re.Match[str]) -> str:
        name = line["name"].strip().lower()
        # A product may be named with its version, or with a star behind it.
        name = name if name == "*" else name.partition("/")[0].replace("*", "").strip()
        return f"User-agent: {name}" if name == "*" or name in robot_name else NOBODY

    return _AGENT.sub(rename, "\n".join(text.splitlines()))


async def load(fetcher: Fetcher, origin: str, limits: Limits) -> Robots:
    """Fetch and read an origin's robots.txt.

    A file that is not there (4xx, too many redirects) allows everything; a server that
    errs or is silent forbids everything for now, which is the error raised.

    Raises:
        SiteError: The site cannot be asked what it allows.
    """
    try:
        response = await get_patiently(
            fetcher, f"{origin}/robots.txt", limits, most_bytes=limits.robots_bytes, cut=True
        )
    except (TooManyRedirects, BodyRefused):
        return Robots("", origin=origin, robot_name=limits.robot_name)
    text = response.body.decode("utf-8", "replace") if response.status == 200 else ""
    return Robots(text.removeprefix("\ufeff"), origin=origin, robot_name=limits.robot_name)
