"""Five questions of a morning, as a marimo notebook over the published warehouse.

    marimo edit examples/morning.py                    # look around
    marimo export html examples/morning.py -o morning.html

TAPEWIRE_PUBLISHED names a profile's folder; `var/simulated` where it does not.
"""

import marimo

app = marimo.App(width="medium", app_title="A morning with tapewire")


@app.cell
def opened():
    import os

    import marimo as mo
    import plotly.graph_objects as go
    import polars as pl

    from tapewire_client import open_published

    tape = open_published(os.environ.get("TAPEWIRE_PUBLISHED", "var/simulated"))
    overview = tape.mart("market_overview")
    simulated = overview["is_simulated"].any()
    mo.md(f"# A morning with tapewire\n\nVersion `{tape.version}`{' · **SIMULATED market**' if simulated else ''}")
    return go, mo, overview, pl, tape


@app.cell
def moved(go, mo, overview, pl):
    by_move = overview.drop_nulls("return_1d").sort("return_1d", descending=True)
    bars = go.Figure(go.Bar(x=by_move["asset"], y=by_move["return_1d"] * 100))
    bars.update_layout(title="1. What moved? Return over the past day, %", height=320)
    mo.vstack([bars, by_move.select("asset", "close_quote", pl.col("^return_.*$"), "volume_ratio").head(5)])
    return


@app.cell
def buying_power(go, mo, tape):
    ratio = tape.mart("ssr_daily", coin="ALL").sort("day")
    line = go.Figure(go.Scatter(x=ratio["day"], y=ratio["oscillator_z"]))
    line.update_layout(
        title="2. How unusual is the Stablecoin Supply Ratio? Standard deviations from its mean", height=320
    )
    mo.vstack([line, ratio.select("day", "ssr_par", "oscillator_z", "growth_30d").tail(3)])
    return


@app.cell
def tomorrow(go, mo, overview, pl):
    ranges = overview.drop_nulls("price_low_24h").with_columns(
        low=(pl.col("price_low_24h") / pl.col("origin_close_quote") - 1) * 100,
        high=(pl.col("price_high_24h") / pl.col("origin_close_quote") - 1) * 100,
    )
    band = go.Figure(go.Bar(x=ranges["asset"], y=ranges["high"] - ranges["low"], base=ranges["low"]))
    band.update_layout(title="3. In which range does each price lie in 24 hours, with 90 % probability? %", height=320)
    mo.vstack([band])
    return


@app.cell
def skill(go, mo, tape):
    scores = tape.mart("forecast_skill", asset="ALL", model_name="tapewire", metric="crps_skill").sort("horizon_h")
    points = go.Figure(
        go.Scatter(
            x=[f"{h} h" if h else "all" for h in scores["horizon_h"]], y=scores["value"] * 100, mode="markers",
            error_y={"type": "data", "symmetric": False, "array": (scores["high"] - scores["value"]) * 100,
                     "arrayminus": (scores["value"] - scores["low"]) * 100},
        )
    )  # fmt: skip
    points.update_layout(title="4. Do the forecasts beat a random walk? Skill with 95 % intervals, %", height=320)
    mo.vstack([points])
    return


@app.cell
def words(go, mo, tape):
    groups = tape.mart("generated_against_real", study_id="1h", slice_by="all", method="permutation",
                       quantity="excess_move", group_a="generated", group_b="real").sort("window_h")  # fmt: skip
    difference = go.Figure(
        go.Scatter(
            x=[f"{w:g} h" for w in groups["window_h"]], y=groups["difference"], mode="markers",
            error_y={"type": "data", "symmetric": False, "array": groups["high"] - groups["difference"],
                     "arrayminus": groups["difference"] - groups["low"]},
        )
    )  # fmt: skip
    difference.update_layout(
        title="5. Do prices move more after generated than after real releases? σ, 95 %", height=320
    )
    mo.vstack([difference])
    return


if __name__ == "__main__":
    app.run()
