"""A section of the settings: frozen, and an unknown key is an error."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """What every section is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
