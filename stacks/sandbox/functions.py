"""What programs ask without making anything: zones, images, offerings, who they are."""

from collections.abc import Callable, Mapping
from typing import Any

from stacks.sandbox.outputs.formulas import (
    ACCOUNT,
    PROJECT,
    PROJECT_NUMBER,
    SUBSCRIPTION,
    TENANT,
    numbers,
)
from stacks.sandbox.refusals import Refusal

Arguments = Mapping[str, Any]


def called(function: str, arguments: Arguments, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What *function* (its token) answers; raises Refusal if the sandbox has none of that name."""
    answer = FUNCTIONS.get(function)
    if answer is None:
        message = f"the sandbox has no function {function}"
        raise Refusal(message)
    return answer({**settings, **arguments})


def _zones(asked: Arguments) -> dict[str, Any]:
    region = asked.get("region") or "us-east-1"
    names = [f"{region}{letter}" for letter in "abc"]
    return {
        "id": region,
        "names": names,
        "zoneIds": names,
        "groupNames": [region],
        "region": region,
    }


def _image(asked: Arguments) -> dict[str, Any]:
    id_ = "ami-" + numbers(str(sorted(asked.items(), key=str)))["hex17"]
    return {"id": id_, "imageId": id_, "architecture": "x86_64", "name": "sandbox-image"}


def _parameter(asked: Arguments) -> dict[str, Any]:
    id_ = "ami-" + numbers(str(asked.get("name")))["hex17"]
    return {"id": asked.get("name"), "name": asked.get("name"), "value": id_, "type": "String"}


def _block(asked: Arguments) -> dict[str, Any]:
    id_ = "cb-" + numbers(str(sorted(asked.items(), key=str)))["hex17"]
    return {**asked, "id": id_, "capacityBlockOfferingId": id_, "upfrontFee": "1000.00"}


FUNCTIONS: Mapping[str, Callable[[Arguments], dict[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _: {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/sandbox",
        "userId": "AIDASANDBOX",
    },
    "aws:index/getPartition:getPartition": lambda _: {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:index/getRegion:getRegion": lambda asked: {
        "id": asked.get("region") or "us-east-1",
        "name": asked.get("region") or "us-east-1",
        "region": asked.get("region") or "us-east-1",
    },
    "aws:ec2/getAmi:getAmi": _image,
    "aws:ssm/getParameter:getParameter": _parameter,
    "aws:ec2/getCapacityBlockOffering:getCapacityBlockOffering": _block,
    "azure-native:authorization:getClientConfig": lambda _: {
        "clientId": SUBSCRIPTION,
        "objectId": SUBSCRIPTION,
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
    },
    "gcp:organizations/getClientConfig:getClientConfig": lambda asked: {
        "id": PROJECT,
        "accessToken": "",
        "project": asked.get("project") or PROJECT,
        "region": asked.get("region") or "",
        "zone": asked.get("zone") or "",
    },
    "gcp:organizations/getProject:getProject": lambda asked: {
        "id": f"projects/{asked.get('projectId') or PROJECT}",
        "projectId": asked.get("projectId") or PROJECT,
        "number": PROJECT_NUMBER,
        "name": asked.get("projectId") or PROJECT,
    },
    "gcp:compute/getZones:getZones": lambda asked: {
        "id": asked.get("region"),
        "names": [f"{asked.get('region') or 'us-central1'}-{letter}" for letter in "abc"],
    },
}
