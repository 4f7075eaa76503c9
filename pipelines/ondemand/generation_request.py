"""What is to be generated, and the documents that it is shown, trained on and compared with."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from domain.errors import NotEnoughDataError
from models.text.generation.brief import PRESS_RELEASE
from models.text.generation.write import Example, Sampling
from models.text.language.causal import PACKAGED
from pipelines.run import Run
from warehouse import read

MIN_EXAMPLE_WORDS = 40


@dataclass(frozen=True)
class GenerationRequest:
    """What is to be written. `framed` None: where the model takes instructions and the kind is a press release."""

    n: int = 50
    asset: str = "LTC"
    kind: str = PRESS_RELEASE
    model: str = PACKAGED
    shots: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    framed: bool | None = None
    longest: int = 300
    seed: int = 7
    batch: int = 50
    steps: int = 1000


@dataclass(frozen=True)
class Pool:
    """Documents of the warehouse that no machine is known to have written: those of the requested kind, to be shown and
    compared with, and the releases of any kind, to train on. Columns doc_id, title, body, is_simulated, is_of_asset.
    """

    documents: pl.DataFrame
    releases: pl.DataFrame

    def examples(self, shots: int, seed: int, number: int) -> list[Example]:
        """`shots` documents to show, of the asset where there are enough of them. NotEnoughDataError where none are."""
        of_asset = self.documents.filter("is_of_asset")
        chosen = of_asset if len(of_asset) >= shots else self.documents
        if len(chosen) < shots:
            raise NotEnoughDataError(
                f"{shots} examples were asked for and the warehouse holds {len(chosen)} releases of the kind with "
                f"{MIN_EXAMPLE_WORDS} words and more: ingest documents, or ask for --shots 0"
            )
        at = np.random.default_rng([seed, number, 13]).choice(len(chosen), shots, replace=False)
        return [Example(*chosen.select("doc_id", "title", "body").row(int(i))) for i in at]


def document_pool(run: Run, request: GenerationRequest) -> Pool:
    """What stood there at the run's moment. A warehouse without documents gives an empty pool."""
    with run.open() as con:
        documents = read.first_versions(con, "documents", run.as_of)
        links = read.as_of(con, "document_assets", run.as_of)
    linked = links.filter(pl.col("asset") == request.asset, pl.col("confidence") >= run.settings.impact.min_confidence)
    long = pl.col("body").str.split(" ").list.len() >= MIN_EXAMPLE_WORDS
    chosen = (
        documents.filter(pl.col("authorship") != "machine", long)
        .select(
            "doc_id",
            "kind",
            "title",
            "body",
            "is_simulated",
            is_of_asset=pl.col("doc_id").is_in(linked["doc_id"].implode()),
        )
        .sort("doc_id")
    )
    return Pool(
        chosen.filter(pl.col("kind") == request.kind), chosen.filter(pl.col("kind").is_in(run.settings.impact.kinds))
    )
