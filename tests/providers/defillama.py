"""stablecoins.llama.fi, simulated: the shapes of its public answers.

    llama = DefiLlama(example_coins(n_days=90, seed=1), now_ms)
    llama.restate("1", day_s, factor=1.02, chain="Tron", after=1)   # another history from the second request on
    llama.gaps["1", "Tron"] = {day_s, ...}                          # days absent from that chain's history

    /stablecoins?includePrices=true        {"peggedAssets": [...], "chains": [...]}; amounts in units of the peg
    /stablecoin/ID                         tokens and chainBalances; dates are integers
    /stablecoincharts/all?stablecoin=ID    dates are *strings*; also /stablecoincharts/CHAIN
    /stablecoinprices                      [{"date": 0, ...}, {"date": ..., "prices": {gecko id: price}}, ...]

Daily points are stamped at midnight UTC; the last point of every history is stamped with the current second, as the
real ones are, unless `intraday=False`. Amounts and names are made up; the identifiers 1 and 2 are those of
USDT and USDC.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.providers.server import Answer, Request

DAY_S = 86_400
START_S = 1_704_067_200  # 2024-01-01


@dataclass(frozen=True)
class Coin:
    """One stablecoin. `supply`: per chain [n, 2] of (unix seconds at midnight, amount in the peg's unit).

    `prices`: [n, 2] of (unix seconds, USD); empty: the coin has no price (null).
    """

    id: str
    name: str
    symbol: str
    gecko_id: str | None
    supply: Mapping[str, np.ndarray]
    prices: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))
    peg: str = "peggedUSD"
    mechanism: str = "fiat-backed"

    def __post_init__(self) -> None:
        if not self.supply:
            raise ValueError(f"{self.symbol} has no chains: expected at least one history")


def history(n_days: int, seed: int, *, amount: float, start_s: int = START_S) -> np.ndarray:
    """A supply that wanders: [n_days, 2] of (unix seconds, amount with two decimals)."""
    steps = np.random.default_rng(seed).normal(0.0005, 0.005, n_days)
    return np.column_stack([start_s + DAY_S * np.arange(n_days), np.round(amount * np.exp(np.cumsum(steps)), 2)])


def price_history(n_days: int, seed: int, *, around: float = 1.0, start_s: int = START_S) -> np.ndarray:
    """Daily prices near their peg: [n_days, 2] of (unix seconds, USD)."""
    noise = np.random.default_rng(seed).normal(0, 0.0007, n_days)
    return np.column_stack([start_s + DAY_S * np.arange(n_days), np.round(around * (1 + noise), 6)])


def example_coins(n_days: int, seed: int, *, start_s: int = START_S) -> list[Coin]:
    """Two large dollars, a second coin with the symbol USDC, a euro, and a dollar without a price."""

    def coin(
        id: str,
        name: str,
        symbol: str,
        gecko: str | None,
        chains: dict[str, float],
        *,
        around: float | None = 1.0,
        peg: str = "peggedUSD",
        mechanism: str = "fiat-backed",
    ) -> Coin:
        offset = seed * 1000 + int(id) * 10
        supply = {c: history(n_days, offset + i, amount=a, start_s=start_s) for i, (c, a) in enumerate(chains.items())}
        prices = np.empty((0, 2)) if around is None else price_history(n_days, offset, around=around, start_s=start_s)
        return Coin(id, name, symbol, gecko, supply, prices, peg, mechanism)

    return [
        coin("1", "Simulated Tether", "USDT", "tether", {"Tron": 5e10, "Ethereum": 4e10, "BSC": 5e9}),
        coin("2", "Simulated USD Coin", "USDC", "usd-coin", {"Ethereum": 2.5e10, "Solana": 4e9}),
        coin("902", "Another USDC", "USDC", "another-usdc", {"BSC": 3e6}, around=0.97, mechanism="crypto-backed"),
        coin("50", "Simulated Euro", "EURX", "simulated-euro", {"Ethereum": 3e8}, around=1.08, peg="peggedEUR"),
        coin("903", "Forgotten Dollar", "FUSD", None, {"Ethereum": 1e5}, around=None, mechanism="algorithmic"),
    ]


class DefiLlama:
    """Simulated stablecoins.llama.fi. `coins`: what exists; `now_ms`: the time; `intraday`: a last point at now."""

    def __init__(self, coins: Iterable[Coin], now_ms: Callable[[], int], *, intraday: bool = True) -> None:
        self.coins = {coin.id: coin for coin in coins}
        self.intraday = intraday
        self.gaps: dict[tuple[str, str], set[int]] = {}
        self._now_ms = now_ms
        self._restated: list[tuple[str, str | None, int, float, int]] = []
        self._served: dict[str, int] = {}

    def restate(self, id: str, day_s: int, factor: float, *, chain: str | None = None, after: int = 0) -> None:
        """Multiply a coin's supply of one day (of one chain, or all) once `after` more answers about it were given."""
        self._restated.append((id, chain, day_s, factor, self._served.get(id, 0) + after))

    def answer(self, request: Request) -> Answer:
        """The answer to one of the endpoints above."""
        match request.path.strip("/").split("/"):
            case ["stablecoins"]:
                return Answer.json(self._list(with_prices=request.query.get("includePrices") == "true"))
            case ["stablecoin", id]:
                coin = self.coins.get(id)
                return Answer.json(self._one(coin)) if coin else _not_found()
            case ["stablecoincharts", chain]:
                wanted = request.query.get("stablecoin")
                if wanted is not None and wanted not in self.coins:
                    return _not_found()
                return Answer.json(self._chart(None if chain == "all" else chain, wanted))
            case ["stablecoinprices"]:
                return Answer.json(self._prices())
        return Answer.json({"message": "Not Found"}, 404)

    def _chain(self, coin: Coin, chain: str) -> np.ndarray:
        """What is shown of one chain: points up to now, restated, the last one at now."""
        now = self._now_ms() // 1000
        points = coin.supply[chain]
        points = points[points[:, 0] <= now].copy()
        for id, of, day, factor, due in self._restated:
            if id == coin.id and of in (None, chain) and self._served.get(id, 0) >= due:
                points[points[:, 0] == day, 1] *= factor
        if self.intraday and len(points) and points[-1, 0] < now:
            later = coin.supply[chain][len(points) :][:1]
            ahead = later[0, 1] if len(later) else points[-1, 1]
            share = min((now - points[-1, 0]) / DAY_S, 1.0)
            points = np.vstack([points, [now, round(points[-1, 1] + share * (ahead - points[-1, 1]), 2)]])
        return points

    def _chains(self, coin: Coin) -> dict[str, np.ndarray]:
        return {chain: self._chain(coin, chain) for chain in coin.supply}

    def _price(self, coin: Coin, at_s: float) -> float | None:
        known = coin.prices[coin.prices[:, 0] <= at_s]
        return float(known[-1, 1]) if len(known) else None

    def _list(self, *, with_prices: bool) -> dict[str, Any]:
        now = self._now_ms() // 1000
        assets, on_chain = [], dict[str, dict[str, float]]()
        for coin in self.coins.values():
            chains = self._chains(coin)
            past = {"": now, "PrevDay": now - DAY_S, "PrevWeek": now - 7 * DAY_S, "PrevMonth": now - 30 * DAY_S}
            totals = {w: {coin.peg: sum(_at(p, s) for p in chains.values())} for w, s in past.items()}
            per_chain = {
                chain: {f"circulating{w}" if w else "current": {coin.peg: _at(p, s)} for w, s in past.items()}
                for chain, p in chains.items()
            }
            price = {"price": self._price(coin, now)} if with_prices else {}
            assets.append({
                "id": coin.id, "name": coin.name, "symbol": coin.symbol, "gecko_id": coin.gecko_id,
                "pegType": coin.peg, "priceSource": "defillama" if len(coin.prices) else None,
                "pegMechanism": coin.mechanism, **{f"circulating{w}": total for w, total in totals.items()},
                "chainCirculating": per_chain, "chains": list(chains), **price,
            })  # fmt: skip
            for chain, points in chains.items():
                amounts = on_chain.setdefault(chain, {})
                usd = _at(points, now) * (self._price(coin, now) or 0.0)
                amounts[coin.peg] = amounts.get(coin.peg, 0.0) + usd
            self._count(coin)
        return {
            "peggedAssets": assets,
            "chains": [
                {"gecko_id": chain.lower(), "totalCirculatingUSD": amounts, "tokenSymbol": None, "name": chain}
                for chain, amounts in on_chain.items()
            ],
        }

    def _one(self, coin: Coin) -> dict[str, Any]:
        chains = self._chains(coin)
        zero = {coin.peg: 0}
        balances = {
            chain: {
                "tokens": [
                    {"date": int(s), "circulating": {coin.peg: a}, "unreleased": zero, "minted": {coin.peg: a}}
                    for s, a in points
                    if int(s) not in self.gaps.get((coin.id, chain), ())
                ]
            }
            for chain, points in chains.items()
        }
        total = [{"date": int(s), "circulating": {coin.peg: a}, "unreleased": zero} for s, a in _sum(chains.values())]
        self._count(coin)
        return {
            "id": coin.id, "name": coin.name, "address": f"0x{int(coin.id):040x}", "symbol": coin.symbol,
            "url": "https://example.invalid", "description": "simulated", "mintRedeemDescription": "simulated",
            "onCoinGecko": "true" if coin.gecko_id else "false", "gecko_id": coin.gecko_id, "cmcId": None,
            "pegType": coin.peg, "pegMechanism": coin.mechanism, "priceSource": "defillama", "auditLinks": None,
            "twitter": None, "wiki": None, "price": self._price(coin, self._now_ms() / 1000), "chainBalances": balances,
            "currentChainBalances": {chain: {coin.peg: p[-1, 1]} for chain, p in chains.items() if len(p)},
            "tokens": total,
        }  # fmt: skip

    def _chart(self, chain: str | None, wanted: str | None) -> list[dict[str, Any]]:
        rows: dict[int, dict[str, dict[str, float]]] = {}
        for coin in self.coins.values():
            if wanted not in (None, coin.id):
                continue
            shown = [p for name, p in self._chains(coin).items() if chain in (None, name)]
            for at, amount in _sum(shown):
                row = rows.setdefault(int(at), {"totalCirculating": {}, "totalCirculatingUSD": {}})
                usd = amount * (self._price(coin, at) or 0.0)
                for name, value in (("totalCirculating", amount), ("totalCirculatingUSD", usd)):
                    row[name][coin.peg] = round(row[name].get(coin.peg, 0.0) + value, 2)
            self._count(coin)
        return [
            {
                "date": str(at),
                "totalCirculating": row["totalCirculating"],
                "totalUnreleased": dict.fromkeys(row["totalCirculating"], 0),
                "totalCirculatingUSD": row["totalCirculatingUSD"],
                "totalMintedUSD": row["totalCirculatingUSD"],
                "totalBridgedToUSD": dict.fromkeys(row["totalCirculating"], 0),
            }
            for at, row in sorted(rows.items())
        ]

    def _prices(self) -> list[dict[str, Any]]:
        """Prices per day; the real answer begins with an entry of date 0 that holds current ones, and so does this."""
        now = self._now_ms() // 1000
        days: dict[int, dict[str, float]] = {}
        for coin in self.coins.values():
            for at, price in coin.prices[coin.prices[:, 0] <= now] if coin.gecko_id else ():
                days.setdefault(int(at), {})[str(coin.gecko_id)] = float(price)
        current = {c.gecko_id: self._price(c, now) for c in self.coins.values() if c.gecko_id and len(c.prices)}
        return [{"date": 0, "prices": current}, *({"date": at, "prices": days[at]} for at in sorted(days))]

    def _count(self, coin: Coin) -> None:
        self._served[coin.id] = self._served.get(coin.id, 0) + 1


def _sum(histories: Iterable[np.ndarray]) -> np.ndarray:
    """Amounts of all histories by stamp, [n, 2]."""
    total: dict[float, float] = {}
    for points in histories:
        for at, amount in points:
            total[at] = round(total.get(at, 0.0) + amount, 2)
    return np.array(sorted(total.items())).reshape(-1, 2)


def _at(points: np.ndarray, second: float) -> float:
    """The last amount known at a time; 0 before the first."""
    at = int(np.searchsorted(points[:, 0], second, side="right")) - 1
    return float(points[at, 1]) if at >= 0 else 0.0


def _not_found() -> Answer:
    return Answer.json({"message": "Pegged asset is not in our database"}, 400)
