"""What the clouds offer: one package per source, each behind broker.ports.capacity."""

__broker__ = "0.1.0"
