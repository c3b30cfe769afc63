"""Objects of Kubernetes: known by namespace and name, whatever their kind."""

from stacks.sandbox.outputs.formulas import Formula

RELEASE = Formula(
    id="{namespace}/{name}",
    outputs={
        "status": {
            "appVersion": "",
            "chart": "{chart}",
            "name": "{name}",
            "namespace": "{namespace}",
            "revision": "{revision}",
            "status": "deployed",
            "version": "{version}",
        },
        "resourceNames": {},
    },
    name="name",
    region="{region}",
)
"""A Helm release."""

FORMULAS = {"kubernetes:helm.sh/v3:Release": RELEASE}

ELSE = Formula(
    id="{object}",
    outputs={
        "metadata": {
            "uid": "{uuid}",
            "resourceVersion": "{revision}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        }
    },
    name="metadata.name",
    region="{region}",
)
"""Every other object."""
