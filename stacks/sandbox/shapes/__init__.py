"""What inputs look like, as the official provider packages declare it."""
