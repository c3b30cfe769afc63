"""fleet.yaml to values: strict shape, every finding at once."""
