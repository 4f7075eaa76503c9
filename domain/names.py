"""Names of models that stored rows carry and that more than one package needs."""

REFERENCE = "reference_walk"
VOLATILITY = "volatility_walk"
NETWORK = "patch_transformer"
DEFAULT = "tapewire"
