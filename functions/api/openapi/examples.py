"""What do requests and answers look like, by example?"""

from typing import Any

from api import schemas

type Json = dict[str, Any]

JOB_ID = "019ab3c8-5f00-7cc3-98c4-dc0c0c07398f"
TIMES: Json = {
    "createdAt": "2026-11-24T09:30:00.000Z",
    "updatedAt": "2026-11-24T09:30:21.500Z",
    "startedAt": "2026-11-24T09:30:01.250Z",
    "finishedAt": None,
    "nextAttemptAt": None,
    "expiresAt": None,
}
OPTIONS: Json = schemas.to_value(schemas.ChosenOptions())
ACTIVE_JOB: Json = {
    "id": JOB_ID,
    "name": "generate-docs",
    "url": "https://example.com/docs/",
    "status": "active",
    "stage": "crawling",
    "progress": 45,
    "attempts": 1,
    "maxAttempts": 3,
    **TIMES,
    "options": OPTIONS,
    "error": None,
    "result": None,
}
WAITING_JOB: Json = ACTIVE_JOB | {
    "status": "waiting",
    "stage": None,
    "progress": 0,
    "attempts": 0,
    "updatedAt": TIMES["createdAt"],
    "startedAt": None,
}
CANCELLED_JOB: Json = WAITING_JOB | {
    "status": "cancelled",
    "updatedAt": "2026-11-24T09:30:05.000Z",
    "finishedAt": "2026-11-24T09:30:05.000Z",
    "expiresAt": "2026-12-01T09:30:05.000Z",
}
EVENTS: list[Json] = [
    {
        "at": TIMES["createdAt"],
        "type": "submit",
        "status": "waiting",
        "attempt": 0,
        "durationMs": None,
        "error": None,
    },
    {
        "at": TIMES["startedAt"],
        "type": "claim",
        "status": "active",
        "attempt": 1,
        "durationMs": None,
        "error": None,
    },
]
STATS: Json = {
    "success": True,
    "mode": "aws",
    "stats": {
        "waiting": 2,
        "active": 1,
        "completed": 14,
        "failed": 1,
        "delayed": 0,
        "cancelled": 0,
        "total": 18,
    },
    "queue": {"visible": 2, "inFlight": 5, "delayed": 0, "deadLetter": 0},
    "timestamp": "2026-11-24T09:30:22.000Z",
}
RESULT: Json = {
    "success": True,
    "url": "https://bucket.s3.amazonaws.com/results/documentation.zip?X-Amz-Signature=0a1b2c",
    "expiresAt": "2026-11-24T09:36:00.000Z",
    "bytes": 123456,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
SUBMISSION: Json = {"url": "https://example.com/docs/"}
FULL_SUBMISSION: Json = {
    "url": "https://example.com/docs/",
    "options": {"maxPages": 200, "include": ["/docs/**"], "formats": ["markdown", "pdf"]},
    "webhookUrl": "https://hooks.example.com/docsnap",
    "force": True,
}
