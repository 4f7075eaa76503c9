"""The ledger: orders become fills, fills positions, positions profit and loss; many configurations in one pass.

Between fills positions do not change, so that equity over a stretch of bars is one product of prices and holdings; only
where something is traded does the ledger look at single assets. Rules:

* An order is a weight that an asset is to have, decided at the close of a bar and filled `latency_bars` later at the
  close, sized by the equity marked then. Without an order holdings drift. Where there is no bar, or liquidity is not
  known, an order waits for the next one, unless a newer decision replaces it.
* Through a gap a position is marked at the last price; the move across it is realised at the next bar.
* A seam (another market, a redenomination) keeps the value.
* A delisted asset, `Terms.recovery`: a long keeps that share of its last value, a short is bought back at the last
  price; orders for it are dropped.
* Equity at or below zero: everything is lost, and nothing is traded any more.
"""

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.ledger.account import KINDS, Account, Fill, Orders
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import Terms, carry, days_of, fee_share, half_spread, impact_factor

FEE_DAYS = 30


def simulate(
    market: Market,
    terms: Terms,
    orders: Orders,
    first: int,
    last: int,
    *,
    capital_usd: Array | None = None,
    cost_scale: Array | None = None,
    detail: bool = False,
) -> Account:
    """Trade `orders` over the rows first … last of the market, starting with cash at `first`.

    `capital_usd` and `cost_scale` [C] stand for those of the terms where configurations differ in them. ValueError for
    decisions that do not rise or rows outside of the market.
    """
    if not 0 <= first <= last < len(market):
        raise ValueError(f"rows {first} to {last} are not within the {len(market)} bars of the market")
    if len(orders.rows) and (np.diff(orders.rows) <= 0).any():
        raise ValueError("decisions must rise in time, each row once")
    n = np.asarray(orders.targets[0]).shape[1] if len(orders.rows) else 1
    book = _Book(market, terms, first, last, n, capital_usd, cost_scale, detail)
    decided = {int(row) + terms.latency_bars: i for i, row in enumerate(orders.rows) if row >= first}
    again = np.vstack([book.fillable[:1], book.fillable[1:] & ~book.fillable[:-1]])
    back = np.any(again | market.ended, axis=1)
    for row in sorted({*decided, *np.flatnonzero(back).tolist()}):
        if not first <= row <= last or (row not in decided and not book.is_concerned(row)):
            continue
        book.mark(row)
        book.delist(row)
        if row in decided:
            wanted = np.asarray(orders.targets[decided[row]])
            np.copyto(book.pending, wanted, where=~np.isnan(wanted))
        book.fill(row)
    book.mark(last)
    return book.account


class _Book:
    """Holdings and cash of all configurations at `row`."""

    def __init__(
        self, market: Market, terms: Terms, first: int, last: int, n: int,
        capital_usd: Array | None, cost_scale: Array | None, detail: bool,
    ) -> None:  # fmt: skip
        assets, rows = len(market.assets), last - first + 1
        self.market, self.terms, self.first, self.row, self.detail = market, terms, first, first, detail
        self.cash = np.full(n, terms.capital_usd) if capital_usd is None else capital_usd.astype(float)
        self.scale = np.full(n, terms.cost_scale) if cost_scale is None else cost_scale.astype(float)
        self.units, self.pending = np.zeros((assets, n)), np.full((assets, n), np.nan)
        self.half, self.impact = half_spread(market, terms), impact_factor(market, terms)
        self.fillable = market.traded & np.isfinite(self.half) & np.isfinite(self.impact)
        self.paid_by_all, self.paid_by_short = (np.cumsum(x, axis=0) for x in carry(market, terms))
        self.has_carry = (bool(self.paid_by_all[-1].any()), bool(self.paid_by_short[-1].any()))
        self.day = days_of(market)
        self.volume: dict[int, Array] = {}  # dollars traded by day, for the tier of the fee
        self.account = Account(
            first, np.empty((rows, n)), np.zeros((rows, n)), np.zeros((rows, n)), np.zeros((rows, n)),
            np.zeros((len(KINDS), n)), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64),
        )  # fmt: skip
        self.account.equity[0] = self.cash

    def is_concerned(self, row: int) -> bool:
        """Whether something that is waited for, or held, trades again or ends at this bar."""
        waits = self.fillable[row] & ~self.fillable[row - 1] & ~np.isnan(self.pending).all(1)
        ends = self.market.ended[row] & ((self.units != 0) | ~np.isnan(self.pending)).any(1)
        return bool(waits.any() or ends.any())

    def mark(self, row: int) -> None:
        """Equity of every bar up to `row` with the holdings as they are; carry is paid."""
        if row == self.row:
            return
        part = slice(self.row + 1, row + 1)
        out = slice(part.start - self.first, part.stop - self.first)
        price, account = self.market.unit[part], self.account
        account.net[out] = price @ self.units
        account.gross[out] = price @ np.abs(self.units)
        owed = np.zeros_like(account.net[out])
        if self.has_carry[0]:
            owed += (self.paid_by_all[part] - self.paid_by_all[self.row]) @ self.units
        if self.has_carry[1]:
            owed += (self.paid_by_short[part] - self.paid_by_short[self.row]) @ np.maximum(-self.units, 0)
        account.equity[out] = self.cash + account.net[out] - owed
        self.cash = self.cash - owed[-1]
        paid = owed[-1].copy()
        for c, at in self._lose(out).items():
            paid[c] = owed[at, c]
        account.costs[KINDS.index("carry")] += paid
        self.row = row

    def _lose(self, out: slice) -> dict[int, int]:
        """Accounts whose equity is gone within these bars have nothing from there on; the bar of each."""
        gone = self.account.equity[out] <= 0
        lost = {int(c): int(gone[:, c].argmax()) for c in np.flatnonzero(gone.any(0))}
        for c, at in sorted(lost.items(), key=lambda one: one[1]):
            for values in (self.account.equity, self.account.gross, self.account.net):
                values[out.start + at : out.stop, c] = 0.0
            self.units[:, c], self.pending[:, c], self.cash[c] = 0.0, np.nan, 0.0
            self._remember(self.first + out.start + at)
        return lost

    def delist(self, row: int) -> None:
        """Positions in assets that count as delisted from this bar on."""
        for a in np.flatnonzero(self.market.ended[row]):
            value = self.units[a] * self.market.unit[row, a]
            kept = np.where(value > 0, self.terms.recovery * value, value)
            self.cash = self.cash + kept
            self.account.costs[KINDS.index("delisted")] += value - kept
            self.account.n_delisted[:] += value != 0
            self.units[a], self.pending[a] = 0.0, np.nan
        self._close(row)

    def fill(self, row: int) -> None:
        """Fill what is waited for and can be traded at this bar."""
        asset, config = np.nonzero(~np.isnan(self.pending) & self.fillable[row][:, None])
        if len(asset):
            wanted = self.pending[asset, config]
            self._trade(row, asset, config, self._sizes(row, asset, config, wanted))
            self.units[asset[wanted == 0], config[wanted == 0]] = 0.0  # closed to the last digit
            self.pending[asset, config] = np.nan
        self._close(row)

    def _sizes(self, row: int, asset: NDArray[np.int64], config: NDArray[np.int64], weight: Array) -> Array:
        """Dollars to buy, [F], so that each asset has its weight in each configuration; 0 where it is not worth it."""
        t, price, n = self.terms, self.market.unit[row], len(self.cash)
        equity = self.cash + price @ self.units
        value, wanted = self.units[asset, config] * price[asset], weight * equity[config]
        others = price @ np.abs(self.units) - np.bincount(config, np.abs(value), n)
        gross, room = np.bincount(config, np.abs(wanted), n), np.maximum(t.max_leverage * equity - others, 0.0)
        if (gross > room).any():
            wanted *= np.where(gross > room, room / np.maximum(gross, 1e-300), 1.0)[config]
        usd = wanted - value
        least = np.maximum(t.least_order_usd, t.least_change * equity)[config]
        usd[(np.abs(usd) < least) & (wanted != 0)] = 0.0
        if t.lots is not None:
            lot = np.array(t.lots)[asset] * self.market.price[row, asset]
            usd = np.where((lot > 0) & (wanted != 0), np.trunc(usd / np.where(lot > 0, lot, 1.0)) * lot, usd)
        return usd

    def _trade(self, row: int, asset: NDArray[np.int64], config: NDArray[np.int64], usd: Array) -> None:
        """Buy and sell these dollars, [F], and pay for it."""
        account, size, n, scale = self.account, np.abs(usd), len(self.cash), self.scale[config]
        fee = size * fee_share(self.terms, self._volume_before(row))[config] * scale
        spread = size * self.half[row, asset] * scale
        impact = size * np.sqrt(size) * self.impact[row, asset] * scale
        self.cash = self.cash - np.bincount(config, usd + fee + spread + impact, n)
        self.units[asset, config] += usd / self.market.unit[row, asset]
        for kind, paid in enumerate((fee, spread, impact)):
            account.costs[kind] += np.bincount(config, paid, n)
        traded = np.bincount(config, size, n).astype(np.float64)
        account.traded[row - self.first] += traded
        if len(self.terms.fees) > 1:
            day = int(self.day[row])
            self.volume[day] = self.volume.get(day, 0.0) + traded
        made = size > 0
        account.n_fills[:] += np.bincount(config[made], minlength=n)
        if self.detail and made.any():
            account.fills.append(Fill(row, asset[made], config[made], usd[made], fee[made], spread[made], impact[made]))

    def _volume_before(self, row: int) -> Array:
        """Dollars traded in the FEE_DAYS days before the day of this bar, [C]."""
        today, none = int(self.day[row]), np.zeros(len(self.cash))
        return sum((v for day, v in self.volume.items() if today - FEE_DAYS <= day < today), start=none)

    def _close(self, row: int) -> None:
        """The figures of this bar after trading."""
        at, price, account = row - self.first, self.market.unit[row], self.account
        account.net[at] = price @ self.units
        account.gross[at] = price @ np.abs(self.units)
        account.equity[at] = self.cash + account.net[at]
        if (account.equity[at] <= 0).any():
            self._lose(slice(at, at + 1))
        self._remember(row)

    def _remember(self, row: int) -> None:
        """What is held after this bar, where every detail is wanted."""
        if self.detail:
            self.account.held_rows.append(row)
            self.account.held.append(self.units.copy())
