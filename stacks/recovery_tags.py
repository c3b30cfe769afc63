"""Finds in AWS, by its tags, what was being made and whose id AWS chooses."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stacks.recovery_rules import TAGGED, Resource, id_in_arn, identity

ENDPOINT = "BROKER_AWS_ENDPOINT"
STAND_IN: Mapping[str, Any] = {
    "aws_access_key_id": "no-key-of-anybody",
    "aws_secret_access_key": "no-secret-of-anybody",
    "aws_session_token": "no-token-of-anybody",
    "config": Config(proxies={}),
}
"""How another address is asked in AWS's place: without the user's credentials, and by no proxy."""


class NotAsked(Exception):
    """The cloud did not say; the message is in its words."""


def tagged_ids(resource: Resource, environment: Mapping[str, str]) -> list[str] | None:
    """Return the ids of what has the tags of *resource*; None if tags do not name it.

    Raises NotAsked. What was deleted some minutes ago may still be among them.
    """
    kind, tags = TAGGED.get(resource["type"]), identity(resource)
    if kind is None or tags is None:
        return None
    endpoint = environment.get(ENDPOINT)
    client = boto3.client(
        "resourcegroupstaggingapi",
        region_name=resource["inputs"].get("region"),
        endpoint_url=endpoint,
        **(STAND_IN if endpoint else {}),
    )
    try:
        pages = client.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": key, "Values": [value]} for key, value in tags.items()],
            ResourceTypeFilters=[kind],
        )
        found: list[dict[str, Any]] = [
            one for page in pages for one in page["ResourceTagMappingList"]
        ]
    except (BotoCoreError, ClientError) as error:
        raise NotAsked(str(error)) from error
    finally:
        client.close()
    return sorted({id_in_arn(resource, str(one["ResourceARN"])) for one in found})
