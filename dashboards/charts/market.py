"""Charts of the market: prices, SSR beside bitcoin, supply, pegs, funding, premium of funds."""

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from dashboards.charts.style import BLUE, GREEN, GREY, ORANGE, PRICE, RED, VIOLET, fade, figure
from dashboards.wording import bare

COLOURS = (BLUE, ORANGE, GREEN, VIOLET, RED, GREY, "#5aa9a3", "#b0793b", "#6b7fd7", "#a8a13c")
MOST_LINES = len(COLOURS)


def ssr(daily: pl.DataFrame) -> go.Figure:
    """The ratio in total, at par and at market, on a log scale: early ratios are thousands of times today's."""
    fig = figure(y="SSR (log scale)", hover=",.4~g")
    fig.update_yaxes(type="log", tickformat=",~g")
    part = daily.filter(pl.col("coin") == "ALL").sort("day")
    for column, name, colour in (("ssr_par", "at par", BLUE), ("ssr_market", "at market", ORANGE)):
        fig.add_scatter(x=part["day"].to_list(), y=part[column].to_list(), name=name, mode="lines",
                        line={"color": colour, "width": 1.8, "dash": "solid" if column == "ssr_par" else "dot"},
                        )  # fmt: skip
    return fig


def ssr_oscillator(daily: pl.DataFrame) -> go.Figure:
    """The oscillator: standard deviations from the mean of 200 days, with the bands at ±2."""
    fig = figure(y="oscillator, z", height=220)
    part = daily.filter(pl.col("coin") == "ALL").sort("day")
    if part.height:
        fig.update_xaxes(range=[part["day"][0], part["day"][-1]])
    fig.add_scatter(x=part["day"].to_list(), y=part["oscillator_z"].to_list(), name="z", mode="lines",
                    line={"color": VIOLET, "width": 1.6}, showlegend=False)  # fmt: skip
    for y, dash in ((0, "solid"), (2, "dot"), (-2, "dot")):
        fig.add_hline(y=y, line={"color": GREY, "width": 1, "dash": dash})
    return fig


def candles(bars: pl.DataFrame, marks: pl.DataFrame) -> go.Figure:
    """Daily bars with volume below; `marks` (event_ts, announcement): scheduled announcements as thin lines."""
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.03)
    fig.update_layout(figure(height=460).layout)
    days = bars["day"].to_list()
    prices = [bars[f"{name}_quote"].to_list() for name in ("open", "high", "low", "close")]
    fig.add_candlestick(
        x=days, open=prices[0], high=prices[1], low=prices[2], close=prices[3], name="price", showlegend=False,
        increasing={"line": {"color": GREEN, "width": 1}}, decreasing={"line": {"color": RED, "width": 1}},
        row=1, col=1,
    )  # fmt: skip
    fig.add_bar(x=days, y=bars["volume_quote"].to_list(), name="volume", showlegend=False, row=2, col=1,
                marker={"color": fade(GREY, 0.6)})  # fmt: skip
    line = {"color": fade(VIOLET, 0.45), "width": 1, "dash": "dot"}
    fig.update_layout(
        shapes=[
            {"type": "line", "xref": "x", "yref": "y domain", "x0": t, "x1": t, "y0": 0, "y1": 1, "line": line}
            for t in marks["event_ts"].to_list()
        ]
    )
    axis = {"gridcolor": "rgba(128,128,128,0.22)", "zeroline": False, "automargin": True}
    fig.update_yaxes(**axis)
    fig.update_yaxes(title_text="price", tickformat=PRICE, hoverformat=PRICE, row=1, col=1)
    fig.update_yaxes(title_text="volume", tickformat="~s", row=2, col=1)
    fig.update_xaxes(rangeslider_visible=False, **axis)
    return fig


def ssr_and_price(daily: pl.DataFrame, price: pl.DataFrame) -> go.Figure:
    """The ratio in total at par (left) and bitcoin's price (right), both on log scales."""
    fig = figure(y="SSR (log)", hover=",.4~g")
    part = daily.filter(pl.col("coin") == "ALL").sort("day")
    _line(fig, part, "ssr_par", "SSR at par", BLUE)
    fig.add_scatter(x=price["day"].to_list(), y=price["close_quote"].to_list(), name="BTC, price (right)", yaxis="y2",
                    mode="lines", line={"color": GREY, "width": 1.4})  # fmt: skip
    fig.update_yaxes(type="log", tickformat=",.3~g")
    right = {"overlaying": "y", "side": "right", "type": "log", "showgrid": False, "tickformat": ",.3~s"}
    fig.update_layout(yaxis2={**right, "hoverformat": PRICE, "automargin": True}, margin={"r": 50})
    return fig


def supply(coins: pl.DataFrame) -> go.Figure:
    """Supply of each stablecoin over all its chains, stacked, the largest at the bottom (USD)."""
    fig = figure(y="supply, USD", hover=".4~s")
    fig.update_yaxes(tickformat=".3~s")
    largest = coins.group_by("coin").agg(pl.col("supply_usd").max()).sort("supply_usd", descending=True)
    for colour, coin in zip(COLOURS, largest["coin"].to_list(), strict=False):
        part = coins.filter(pl.col("coin") == coin).sort("day")
        fig.add_scatter(
            x=part["day"].to_list(), y=part["supply_usd"].to_list(), name=bare(coin), mode="lines", stackgroup="coins",
            line={"width": 0.6, "color": colour}, fillcolor=fade(colour, 0.55),
        )  # fmt: skip
    return fig


def pegs(coins: pl.DataFrame) -> go.Figure:
    """How far each dollar coin's price is from a dollar, in per cent."""
    fig = figure(y="price − 1, %", hover=".3~f")
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    known = coins.filter(pl.col("peg_deviation").is_not_null())
    largest = known.group_by("coin").agg(pl.col("supply_usd").max()).sort("supply_usd", descending=True)
    for colour, coin in zip(COLOURS, largest["coin"].to_list(), strict=False):
        part = known.filter(pl.col("coin") == coin).sort("day").with_columns(pl.col("peg_deviation") * 100)
        _line(fig, part, "peg_deviation", bare(coin), colour)
    return fig


def funding(rates: pl.DataFrame) -> go.Figure:
    """Funding that longs pay, per year, each swap a line (per cent)."""
    fig = figure(y="per year, %", hover=".2~f")
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    swaps = rates.select("exchange", "symbol").unique(maintain_order=True).rows()
    for colour, (exchange, symbol) in zip(COLOURS, swaps, strict=False):
        part = rates.filter(pl.col("exchange") == exchange, pl.col("symbol") == symbol).sort("event_ts")
        fig.add_scatter(
            x=part["event_ts"].to_list(), y=(part["funding_rate_per_year"] * 100).to_list(), mode="lines",
            name=bare(f"{symbol} on {exchange}"), line={"color": colour, "width": 1.2},
        )  # fmt: skip
    return fig


def premium(funds: pl.DataFrame) -> go.Figure:
    """Premium of listed funds over the coins that they hold (per cent)."""
    fig = figure(y="premium, %", hover=".2~f")
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    for colour, fund in zip(COLOURS, funds["fund"].unique(maintain_order=True).to_list(), strict=False):
        part = funds.filter(pl.col("fund") == fund).sort("day").with_columns(pl.col("premium") * 100)
        _line(fig, part, "premium", bare(fund), colour)
    return fig


def _line(fig: go.Figure, part: pl.DataFrame, column: str, name: str, colour: str) -> None:
    fig.add_scatter(x=part["day"].to_list(), y=part[column].to_list(), name=name, mode="lines",
                    line={"color": colour, "width": 1.5})  # fmt: skip
