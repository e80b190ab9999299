"""Start the emulator so that its state survives whatever ends it.

Runs in the emulator's own environment: `python launch.py SITE_PACKAGES`, with what the emulator
reads itself (port, addresses, directories) in its environment variables.

Gap: the emulator saves its state when it ends in good order, and only then. Here a thread saves
what jobs change every two seconds, and everything (functions and their layers are large) on
SIGUSR1, which the deployment sends. Gone when: jobs survive a SIGKILL without this.

Gap: the emulator enforces the policies that ask for TLS, but clients reach it over plain HTTP on
loopback. Here every request counts as one over TLS. Gone when: it offers TLS that clients trust.

Gap: the emulator refuses every OPTIONS of an HTTP API that leaves CORS to its function. API Gateway
hands them to the route that fits, as here. Gone when: OPTIONS is answered with 204 without this.

Gap: a query of a local index gives only what the index projects. DynamoDB fetches the rest from the
table, as here. Gone when: jobs listed by status are whole without this.

What is called and replaced for that is not public: the emulator's version is pinned.
"""

import contextlib
import importlib
import logging
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

INTERVAL_SECONDS = 2.0
CHANGED_BY_JOBS = ("dynamodb", "sqs", "s3")
COPIES = 5
"""Tries to copy a state; a save that fails all the same is made good by the next."""


def main() -> None:
    """Run the emulator until it is told to end."""
    # The SAM transform comes from the development environment, and is looked up last. It must not
    # be installed here: functions see what is, and would not notice what their layers lack.
    sys.path.append(sys.argv.pop(1))
    app = importlib.import_module("ministack.app")
    persistence = importlib.import_module("ministack.core.persistence")
    logging.getLogger("persistence").setLevel(logging.WARNING)
    pin_request_origin = app.pin_request_origin
    vars(app)["pin_request_origin"] = lambda address, _tls: pin_request_origin(address, True)
    hand_on_options(importlib.import_module("ministack.services.apigateway"))
    fetch_beyond_local_indexes(importlib.import_module("ministack.services.dynamodb"))
    requested = threading.Event()
    ended = threading.Event()
    saved = Path(os.environ["STATE_DIR"], "saved")

    def request(_number: int, _frame: FrameType | None) -> None:
        requested.set()

    def save() -> None:
        while not (ended.is_set() or _answers()):
            ended.wait(INTERVAL_SECONDS)  # what is not yet loaded must not be saved over
        while not ended.wait(0 if requested.is_set() else INTERVAL_SECONDS):
            everything = requested.is_set()
            requested.clear()
            sources = app._build_persistence_save_dict()
            if not everything:
                sources = {name: sources[name] for name in CHANGED_BY_JOBS if name in sources}
            persistence.save_all({name: steadied(get) for name, get in sources.items()})
            if everything:
                saved.touch()

    signal.signal(signal.SIGUSR1, request)
    threading.Thread(target=save, name="save", daemon=True).start()
    try:
        app.main()
    finally:
        ended.set()


def steadied(get_state: Callable[[], Any]) -> Callable[[], Any]:
    """Copy a state anew if others changed it meanwhile, before a save goes without it."""

    def get() -> Any:
        for _ in range(COPIES - 1):
            with contextlib.suppress(RuntimeError):  # dictionary changed size during iteration
                return get_state()
        return get_state()

    return get


def hand_on_options(gateway: ModuleType) -> None:
    """Disguise OPTIONS, from where it would be refused until the function is invoked."""
    handle, invoke = gateway._handle_execute_in_scope, gateway._invoke_lambda_proxy

    def handle_disguised(api: str, stage: str, path: str, method: str, *more: Any) -> Any:
        is_left = method == "OPTIONS" and not gateway._apis.get(api, {}).get("corsConfiguration")
        return handle(api, stage, path, "options" if is_left else method, *more)

    def invoke_undisguised(
        integration: Any, api: str, stage: str, path: str, method: str, *more: Any, **named: Any
    ) -> Any:
        return invoke(integration, api, stage, path, method.upper(), *more, **named)

    vars(gateway).update(
        _handle_execute_in_scope=handle_disguised, _invoke_lambda_proxy=invoke_undisguised
    )


def fetch_beyond_local_indexes(dynamodb: ModuleType) -> None:
    """Let queries of a local index give whole items."""
    project = dynamodb._apply_index_projection

    def fetch(item: Any, table: Any, index: str) -> Any:
        local = {local["IndexName"] for local in table.get("LocalSecondaryIndexes") or ()}
        return item if index in local else project(item, table, index)

    vars(dynamodb)["_apply_index_projection"] = fetch


def _answers() -> bool:
    address = f"http://{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"
    try:
        with urllib.request.urlopen(f"{address}/_ministack/health", timeout=10):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
