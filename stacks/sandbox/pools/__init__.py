"""What resources ask of the clouds' stock: nodes of a machine type, somewhere, under some terms."""
