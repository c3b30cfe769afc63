"""AWS on this computer: moto, and what moto lacks, over prices that are handed in."""
