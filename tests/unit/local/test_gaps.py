from typing import Any

import pytest

from local import gaps

PARAMETERS = {"Days": "7", "Concurrency": "5", "ReserveConcurrency": "true"}
URI = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
    "${ApiFunctionAliaslive}/invocations"
)


def deployed(resources: dict[str, Any], **parameters: str) -> gaps.Deployed:
    return gaps.Deployed(
        resources=resources,
        mappings={"ObjectDays": {"7": {"Days": 8}}},
        parameters=PARAMETERS | parameters,
        physical_ids={name: f"physical-{name}" for name in (*resources, "ApiFunctionAliaslive")},
    )


def function(**properties: Any) -> dict[str, Any]:
    return {"Worker": {"Type": "AWS::Lambda::Function", "Properties": properties}}


class Recorder:
    """Takes every call of a client, and answers as told."""

    def __init__(self, **answers: Any) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((name, arguments))
            return self._answers.get(name)

        return call


def routed(*existing: str) -> Recorder:
    body = {"paths": {"$default": {"x-amazon-apigateway-any-method": integration()}}}
    resources = {"HttpApi": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}}}
    gateway: Any = Recorder(
        get_routes={"Items": [{"RouteKey": key} for key in existing]},
        create_integration={"IntegrationId": "i1"},
    )
    gaps.add_routes(deployed(resources), gateway)
    found: Recorder = gateway
    return found


def integration() -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": URI}}}


def test_a_route_leads_to_the_alias_of_the_function() -> None:
    calls = dict(routed().calls)

    assert calls["create_integration"]["IntegrationUri"] == "physical-ApiFunctionAliaslive"
    assert calls["create_route"] == {
        "ApiId": "physical-HttpApi",
        "RouteKey": "$default",
        "Target": "integrations/i1",
    }


def test_a_route_that_is_there_is_left_alone() -> None:
    assert [name for name, _ in routed("$default").calls] == ["get_routes"]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"Ref": "Days"}, "7"),
        ({"Ref": "Worker"}, "physical-Worker"),
        ({"Ref": "AWS::NoValue"}, {"Ref": "AWS::NoValue"}),
        ({"Fn::FindInMap": ["ObjectDays", {"Ref": "Days"}, "Days"]}, 8),
        ({"Fn::If": ["ReservesConcurrency", {"Ref": "Concurrency"}, "none"]}, "5"),
        ([{"Ref": "Days"}, "text"], ["7", "text"]),
    ],
)
def test_a_reference_is_replaced_by_what_it_means(value: Any, meant: Any) -> None:
    assert deployed(function(Value=value)).properties("Worker")["Value"] == meant


def test_the_reservation_follows_the_template() -> None:
    reserved = {"Fn::If": ["ReservesConcurrency", {"Ref": "Concurrency"}, {"Ref": "AWS::NoValue"}]}
    resources = function(ReservedConcurrentExecutions=reserved)
    with_it: Any = Recorder()
    without: Any = Recorder()

    gaps.reserve_concurrency(deployed(resources), with_it)
    gaps.reserve_concurrency(deployed(resources, ReserveConcurrency="false"), without)

    assert with_it.calls[0][1]["ReservedConcurrentExecutions"] == 5
    assert [name for name, _ in without.calls] == ["delete_function_concurrency"]


def test_the_pollers_limit_is_a_number() -> None:
    scaling = {"MaximumConcurrency": {"Ref": "Concurrency"}}
    source = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"ScalingConfig": scaling}}
    functions: Any = Recorder()

    gaps.limit_concurrency(deployed({"Source": source}), functions)

    assert functions.calls[0][1]["ScalingConfig"] == {"MaximumConcurrency": 5}
