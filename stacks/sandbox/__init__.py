"""A resource provider that answers the engine in place of the clouds: what it makes is on this computer."""
