"""The patch transformer and its kin: net, windows, Lightning module, training, checkpoints."""
