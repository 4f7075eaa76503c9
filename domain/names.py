"""Names of models, as stored rows carry them, and what pages call them."""

REFERENCE = "reference_walk"
VOLATILITY = "volatility_walk"
NETWORK = "patch_transformer"
DEFAULT = "tapewire"

# Every model that can be fitted: name -> what pages call it.
MODELS = {
    NETWORK: "Transformer",
    "mlp": "Feed-forward network",
    "patch_linear": "Linear patches",
    "lstm": "LSTM",
    "lightgbm": "LightGBM",
    "har_median": "HAR with medians",
    "har": "HAR",
    "garch": "GARCH(1,1)-t",
    REFERENCE: "Reference walk",
    VOLATILITY: "Walk without hour of week",
    "walk_plain": "Plain walk",
    "walk_drift": "Walk with drift",
}


def default_id(network_id: str) -> str:
    """The id of the default forecast of which the network of this id is a part."""
    return network_id.replace(NETWORK, DEFAULT, 1)
