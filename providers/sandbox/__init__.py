"""Stand-ins for the clouds, on this computer: they speak the clouds' own protocols."""
