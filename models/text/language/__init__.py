"""Language models: causal ones, sentence embeddings, scores per token."""
