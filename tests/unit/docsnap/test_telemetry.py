import json
import logging
import socket
from typing import Any

import pytest
from docsnap import telemetry
from docsnap.telemetry import Metric, Trace, count, invocation, logger, milliseconds


@pytest.fixture(autouse=True)
def nothing_that_others_have_counted(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.flush()
    capsys.readouterr()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [line for line in lines(capsys) if "_aws" in line]


def test_every_line_of_an_invocation_carries_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.flush()  # what another test has counted outside of any invocation
    capsys.readouterr()
    with invocation(request_id="request-1", job_id="job-1"):
        logger.info("in between")
    logger.info("after")

    within, after = lines(capsys)
    assert within["correlation_id"] == within["function_request_id"] == "request-1"
    assert within["job_id"] == "job-1"
    assert "correlation_id" not in after
    assert "job_id" not in after


def test_a_sampled_invocation_writes_its_debug_lines_and_the_next_does_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for share in (1.0, 0.0):
        monkeypatch.setattr(telemetry, "DEBUG_SAMPLE", share)
        with invocation(request_id=str(share)):
            logger.debug("in detail")
        logger.debug("after it")

    assert [line["correlation_id"] for line in lines(capsys)] == ["1.0"]


def test_an_invocation_that_is_not_sampled_leaves_the_level_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telemetry, "DEBUG_SAMPLE", 0.0)
    monkeypatch.setattr(logger, "initial_log_level", logging.getLevelName(logger.log_level))
    set_levels: list[object] = []
    monkeypatch.setattr(logger, "setLevel", set_levels.append)

    with invocation(request_id="request-1"):
        logger.info("hello")

    assert set_levels == []


def test_work_goes_on_under_the_id_of_what_caused_it(capsys: pytest.CaptureFixture[str]) -> None:
    with invocation(request_id="request-2"):
        telemetry.adopt("request-1", job_id="job-1")
        logger.info("hello")
        assert telemetry.correlation_id() == "request-1"

    [line] = lines(capsys)
    assert line["correlation_id"] == "request-1"
    assert line["function_request_id"] == "request-2"


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("GET https://a.example/x?token=secret#part ok", "GET https://a.example/x ok"),
        ("https://user:secret@a.example/x", "https://a.example/x"),
        ("two: http://a.example/?q=secret, http://b.example/y", None),
        ("no URL? none at all", "no URL? none at all"),
    ],
)
def test_queries_and_passwords_stay_out_of_the_log(
    capsys: pytest.CaptureFixture[str], text: str, logged: str | None
) -> None:
    logger.info(text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logger.exception("raised")

    printed = capsys.readouterr().out
    assert "secret" not in printed
    assert logged is None or json.loads(printed.splitlines()[0])["message"] == logged


def test_a_loggable_url_is_scheme_host_and_path() -> None:
    url = "https://user:secret@a.example:8443/x/y?q=1#z"

    assert telemetry.loggable(url) == "https://a.example:8443/x/y"


def test_metrics_leave_with_the_invocation(capsys: pytest.CaptureFixture[str]) -> None:
    with invocation(request_id="1"):
        count(Metric.SWEEPS)
        count(Metric.OVERDUE, 0)
        milliseconds(Metric.SWEEP_DURATION, 12.5)
        assert metrics(capsys) == []

    [line] = metrics(capsys)
    assert (line["Sweeps"], line["Overdue"], line["SweepDuration"]) == ([1.0], [0.0], [12.5])
    units = {each["Name"]: each["Unit"] for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert units == {"Sweeps": "Count", "Overdue": "Count", "SweepDuration": "Milliseconds"}


def test_a_metric_with_a_dimension_has_a_line_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with invocation(request_id="1"):
        count(Metric.REPAIRS, 2, kind="rescued")
        count(Metric.SWEEPS)

    by_kind, others = metrics(capsys)
    assert by_kind["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "kind"]]
    assert (by_kind["kind"], by_kind["Repairs"]) == ("rescued", [2.0])
    assert "kind" not in others


def test_an_invocation_without_metrics_writes_none(capsys: pytest.CaptureFixture[str]) -> None:
    with invocation(request_id="1"):
        pass

    assert metrics(capsys) == []


def test_metrics_leave_also_when_the_invocation_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def invoke() -> None:
        with invocation(request_id="1"):
            count(Metric.SWEEPS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        invoke()

    assert len(metrics(capsys)) == 1


def test_names_of_metrics_are_fit_for_cloudwatch_and_distinct() -> None:
    assert all(metric.value.isalpha() and metric.value[0].isupper() for metric in Metric)
    assert len({metric.value for metric in Metric}) == len(Metric)


def test_only_sampled_invocations_are_traced() -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled="

    trace = Trace.from_lambda(header + "1", "127.0.0.1:2000")

    assert trace == Trace(
        id="1-5759e988-bd862e3fe1be46a994272793",
        parent="53995c3f42cd8ad8",
        daemon=("127.0.0.1", 2000),
    )
    assert Trace.from_lambda(header + "0", "127.0.0.1:2000") is None
    assert Trace.from_lambda(None, None) is None
    assert Trace.from_lambda(header + "1", "") is None


def test_a_span_is_told_to_the_daemon() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(30)
        trace = Trace(id="1-2-3", parent="abc", daemon=daemon.getsockname())
        with (
            invocation(request_id="1", trace=trace),
            pytest.raises(RuntimeError),
            telemetry.span("upload"),
        ):
            raise RuntimeError

        header, segment = daemon.recv(65_536).decode().split("\n")

    assert json.loads(header) == {"format": "json", "version": 1}
    told = json.loads(segment)
    assert (told["name"], told["trace_id"], told["parent_id"]) == ("upload", "1-2-3", "abc")
    assert told["fault"] is True
    assert told["start_time"] <= told["end_time"]


def test_a_span_outside_a_trace_is_just_the_work() -> None:
    with telemetry.span("upload"):
        pass
