"""All offers of one instant, and the network between the regions."""
