"""The findings: responses, what came back, the answer of all studies, sentences."""
