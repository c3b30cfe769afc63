"""The heart: which clusters to open, what to buy, what runs where, jointly, with proof."""
