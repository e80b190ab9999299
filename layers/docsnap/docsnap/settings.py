"""What has each function been told by the template?

One frozen value per function, read once, at the start, by its handler. Each field names its
environment variable, so that the template and the code can be compared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Self, get_type_hints
from urllib.parse import urlsplit

from docsnap.errors import BadSettings


class Stage(StrEnum):
    """Which deployment this is."""

    LOCAL = "local"
    """The development stack. The only stage in which private networks may be reached."""

    DEV = "dev"
    PROD = "prod"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the text of a variable becomes a value."""

    expectation: str
    """Completes the sentence "must be …"."""
    parse: Callable[[str], Any]
    """Raises ValueError for text that is not of this kind."""


def _some_text(text: str) -> str:
    if not text:
        raise ValueError
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    return text.rstrip("/")


def _whole_number(minimum: int, maximum: int) -> _Kind:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and minimum <= int(text) <= maximum):
            raise ValueError
        return int(text)

    return _Kind(f"a whole number from {minimum} to {maximum}", parse)


def _span(unit: str, minimum: int, maximum: int) -> _Kind:
    number = _whole_number(minimum, maximum)
    return _Kind(number.expectation, lambda text: timedelta(**{unit: number.parse(text)}))


TEXT = _Kind("some text", _some_text)
TEXT_OR_NOTHING = _Kind("text, or empty", lambda text: text or None)
URL = _Kind("an http or https URL", _url)
YES_OR_NO = _Kind("true or false", lambda text: {"true": True, "false": False}[text.lower()])
STAGE = _Kind("local, dev or prod", Stage)
LOG_LEVEL = _Kind(
    "DEBUG, INFO, WARNING, ERROR or CRITICAL",
    lambda text: {name: name for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}[text],
)
LIST = _Kind(
    "a list separated by commas, or empty",
    lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
)
ATTEMPTS = _whole_number(1, 100)  # what SQS would take as maxReceiveCount is 1 to 1000
RETENTION = _span("days", 1, 3650)


@dataclass(frozen=True, slots=True)
class _Variable:
    """Where the value of a field comes from."""

    name: str
    kind: _Kind

    def read(self, env: Mapping[str, str]) -> Any:
        if self.name not in env:
            raise BadSettings(f"{self.name} is not set; it must be {self.kind.expectation}.")
        text = env[self.name].strip()
        try:
            return self.kind.parse(text)
        except (ValueError, KeyError) as exc:
            raise BadSettings(
                f"{self.name} is {text!r}; it must be {self.kind.expectation}."
            ) from exc


def _variables(settings: "type[Settings]") -> dict[str, _Variable]:
    """Find the variable of every field, by the field's name."""
    hints = get_type_hints(settings, include_extras=True)
    return {each.name: hints[each.name].__metadata__[0] for each in fields(settings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every function is told."""

    stage: Annotated[Stage, _Variable("STAGE", STAGE)]
    table_name: Annotated[str, _Variable("TABLE_NAME", TEXT)]
    log_level: Annotated[str, _Variable("LOG_LEVEL", LOG_LEVEL)]
    service_name: Annotated[str, _Variable("POWERTOOLS_SERVICE_NAME", TEXT)]
    metrics_namespace: Annotated[str, _Variable("POWERTOOLS_METRICS_NAMESPACE", TEXT)]

    @classmethod
    def variables(cls) -> frozenset[str]:
        """Name the environment variables that this function reads."""
        return frozenset(each.name for each in _variables(cls).values())

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            BadSettings: A variable is missing or of the wrong kind. The deployment is broken:
                let the function fail to start.
        """
        return cls(**{name: variable.read(env) for name, variable in _variables(cls).items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class _NetworkSettings(Settings):
    """What the functions are told that connect to addresses chosen by users."""

    allow_private_networks: Annotated[bool, _Variable("ALLOW_PRIVATE_NETWORKS", YES_OR_NO)]

    def __post_init__(self) -> None:
        if self.allow_private_networks and self.stage is not Stage.LOCAL:
            raise BadSettings(
                f"ALLOW_PRIVATE_NETWORKS is 'true'; it must be false unless STAGE is local, "
                f"and STAGE is {self.stage.value!r}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings(_NetworkSettings):
    """What the API function is told."""

    supabase_url: Annotated[str, _Variable("SUPABASE_URL", URL)]
    supabase_jwt_secret_arn: Annotated[
        str | None, _Variable("SUPABASE_JWT_SECRET_ARN", TEXT_OR_NOTHING)
    ]
    """None turns tokens signed with HS256 away."""
    queue_url: Annotated[str, _Variable("QUEUE_URL", URL)]
    dead_letter_queue_url: Annotated[str, _Variable("DEAD_LETTER_QUEUE_URL", URL)]
    bucket_name: Annotated[str, _Variable("BUCKET_NAME", TEXT)]
    allowed_origins: Annotated[tuple[str, ...], _Variable("ALLOWED_ORIGINS", LIST)]
    max_attempts: Annotated[int, _Variable("MAX_ATTEMPTS", ATTEMPTS)]
    submissions_per_minute: Annotated[
        int, _Variable("SUBMISSIONS_PER_MINUTE", _whole_number(1, 100_000))
    ]
    unfinished_jobs_limit: Annotated[
        int, _Variable("UNFINISHED_JOBS_LIMIT", _whole_number(1, 1_000_000))
    ]
    allow_anonymous_users: Annotated[bool, _Variable("ALLOW_ANONYMOUS_USERS", YES_OR_NO)]
    allow_oauth_clients: Annotated[bool, _Variable("ALLOW_OAUTH_CLIENTS", YES_OR_NO)]
    completed_retention: Annotated[timedelta, _Variable("COMPLETED_RETENTION_DAYS", RETENTION)]
    """Of cancelled jobs too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings(_NetworkSettings):
    """What the worker is told."""

    queue_url: Annotated[str, _Variable("QUEUE_URL", URL)]
    bucket_name: Annotated[str, _Variable("BUCKET_NAME", TEXT)]
    max_attempts: Annotated[int, _Variable("MAX_ATTEMPTS", ATTEMPTS)]
    """Also how often the queue hands a message out before it moves it to the dead letters."""
    backoff_base: Annotated[timedelta, _Variable("BACKOFF_BASE_SECONDS", _span("seconds", 0, 900))]
    completed_retention: Annotated[timedelta, _Variable("COMPLETED_RETENTION_DAYS", RETENTION)]
    failed_retention: Annotated[timedelta, _Variable("FAILED_RETENTION_DAYS", RETENTION)]
    worker_concurrency: Annotated[int, _Variable("WORKER_CONCURRENCY", _whole_number(1, 1000))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweeperSettings(_NetworkSettings):
    """What the sweeper is told."""

    queue_url: Annotated[str, _Variable("QUEUE_URL", URL)]
    bucket_name: Annotated[str, _Variable("BUCKET_NAME", TEXT)]
    failed_retention: Annotated[timedelta, _Variable("FAILED_RETENTION_DAYS", RETENTION)]
