"""Who wrote a release, as the response model is told: the detector first, then what came with the text."""

from types import SimpleNamespace

import numpy as np
import polars as pl

from models.impact.event_time import _machine_probability


def test_the_detectors_probability_goes_before_the_authorship_that_came_with_the_text_and_unknown_stays_unknown():
    frame = pl.DataFrame({"published_authorship": ["human", "machine", "human", "unknown", None]})
    traits = SimpleNamespace(probability=np.array([0.9, np.nan, np.nan, np.nan, np.nan]))
    np.testing.assert_array_equal(_machine_probability(frame, traits), [0.9, 1.0, 0.0, np.nan, np.nan])
    np.testing.assert_array_equal(_machine_probability(frame.drop("published_authorship"), traits), traits.probability)
