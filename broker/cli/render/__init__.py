"""Values to text; nothing here decides."""
