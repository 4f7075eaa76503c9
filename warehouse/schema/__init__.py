"""Every table of the warehouse: the declarations of all subjects, by name.

The write path validates against them; tables, latest views, as-of macros, comments, quality checks and the data
dictionary are made from them.
"""

from types import ModuleType

from warehouse.schema import backtests, documents, features, forecasts, impact, market, ops, releases, texts
from warehouse.schema.entity import Entity

SUBJECTS = (market, documents, features, texts, forecasts, impact, releases, backtests, ops)


def _declared(module: ModuleType) -> tuple[Entity, ...]:
    return tuple(value for value in vars(module).values() if isinstance(value, Entity))


ENTITIES = {entity.name: entity for module in SUBJECTS for entity in _declared(module)}
