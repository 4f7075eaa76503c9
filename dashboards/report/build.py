"""The report: one self-contained HTML file, made from the published warehouse alone."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from dashboards.charts import forecasts as forecasts_charts
from dashboards.charts import market as market_charts
from dashboards.charts import style as style_charts
from dashboards.data import Published
from dashboards.headline import headlines
from dashboards.report.figures import chart, trusted
from dashboards.report.impact import impact_section
from dashboards.report.market import market_section
from dashboards.report.tables import table_of
from dashboards.report.tearsheet import tearsheet_values
from dashboards.report.texts import text_section
from dashboards.sheet import sheet_of_warehouse
from dashboards.wording import P, by_reason, unbroken_units
from domain.files import appears_whole
from domain.names import NETWORK

HERE = Path(__file__).parent
COUNTED = {
    "candles": "candles", "supply": "figures of stablecoin supply", "asset_metrics": "daily figures of assets",
    "funding": "funding settlements", "documents": "documents", "document_assets": "links of documents to assets",
}  # fmt: skip


def write_report(published: Path, path: Path) -> None:
    """Write the report of a published warehouse to `path`; it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Published(published) as warehouse:
        text = render(warehouse)
    with appears_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def render(warehouse: Published) -> str:
    """The report as HTML."""
    run = warehouse.last_run()
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]))
    environment.filters["unbroken_units"] = unbroken_units
    return environment.get_template("report.html").render(
        run=run, is_simulated=warehouse.is_simulated(), headlines=headlines(warehouse),
        counts=[f"{n:,} {COUNTED[name]}" for name, n in warehouse.counts().items()],
        plotly=trusted(get_plotlyjs()), style=trusted((HERE / "report.css").read_text()),
        script=trusted((HERE / "report.js").read_text()),
        settings=json.dumps(json.loads(run.get("settings", "{}")), indent=1, ensure_ascii=False),
        **market_section(warehouse), **_forecast(warehouse), **impact_section(warehouse), **_health(warehouse),
        sheet=tearsheet_values(sheet_of_warehouse(warehouse)), ssr=_ssr(warehouse), texts=text_section(warehouse),
    )  # fmt: skip


EXPLANATION_KINDS = (
    ("channel", "Context at the origin"),
    ("hours_back", "The hours before"),
    ("document", "Documents"),
)


def _forecast(warehouse: Published) -> dict[str, Any]:
    """The values of the template's section on forecasts."""
    scores = warehouse.skill()
    if scores.is_empty():
        empty = ("skill", "skill_table", "calibration", "learning", "league", "regimes")
        return {**dict.fromkeys(empty), "fans": [], "explanations": []}
    run = warehouse.query(
        "FROM marts.training_runs WHERE model_name = $name ORDER BY train_end_ts DESC LIMIT 1", name=NETWORK
    ).to_dicts()
    return {
        "skill": chart(forecasts_charts.skill(scores), "Skill over the reference walk by horizon"),
        "skill_table": _skill_table(scores),
        "calibration": chart(forecasts_charts.calibration(warehouse.mart("forecast_calibration")), "PIT histogram"),
        "fans": [(a, _fan(warehouse, a)) for a in _featured_assets(warehouse.assets())],
        "league": _league(warehouse),
        "regimes": _regimes(warehouse),
        "explanations": _explanations(warehouse.explanations()),
        "learning": _learning(run[0]["learning_curve"]) if run else None,
        "training": run[0] if run else None,
    }


def _skill_table(scores: pl.DataFrame) -> dict[str, Any]:
    """All scores per model and horizon."""
    wide = scores.filter(pl.col("horizon_h") > 0).pivot(
        on="metric", index=["model_name", "horizon_h"], values="value", aggregate_function="first"
    )
    p = scores.filter(pl.col("metric") == "dm_hln").select("model_name", "horizon_h", dm_p="p_value")
    wide = wide.join(p, on=["model_name", "horizon_h"], how="left").sort("model_name", "horizon_h")
    wide = wide.with_columns(pl.col("model_name").replace(style_charts.MODEL_NAMES))
    for column in ("crps_skill", "mae_ratio", "direction"):
        if column not in wide.columns:
            wide = wide.with_columns(pl.lit(None, pl.Float64).alias(column))
    formats = {
        "crps": ".5f",
        "horizon_h": "",
        "crps_skill": "+.2%",
        "mae_ratio": ".4f",
        "coverage_90": ".1%",
        "direction": ".1%",
        "dm_p": P,
    }
    names = {
        "model_name": "Model", "horizon_h": "Horizon, h", "crps": "CRPS", "crps_skill": "Skill",
        "mae_ratio": "MAE ratio", "coverage_90": "90 % band covers", "direction": "Direction right", "dm_p": "DM-HLN p",
    }  # fmt: skip
    return table_of(wide, formats, names)


def _explanations(rows: pl.DataFrame) -> list[tuple[str, Markup]]:
    """A titled chart for each kind of input that changes the forecasts."""
    return [
        (title, chart(forecasts_charts.explanations(rows, kind), title))
        for kind, title in EXPLANATION_KINDS
        if not rows.filter(pl.col("kind") == kind, pl.col("width_change") > 0).is_empty()
    ]


def _league(warehouse: Published) -> dict[str, Any]:
    """Every model against the volatility-scaled walk."""
    names = {"model_name": "Model", "ratio": "CRPS ÷ walk's", "ratio_low": "95 % low", "ratio_high": "high",
             "ratio_p": "Equal loss, p", "cover_low": "90 % band covers, from", "cover_high": "to",
             "set_p": "In the confidence set, p"}  # fmt: skip
    formats = {"ratio": ".4f", "ratio_low": ".4f", "ratio_high": ".4f", "ratio_p": P, "cover_low": ".1%",
               "cover_high": ".1%", "set_p": P}  # fmt: skip
    rows = warehouse.league().with_columns(pl.col("model_name").replace(style_charts.MODEL_NAMES))
    return table_of(rows, formats, names)


def _regimes(warehouse: Published) -> dict[str, Any] | None:
    rows = warehouse.regimes().with_columns(pl.col("model_name").replace(style_charts.MODEL_NAMES))
    if rows.is_empty():
        return None
    names = {"model_name": "Model", "calm": "Calm", "normal": "Normal", "turbulent": "Turbulent"}
    return table_of(rows, dict.fromkeys(("calm", "normal", "turbulent"), "+.2%"), names)


def _learning(curve: str) -> Markup:
    return chart(forecasts_charts.learning_curve(json.loads(curve)), "Learning curve")


def _featured_assets(assets: list[str]) -> list[str]:
    """BTC, ETH and the first other asset."""
    first = [a for a in ("BTC", "ETH") if a in assets]
    return first + [a for a in assets if a not in first][: 3 - len(first)]


def _fan(warehouse: Published, asset: str) -> Markup:
    forecast = warehouse.fan(asset)
    before = warehouse.hourly_close(asset, forecast["origin_ts"][0])
    return chart(forecasts_charts.fan(before, forecast), f"Forecast of {asset}")


def _ssr(warehouse: Published) -> dict[str, Any] | None:
    daily = warehouse.mart("ssr_daily")
    if daily.is_empty():
        return None
    newest = daily.filter(pl.col("day") == pl.col("day").max().over("coin")).sort("supply_par_usd", descending=True)
    newest = newest.with_columns(pl.col("supply_par_usd", "supply_market_usd") / 1e9)
    names = {
        "coin": "Coin", "day": "Day", "supply_par_usd": "Supply, bn USD", "supply_share": "Share",
        "ssr_par": "SSR at par",
        "ssr_market": "at market", "growth_7d": "7 days", "growth_30d": "30 days",
    }  # fmt: skip
    formats = {"supply_par_usd": ",.2f", "supply_share": ".1%", "ssr_par": ",.2f", "ssr_market": ",.2f",
               "growth_7d": "+.2%", "growth_30d": "+.2%"}  # fmt: skip
    return {
        "ratio": chart(market_charts.ssr(daily), "Stablecoin Supply Ratio"),
        "oscillator": chart(market_charts.ssr_oscillator(daily), "SSR oscillator"),
        "table": table_of(newest, formats, names),
        "coin_list": daily["coin_list"][0],
    }


def _health(warehouse: Published) -> dict[str, Any]:
    findings = warehouse.mart("data_health")
    rank = {"error": 0, "warning": 1, "info": 2}
    findings = findings.sort(
        pl.col("severity").replace_strict(rank, default=3, return_dtype=pl.Int64),
        "check_name",
        pl.col("n_rows"),
        descending=[False, False, True],
    )
    names = {"severity": "Severity", "check_name": "Check", "subject": "Subject", "n_rows": "Rows", "detail": "Finding"}
    silent = (
        warehouse.mart("sources")
        .filter(~pl.col("delivered"))
        .sort("source")
        .select("source", pl.col("reason").fill_null(""))
    )
    missing = pl.DataFrame(by_reason(silent.rows()), schema={"sources": pl.String, "reason": pl.String}, orient="row")
    return {
        "missing": table_of(missing, {}, {"sources": "Did not deliver", "reason": "Why"}),
        "findings": table_of(findings, {"n_rows": ","}, names),
        "freshness": table_of(
            warehouse.mart("mart_freshness"),
            {"newest_ts": "%Y-%m-%d %H:%M"},
            {"mart": "Mart", "status": "State", "newest_ts": "Newest row (UTC)"},
        ),
    }
