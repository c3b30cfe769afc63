"""Inputs are held to what the official packages declare, read from their text."""

import inspect
import warnings
from importlib import import_module
from typing import Any

import pytest
from pulumi import _types

from stacks.sandbox.shapes.check import ShapeCheck
from stacks.sandbox.shapes.declared import Shapes

NODE_GROUP = {
    "clusterName": "c",
    "nodeRoleArn": "arn",
    "subnetIds": ["s"],
    "scalingConfig": {"desiredSize": 1, "minSize": 0, "maxSize": 2},
}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def told(type_: str, inputs: dict[str, Any]) -> list[str]:
    return [found.path for found in ShapeCheck(type_.partition(":")[0]).resource(type_, inputs)]


@pytest.mark.parametrize(
    ("package", "module", "name"),
    [
        ("pulumi_aws", "eks", "NodeGroup"),
        ("pulumi_aws", "ec2", "LaunchTemplate"),
        ("pulumi_azure_native", "containerservice", "AgentPool"),
        ("pulumi_azure_native", "network", "PublicIPAddress"),
        ("pulumi_gcp", "container", "NodePool"),
        ("pulumi_gcp", "serviceaccount", "IAMMember"),
        ("pulumi_kubernetes", "core/v1", "Namespace"),
        ("pulumi_kubernetes", "helm/v3", "Release"),
    ],
)
def test_the_text_says_what_the_imported_class_says(package: str, module: str, name: str) -> None:
    """An independent reading: the SDK's own, which has to import all of the module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = import_module(f"{package}.{module.replace('/', '.')}")
        declared = getattr(loaded, f"{name}InitArgs", None) or getattr(loaded, f"{name}Args")
    names = _types.input_type_py_to_pulumi_names(declared)
    parameters = inspect.signature(declared.__init__).parameters.values()
    required = {
        names[one.name] for one in parameters if one.default is one.empty and one.name in names
    }

    read = Shapes(package).resource(module, name)

    assert read is not None
    assert set(read.fields) == set(_types.input_type_types(declared))
    assert read.required == required


def test_right_inputs_are_right() -> None:
    assert told("aws:eks/nodeGroup:NodeGroup", NODE_GROUP) == []


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"clusterName": 5}, "clusterName"),
        ({"clusterName": None}, "clusterName"),
        ({"subnetIds": "s"}, "subnetIds"),
        ({"subnetIds": ["s", 2]}, "subnetIds[1]"),
        ({"forceUpdateVersion": "yes"}, "forceUpdateVersion"),
        ({"diskSize": 1.5}, "diskSize"),
        ({"diskSize": True}, "diskSize"),
        ({"bogus": 1}, "bogus"),
        (
            {"scalingConfig": {"desiredSize": 1, "minSize": 0, "maxSzie": 2}},
            "scalingConfig.maxSize",
        ),
        ({"taints": [{"effect": "NO_SCHEDULE"}]}, "taints[0].key"),
        ({"labels": ["a"]}, "labels"),
        ({"labels": {"a": 1}}, "labels.a"),
        ({"scalingConfig": 3}, "scalingConfig"),
    ],
)
def test_a_wrong_input_is_named(wrong: dict[str, Any], path: str) -> None:
    assert path in told("aws:eks/nodeGroup:NodeGroup", {**NODE_GROUP, **wrong})


def test_what_is_not_known_yet_fits_everywhere() -> None:
    unknown = {**NODE_GROUP, "diskSize": UNKNOWN, "taints": UNKNOWN, "subnetIds": [UNKNOWN]}

    assert told("aws:eks/nodeGroup:NodeGroup", unknown) == []


def test_words_of_azure_are_known() -> None:
    pool = {"resourceGroupName": "g", "resourceName": "c", "scaleSetPriority": "Spott"}

    assert told("azure-native:containerservice:AgentPool", pool) == ["scaleSetPriority"]
    pool["scaleSetPriority"] = "Spot"
    assert told("azure-native:containerservice:AgentPool", pool) == []


def test_records_of_other_modules_are_known() -> None:
    namespace = {"apiVersion": "v1", "metadata": {"nmae": "x"}}

    assert told("kubernetes:core/v1:Namespace", namespace) == ["metadata.nmae"]


def test_a_type_that_nobody_declares_is_taken_as_it_is() -> None:
    assert told("kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue", {"spec": 1}) == []
    assert told("aws:eks/future:Future", {"x": 1}) == []
