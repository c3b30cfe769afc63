"""What the stack of a member holds: one program per cloud, put together from parts per concern."""
