from collections.abc import Callable, Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError
from docsnap.errors import Unavailable
from docsnap.table import CONFLICT_TRIES, TRIES, ConditionFailed, Contended, Table, Write

KEY = {"pk": "USER#a", "sk": "JOB#b"}
WRITES = [
    Write(operation="Put", target=KEY),
    Write(operation="Update", target=KEY, set={"status": "x"}, remove=["error"], add={"n": 1}),
]
NO_ANSWERS: list[Exception] = [
    ConnectTimeoutError(endpoint_url="https://dynamodb"),
    EndpointConnectionError(endpoint_url="https://dynamodb"),
]


class Client:
    """Answers every call with the next of what it was given."""

    def __init__(self, answers: Iterable[Any]) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.requests.append(request)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def an_error(code: str, status: int = 400, reasons: Iterable[dict[str, Any]] = ()) -> ClientError:
    response: Any = {
        "Error": {"Code": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": list(reasons),
    }
    return ClientError(response, "Call")


def cancelled(*codes: str) -> ClientError:
    return an_error("TransactionCanceledException", reasons=[{"Code": code} for code in codes])


def a_table(*answers: Any) -> tuple[Table, Client, list[float]]:
    client, pauses = Client(answers), list[float]()
    return Table(client, "jobs", pause=pauses.append), client, pauses  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "problem",
    [
        *NO_ANSWERS,
        an_error("InternalServerError", 500),
        an_error("Unheard", 503),
        an_error("ThrottlingException"),
        an_error("ProvisionedThroughputExceededException"),
        cancelled("None", "ThrottlingError"),
    ],
    ids=lambda problem: f"{type(problem).__name__}-{problem}"[:60],
)
def test_a_call_without_a_usable_answer_is_repeated_a_few_times(problem: Exception) -> None:
    table, client, pauses = a_table(*[problem] * (TRIES - 1), {})
    table.write(WRITES, token="t")
    assert len(client.requests) == TRIES
    assert len(pauses) == TRIES - 1

    table, client, _ = a_table(*[problem] * TRIES)
    with pytest.raises(Unavailable) as error:
        table.write(WRITES, token="t")
    assert not isinstance(error.value, Contended)
    assert error.value.__cause__ is problem


def test_a_repeated_transaction_carries_the_token_of_the_first() -> None:
    table, client, _ = a_table(NO_ANSWERS[0], {})
    table.write(WRITES, token="t")

    assert [request["ClientRequestToken"] for request in client.requests] == ["t", "t"]


@pytest.mark.parametrize(
    "conflict",
    [
        cancelled("None", "TransactionConflict"),
        an_error("TransactionConflictException"),
        an_error("TransactionInProgressException"),
    ],
    ids=str,
)
def test_a_conflict_is_waited_out_longer_and_is_known_to_have_changed_nothing(
    conflict: ClientError,
) -> None:
    table, client, _ = a_table(*[conflict] * CONFLICT_TRIES)

    with pytest.raises(Contended):
        table.write(WRITES, token="t")
    assert len(client.requests) == CONFLICT_TRIES


def test_a_conflict_after_silence_says_nothing_about_the_first_try() -> None:
    table, _, _ = a_table(NO_ANSWERS[0], *[cancelled("TransactionConflict")] * CONFLICT_TRIES)

    with pytest.raises(Unavailable) as error:
        table.write(WRITES, token="t")
    assert not isinstance(error.value, Contended)


def test_a_failed_condition_is_an_answer_even_beside_a_conflict() -> None:
    table, client, _ = a_table(cancelled("TransactionConflict", "ConditionalCheckFailed"))

    with pytest.raises(ConditionFailed) as error:
        table.write(WRITES, token="t")
    assert error.value.failures == {1: None}
    assert len(client.requests) == 1


def test_a_failed_condition_tells_what_is_there() -> None:
    reason = {"Code": "ConditionalCheckFailed", "Item": {"version": {"N": "7"}}}
    table, _, _ = a_table(
        an_error("TransactionCanceledException", reasons=[reason, {"Code": "None"}])
    )

    with pytest.raises(ConditionFailed) as error:
        table.write(WRITES, token="t")
    assert error.value.failures == {0: {"version": 7}}


def test_a_defect_is_neither_hidden_nor_repeated() -> None:
    table, client, _ = a_table(an_error("ValidationException"))

    with pytest.raises(ClientError):
        table.write(WRITES, token="t")
    assert len(client.requests) == 1


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_table_out_of_reach_is_unavailable_at_once(code: str) -> None:
    table, client, pauses = a_table(an_error(code))

    with pytest.raises(Unavailable):
        table.write(WRITES, token="t")
    assert (len(client.requests), pauses) == (1, [])


def test_every_attribute_that_is_written_has_an_alias_for_the_sake_of_reserved_words() -> None:
    table, client, _ = a_table({})
    table.write(WRITES, token="t")
    update = client.requests[0]["TransactItems"][1]["Update"]

    assert update["UpdateExpression"] == "SET #status = :new_status REMOVE #error ADD #n :new_n"
    assert update["ExpressionAttributeNames"] == {"#status": "status", "#error": "error", "#n": "n"}


def test_items_that_were_not_answered_are_asked_for_again() -> None:
    first = {
        "Responses": {"jobs": [{"pk": {"S": "a"}}]},
        "UnprocessedKeys": {"jobs": {"Keys": [{"pk": {"S": "b"}}]}},
    }
    second = {"Responses": {"jobs": [{"pk": {"S": "b"}}]}}
    table, _, _ = a_table(first, second)

    assert table.get_many([{"pk": "a"}, {"pk": "b"}]) == [{"pk": "a"}, {"pk": "b"}]


def test_pages_are_read_only_as_far_as_they_are_asked_for() -> None:
    page = {"Items": [{"n": {"N": "1"}}, {"n": {"N": "2"}}], "LastEvaluatedKey": {"pk": {"S": "a"}}}
    table, client, _ = a_table(page, {"Items": [{"n": {"N": "3"}}]})

    items = table.query("pk = :pk", {":pk": "a"})
    assert [next(items)["n"], next(items)["n"]] == [1, 2]
    assert len(client.requests) == 1
    assert [item["n"] for item in items] == [3]
