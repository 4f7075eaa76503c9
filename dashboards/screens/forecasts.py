"""Forecasts: every asset's fan, what came, skill by horizon, asset and regime, calibration, the models in use."""

import polars as pl
import streamlit as st

from dashboards import questions
from dashboards.charts import forecasts as forecasts_charts
from dashboards.charts.style import model_name
from dashboards.data import Published
from dashboards.files.written import reworded
from dashboards.shell import asset_choice, chart, downloads, filters, published, section, table
from dashboards.wording import bare

HORIZONS = (1, 4, 8, 24)
MODELS = {
    "model_name": ("Model", ""), "made_of": ("Made of", ""), "origin_ts": ("Newest forecast (UTC)", ""),
    "train_start_ts": ("Trained from (UTC)", ""), "train_end_ts": ("to", ""),
    "retrain_every_days": ("Anew after, days", "%.0f"), "model_id": ("Id", ""), "code_fingerprint": ("Code", ""),
}  # fmt: skip
LEAGUE = {
    "model_name": ("Model", ""), "ratio": ("CRPS ÷ volatility walk", "%.4f"), "ratio_low": ("from", "%.4f"),
    "ratio_high": ("to", "%.4f"), "ratio_p": ("p", "%.3f"), "cover_low": ("90 % band held, %, from", "%.1f"),
    "cover_high": ("to ", "%.1f"),
}  # fmt: skip
REGIMES = {
    "model_name": ("Model", ""), "calm": ("calm, %", "%+.2f"), "normal": ("normal, %", "%+.2f"),
    "turbulent": ("turbulent, %", "%+.2f"),
}  # fmt: skip


def fan(warehouse: Published, asset: str) -> None:
    """The newest forecast of one asset, and every asset's beside each other."""
    rows = warehouse.fan(asset)
    origin = rows["origin_ts"][0]
    chart(forecasts_charts.fan(warehouse.hourly_close(asset, origin), rows), "fan")
    st.caption(
        f"Made at {origin:%Y-%m-%d %H:%M} UTC: tapewire's median with its 50 % and 90 % bands; dotted, "
        "the reference walk's 90 % band."
    )
    downloads(rows, f"forecast_{asset}")


def fans(warehouse: Published, assets: list[str]) -> None:
    """Every asset's newest forecast."""
    chart(forecasts_charts.fans(questions.recent_closes(warehouse), warehouse.mart("forecast_latest"), assets), "fans")


def came(warehouse: Published, asset: str) -> None:
    """Live forecasts of one asset with what came, and the record of all."""
    horizon = st.segmented_control(
        "Horizon, h", HORIZONS, default=24, key="horizon", bind="query-params", required=True
    )  # fmt: skip
    rows = questions.live_record(warehouse, asset, int(horizon or 24))
    if rows.is_empty():
        st.info("No live forecast of this asset has been made yet.")
        return
    if rows["realised"].null_count() == rows.height:
        st.info("No live forecast is due yet: each night adds one, and what came of it joins the record.")
        return
    chart(forecasts_charts.came(rows), "came")
    skill = warehouse.mart("live_skill").filter(pl.col("horizon_h") == int(horizon or 24)).sort("day", "model_name")
    newest = skill.filter(pl.col("model_name") == "tapewire").tail(1).to_dicts()
    if newest:
        row = newest[0]
        st.text(
            f"Over the 30 days up to {row['day']:%-d %B %Y}, all assets: {row['n_forecasts']:.0f} forecasts due, "
            f"{row['inside_90']:.0%} inside the 90 % band, skill over the walk {row['skill']:+.1%}. A record of few "
            "days says nothing."
        )
    downloads(rows, f"live_record_{asset}")


def skill(warehouse: Published) -> None:
    """Skill and calibration."""
    scores = warehouse.skill()
    if scores.is_empty():
        st.info("No walk-forward evaluation: the history is too short.")
        return
    left, right = st.columns(2)
    with left:
        chart(forecasts_charts.skill(scores), "skill")
        st.caption(
            "1 − CRPS ÷ CRPS of the reference walk, out of sample, with 95 % intervals. "
            "If the interval includes zero, no skill is shown."
        )
    with right:
        chart(forecasts_charts.calibration(warehouse.mart("forecast_calibration")), "calibration")
        st.caption("Share of outcomes in each tenth of the forecast distribution; flat at 10 % is perfect.")


def by_asset(warehouse: Published) -> None:
    """Skill by asset and by the state of the market, and the league of models."""
    scores = warehouse.mart("forecast_skill")
    if scores.is_empty():
        st.info("No walk-forward evaluation: the history is too short.")
        return
    left, right = st.columns(2)
    with left:
        chart(forecasts_charts.skill_by_asset(scores), "by-asset")
        st.caption("Skill of the default forecast per asset, all horizons, with 95 % intervals.")
    with right:
        regimes = warehouse.regimes()
        percent = [c for c in REGIMES if c != "model_name" and c in regimes.columns]
        shown = reworded(regimes.with_columns(pl.col(*percent) * 100), ["model_name"], model_name)
        table(shown, {k: v for k, v in REGIMES.items() if k in shown.columns}, key="regimes")
        st.caption("Skill over the reference walk by the market's volatility at the origin: thirds of all origins.")
    league = reworded(
        warehouse.league().with_columns(pl.col("cover_low", "cover_high") * 100), ["model_name"], model_name
    )
    table(league, LEAGUE, key="league")
    st.caption("Below 1: better than a random walk scaled by volatility, out of sample.")


def models(warehouse: Published) -> None:
    """What the newest forecasts were made with."""
    rows = warehouse.mart("models_in_use").with_columns(pl.col("made_of").list.join(", "))
    table(reworded(rows, ["model_name"], model_name), MODELS, key="models")


def draw(warehouse: Published) -> None:
    """The whole page."""
    simulated = warehouse.is_simulated()
    st.title("Forecasts")
    assets = warehouse.assets()
    if assets:
        with filters():
            asset = asset_choice(assets)
        with section(f"The newest forecast of {bare(asset)}", simulated=simulated):
            fan(warehouse, asset)
        with section("What came of live forecasts", simulated=simulated):
            came(warehouse, asset)
        with section("All assets", simulated=simulated):
            fans(warehouse, assets)
    else:
        st.info("No forecast was made.")
    with section("Skill over the reference walk", simulated=simulated):
        skill(warehouse)
    with section("Skill by asset, regime and model", simulated=simulated):
        by_asset(warehouse)
    with section("Models in use", simulated=simulated):
        models(warehouse)


with published() as opened:
    draw(opened)
