"""The API function: reads its settings and makes its clients once, then answers requests."""

import gc

if gc.isenabled():  # what is made while loading is no garbage: do not search through it
    gc.disable()

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from threading import Event
from typing import TYPE_CHECKING, Any

import botocore.session
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.loaders import Loader
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.sandbox import given_up_on_error
from docsnap.settings import ApiSettings
from docsnap.table import Table

from api.backend import Backend
from api.routes import Api

if TYPE_CHECKING:
    from docsnap.auth import Verifier

# Callers are waiting, and API Gateway gives up after 30 s. The table and the queue
# repeat calls by themselves.
IMPATIENT: Mapping[str, Any] = {"connect_timeout": 1, "read_timeout": 3}
ONCE = Config(**IMPATIENT, retries={"total_max_attempts": 1})
TWICE = Config(**IMPATIENT, retries={"total_max_attempts": 2, "mode": "standard"})
# Only signs, and nothing that a caller has named; older signatures outlive their expiry.
SIGV4 = Config(signature_version="s3v4", parameter_validation=False)


class FewServices(Loader):
    """Finds what botocore knows of our services without looking through its 400 others."""

    def list_available_services(self, type_name: str) -> list[str]:
        """Name the services that we use."""
        return ["dynamodb", "s3", "secretsmanager", "sqs"]


settings = ApiSettings.from_env(os.environ)
# A session of botocore's own: boto3 adds only resources, which nobody here uses.
session = botocore.session.get_session()
session.register_component("data_loader", FewServices())
# What botocore says of itself is put together anew for each call, at a fifth of the call's cost.
session.set_default_client_config(Config(user_agent="DocSnap"))


def client(service: str, config: Config) -> Any:
    """Make a client; whoever gets it knows its type."""
    return session.create_client(service, config=config)


@cache
def verifier() -> "Verifier":
    """Load and make what checks the access tokens, on first use."""
    from docsnap.auth import SharedSecret, SigningKeys, Verifier, fetch_keys

    arn = settings.supabase_jwt_secret_arn
    return Verifier(
        settings.supabase_url,
        keys=SigningKeys(fetch_keys(settings.supabase_url)),
        secret=SharedSecret(client("secretsmanager", TWICE), arn) if arn else None,
        allow_anonymous=settings.allow_anonymous_users,
        allow_clients=settings.allow_oauth_clients,
    )


@cache
def queue() -> Queue:
    """Make the queue on first use."""
    return Queue(
        client("sqs", ONCE),
        settings.queue_url,
        settings.dead_letter_queue_url,
        tries=2,
    )


@cache
def results() -> Results:
    """Make the bucket on first use."""
    return Results(client("s3", SIGV4), settings.bucket_name)


api = Api(
    Backend(
        settings=settings,
        table=Table(client("dynamodb", ONCE), settings.table_name),
        verifier=verifier,
        queue=queue,
        results=results,
        clock=lambda: datetime.now(UTC),
        wait=Event().wait,
    )
)
gc.freeze()
gc.enable()


@given_up_on_error
def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request.

    Raises:
        MemoryError: There is none left, nor for the next request.
    """
    return api(event, context)
