"""What Lambda's poller makes of a message."""

from typing import Any


def next_record(sqs: Any, url: str) -> dict[str, Any] | None:
    """Receive a message as the poller does, and make it a record; None if there is none."""
    messages = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=1,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    ).get("Messages")
    if not messages:
        return None
    [message] = messages
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        },
    }
