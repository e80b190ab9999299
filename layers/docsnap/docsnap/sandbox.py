"""When does a function give up the process that it runs in?

Lambda goes on with the same process after an exception. One that is short of memory, disk or file
handles fails whatever it is handed, and faster than the others do their work: it would take most of
the queue, and all attempts of a job in a row. So it ends itself, and Lambda starts a new one.
"""

import os
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from docsnap.telemetry import logger

type Handler = Callable[[Mapping[str, Any], LambdaContext], dict[str, Any]]


def given_up_on_error(handler: Handler) -> Handler:
    """Let a handler's process end with the invocation that ends with an exception.

    Lambda then reports the invocation as failed, as it does for an exception.
    """

    @wraps(handler)
    def guarded(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            return handler(event, context)
        except Exception:  # noqa: BLE001 - whatever it is, the next invocation would meet it too
            try:
                logger.exception("The process is given up")
                sys.stdout.flush()
            finally:
                os._exit(1)

    return guarded
