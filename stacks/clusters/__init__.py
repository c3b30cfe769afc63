"""Places that several computers share, for the state of a fleet: one module for each kind."""
