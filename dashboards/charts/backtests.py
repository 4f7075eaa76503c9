"""Charts of a backtest: equity beside rivals, drawdown, rolling figures, exposure, costs, sensitivities."""

import plotly.graph_objects as go
import polars as pl

from dashboards.charts.style import BLUE, GREEN, GREY, ORANGE, RED, VIOLET, figure

RIVAL_COLOURS = (GREY, ORANGE, GREEN, VIOLET, RED)
COST_NAMES = {"fee": "fees", "spread": "spread", "impact": "impact", "carry": "funding and borrowing",
              "delisted": "delisted assets"}  # fmt: skip
AXES = {"cost": "times the costs assumed", "latency": "bars between decision and fill", "capital": "capital, USD"}


def equity(curves: pl.DataFrame, *, log: bool) -> go.Figure:
    """The headline net and gross, beside rivals at its volatility."""
    fig = figure(y="equity (log scale)" if log else "equity, 1 at the start", height=320)
    if log:
        fig.update_yaxes(type="log", tickformat=",~g")
    head = _of(curves, "headline")
    for column, name, dash in (("equity", "net", "solid"), ("gross_equity", "before costs", "dot")):
        _line(fig, head, column, f"headline, {name}", BLUE, dash)
    rivals = curves.filter(pl.col("role") == "rival", pl.col("scaled_equity").is_not_null())
    for name, colour in zip(rivals["strategy"].unique(maintain_order=True), RIVAL_COLOURS, strict=False):
        _line(fig, rivals.filter(pl.col("strategy") == name), "scaled_equity", f"{name}, same volatility", colour)
    return fig


def drawdown(curves: pl.DataFrame) -> go.Figure:
    """The headline's fall from its high, in per cent."""
    fig = figure(y="drawdown, %", height=220)
    head = _of(curves, "headline")
    fig.add_scatter(x=head["event_ts"].to_list(), y=(100 * head["drawdown"]).to_list(), mode="lines", name="drawdown",
                    line={"color": RED, "width": 1.4}, fill="tozeroy", showlegend=False)  # fmt: skip
    return fig


def moving(curves: pl.DataFrame) -> go.Figure | None:
    """Sharpe ratio and beta of the headline over the 90 days to each one; None where there are fewer."""
    head = _of(curves, "headline").filter(pl.col("rolling_sharpe").is_not_null())
    if head.is_empty():
        return None
    fig = figure(y="over 90 days", height=220)
    _line(fig, head, "rolling_sharpe", "Sharpe ratio a year", BLUE)
    _line(fig, head.filter(pl.col("rolling_beta").is_not_null()), "rolling_beta", "beta to the market", ORANGE)
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    return fig


def exposure(curves: pl.DataFrame) -> go.Figure:
    """Gross and net exposure of the headline."""
    fig = figure(y="÷ equity", height=220)
    head = _of(curves, "headline")
    _line(fig, head, "gross_exposure", "gross exposure", BLUE)
    _line(fig, head, "net_exposure", "net exposure", ORANGE)
    return fig


def costs(figures: dict[str, float]) -> go.Figure:
    """What each kind of cost took a year, in per cent of the equity."""
    fig = figure(x="% a year", height=60 + 34 * max(len(figures), 1))
    names = [COST_NAMES.get(k, k) for k in figures]
    fig.add_bar(x=[100 * v for v in figures.values()], y=names, orientation="h", marker={"color": BLUE},
                hovertemplate="%{y}: %{x:.2f} %<extra></extra>")  # fmt: skip
    fig.update_yaxes(autorange="reversed")
    return fig


def by_asset(profit: pl.DataFrame) -> go.Figure:
    """Profit and loss of the headline by asset, in thousands of USD."""
    fig = figure(y="net, thousand USD", height=280)
    fig.add_bar(x=profit["asset"].to_list(), y=(profit["net_usd"] / 1e3).to_list(),
                marker={"color": [BLUE if v >= 0 else RED for v in profit["net_usd"]]},
                hovertemplate="%{x}: %{y:,.2f}<extra></extra>")  # fmt: skip
    return fig


def sensitivity(curves: pl.DataFrame, axis: str) -> go.Figure:
    """Sharpe ratio of the headline over one axis."""
    fig = figure(x=AXES[axis], y="Sharpe ratio a year", height=240)
    part = curves.filter(pl.col("axis") == axis).sort("x")
    if axis == "cost":
        fig.update_xaxes(type="linear")
    else:
        fig.update_xaxes(type="log", tickvals=part["x"].to_list(), tickformat="~s")
    fig.add_scatter(x=part["x"].to_list(), y=part["sharpe"].to_list(), mode="lines+markers", name="Sharpe ratio",
                    line={"color": BLUE, "width": 1.8}, showlegend=False)  # fmt: skip
    fig.add_hline(y=0, line={"color": GREY, "width": 1, "dash": "dot"})
    return fig


def _of(curves: pl.DataFrame, role: str) -> pl.DataFrame:
    return curves.filter(pl.col("role") == role).sort("event_ts")


def _line(fig: go.Figure, rows: pl.DataFrame, column: str, name: str, colour: str, dash: str = "solid") -> None:
    fig.add_scatter(x=rows["event_ts"].to_list(), y=rows[column].to_list(), mode="lines", name=name,
                    line={"color": colour, "width": 1.7, "dash": dash})  # fmt: skip
