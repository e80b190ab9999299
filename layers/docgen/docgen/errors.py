"""What can go wrong with a site.

::

    GenerateError                `code`, `retryable`, and a message fit for the user
    ├── SiteError
    │   ├── HostNotFound · AddressRefused · AccessDenied · PageGone · RobotsForbid
    │   │   TooManyRedirects                                               permanent
    │   └── SiteUnreachable · SiteOverloaded                               retryable
    └── ContentError
        └── NoUsableContent · TypesettingFailed                            permanent

    Interrupted                  no error of the site: somebody said stop
"""

from typing import ClassVar


class GenerateError(Exception):
    """The documentation could not be generated."""

    code: ClassVar[str] = "generate_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        """Take the message, by default the first line of the class's docstring.

        `retry_after` is in seconds, where the site named a time.
        """
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.retry_after = retry_after
        super().__init__(self.message)


class SiteError(GenerateError):
    """The site could not be read."""

    code = "site_error"


class HostNotFound(SiteError):
    """The host of this URL has no public address."""

    code = "host_not_found"


class AddressRefused(SiteError):
    """The host of this URL has no public address."""

    # The same words and code as for a name that does not exist: the answer tells nobody which
    # names and addresses there are in a network that is not theirs.
    code = "host_not_found"


class AccessDenied(SiteError):
    """The site does not let this page be read without signing in."""

    code = "access_denied"


class PageGone(SiteError):
    """There is no page at this URL."""

    code = "page_gone"


class RobotsForbid(SiteError):
    """The site's robots.txt asks crawlers not to read this page."""

    code = "robots_forbid"


class TooManyRedirects(SiteError):
    """The page redirects too often, or in a circle."""

    code = "too_many_redirects"


class SiteUnreachable(SiteError):
    """The site does not answer."""

    code = "site_unreachable"
    retryable = True


class SiteOverloaded(SiteError):
    """The site asks for fewer requests, or says it is overloaded."""

    code = "site_overloaded"
    retryable = True


class ContentError(GenerateError):
    """The site was read, but there is nothing to make documentation of."""

    code = "content_error"


class NoUsableContent(ContentError):
    """There is no documentation text at this URL."""

    code = "no_usable_content"


class TypesettingFailed(ContentError):
    """No PDF can be made of this site. Ask for the other formats."""

    code = "no_pdf"


class Interrupted(Exception):
    """The caller asked to stop. The store is consistent: a later run goes on from it."""
