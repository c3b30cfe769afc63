"""How fast the broker is, and what joint planning saves: each module prints a table of its own."""
