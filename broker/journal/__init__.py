"""What was decided and done: an append-only log that can be proven."""
