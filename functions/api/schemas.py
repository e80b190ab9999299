"""What do the bodies of requests and answers look like? The only camelCase of the API is here."""

from datetime import datetime
from typing import Annotated, Any, Literal

from docsnap.addresses import MAX_URL_LENGTH
from docsnap.items import iso
from docsnap.jobs import DEFAULT_FORMATS, FORMATS, JobOptions, JobStatus
from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

MAX_BATCH = 25  # submissions in one request
MAX_GLOBS = 50  # of each list
MAX_GLOB_LENGTH = 500  # characters
MAX_TITLE_LENGTH = 200  # characters
TITLE_PATTERN = (
    r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"  # one line, not blank
)

_LABELS = (
    r"(([A-Za-z0-9]([A-Za-z0-9-]{0,28}[A-Za-z0-9])?\.){1,7}"
    r"|([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,3})"
)
URL_PATTERN = (
    rf"^[hH][tT][tT][pP][sS]?://{_LABELS}[A-Za-z]{{2,24}}(:(80|443|8000|8080|8443|8888))?"
    r"([/?#]([A-Za-z0-9/?#&=._~:@!$'()*+,;-]|%[0-9A-Fa-f]{2})*)?$"
)
"""For the document: what is accepted for sure. The address rules also know international names
and public IP addresses, and private names that look like any other."""

type Moment = Annotated[
    datetime, PlainSerializer(iso), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""As the table keeps it, so that a time looks the same whenever it is shown."""

type Format = Literal["markdown", "html", "json", "llms", "pdf", "docx"]
type Glob = Annotated[str, Field(min_length=1, max_length=MAX_GLOB_LENGTH)]


class Request(BaseModel):
    """Something a caller sends: exact types, and nothing that we do not know."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, defer_build=True
    )


class Answer(BaseModel):
    """Something we send."""

    model_config = ConfigDict(
        alias_generator=AliasGenerator(serialization_alias=to_camel),
        extra="forbid",
        frozen=True,
        from_attributes=True,
        json_schema_serialization_defaults_required=True,
        defer_build=True,
    )


def _in_order(formats: list[Format]) -> list[Format]:
    """Sort and drop repetitions, so that the same choice is recognised as the same."""
    return [format_ for format_ in FORMATS if format_ in formats]


class OptionFields(BaseModel):
    """How much is crawled and what is written."""

    model_config = ConfigDict(defer_build=True)

    max_pages: Annotated[
        int, Field(ge=1, le=2000, description="Pages after which the crawl stops.", examples=[100])
    ] = 100
    max_depth: Annotated[
        int, Field(ge=0, le=20, description="Links between the start and a page.", examples=[10])
    ] = 10
    include: Annotated[
        list[Glob],
        Field(
            max_length=MAX_GLOBS,
            description="Globs over the path; only pages that match one are kept. Empty: all.",
            examples=[["/docs/**"]],
        ),
    ] = []
    exclude: Annotated[
        list[Glob],
        Field(
            max_length=MAX_GLOBS,
            description="Globs over the path; pages that match one are left out.",
            examples=[["/docs/archive/**"]],
        ),
    ] = []
    formats: Annotated[
        list[Format],
        Field(
            min_length=1,
            max_length=len(FORMATS),
            description="What is written.",
            examples=[list(DEFAULT_FORMATS)],
        ),
        AfterValidator(_in_order),
    ] = list(DEFAULT_FORMATS)  # type: ignore[arg-type]
    title: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=MAX_TITLE_LENGTH,
            pattern=TITLE_PATTERN,
            description="Title of the documentation. By default the site's own.",
            examples=["Example Handbook"],
        ),
    ] = None


class Options(OptionFields, Request):
    """What may be chosen about a job. Everything has a default."""

    def to_job_options(self) -> JobOptions:
        """Translate into the value that a job carries."""
        return JobOptions(
            max_pages=self.max_pages,
            max_depth=self.max_depth,
            include=tuple(self.include),
            exclude=tuple(self.exclude),
            formats=tuple(self.formats),
            title=self.title,
        )


# Described here, judged by `canonical_url` alone, so that a bad URL is always `invalid_url`.
type Url = Annotated[
    str, Field(json_schema_extra={"pattern": URL_PATTERN, "maxLength": MAX_URL_LENGTH})
]


class Submission(Request):
    """A request for a job."""

    url: Annotated[
        Url,
        Field(
            description="Where the documentation begins: a public http or https URL.",
            examples=["https://example.com/docs/"],
        ),
    ]
    options: Annotated[Options, Field(default_factory=Options)]
    webhook_url: Annotated[
        Url | None,
        Field(
            description="Told, with a signed Standard Webhook, when the job has finished.",
            examples=["https://hooks.example.com/docsnap"],
        ),
    ] = None
    force: Annotated[
        bool,
        Field(description="Make a new job even if the same was asked for within 5 minutes."),
    ] = False


class Batch(Request):
    """Several submissions. Each is judged on its own, so that a bad one never sinks the others."""

    items: Annotated[list[JsonValue], Field(min_length=1, max_length=MAX_BATCH)]


class ChosenOptions(OptionFields, Answer):
    """The options of a job, defaults filled in."""


class Failure(Answer):
    """Why a job, or an attempt of it, failed."""

    code: Annotated[str, Field(description="Stable name.", examples=["site_unreachable"])]
    message: Annotated[str, Field(description="For people.")]
    retryable: Annotated[bool, Field(description="Whether another attempt might succeed.")]


class Outcome(Answer):
    """What a completed job has to show."""

    pages: int
    failed_pages: int
    words: int
    bytes: Annotated[int, Field(description="Size of the whole bundle.")]
    formats: list[Format]
    duration_ms: int
    truncated: Annotated[bool, Field(description="Whether a limit ended the crawl early.")]


class Job(Answer):
    """One job as its owner sees it."""

    id: Annotated[
        str,
        Field(description="Ordered by time.", examples=["019ab3c8-5f00-7cc3-98c4-dc0c0c07398f"]),
    ]
    name: Literal["generate-docs"] = "generate-docs"
    url: Annotated[str, Field(examples=["https://example.com/docs/"])]
    status: JobStatus
    stage: Annotated[
        str | None,
        Field(
            description="What the worker is at, or was at when it stopped; null before the first "
            "attempt and after completion.",
            examples=["crawling"],
        ),
    ]
    progress: Annotated[
        int, Field(ge=0, le=100, description="In percent; never falls within an attempt.")
    ]
    attempts: int
    max_attempts: int
    created_at: Moment
    updated_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    next_attempt_at: Annotated[
        Moment | None, Field(description="When a delayed job is tried again.")
    ]
    expires_at: Annotated[
        Moment | None, Field(description="When a finished job and its result are gone.")
    ]
    options: ChosenOptions
    error: Failure | None
    result: Outcome | None


class Event(Answer):
    """One entry of a job's history."""

    at: Moment
    type: Annotated[
        str,
        Field(validation_alias="verb", description="What happened.", examples=["claim"]),
    ]
    status: Annotated[
        JobStatus | None,
        Field(description="The state the job went to; null if it stayed where it was."),
    ]
    attempt: int
    duration_ms: Annotated[
        int | None, Field(description="Of the attempt or delivery that this ended.")
    ]
    error: Failure | None


class JobAnswer(Answer):
    """One job."""

    success: Literal[True] = True
    job: Job


class SubmissionAnswer(JobAnswer):
    """The job that a submission made, or found."""

    duplicate: Annotated[
        bool, Field(description="Whether the job is an earlier one that answers this request too.")
    ]


class JobsAnswer(Answer):
    """A page of jobs, newest first."""

    success: Literal[True] = True
    jobs: list[Job]
    next_cursor: Annotated[
        str | None, Field(description="Pass as `cursor` for the next page; null on the last.")
    ]


class EventsAnswer(Answer):
    """The history of a job, oldest first."""

    success: Literal[True] = True
    events: list[Event]


class Counts(Answer):
    """Jobs by status."""

    waiting: int
    active: int
    completed: int
    failed: int
    delayed: int
    cancelled: int
    total: int


class QueueDepth(Answer):
    """Messages in the queue that all users share. Approximate, as SQS counts."""

    visible: int
    in_flight: int
    delayed: int
    dead_letter: int


type Mode = Literal["aws", "local"]


class StatsAnswer(Answer):
    """The caller's jobs in numbers."""

    success: Literal[True] = True
    mode: Mode
    stats: Counts
    queue: QueueDepth
    timestamp: Moment


class ResultAnswer(Answer):
    """Where a result can be fetched, without any further token, until `expiresAt`."""

    success: Literal[True] = True
    url: str
    expires_at: Moment
    bytes: int
    sha256: Annotated[str, Field(description="Hexadecimal.")]


class SecretAnswer(Answer):
    """The secret that webhooks are signed with."""

    success: Literal[True] = True
    secret: Annotated[
        str,
        Field(pattern="^whsec_", examples=["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]),
    ]


class HealthAnswer(Answer):
    """The function runs."""

    success: Literal[True] = True
    status: Literal["ok"] = "ok"
    version: str
    mode: Mode


class FieldError(Answer):
    """What is wrong with one field."""

    field: Annotated[str, Field(description="Path of the field.", examples=["options.maxPages"])]
    message: str


class Problem(Answer):
    """An error, as RFC 9457 describes it."""

    type: Annotated[
        str,
        Field(
            json_schema_extra={"format": "uri-reference"},
            examples=["/docs/problems#invalid_url"],
        ),
    ]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: Annotated[str, Field(description="Id of the request, for asking us about it.")]
    success: Literal[False] = False
    code: Annotated[str, Field(description="Stable name.", examples=["invalid_url"])]
    errors: Annotated[
        list[FieldError] | None,
        Field(
            description="Field by field, when fields are to blame.", exclude_if=lambda v: v is None
        ),
    ] = None


class BatchEntry(SubmissionAnswer):
    """An item of a batch that has its job."""

    status: Annotated[
        Literal[200, 202], Field(description="What a request of its own would have answered.")
    ]


class BatchAnswer(Answer):
    """One entry per item, in order: a job, or what is wrong."""

    success: Literal[True] = True
    items: list[BatchEntry | Problem]


def to_json(answer: Answer) -> str:
    """Write an answer as JSON."""
    return answer.model_dump_json(by_alias=True)


def to_value(answer: Answer) -> Any:
    """Turn an answer into plain JSON values."""
    return answer.model_dump(mode="json", by_alias=True)
