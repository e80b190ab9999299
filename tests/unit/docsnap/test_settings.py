from datetime import timedelta

import pytest
from docsnap.errors import BadSettings
from docsnap.settings import ApiSettings, Settings, Stage, SweeperSettings, WorkerSettings

COMMON = {
    "STAGE": "dev",
    "TABLE_NAME": "jobs",
    "LOG_LEVEL": "INFO",
    "POWERTOOLS_SERVICE_NAME": "worker",
    "POWERTOOLS_METRICS_NAMESPACE": "DocSnap",
    "QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/jobs",
    "BUCKET_NAME": "results",
    "ALLOW_PRIVATE_NETWORKS": "false",
}
WORKER = COMMON | {
    "MAX_ATTEMPTS": "3",
    "COMPLETED_RETENTION_DAYS": "7",
    "BACKOFF_BASE_SECONDS": "5",
    "FAILED_RETENTION_DAYS": "14",
    "WORKER_CONCURRENCY": "5",
}
SWEEPER = COMMON | {"FAILED_RETENTION_DAYS": "14"}
API = COMMON | {
    "MAX_ATTEMPTS": "3",
    "COMPLETED_RETENTION_DAYS": "7",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    "SUPABASE_URL": "https://abc.supabase.co/",
    "SUPABASE_JWT_SECRET_ARN": "",
    "ALLOWED_ORIGINS": "https://a.example, https://b.example",
    "SUBMISSIONS_PER_MINUTE": "60",
    "UNFINISHED_JOBS_LIMIT": "200",
    "ALLOW_ANONYMOUS_USERS": "false",
    "ALLOW_OAUTH_CLIENTS": "true",
}


def test_spans_become_spans_and_numbers_numbers() -> None:
    settings = WorkerSettings.from_env(WORKER)

    assert settings.stage is Stage.DEV
    assert settings.backoff_base == timedelta(seconds=5)
    assert settings.failed_retention == timedelta(days=14)
    assert settings.worker_concurrency == 5
    assert settings.allow_private_networks is False


def test_lists_and_what_may_be_empty() -> None:
    settings = ApiSettings.from_env(API)

    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.supabase_jwt_secret_arn is None
    assert settings.supabase_url == "https://abc.supabase.co"
    assert ApiSettings.from_env(API | {"ALLOWED_ORIGINS": ""}).allowed_origins == ()


@pytest.mark.parametrize(
    ("settings", "env"), [(ApiSettings, API), (WorkerSettings, WORKER), (SweeperSettings, SWEEPER)]
)
def test_a_function_reads_the_variables_it_names_and_no_other(
    settings: type[Settings], env: dict[str, str]
) -> None:
    assert settings.variables() == env.keys()
    for name in env:
        with pytest.raises(BadSettings, match=name):
            settings.from_env({key: value for key, value in env.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", "staging"),
        ("TABLE_NAME", ""),
        ("LOG_LEVEL", "LOUD"),
        ("QUEUE_URL", "jobs"),
        ("QUEUE_URL", "ftp://host/jobs"),
        ("ALLOW_PRIVATE_NETWORKS", "yes"),
        ("MAX_ATTEMPTS", "0"),
        ("MAX_ATTEMPTS", "three"),
        ("MAX_ATTEMPTS", "-1"),
        ("MAX_ATTEMPTS", "٣"),
        ("BACKOFF_BASE_SECONDS", "901"),
        ("BACKOFF_BASE_SECONDS", "1.5"),
        ("COMPLETED_RETENTION_DAYS", "0"),
        ("WORKER_CONCURRENCY", ""),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_was_expected(name: str, value: str) -> None:
    with pytest.raises(BadSettings) as refusal:
        WorkerSettings.from_env(WORKER | {name: value})

    assert name in str(refusal.value)
    assert repr(value) in str(refusal.value)
    assert "must be" in str(refusal.value)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_private_networks_are_for_the_local_stage_alone(stage: str) -> None:
    allowed = {"ALLOW_PRIVATE_NETWORKS": "true", "STAGE": "local"}
    assert WorkerSettings.from_env(WORKER | allowed).allow_private_networks

    with pytest.raises(BadSettings, match="ALLOW_PRIVATE_NETWORKS"):
        WorkerSettings.from_env(WORKER | allowed | {"STAGE": stage})


def test_settings_do_not_change() -> None:
    settings = WorkerSettings.from_env(WORKER)

    with pytest.raises(AttributeError):
        settings.max_attempts = 4  # type: ignore[misc]
