"""Which market's candles are an asset's series, week by week, from what was known when the week began."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import polars as pl

from domain.assets.codes import changing_codes, coin_of
from domain.assets.pairs import split_pair

THIN = 0.01  # a market with less than this share of the turnover of the busiest one is no measure of the price
ALIKE = 0.5  # markets with this share of the bars of the best are told apart by kind and quote
SILENT = timedelta(days=3)  # a market without a bar for so long has ended, until it trades again
WEEK = timedelta(days=7)
PAST_WEEKS = 13  # that a choice looks back
SERIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "asset": pl.String, "exchange": pl.String, "symbol": pl.String,
    "first_ts": pl.Datetime("us", "UTC"), "last_ts": pl.Datetime("us", "UTC"), "n_traded": pl.UInt32,
}  # fmt: skip
_MARKET = ["asset", "exchange", "symbol"]


def market_stats(candles: pl.DataFrame) -> pl.DataFrame:
    """`first_ts`, `last_ts` (opens), `n_traded`, `turnover` of each market per `week` (its Monday); one timeframe."""
    traded = pl.col("volume_base").is_null() | (pl.col("volume_base") > 0)
    return candles.group_by(*_MARKET, "quote", week=pl.col("event_ts").dt.truncate("1w")).agg(
        first_ts=pl.col("event_ts").min(),
        last_ts=pl.col("event_ts").max(),
        n_traded=traded.sum(),
        turnover=(pl.col("volume_base") * pl.col("close_quote")).sum(),
    )


@dataclass(frozen=True)
class _Market:
    """A market of one asset, by week: (first open, last open, traded bars, turnover)."""

    exchange: str
    symbol: str
    rank: int
    weeks: dict[datetime, tuple[datetime, datetime, int, float]]

    @property
    def begins(self) -> datetime:
        """Open of its first bar."""
        return self.weeks[min(self.weeks)][0]

    def known(self, since: datetime, until: datetime) -> tuple[int, float, datetime | None]:
        """Traded bars, turnover and the last open of the weeks that began in [since, until)."""
        seen = [w for at, w in self.weeks.items() if since <= at < until]
        return sum(w[2] for w in seen), sum(w[3] for w in seen), max((w[1] for w in seen), default=None)


def choose_markets(stats: pl.DataFrame, quotes: tuple[str, ...]) -> pl.DataFrame:
    """The spans [first_ts, last_ts] (opens of bars) that each asset's series takes from a market, ascending.

    `stats`: `market_stats` of one timeframe, quotes among `quotes`. Each week is taken from the market that stood
    first when it began, by the thirteen weeks before: of those with at least half as many traded bars as the best, and
    a hundredth of the turnover of the busiest, spot goes before swaps, then quotes in their order, the market that the
    series is in, bars, turnover. A market that has been silent for three days gives way to the next from then on, and
    at once to one that begins after its last bar (a code that was renamed). Only the first week of an asset, which has
    no past, is chosen by itself.
    """
    of_assets = stats.partition_by("asset", as_dict=True)
    spans = [
        span | {"asset": asset} for (asset,), own in sorted(of_assets.items()) for span in _spans(_markets(own, quotes))
    ]
    return pl.DataFrame(spans, schema=SERIES)


def _markets(own: pl.DataFrame, quotes: tuple[str, ...]) -> list[_Market]:
    """Markets of one asset in the order that kind, quote and name give."""
    out: list[_Market] = []
    order = {q: i for i, q in enumerate(quotes)}
    for (exchange, symbol), weeks in own.partition_by("exchange", "symbol", as_dict=True).items():
        rank = len(order) * (":" in symbol) + order[weeks["quote"][0]]
        rows = weeks.select("week", "first_ts", "last_ts", "n_traded", pl.col("turnover").fill_null(0.0)).iter_rows()
        out.append(_Market(exchange, symbol, rank, {week: (a, b, n, t) for week, a, b, n, t in rows}))
    return sorted(out, key=lambda m: (m.rank, m.exchange, m.symbol))


def _spans(markets: list[_Market]) -> list[dict[str, object]]:
    """The spans of one asset's series: its weeks, those in a row from one market joined."""
    pieces: list[tuple[_Market, datetime, datetime]] = []
    for week in sorted({w for m in markets for w in m.weeks}):
        pieces += _of_week(markets, week, pieces[-1][0] if pieces else None)
    out: list[dict[str, object]] = []
    for _, part in groupby(pieces, key=lambda piece: id(piece[0])):
        run = list(part)
        market, first, last = run[0][0], run[0][1], run[-1][2]
        n = sum(w[2] for w in market.weeks.values() if first <= w[1] and w[0] <= last)
        out.append({"exchange": market.exchange, "symbol": market.symbol, "first_ts": first, "last_ts": last,
                    "n_traded": n})  # fmt: skip
    return out


def _of_week(markets: list[_Market], week: datetime, held: _Market | None) -> list[tuple[_Market, datetime, datetime]]:
    """What the series takes in one week, in order of time, from the market in front and those that take over."""
    past = {id(m): m.known(week - PAST_WEEKS * WEEK, week) for m in markets}
    if not any(n for n, _, _ in past.values()):
        past = {id(m): m.known(week, week + WEEK) for m in markets}
    most, busiest = max(n for n, _, _ in past.values()), max(t for _, t, _ in past.values())

    def place(market: _Market) -> tuple[object, ...]:
        n, turnover, heard = past[id(market)]
        is_minor = n == 0 or n < ALIKE * most or turnover < THIN * busiest
        is_silent = heard is not None and heard < week - SILENT
        return is_minor or is_silent, market.rank, market is not held, -n, -turnover

    out: list[tuple[_Market, datetime, datetime]] = []
    last: datetime | None = None  # open of the newest bar among the markets in front
    for market in sorted(markets, key=place):
        own = market.weeks.get(week)
        if own:
            begins_after = last is not None and market.begins > last
            start = own[0] if last is None or begins_after else max(own[0], last + SILENT)
            if own[1] >= start:
                out.append((market, start, own[1]))
        heard = own[1] if own else past[id(market)][2]
        last = max((at for at in (last, heard) if at is not None), default=None)
    return out


def series_of(candles: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The candles of the chosen spans, prices and volumes in present units of the asset, with `is_seam`: a bar that is
    the first of another market than the bar before.
    """
    inside = candles.join(chosen, on=_MARKET, how="inner").filter(
        pl.col("event_ts").is_between(pl.col("first_ts"), pl.col("last_ts"))
    )
    scaled = _in_present_units(inside).sort("asset", "event_ts")
    market = pl.concat_str("exchange", "symbol", separator=" ")
    return scaled.with_columns(is_seam=(market != market.shift(1).over("asset")).fill_null(value=False))


def _in_present_units(candles: pl.DataFrame) -> pl.DataFrame:
    """Prices of one present unit of the asset, and volumes in such units: a thousandth of 1000SHIB, a hundred LEND."""
    codes = candles.select("exchange", "symbol", at=_day_where_it_matters()).unique()
    units = [_units(symbol, exchange, at) for exchange, symbol, at in codes.iter_rows()]
    if all(unit == 1.0 for unit in units):
        return candles
    known = codes.with_columns(pl.Series("_units", units, dtype=pl.Float64))
    keyed = candles.with_columns(at=_day_where_it_matters())
    joined = keyed.join(known, on=["exchange", "symbol", "at"], how="left", maintain_order="left", nulls_equal=True)
    prices = [f"{name}_quote" for name in ("open", "high", "low", "close")]
    return joined.with_columns(
        *(pl.col(name) / pl.col("_units") for name in prices), volume_base=pl.col("volume_base") * pl.col("_units")
    ).drop("at", "_units")


def _day_where_it_matters() -> pl.Expr:
    base = pl.col("symbol").str.extract(r"^([A-Za-z0-9]+)", 1).str.to_uppercase()
    return pl.when(base.is_in(list(changing_codes()))).then(pl.col("event_ts").dt.truncate("1d"))


def _units(symbol: str, exchange: str, at: datetime | None) -> float:
    pair = split_pair(symbol)
    return coin_of(pair[0], exchange, at).units if pair else 1.0
