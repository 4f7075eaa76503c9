"""The statement of one configuration: its fills, what it held, and profit and loss by asset and bar."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from domain.types import Array
from models.backtest.ledger.account import Account
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import Terms, carry, days_of

PAID = ("fee", "spread", "impact")
FILLS = pl.Schema({
    "event_ts": pl.Datetime("us", "UTC"), "asset": pl.String(), "usd": pl.Float64(), "price": pl.Float64(),
    "fee_usd": pl.Float64(), "spread_usd": pl.Float64(), "impact_usd": pl.Float64(),
})  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """R bars × A assets, in USD: `value` of each position at the close, what prices earned (`move`; `move_long` by
    long positions), and costs.

    Over all bars and assets move − fee − spread − impact − carry − delisted is the equity at the end less the capital,
    unless everything was lost: then a loss beyond the capital is the lender's.
    """

    assets: tuple[str, ...]
    close_ts: np.ndarray
    day: np.ndarray
    value: Array
    move: Array
    move_long: Array
    fee: Array
    spread: Array
    impact: Array
    carry: Array
    delisted: Array
    fills: pl.DataFrame

    @property
    def net(self) -> Array:
        """Profit and loss after all costs, [R, A]."""
        return self.move - self.fee - self.spread - self.impact - self.carry - self.delisted

    def daily(self) -> pl.DataFrame:
        """Per asset and UTC day: position at the end of the day, gross, each cost and net, in USD.

        Days on which an asset neither was held nor cost anything are left out.
        """
        days, start = np.unique(self.day, return_index=True)
        columns = {name: getattr(self, name) for name in ("move", "move_long", *PAID, "carry", "delisted", "net")}
        summed = {name: np.add.reduceat(values, start, axis=0) for name, values in columns.items()}
        held = self.value[np.append(start[1:], len(self.day)) - 1]
        any_ = np.maximum.reduceat(np.abs(self.value), start, axis=0) > 0
        day, asset = np.nonzero(any_ | (summed["net"] != 0))
        table = {"day": days[day].astype("datetime64[D]"), "asset": [self.assets[a] for a in asset]}
        table |= {"position_usd": held[day, asset], "gross_usd": summed.pop("move")[day, asset]}
        table["long_usd"] = summed.pop("move_long")[day, asset]
        table |= {f"{name}_usd": values[day, asset] for name, values in summed.items()}
        return pl.DataFrame(table, schema_overrides={"day": pl.Date, "asset": pl.String})


def statement(market: Market, terms: Terms, account: Account, config: int = 0) -> Statement:
    """The statement of one configuration of an account that was simulated with `detail`.

    ValueError for an account without it.
    """
    rows = len(account.equity)
    if not account.held_rows and account.n_fills[config] > 0:
        raise ValueError("the account must be simulated with detail=True for a statement")
    part = slice(account.first, account.first + rows)
    day = days_of(market, account.first, account.first + rows - 1)
    unit = market.unit[part]
    held = _held(account, config, unit.shape)
    before = np.vstack([np.zeros((1, unit.shape[1])), held[:-1]])
    by_all, by_short = (x[part] for x in carry(market, terms))
    move = before * np.diff(unit, axis=0, prepend=unit[:1])
    value_before = before * unit
    lost = np.where(market.ended[part] & (value_before > 0), (1 - terms.recovery) * value_before, 0.0)
    paid = {kind: np.zeros(unit.shape) for kind in PAID}
    for fill in account.fills:
        own = fill.config == config
        for kind in PAID:
            paid[kind][fill.row - account.first, fill.asset[own]] += getattr(fill, kind)[own]
    return Statement(
        market.assets, market.close_ts[part], day, held * unit, move,
        np.where(before > 0, move, 0.0), paid["fee"], paid["spread"],
        paid["impact"], before * by_all + np.maximum(-before, 0) * by_short, lost, _fills(market, account, config),
    )  # fmt: skip


def _held(account: Account, config: int, shape: tuple[int, ...]) -> Array:
    """Units held after each bar, [R, A]."""
    out = np.zeros(shape)
    if account.held_rows:
        rows = np.array(account.held_rows) - account.first
        order = np.argsort(rows, kind="stable")
        at = np.searchsorted(rows[order], np.arange(shape[0]), side="right") - 1
        path = np.stack([account.held[i][:, config] for i in order])
        out = np.where(at[:, None] >= 0, path[np.maximum(at, 0)], 0.0)
    return out


def _fills(market: Market, account: Account, config: int) -> pl.DataFrame:
    """One row per fill: moment, asset, dollars bought (negative: sold), price, what it cost."""
    own = [(fill, fill.config == config) for fill in account.fills]
    own = [(fill, mine) for fill, mine in own if mine.any()]
    if not own:
        return pl.DataFrame(schema=FILLS)
    row = np.concatenate([np.full(int(mine.sum()), fill.row) for fill, mine in own])
    asset = np.concatenate([fill.asset[mine] for fill, mine in own])
    columns = {kind: np.concatenate([getattr(fill, kind)[mine] for fill, mine in own]) for kind in ("usd", *PAID)}
    return pl.DataFrame({
        "event_ts": pl.Series(market.close_ts[row].astype("datetime64[us]")).dt.replace_time_zone("UTC"),
        "asset": pl.Series(np.array(market.assets)[asset]), "usd": columns["usd"], "price": market.price[row, asset],
        **{f"{kind}_usd": columns[kind] for kind in PAID},
    })  # fmt: skip
