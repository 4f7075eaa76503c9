"""Whether the sentences of a simulated night say what was planted, over many markets, with effects and without.

A market of a year and a half is drawn, the study is made and its conclusions are written as a night writes them.
Planted: all three groups move prices, from two hours after the stamp at the latest; of fabricated releases nothing
stays (half is gone within ten hours), of generated ones 40 %, of real ones 80 %; generated ones move prices less.
Without effects every claim of a movement is false. Everything here is simulated.

    python -m benchmarks.impact.sentences --markets 50
"""

import argparse
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import polars as pl

from benchmarks.impact.coverage import simulated_study
from models.impact.comparison.groups import NO_CAPS, realised_comparisons, release_traits
from models.impact.findings.answer import answer_of
from models.impact.findings.parts import response_parts
from models.impact.findings.response import DIFFERS, MOVES, NOTHING
from models.impact.study_inference import event_test_rows

HOURS = 78 * 168
WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
GROUPS = ("real", "generated", "fabricated")
GONE_H = 48.0  # by then less than 4 % of a fabricated move is left
LEAST_RIGHT, MOST_FALSE = 0.9, 0.05


def answer(seed: int, *, planted: bool) -> tuple[pl.DataFrame, list[str]]:
    """Responses and sentences of one market."""
    study = simulated_study(seed, HOURS, planted=planted, windows_h=WINDOWS_H)
    traits, tests = release_traits(study, NO_CAPS), event_test_rows(study)
    compared = realised_comparisons(study, traits)
    found = answer_of(tests, compared, {study.study_id: response_parts(study, traits, tests)}, simulated=True)
    return found["impact_response"], found["impact_conclusions"]["sentence"].to_list()


def judged(response: pl.DataFrame, said: list[str], *, planted: bool) -> dict[str, bool]:
    """Each claim that sentences make or should have made: whether it is right (`false …`: whether it is made)."""
    of = {r["release_group"]: r for r in response.filter(pl.col("slice_by") == "all").to_dicts()}
    text = " ".join(said)
    if not planted:
        return {
            "nothing is claimed of any group": all(of[g]["verdict"] == NOTHING for g in GROUPS),
            "no difference is claimed": of["generated − real"]["verdict"] == NOTHING,
            "false: a movement": any(of[g]["verdict"] == MOVES for g in GROUPS) or "Surest finding" in text,
            "false: a difference": of["generated − real"]["verdict"] == DIFFERS,
        }
    back = {g: of[g]["given_back_q"] is not None and of[g]["given_back_q"] < 0.05 for g in GROUPS}
    return {
        **{f"{g} releases move prices": of[g]["verdict"] == MOVES for g in GROUPS},
        **{f"{g}: begins within 4 h": (of[g]["onset_h"] or 99) <= 4 for g in GROUPS},
        "fabricated: over by two days": 4 <= (of["fabricated"]["last_h"] or 99) <= GONE_H,
        "real: seen for 8 h at least": (of["real"]["last_h"] or 0) >= 8,
        "fabricated: a part comes back": back["fabricated"] and of["fabricated"]["given_back"] > 0,
        "generated − real: less far": of["generated − real"]["verdict"] == DIFFERS
        and of["generated − real"]["peak_excess"] < 0,
        "false: prices go on": any(back[g] and of[g]["given_back"] < 0 for g in GROUPS),
        "false: generated ones move further": of["generated − real"]["verdict"] == DIFFERS
        and of["generated − real"]["peak_excess"] > 0,
        "false: seen before or only at the stamp": any(
            s in text for s in ("follow prices", "as much before", "cannot be told on these candles")
        ),
        "false: fabricated seen at three days": (of["fabricated"]["last_h"] or 0) > GONE_H,
    }


def _one(task: tuple[int, bool]) -> dict[str, bool]:
    seed, planted = task
    return judged(*answer(seed, planted=planted), planted=planted)


def main() -> None:
    """Print the share of markets in which each claim is right or false, and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    began = time.perf_counter()
    tasks = [(seed, planted) for planted in (True, False) for seed in range(1, args.markets + 1)]
    with ProcessPoolExecutor(args.workers) as pool:
        results = list(pool.map(_one, tasks))
    count: Counter[str] = Counter(name for r in results for name, hit in r.items() if hit)
    for name in dict.fromkeys(n for r in results for n in r):
        share = count[name] / args.markets
        kept = share <= MOST_FALSE if name.startswith("false") else share >= LEAST_RIGHT
        print(f"{'PASS' if kept else 'FAIL'}  {name}: {share:.0%} of {args.markets} markets")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
