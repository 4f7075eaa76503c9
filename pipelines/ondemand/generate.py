"""Generate releases with a language model: stored with all that made them, marked, and published nowhere."""

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch

from models.text.generation.brief import PRESS_RELEASE, draw_brief, free_form, press_release_form
from models.text.generation.quality import Text, lower_case_words, text_quality
from models.text.generation.small_gpt import SmallGPTConfig, train_small_gpt
from models.text.generation.write import MARK, GenerationOrder, build_prompt, write_releases
from models.text.language.causal import PACKAGED, CausalModel, MissingModelError, load_causal_model
from models.text.linking.catalogue import name_of
from pipelines.ondemand.generation_request import GenerationRequest, Pool, document_pool
from pipelines.ondemand.tables import check_ending, write_table
from pipelines.run import Run, recorded_run
from pipelines.settings.settings import Settings
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.texts import GENERATED_RELEASES, TEXT_QUALITY
from warehouse.write import write

log = logging.getLogger("tapewire.generate")
SCRATCH = "scratch"
SMALL_GPT = "small-gpt"
MAX_REAL = 300
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Generated:
    """The releases of a request (rows of models.generated_releases), how many were there before, and their quality."""

    rows: pl.DataFrame
    n_before: int
    seconds: float
    measured: pl.DataFrame


def generate(settings: Settings, request: GenerationRequest, out: Path | None, shown: Progress) -> Generated:
    """Write what is requested, batch by batch into the warehouse; what is there already is not written again.

    ValueError for an asset that is not known or a path that cannot be written; NotEnoughDataError, MissingModelError,
    PromptError where the documents, the model or its room are not enough.
    """
    name = name_of(request.asset)
    if out:
        check_ending(out)
    torch.set_num_threads(settings.threads)
    with recorded_run(settings, "generate") as run:
        made = _generate(run, request, name, shown)
    if out:
        write_table(exported(made.rows), out)
    return made


def exported(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows for a file: `id` and `text` first, as `tapewire detect` reads them; each row carries its mark."""
    text = pl.concat_str("title", pl.lit("\n\n"), "body")
    return rows.select(
        pl.col("text_id").alias("id"), text.alias("text"), pl.all().exclude("text_id", "run_id", "source")
    )


def _generate(run: Run, request: GenerationRequest, name: str, shown: Progress) -> Generated:
    began = time.perf_counter()
    pool = document_pool(run, request)
    causal, learned = _writer(run, request, pool)
    wanted, orders = _planned(request, causal, pool, name)
    ids = wanted["text_id"].head(request.n)
    before = _stored(run, ids)
    simulated = _rests_on_simulated(request, pool)
    for number, part in enumerate(wanted.iter_slices(request.batch)):
        due = part.filter(pl.col("number") < request.n)
        if due["text_id"].is_in(before["text_id"].implode()).all():
            continue
        here = orders[number * request.batch : (number + 1) * request.batch]
        texts = write_releases(causal, here, request.sampling, seed=request.seed, batch=number)
        rows = part.with_columns(
            title=pl.Series([t.title for t in texts]),
            body=pl.Series([t.body for t in texts]),
            frame_share=pl.Series([t.frame_share for t in texts]),
            created_ts=pl.lit(run.now),
        )
        with run.open() as con:
            write(con, GENERATED_RELEASES, rows.head(len(due)), run.batch("generate", is_simulated=simulated))
        shown(min((number + 1) * request.batch, request.n), request.n)
    rows = _stored(run, ids)
    measured = _measure(run, rows, pool, causal, learned, simulated)
    return Generated(rows, len(before), time.perf_counter() - began, measured)


def _texts(documents: pl.DataFrame) -> list[Text]:
    """Headline and body of each."""
    return list(documents.select("title", "body").iter_rows())


def _rests_on_simulated(request: GenerationRequest, pool: Pool) -> bool:
    """Whether what the model was shown or trained on came from the simulator."""
    used = [pool.documents] * (request.shots > 0) + [pool.releases] * (request.model == SCRATCH)
    return any(bool(documents["is_simulated"].any()) for documents in used)


def _writer(run: Run, request: GenerationRequest, pool: Pool) -> tuple[CausalModel, bool]:
    """The model that writes, and whether it was trained on the pool."""
    if request.model != SCRATCH:
        return load_causal_model(request.model).for_generation(), False
    texts = [f"{title}\n\n{body}" for title, body in _texts(pool.releases)]
    how = SmallGPTConfig(steps=request.steps, seed=request.seed)
    training = _hash([texts, asdict(how)])[:8]
    folder = run.settings.checkpoints / f"{SMALL_GPT}-{training}"
    if not folder.exists():
        log.info("training a small GPT on %d releases, %d steps", len(texts), how.steps)
        train_small_gpt(texts, how, folder, threads=run.settings.threads)
    causal = load_causal_model(str(folder))
    return replace(causal, name=SMALL_GPT).for_generation(), True


def _planned(
    request: GenerationRequest, causal: CausalModel, pool: Pool, name: str
) -> tuple[pl.DataFrame, list[GenerationOrder]]:
    """Whole batches that hold the n releases: what each is made by, with its id, and what the model is to write."""
    instructed = bool(causal.tokenizer.chat_template)
    framed = (instructed and request.kind == PRESS_RELEASE) if request.framed is None else request.framed
    parameters = json.dumps(
        asdict(request.sampling) | {"framed": framed, "longest": request.longest, "batch": request.batch}
    )
    shared = {
        "kind": request.kind, "asset": request.asset, "authorship": "machine", "mark": MARK, "model": causal.name,
        "revision": causal.revision, "parameters": parameters, "seed": request.seed,
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    orders = []
    for number in range(math.ceil(request.n / request.batch) * request.batch):
        brief = draw_brief(request.asset, name, request.seed, number)
        examples = pool.examples(request.shots, request.seed, number) if request.shots else []
        shown_to_model = build_prompt(causal, brief, request.kind, examples)
        parts = press_release_form(brief) if framed else free_form(request.longest, begins="" if instructed else name)
        orders.append(GenerationOrder(shown_to_model, parts))
        shown = ", ".join(e.doc_id for e in examples) or None
        text_id = _hash([shared, shown_to_model, [p.begins for p in parts], number])
        rows.append(shared | {"text_id": text_id, "number": number, "prompt": shown_to_model, "examples": shown})
    plan = pl.DataFrame(rows, schema_overrides={"examples": pl.String, "seed": pl.Int64, "number": pl.Int32})
    return plan.with_columns(batch_id=pl.lit(_hash([shared, rows[0]["prompt"], request.shots])[:12])), orders


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:20]


def _stored(run: Run, ids: pl.Series) -> pl.DataFrame:
    """Those of the releases that the warehouse holds, by number."""
    with run.open() as con:
        return read.read(con, "models.generated_releases").filter(pl.col("text_id").is_in(ids.implode())).sort("number")


def _measure(
    run: Run, rows: pl.DataFrame, pool: Pool, causal: CausalModel, learned: bool, simulated: bool
) -> pl.DataFrame:
    """Quality of a batch beside real releases of its kind, written to models.text_quality."""
    texts, real = _texts(rows), _texts(pool.documents.filter(~pl.col("is_simulated")).head(MAX_REAL))
    shown = {doc_id for ids in rows["examples"].drop_nulls() for doc_id in ids.split(", ")}
    seen = pool.documents.filter(pl.col("doc_id").is_in(list(shown))) if shown else pool.documents
    sources = _texts(pool.releases if learned else seen)
    judge = _judge(run, causal)
    budget = min(sum(len(lower_case_words(f"{t}\n{b}")) for t, b in side) for side in (texts, real or texts))
    ours = text_quality(texts, sources, budget, judge)
    theirs = text_quality(real, real, budget, judge, own=True) if real else dict.fromkeys(ours)
    ours["frame_share"] = float(np.mean(rows["frame_share"].to_list()))
    measured = pl.DataFrame(
        [{"metric": m, "generated": v, "real": theirs.get(m)} for m, v in ours.items()],
        schema={"metric": pl.String, "generated": pl.Float64, "real": pl.Float64},
    ).with_columns(
        batch_id=pl.lit(rows["batch_id"][0]),
        n_generated=pl.lit(len(texts), pl.Int32),
        n_real=pl.lit(len(real), pl.Int32),
    )
    with run.open() as con, transaction(con):
        write(con, TEXT_QUALITY, measured, run.batch("generate", is_simulated=simulated))
    return measured


def _judge(run: Run, causal: CausalModel) -> CausalModel | None:
    """A second model that reads the texts: the packaged one, or for its own texts the newest small GPT; else none."""
    if causal.name != PACKAGED:
        try:
            return load_causal_model(PACKAGED)
        except MissingModelError as error:
            log.warning("no second model judges the texts: %s", error)
            return None
    trained = sorted(run.settings.checkpoints.glob(f"{SMALL_GPT}-????????"), key=lambda f: f.stat().st_mtime)
    if not trained:
        log.info("no second model is at hand to judge the texts: train one with --model %s", SCRATCH)
        return None
    return load_causal_model(str(trained[-1]))
