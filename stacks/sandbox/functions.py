"""What programs ask without making anything: zones, images, offerings, who they are."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from broker.domain.offers import CapacityType
from stacks.sandbox.offered import azure_group, azure_reservation, gcp_machine_types, gcp_zones
from stacks.sandbox.outputs.aws import CERTIFICATE
from stacks.sandbox.outputs.formulas import (
    ACCOUNT,
    PROJECT,
    PROJECT_NUMBER,
    SUBSCRIPTION,
    TENANT,
    numbers,
)
from stacks.sandbox.paths import listed
from stacks.sandbox.refusals import Refusal
from stacks.sandbox.world import World

ON_DEMAND = CapacityType.ON_DEMAND
MADE_UP_TOKEN = "made-up-token-for-this-computer"  # noqa: S105  # no secret: it opens nothing


class Asked(NamedTuple):
    """*arguments* of a function, with the settings of its provider, in one *world*."""

    arguments: Mapping[str, Any]
    world: World


def called(function: str, asked: Asked) -> dict[str, Any]:
    """What *function* (its token) answers; raises Refusal if the sandbox has none of that name."""
    if function in PLACES:
        return PLACES[function](asked)
    answer = FUNCTIONS.get(function)
    if answer is None:
        message = f"the sandbox has no function {function}"
        raise Refusal(message)
    return answer(asked.arguments)


def _zones(asked: Asked) -> dict[str, Any]:
    """Those that the HTTP sandbox tells of, so that everybody tells of the same."""
    region = str(asked.arguments.get("region") or "us-east-1")
    zones = asked.world.mirror.zones(region)
    return {
        "id": region,
        "region": region,
        "names": [*zones],
        "zoneIds": [*zones.values()],
        "groupNames": [region],
    }


def _zone(asked: Asked) -> dict[str, Any]:
    """One zone, by name or id."""
    told = {asked.arguments.get("name"), asked.arguments.get("zoneId")}
    region = str(asked.arguments.get("region") or "us-east-1")
    for name, id_ in asked.world.mirror.zones(region).items():
        if {name, id_} & told:
            return {"id": name, "name": name, "zoneId": id_, "region": region, "state": "available"}
    message = "no matching availability zone found"
    raise Refusal(message)


def _offerings(asked: Asked) -> dict[str, Any]:
    """Where machine types are sold, as far as the market says which zones."""
    region = str(asked.arguments.get("region") or "us-east-1")
    wanted = [
        str(value)
        for one in listed(asked.arguments.get("filters"))
        if one.get("name") == "instance-type"
        for value in listed(one.get("values"))
    ]
    market, zones = asked.world.market, [*asked.world.mirror.zones(region).values()]
    sold = [
        (machine_type, zone)
        for machine_type in wanted
        if region in market.regions("aws", machine_type)
        for zone in sorted(market.zones("aws", machine_type, region, ON_DEMAND)) or zones
    ]
    return {
        "id": region,
        "instanceTypes": [machine_type for machine_type, _ in sold],
        "locations": [zone for _, zone in sold],
        "locationTypes": [asked.arguments.get("locationType") or "region" for _ in sold],
    }


def _credentials(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration that leads nowhere, in the form that AKS gives it."""
    name = asked.get("resourceName")
    cluster = {
        "server": f"https://{name}.hcp.sandbox.azmk8s.io:443",
        "certificate-authority-data": CERTIFICATE,
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [],
        "contexts": [],
    }
    text = base64.b64encode(json.dumps(document).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": text}]}


PLACES: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getAvailabilityZone:getAvailabilityZone": _zone,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": _offerings,
    "azure-native:compute:getCapacityReservationGroup": lambda asked: azure_group(*asked),
    "azure-native:compute:getCapacityReservation": lambda asked: azure_reservation(*asked),
    "gcp:compute/getZones:getZones": lambda asked: gcp_zones(*asked),
    "gcp:compute/getMachineTypes:getMachineTypes": lambda asked: gcp_machine_types(*asked),
}


def _image(asked: Mapping[str, Any]) -> dict[str, Any]:
    id_ = "ami-" + numbers(str(sorted(asked.items(), key=str)))["hex17"]
    return {"id": id_, "imageId": id_, "architecture": "x86_64", "name": "sandbox-image"}


def _parameter(asked: Mapping[str, Any]) -> dict[str, Any]:
    id_ = "ami-" + numbers(str(asked.get("name")))["hex17"]
    return {"id": asked.get("name"), "name": asked.get("name"), "value": id_, "type": "String"}


def _block(asked: Mapping[str, Any]) -> dict[str, Any]:
    id_ = "cb-" + numbers(str(sorted(asked.items(), key=str)))["hex17"]
    return {**asked, "id": id_, "capacityBlockOfferingId": id_, "upfrontFee": "1000.00"}


FUNCTIONS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws:eks/getClusterAuth:getClusterAuth": lambda asked: {
        "id": asked.get("name"),
        "name": asked.get("name"),
        "region": asked.get("region") or "us-east-1",
        "token": MADE_UP_TOKEN,
    },
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
    "azure-native:authorization:getClientToken": lambda _: {"token": MADE_UP_TOKEN},
    "azure-native:containerservice:listManagedClusterUserCredentials": _credentials,
    "gcp:organizations/getClientConfig:getClientConfig": lambda asked: {
        "id": PROJECT,
        "accessToken": MADE_UP_TOKEN,
        "project": asked.get("project") or PROJECT,
        "region": asked.get("region") or "",
        "zone": asked.get("zone") or "",
    },
    "gcp:organizations/getProject:getProject": lambda asked: {
        "id": f"projects/{asked.get('projectId') or PROJECT}",
        "projectId": asked.get("projectId") or PROJECT,
        "number": PROJECT_NUMBER,
        "name": asked.get("projectId") or PROJECT,
        "billingAccount": "000000-000000-000000",
    },
}
