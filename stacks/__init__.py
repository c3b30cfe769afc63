"""What changes the world: provisioners behind broker.ports, found by entry point."""

__broker__ = "0.1.0"
