"""What does the emulator leave out of the template, and how is it made up for?

One function per gap. Each says what is missing and how to see that it no longer is; then the
function can go. All of them use public APIs, may run again and again, and read what they need from
the deployed stack, so that nothing of the template is said twice.

Four gaps are closed where the emulator is started, in `emulator/launch.py`: it saves its state
only when it ends in good order, it takes the policies that ask for TLS at their word on loopback,
it answers OPTIONS itself, and its local indexes give no more than they hold.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
from mypy_boto3_cloudformation import CloudFormationClient
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_lambda import LambdaClient
from mypy_boto3_s3 import S3Client

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A deployed stack: its template after the SAM transform, its parameters and its resources."""

    resources: Properties
    mappings: Properties
    parameters: dict[str, str]
    physical_ids: dict[str, str]

    def properties(self, logical_id: str) -> Properties:
        """Give a resource's properties, references to parameters and mappings replaced."""
        return cast(Properties, self._resolved(self.resources[logical_id]["Properties"]))

    def of_type(self, kind: str) -> list[str]:
        """Name the resources of a type that are there (a condition may leave one out)."""
        return [
            name
            for name, resource in self.resources.items()
            if resource["Type"] == kind and name in self.physical_ids
        ]

    def _resolved(self, value: Any) -> Any:
        match value:
            case {"Ref": str(name)} if name in self.parameters:
                return self.parameters[name]
            case {"Ref": str(name)} if name in self.physical_ids:
                return self.physical_ids[name]
            case {"Fn::FindInMap": [table, key, column]}:
                return self.mappings[table][str(self._resolved(key))][column]
            case {"Fn::If": ["ReservesConcurrency", then, otherwise]}:
                reserves = self.parameters["ReserveConcurrency"] == "true"
                return self._resolved(then if reserves else otherwise)
            case dict():
                return {key: self._resolved(part) for key, part in value.items()}
            case list():
                return [self._resolved(part) for part in value]
        return value


def read(cloudformation: CloudFormationClient, stack_name: str) -> Deployed:
    """Read what was deployed."""
    body: Any = cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")
    template = body["TemplateBody"]
    template = json.loads(template) if isinstance(template, str) else template
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    resources = cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    return Deployed(
        resources=template["Resources"],
        mappings=template.get("Mappings", {}),
        parameters={p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]},
        physical_ids={r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources},
    )


def add_routes(deployed: Deployed, gateway: ApiGatewayV2Client) -> None:
    """Make the routes of the HTTP APIs.

    Gap: an API whose routes are in its `Body`, which is how SAM writes them, gets none.
    Gone when: a request is answered by the function without this.
    """
    for logical_id in deployed.of_type("AWS::ApiGatewayV2::Api"):
        api_id = deployed.physical_ids[logical_id]
        existing = {route["RouteKey"] for route in gateway.get_routes(ApiId=api_id)["Items"]}
        for path, operations in deployed.resources[logical_id]["Properties"]["Body"][
            "paths"
        ].items():
            for method, operation in operations.items():
                any_method = method == "x-amazon-apigateway-any-method"
                key = (
                    path
                    if path == "$default"
                    else f"{'ANY' if any_method else method.upper()} {path}"
                )
                if key not in existing:
                    uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                    _add_route(gateway, api_id, key, _invoked(deployed, uri))


def _add_route(gateway: ApiGatewayV2Client, api_id: str, key: str, function_arn: str) -> None:
    integration = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function_arn,
        PayloadFormatVersion="2.0",
    )
    target = f"integrations/{integration['IntegrationId']}"
    gateway.create_route(ApiId=api_id, RouteKey=key, Target=target)


def _invoked(deployed: Deployed, uri: str) -> str:
    """Give the ARN of the alias in `arn:…:lambda:path/…/functions/${Alias}/invocations`."""
    alias = uri.rpartition("functions/${")[2].removesuffix("}/invocations")
    return deployed.physical_ids[alias]


def expire_items(deployed: Deployed, dynamodb: DynamoDBClient) -> None:
    """Let the table delete what has expired.

    Gap: `TimeToLiveSpecification` is ignored.
    Gone when: DescribeTimeToLive says ENABLED without this.
    """
    for logical_id in deployed.of_type("AWS::DynamoDB::Table"):
        table = deployed.physical_ids[logical_id]
        wanted = deployed.properties(logical_id)["TimeToLiveSpecification"]
        found = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if found.get("TimeToLiveStatus") != "ENABLED":
            dynamodb.update_time_to_live(
                TableName=table,
                TimeToLiveSpecification={
                    "Enabled": True,
                    "AttributeName": wanted["AttributeName"],
                },
            )


def reserve_concurrency(deployed: Deployed, functions: LambdaClient) -> None:
    """Reserve the worker's concurrency.

    Gap: `ReservedConcurrentExecutions` is ignored.
    Gone when: GetFunctionConcurrency gives the number without this.
    """
    for logical_id in deployed.of_type("AWS::Lambda::Function"):
        name = deployed.physical_ids[logical_id]
        wanted = deployed.properties(logical_id).get("ReservedConcurrentExecutions")
        if wanted in (None, {"Ref": "AWS::NoValue"}):
            functions.delete_function_concurrency(FunctionName=name)
        else:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(wanted)
            )


def limit_concurrency(deployed: Deployed, functions: LambdaClient) -> None:
    """Have the queue's poller start no more workers than it may.

    Gap: `MaximumConcurrency` is kept as the text that a parameter is, and polling fails on it.
    Gone when: a job is picked up without this.
    """
    for logical_id in deployed.of_type("AWS::Lambda::EventSourceMapping"):
        wanted = deployed.properties(logical_id)["ScalingConfig"]["MaximumConcurrency"]
        functions.update_event_source_mapping(
            UUID=deployed.physical_ids[logical_id],
            ScalingConfig={"MaximumConcurrency": int(wanted)},
        )


def expire_objects(deployed: Deployed, s3: S3Client) -> None:
    """Let the bucket delete what has expired.

    Gap: `LifecycleConfiguration` is ignored.
    Gone when: GetBucketLifecycleConfiguration gives the rules without this.
    """
    for logical_id in deployed.of_type("AWS::S3::Bucket"):
        rules = []
        for rule in deployed.properties(logical_id)["LifecycleConfiguration"]["Rules"]:
            rewritten = {"ID": rule["Id"], "Status": rule["Status"]}
            rewritten["Filter"] = {"Prefix": rule.get("Prefix", "")}
            if "ExpirationInDays" in rule:
                rewritten["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
            if "AbortIncompleteMultipartUpload" in rule:
                rewritten["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
            rules.append(rewritten)
        s3.put_bucket_lifecycle_configuration(
            Bucket=deployed.physical_ids[logical_id],
            LifecycleConfiguration={"Rules": cast(Any, rules)},
        )
