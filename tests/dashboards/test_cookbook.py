"""The cookbook: every question is answered by its query, with the picture that it names."""

from pathlib import Path

import polars as pl
import pytest

from dashboards.queries.cookbook import KINDS, picture, recipes
from dashboards.queries.limited import LimitedWarehouse, check_query

NAMES = [recipe.name for recipe in recipes()]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_answers_its_question_with_rows_and_its_picture(name: str, published: Path):
    recipe = next(r for r in recipes() if r.name == name)
    check_query(recipe.sql)
    with LimitedWarehouse(published) as warehouse:
        frame = pl.concat(warehouse.frames(recipe.sql, {}, limit=None, on_hang=lambda: None))
    assert frame.width >= 3
    if not recipe.picture:
        return
    told = recipe.picture
    assert told["kind"] in KINDS
    assert {told["x"], told["y"], told.get("by", told["x"])} <= set(frame.columns)
    assert frame.schema[told["y"]].is_numeric()
    fig = picture(frame, told["kind"], told["x"], told["y"], told.get("by", ""))
    assert len(fig.data) >= (1 if frame.height else 0)


def test_there_are_thirty_questions_and_more_each_asked_once():
    assert len(NAMES) >= 30
    assert len({r.question for r in recipes()}) == len(NAMES)
