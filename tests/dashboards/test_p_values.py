"""No p-value in print claims more than a thousandth."""

import pytest

from dashboards.wording import P, number, said_p


@pytest.mark.parametrize(("value", "cell"), [(0.1194, "0.119"), (0.001, "0.001"), (8e-8, "< 0.001"), (None, "—")])
def test_a_p_value_in_a_table_stops_at_a_thousandth(value, cell):
    assert number(value, P) == cell


def test_a_p_value_in_a_sentence_carries_its_sign():
    assert said_p(0.1194) == "= 0.119"
    assert said_p(8e-8) == "< 0.001"
