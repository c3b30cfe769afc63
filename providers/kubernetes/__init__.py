"""Clusters that are there already, on premises or rented, at prices that their owner states."""
