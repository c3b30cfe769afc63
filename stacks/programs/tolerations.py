"""Which taints the cluster's own pods stand."""

EVERYWHERE = [{"operator": "Exists"}]
"""Tolerations of what has to run on every node, whatever its taints."""
