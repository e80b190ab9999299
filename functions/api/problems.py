"""What is answered when something goes wrong? The one place where an error becomes a document."""

from http import HTTPStatus
from math import ceil

from docsnap.errors import QuotaExceeded, RequestError, Unauthenticated, Unavailable
from docsnap.jobs import QuotaState
from pydantic import ValidationError

from api.schemas import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
INTERNAL_ERROR = "internal_error"
DEFECT = "Something went wrong on our side; the request id helps us to find out what."
MAX_MESSAGE = 300  # characters of what we say about a field
_NO_OBJECT = "Input should be an object"  # pydantic's own words name our class


class NotJson(RequestError):
    """The body is not JSON."""

    status = 400
    code = "not_json"


class InvalidIdempotencyKey(RequestError):
    """The Idempotency-Key must be 1 to 255 printable ASCII characters, bare or in double quotes."""

    status = 400
    code = "invalid_idempotency_key"


class RouteNotFound(RequestError):
    """There is nothing at this address."""

    status = 404
    code = "route_not_found"


class MethodNotAllowed(RequestError):
    """The address does not answer to this method."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__()
        self.allowed = allowed
        """The value of the Allow field."""


class BodyTooLarge(RequestError):
    """The body is larger than 64 KiB."""

    status = 413
    code = "body_too_large"


class NotDeclaredAsJson(RequestError):
    """The body must be declared as application/json, in UTF-8."""

    status = 415
    code = "unsupported_media_type"


class InvalidRequest(RequestError):
    """The request does not fit the schema."""

    status = 422
    code = "invalid_request"

    def __init__(self, errors: list[FieldError], *, reason: RequestError | None = None) -> None:
        super().__init__()
        self.errors = errors
        self.reason = reason
        """An error with a code of its own, of which `errors` tells the field."""


def invalid(field: str, message: str) -> InvalidRequest:
    """Say what is wrong with a single field."""
    return InvalidRequest([FieldError(field=field[:MAX_MESSAGE], message=message)])


def blame(field: str, reason: RequestError) -> InvalidRequest:
    """Say which field an error concerns that has a code of its own."""
    return InvalidRequest([FieldError(field=field, message=str(reason))], reason=reason)


def from_validation(error: ValidationError) -> InvalidRequest:
    """Say, field by field, how the request breaks the schema."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return InvalidRequest(
        [
            FieldError(
                field=".".join(str(part) for part in detail["loc"])[:MAX_MESSAGE],
                message=_NO_OBJECT
                if detail["type"] == "model_type"
                else detail["msg"][:MAX_MESSAGE],
            )
            for detail in details
        ]
    )


def code_of(error: RequestError) -> str:
    """Name the problem as its answer will."""
    reason = error.reason if isinstance(error, InvalidRequest) else None
    return (reason or error).code


def describe(error: Exception, request_id: str) -> Problem:
    """Put the error into words for the caller. Whatever we do not know is a defect of ours."""
    errors = None
    if isinstance(error, InvalidRequest):
        errors, error = error.errors, error.reason or error
    status, code, detail = 500, INTERNAL_ERROR, DEFECT
    if isinstance(error, RequestError | Unavailable):
        status, code, detail = error.status, error.code, str(error)
    return Problem(
        type=f"/docs/problems#{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request_id,
        code=code,
        errors=errors,
    )


def headers(error: Exception) -> dict[str, str]:
    """Choose the header fields that an error brings along."""
    fields: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        fields["Retry-After"] = str(max(1, ceil(retry_after.total_seconds())))
    match error:
        case MethodNotAllowed():
            fields["Allow"] = error.allowed
        case Unauthenticated():
            fields["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        case QuotaExceeded():
            fields |= rate_limit(error.quota)
    return fields


def rate_limit(quota: QuotaState) -> dict[str, str]:
    """Tell the caller's quota in the fields of draft-ietf-httpapi-ratelimit-headers."""
    window, resets = ceil(quota.window.total_seconds()), ceil(quota.resets_in.total_seconds())
    limits = [f'"submissions";r={quota.remaining};t={max(0, resets)}']
    if quota.violated == "unfinished":
        limits.append(f'"unfinished";r=0;t={ceil(quota.retry_after.total_seconds())}')
    return {
        "RateLimit-Policy": f'"submissions";q={quota.limit};w={window}, '
        f'"unfinished";q={quota.unfinished_limit};qu="concurrent-requests"',
        "RateLimit": ", ".join(limits),
    }


def catalogue() -> dict[str, tuple[int, str]]:
    """List every problem there is: status and text by code."""
    known: dict[str, tuple[int, str]] = {}
    kinds: list[type[RequestError | Unavailable]] = [*RequestError.__subclasses__(), Unavailable]
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.code)):
        known[kind.code] = (kind.status, (kind.__doc__ or "").partition("\n")[0])
    return known | {INTERNAL_ERROR: (500, DEFECT)}
