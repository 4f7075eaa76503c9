"""The commands about words: who wrote a text, and texts written by a language model."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import expected_errors, log_to_stderr, print_frame, wrong_usage
from pipelines.cli.options import AsOf, Format, Home, Profile, settings_of
from pipelines.progress import counted

if TYPE_CHECKING:
    from pipelines.ondemand.generate import Generated


@contextmanager
def _text_errors() -> Iterator[None]:
    """What a table, a detector or a request cannot be exits with 2, what is not installed or not enough with 1."""
    from models.text.detection.binoculars import VocabularyError
    from models.text.detection.detector import DetectorError
    from models.text.generation.write import PromptError
    from models.text.language.causal import MissingModelError
    from pipelines.ondemand.tables import TableError

    try:
        with expected_errors():
            yield
    except (TableError, DetectorError, PromptError, VocabularyError) as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    except MissingModelError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def detect(
    source: Annotated[Path, typer.Option("--input", help="Table of texts: .parquet, .csv, .jsonl: id, text, kind.")],
    out: Annotated[Path, typer.Option("--out", help="Table to write; with --fit, the detector (.safetensors).")],
    fit: Annotated[bool, typer.Option("--fit", help="Fit a detector on texts with a label: human or machine.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Add the most machine-like stretches.")] = False,
    zero_shot: Annotated[
        bool, typer.Option("--token-scores", help="Add likelihood, rank, entropy and curvature of its tokens.")
    ] = False,
    second: Annotated[str | None, typer.Option(help="A second model, for the Binoculars ratio beside.")] = None,
    model: Annotated[str | None, typer.Option(help="Causal language model: a folder or hub id.")] = None,
    detector: Annotated[Path | None, typer.Option(help="A detector of your own, made with --fit.")] = None,
) -> None:
    """Say how likely each text is machine-written, with its threshold, or that it is too short to tell.

    The threshold is that of its kind (column kind, such as press_release or news): one in a hundred of people's texts
    of this kind is flagged. A text without a kind must pass all of them; an unknown kind is not judged.

    Machine-written is not false, and not flagged is not human. The first 256 tokens of a text are read.

    Examples:  tapewire detect --input texts.parquet --out scores.parquet --explain
    |   tapewire detect --fit --input labelled.parquet --out mine.safetensors
    """
    from models.text.language.causal import PACKAGED
    from pipelines.ondemand.detect import detect_file, fit_file

    with wrong_usage():
        if fit and (explain or second or zero_shot):
            raise ValueError("--fit makes a detector and judges no text: leave out what is to be added to a verdict")
    log_to_stderr()
    with _text_errors():
        if fit:
            made = fit_file(source, out, model=model or PACKAGED)
            print(f"{out}: fitted on {made.fitted_on}; flags from probability {made.threshold:.3f}")
            return
        judged = detect_file(
            source, out, model=model, detector=detector, explained=explain, zero_shot=zero_shot, second=second
        )
    counts = dict(judged["verdict"].value_counts().iter_rows())
    print(f"{out}: {len(judged)} texts, " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items())))


def generate(
    n: Annotated[int, typer.Option("--n", help="Releases to write.", min=1, max=100_000)] = 50,
    asset: Annotated[str, typer.Option(help="Ticker of the asset that they speak of.")] = "LTC",
    kind: Annotated[str, typer.Option(help="press_release, exchange_announcement or news.")] = "press_release",
    model: Annotated[
        str, typer.Option(help="The packaged model, 'scratch' (a small GPT trained here), a folder, or a hub id.")
    ] = "smollm2-135m",
    shots: Annotated[int, typer.Option(help="Real releases of the kind that the model is shown.", min=0, max=8)] = 0,
    temperature: Annotated[float, typer.Option(help="Lower is surer.")] = 0.6,
    top_k: Annotated[int, typer.Option(help="Choose among so many likeliest tokens.")] = 50,
    top_p: Annotated[float, typer.Option(help="Choose among the likeliest tokens with this share.")] = 0.92,
    repetition_penalty: Annotated[float, typer.Option(help="1 does nothing.")] = 1.05,
    beams: Annotated[int, typer.Option(help="Above 1: beam search, without chance.")] = 1,
    framed: Annotated[
        bool | None, typer.Option("--frame/--no-frame", help="Begin headline, dateline, quotation and boilerplate.")
    ] = None,
    longest: Annotated[int, typer.Option(help="Tokens of a text without a frame.", min=8, max=4000)] = 300,
    seed: Annotated[int, typer.Option(help="The same seed writes the same releases.", min=0)] = 7,
    batch: Annotated[int, typer.Option(help="Releases written together.", min=1, max=256)] = 50,
    steps: Annotated[int, typer.Option(help="Training steps of 'scratch'.", min=1)] = 1000,
    out: Annotated[Path | None, typer.Option(help="Also write them to a .parquet, .csv or .jsonl, marked.")] = None,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Write releases with a language model, for research. They are stored and marked, and published nowhere.

    Companies and people in them are invented. Stopped and called again, it goes on where it stood.

    Examples:  tapewire generate --n 50 --asset LTC   |   tapewire generate --model scratch --n 20 --out texts.parquet
    """
    from models.text.generation.brief import KINDS
    from models.text.generation.write import Sampling
    from models.text.linking.catalogue import name_of
    from pipelines.ondemand.generate import generate as work
    from pipelines.ondemand.generation_request import GenerationRequest

    settings = settings_of(profile, as_of, home)
    if kind not in KINDS:
        print(f"tapewire: kind {kind!r} is unknown; expected {', '.join(KINDS)}", file=sys.stderr)
        raise typer.Exit(2)
    log_to_stderr()
    with wrong_usage():
        name_of(asset.upper())
        sampling = Sampling(temperature, top_k, top_p, repetition_penalty, beams)
    request = GenerationRequest(n, asset.upper(), kind, model, shots, sampling, framed, longest, seed, batch, steps)
    with _text_errors(), counted("releases") as shown:
        made = work(settings, request, out, shown)
    _print_generated(made, request.n)
    if out:
        print(f"Written to  {out}")


def _print_generated(made: "Generated", n: int) -> None:
    """One release with its mark, the quality of all, and what was done."""
    first = made.rows.row(0, named=True)
    print(f"[{first['mark']}]\n\n{_shown(first['title'])}\n\n{_shown(first['body'])}\n")
    print_frame(made.measured.select("metric", "generated", "real"), Format.table)
    earlier = f", {made.n_before} of them there before" if made.n_before else ""
    print(
        f"{n} releases{earlier}: {made.seconds:.0f} s. Batch {first['batch_id']} in models.generated_releases, written "
        f"by {first['model']} ({first['revision']}); quality beside {made.measured['n_real'][0]} real ones."
    )


def _shown(text: str) -> str:
    """A text for a terminal: what is no printable character is left out."""
    return "".join(c for c in text if c.isprintable() or c == "\n")
