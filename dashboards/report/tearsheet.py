"""The tear sheet of a backtest: a section of the report, and a page of its own with Markdown and JSON beside it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, FileSystemLoader, select_autoescape
from plotly.offline import get_plotlyjs

from dashboards.charts import backtests as charts
from dashboards.report.figures import chart, trusted
from dashboards.report.tables import table_of
from dashboards.sheet import CHOICE, Sheet, alarms, sentences
from dashboards.wording import P, number, unbroken_units
from domain.files import appears_whole

HERE = Path(__file__).parent
MOST_TRADES, MOST_TRIALS = 30, 200
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
METRICS = {
    "total_return": ("Return in all", "+.1%"), "annual_return": ("Return a year", "+.1%"),
    "annual_return_gross": ("before costs", "+.1%"), "annual_volatility": ("Volatility a year", ".1%"),
    "sharpe": ("Sharpe ratio", ".2f"), "sharpe_gross": ("before costs", ".2f"), "sortino": ("Sortino ratio", ".2f"),
    "calmar": ("Calmar ratio", ".2f"), "max_drawdown": ("Deepest drawdown", ".1%"),
    "var_95": ("VaR, 95 %, a day", ".2%"),
    "cvar_95": ("CVaR, 95 %, a day", ".2%"), "skewness": ("Skewness", ".2f"), "kurtosis": ("Excess kurtosis", ".1f"),
    "days_up": ("Days up", ".1%"), "best_day": ("Best day", "+.1%"), "worst_day": ("Worst day", "+.1%"),
    "alpha": ("Alpha to the market a year", "+.1%"), "beta": ("Beta to the market", ".2f"),
    "turnover_per_year": ("Turnover a year, × equity", ",.1f"), "cost_per_year": ("Costs a year", ".2%"),
    "mean_gross_exposure": ("Gross exposure", ".2f"), "mean_net_exposure": ("Net exposure", ".2f"),
    "direction_right": ("Held bars in the right direction", ".1%"), "fills": ("Fills", ",.0f"),
    "delisted": ("Positions lost to delisting", ",.0f"), "psr_above_0": ("P(Sharpe > 0)", ".2f"),
    "deflated_sharpe": ("Deflated Sharpe, probability", ".2f"),
    "sharpe_of_random_signals": ("Random signals, Sharpe ratio", ".2f"), "chance_p": ("As good by chance, p", P),
    "annual_return_on_the_walk": ("Same rule on the walk's forecasts, a year", "+.1%"),
    "buy_and_hold_at_its_volatility": ("Buy and hold at its volatility, a year", "+.1%"),
    "equal_weight_at_its_volatility": ("Equal weight at its volatility, a year", "+.1%"),
    "bitcoin_at_its_volatility": ("Bitcoin at its volatility, a year", "+.1%"),
}  # fmt: skip


def tearsheet_values(sheet: Sheet | None, against: Sheet | None = None) -> dict[str, Any] | None:
    """The values of the template; `against`: another run to compare with."""
    if sheet is None:
        return None
    curves = sheet.frames["equity"]
    moving = charts.moving(curves)
    return {
        "sentences": sentences(sheet), "alarms": alarms(sheet), "cards": _cards(sheet), "headline": sheet.headline,
        "linear": chart(charts.equity(curves, log=False), "Equity"),
        "log": chart(charts.equity(curves, log=True), "Equity on a log scale"),
        "drawdown": chart(charts.drawdown(curves), "Drawdown"),
        "moving": None if moving is None else chart(moving, "Sharpe ratio and beta over 90 days"),
        "exposure": chart(charts.exposure(curves), "Exposure"),
        "costs": chart(charts.costs(_costs(sheet)), "Costs by kind"),
        "by_asset": chart(charts.by_asset(_by_asset(sheet)), "Profit by asset"),
        "sensitivity": [(axis, chart(charts.sensitivity(sheet.own("curves"), axis), f"Sharpe ratio by {axis}"))
                        for axis in charts.AXES],
        "drawdowns": _drawdowns(sheet), "monthly": _monthly(sheet), "metrics": _metrics(sheet),
        "profit": _profit(sheet), "trades": _trades(sheet), "n_trades": len(sheet.own("trades")),
        "trials": _trials(sheet), "n_trials": len(sheet.frames["trials"]),
        "compared": None if against is None else _compared(sheet, against),
    }  # fmt: skip


def _cards(sheet: Sheet) -> list[dict[str, str]]:
    """The figures of the first screen."""
    f = sheet.figures()

    def interval(name: str, spec: str) -> str:
        row = f.get(name, {})
        known = row.get("low") is not None
        return f"{number(row['low'], spec)} to {number(row['high'], spec)}" if known else row.get("why") or ""

    def card(name: str, metric: str, spec: str, reading: str) -> dict[str, str]:
        return {"name": name, "value": number(f.get(metric, {}).get("value"), spec), "reading": unbroken_units(reading)}

    gross = number(f.get("annual_return_gross", {}).get("value"), "+.1%")
    volatility = number(sheet.value("annual_volatility"), ".1%")
    turnover = number(sheet.value("turnover_per_year"), ",.1f")
    choice = sheet.figures(CHOICE)
    return [
        card("Return a year, net", "annual_return", "+.1%", f"{gross} before costs"),
        card("Sharpe ratio, net", "sharpe", ".2f", interval("sharpe", ".2f")),
        card("Deepest drawdown", "max_drawdown", ".1%", f"volatility {volatility}"),
        card("Costs a year", "cost_per_year", ".2%", f"turnover {turnover} × equity"),
        card("As good by chance, p", "chance_p", P, "random signals with the same turnover and holding"),
        card("Deflated Sharpe, probability", "deflated_sharpe", ".2f",
             f"{number(choice['n_trials']['value'], ',.0f')} configurations tried"),
    ]  # fmt: skip


def _costs(sheet: Sheet) -> dict[str, float]:
    return {k: sheet.value(f"cost_{k}") or 0.0 for k in charts.COST_NAMES}


def _by_asset(sheet: Sheet) -> pl.DataFrame:
    return sheet.own("pnl_daily").group_by("asset").agg(pl.col("net_usd").sum()).sort("net_usd", descending=True)


def _drawdowns(sheet: Sheet) -> dict[str, Any]:
    rows = sheet.own("drawdowns").sort("place")
    names = {"depth": "Depth", "high_day": "High", "low_day": "Low", "recovered_day": "Recovered",
             "length_days": "Days"}  # fmt: skip
    return table_of(rows, {"depth": ".1%", "length_days": ","}, names)


def _monthly(sheet: Sheet) -> dict[str, Any]:
    """Return of each calendar month, a row a year."""
    own = sheet.own("equity").sort("event_ts").with_columns(day=pl.col("event_ts").dt.offset_by("-1s"))
    year, month = pl.col("day").dt.year().alias("year"), pl.col("day").dt.month().alias("month")
    grown = (1 + pl.col("daily_return")).product() - 1
    by_month = own.group_by(year, month).agg(grown.alias("r"))
    wide = by_month.pivot(on="month", index="year", values="r")
    whole = own.group_by(year).agg(grown.alias("whole"))
    wide = wide.join(whole, on="year").sort("year")
    for i in range(1, 13):
        if str(i) not in wide.columns:
            wide = wide.with_columns(pl.lit(None, pl.Float64).alias(str(i)))
    names = {"year": "Year", **{str(i): MONTHS[i - 1] for i in range(1, 13)}, "whole": "Year's return"}
    return table_of(wide, {"year": "d", **{str(i): "+.1%" for i in range(1, 13)}, "whole": "+.1%"}, names)


def _metrics(sheet: Sheet) -> dict[str, Any]:
    """Figures of the headline, of strategies shown in full, and of rivals: a column each; reasons for blanks below."""
    shown = sheet.names("headline", "strategy", "rival")
    by_name = {name: sheet.figures(name) for name in shown}
    rows = []
    for metric, (label, spec) in METRICS.items():
        cells = []
        for name in shown:
            row = by_name[name].get(metric, {})
            cell = number(row.get("value"), spec)
            if row.get("low") is not None:
                cell += f" ({number(row['low'], spec)} to {number(row['high'], spec)})"
            cells.append(cell)
        rows.append([label, *cells])
    return {"header": ["", *shown], "rows": rows, "numeric": list(range(1, len(shown) + 1)), "states": ()}


def _profit(sheet: Sheet) -> dict[str, Any]:
    """Profit and loss of the headline by asset, by side and by what costs took, largest first."""
    columns = ("gross_usd", "long_usd", "fee_usd", "spread_usd", "impact_usd", "carry_usd", "delisted_usd", "net_usd")
    rows = sheet.own("pnl_daily").group_by("asset").agg(pl.col(*columns).sum()).sort("net_usd", descending=True)
    total = rows.select(pl.lit("all").alias("asset"), pl.col(*columns).sum())
    rows = pl.concat([rows, total]).with_columns(short_usd=pl.col("gross_usd") - pl.col("long_usd"))
    names = {"asset": "Asset", "gross_usd": "Gross, USD", "long_usd": "long", "short_usd": "short", "fee_usd": "Fees",
             "spread_usd": "Spread", "impact_usd": "Impact", "carry_usd": "Carry", "delisted_usd": "Delisted",
             "net_usd": "Net, USD"}  # fmt: skip
    return table_of(rows, dict.fromkeys([c for c in names if c != "asset"], ",.0f"), names)


def _trades(sheet: Sheet) -> dict[str, Any]:
    """The newest fills of the headline."""
    rows = sheet.own("trades").sort("event_ts", "asset", descending=[True, False]).head(MOST_TRADES)
    paid = pl.col("fee_usd") + pl.col("spread_usd") + pl.col("impact_usd")
    rows = rows.with_columns(
        when=pl.col("event_ts").dt.strftime("%Y-%m-%d %H:%M"), side=pl.when(pl.col("usd") > 0).then(pl.lit("buy"))
        .otherwise(pl.lit("sell")), size=pl.col("usd").abs(), bps=1e4 * paid / pl.col("usd").abs(),
    )  # fmt: skip
    names = {"when": "Filled (UTC)", "asset": "Asset", "side": "Side", "size": "USD", "price": "Price",
             "bps": "Cost, bp"}  # fmt: skip
    return table_of(rows, {"size": ",.0f", "price": ",.6g", "bps": ".1f"}, names)


def _trials(sheet: Sheet) -> dict[str, Any]:
    """Every configuration tried, best first."""
    rows = sheet.frames["trials"].sort("sharpe", descending=True).head(MOST_TRIALS)
    names = {"strategy": "Configuration", "sharpe": "Sharpe ratio, net", "annual_return": "Return a year",
             "max_drawdown": "Deepest drawdown", "first_tried_ts": "First tried"}  # fmt: skip
    formats = {"sharpe": ".2f", "annual_return": "+.1%", "max_drawdown": ".1%", "first_tried_ts": "%Y-%m-%d"}
    return table_of(rows, formats, names)


def _compared(sheet: Sheet, other: Sheet) -> dict[str, Any]:
    """The headline's figures of two runs side by side, and their difference."""
    mine, theirs = sheet.figures(), other.figures()
    rows = []
    for metric, (label, spec) in METRICS.items():
        a, b = (f.get(metric, {}).get("value") for f in (mine, theirs))
        change = None if a is None or b is None else a - b
        signed = "+.3f" if spec == P else spec if spec[0] == "+" else f"+{spec}"
        rows.append([label, number(a, spec), number(b, spec), number(change, signed)])
    return {"header": ["", "This run", "The other", "Difference"], "rows": rows, "numeric": [1, 2, 3], "states": ()}


def write_tearsheet(sheet: Sheet, folder: Path, against: Sheet | None = None) -> list[Path]:
    """Write tearsheet.html, .md and .json into a folder; each appears whole or not at all."""
    values = tearsheet_values(sheet, against)
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"]))
    page = environment.get_template("tearsheet_page.html").render(
        sheet=values, is_simulated=sheet.is_simulated, plotly=trusted(get_plotlyjs()),
        style=trusted((HERE / "report.css").read_text()), script=trusted((HERE / "report.js").read_text()),
    )  # fmt: skip
    written = []
    for name, text in (("html", page), ("md", as_markdown(sheet)), ("json", as_json(sheet))):
        path = folder / f"tearsheet.{name}"
        with appears_whole(path) as partial:
            partial.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def as_markdown(sheet: Sheet) -> str:
    """The sentences and the table of figures."""
    table = _metrics(sheet)
    lines = ["# Backtest", ""]
    if sheet.is_simulated:
        lines += ["**SIMULATED market: nothing here says anything about real assets.**", ""]
    lines += [f"* ALARM: {said}" for said in alarms(sheet)] + [f"* {said}" for said in sentences(sheet)] + [""]
    lines += [
        "| " + " | ".join(name.replace("|", r"\|") for name in table["header"]) + " |",
        "|" + " --- |" * len(table["header"]),
    ]
    lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in table["rows"]]
    return "\n".join(lines) + "\n"


def as_json(sheet: Sheet) -> str:
    """Sentences, alarms, and every figure with its interval and why it is blank, by strategy."""
    names = [*sheet.names("headline", "strategy", "rival"), CHOICE]
    rows = {
        n: {m: {k: r[k] for k in ("value", "low", "high", "why")} for m, r in sheet.figures(n).items()} for n in names
    }
    told = {"headline": sheet.headline, "is_simulated": sheet.is_simulated, "alarms": alarms(sheet),
            "sentences": sentences(sheet), "figures": rows}  # fmt: skip
    return json.dumps(told, indent=1, ensure_ascii=False)
