"""Which function answers which request?

The table below is the contract's; the OpenAPI document and the tests are held against it.
"""

import re
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.typing import LambdaContext
from docsnap import telemetry
from docsnap.errors import RequestError, Unavailable
from docsnap.telemetry import Metric

from api import VERSION, changing, page, reading, schemas, submissions
from api.answers import add_common_headers, send, send_nothing, send_problem
from api.backend import Backend
from api.problems import MethodNotAllowed, RouteNotFound
from api.request import Request


class Route(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    """As OpenAPI writes it: parameters in braces."""
    handle: Callable[..., Response[Any]]
    is_open: bool = False
    """Whether it answers without a token."""


def health(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /api/health."""
    return send(200, schemas.HealthAnswer(version=VERSION, mode=backend.mode))


ROUTES = (
    Route("POST", "/api/generate-docs", submissions.submit),
    Route("POST", "/api/generate-docs/batch", submissions.submit_batch),
    Route("GET", "/api/jobs", reading.list_jobs),
    Route("GET", "/api/jobs/stats", reading.stats),
    Route("GET", "/api/jobs/{job_id}", reading.get_job),
    Route("GET", "/api/jobs/{job_id}/events", reading.history),
    Route("GET", "/api/jobs/{job_id}/result", reading.result),
    Route("POST", "/api/jobs/{job_id}/cancel", changing.cancel),
    Route("POST", "/api/jobs/{job_id}/retry", changing.retry),
    Route("GET", "/api/webhook-secret", changing.read_secret),
    Route("POST", "/api/webhook-secret/rotate", changing.rotate_secret),
    Route("GET", "/api/health", health, is_open=True),
    Route("GET", "/openapi.json", page.document, is_open=True),
    Route("GET", "/docs", page.show, is_open=True),
    Route("GET", "/docs/problems", page.list_problems, is_open=True),
    Route("GET", "/docs/assets/{name}", page.asset, is_open=True),
)


class Api:
    """The whole API as one function of an event."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._resolver = APIGatewayHttpResolver(debug=False)
        self._paths: dict[re.Pattern[str], set[str]] = {}
        for route in ROUTES:
            self._register(route)
        self._resolver.not_found(self._find_nothing)
        self._resolver.exception_handler(Exception)(self._fail)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request (payload format 2.0)."""
        http = event["requestContext"]["http"]
        method: str = http["method"]
        # API Gateway writes the names small; `sam local start-api` as it happens.
        headers = {name.lower(): text for name, text in (event.get("headers") or {}).items()}
        event = {**event, "headers": headers}
        if method == "HEAD":  # the same as GET, but for the body
            event["requestContext"] = event["requestContext"] | {"http": http | {"method": "GET"}}
        with telemetry.invocation(
            request_id=context.aws_request_id, correlation_id=event["requestContext"]["requestId"]
        ):
            started = perf_counter()
            result = self._resolver.resolve(event, context)
            spent = (perf_counter() - started) * 1000
            telemetry.logger.info(
                "answered",
                method=method,
                path=event["rawPath"],
                status=result["statusCode"],
                duration_ms=round(spent),
            )
            if "wait" not in (event.get("queryStringParameters") or {}):
                telemetry.milliseconds(Metric.REQUEST_DURATION, spent)
        add_common_headers(
            result,
            origin=headers.get("origin"),
            allowed_origins=self._backend.settings.allowed_origins,
        )
        if method == "HEAD":
            result |= {"body": "", "isBase64Encoded": False}
        return result

    def _register(self, route: Route) -> None:
        def answer(**parameters: str) -> Response[Any]:
            request = self._request()
            if not route.is_open:
                user = self._backend.verifier().verify(request.headers.get("authorization"))
                request.owner = user.id
                telemetry.about(owner=user.id, **parameters)
            return route.handle(self._backend, request, **parameters)

        path = route.path.replace(".", r"\.")  # Powertools takes it for a regular expression
        rule = path.replace("{", "<").replace("}", ">")
        self._resolver.route(rule, method=route.method)(answer)
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        self._paths.setdefault(pattern, {"OPTIONS"}).add(route.method)

    def _request(self) -> Request:
        left = self._resolver.lambda_context.get_remaining_time_in_millis() / 1000
        return Request(self._resolver.current_event.raw_event, seconds_left=left)

    def _find_nothing(self, _error: NotFoundError) -> Response[Any]:
        """Answer where no route fits: OPTIONS, a method that is not allowed, an unknown path."""
        event = self._resolver.current_event
        methods = self._methods(event.path)
        if event.http_method == "OPTIONS" and methods:
            return send_nothing(204, {"Allow": ", ".join(methods)})
        # An allowed method did not find its route either: the path has an unlikely character.
        if not methods or event.http_method in methods:
            return self._fail(RouteNotFound())
        return self._fail(MethodNotAllowed(", ".join(methods)))

    def _methods(self, path: str) -> list[str]:
        """Name the methods of a path; none when there is no such path."""
        found: set[str] = set()
        for pattern, methods in self._paths.items():
            if pattern.fullmatch(path):
                found |= methods
        return sorted(found | {"HEAD"} if "GET" in found else found)

    def _fail(self, error: Exception) -> Response[Any]:
        """Answer with a problem document, whatever went wrong; but without memory not at all."""
        if isinstance(error, MemoryError):
            raise error
        if isinstance(error, Unavailable):
            telemetry.logger.warning("unavailable", exc_info=error)
        elif not isinstance(error, RequestError):
            telemetry.logger.error("a defect", exc_info=error)
        return send_problem(error, self._request().id)
