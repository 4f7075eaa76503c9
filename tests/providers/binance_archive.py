"""data.binance.vision, simulated: zipped CSV files of klines and funding, with their checksums.

    archive = BinanceArchive({"BTC/USDT": bars, "BTC/USDT:USDT": Listing(bars, funding=rates)}, now_ms)
    archive.spoilt["BTCUSDT-1h-2024-02"] = "bomb"            # by a part of the file's name; kinds: SPOILT
    write_archive(archive, folder)                           # the same layout on disk

    /data/spot/{monthly,daily}/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01[-31].zip        no header line
    /data/futures/um/{monthly,daily}/klines/BTCUSDT/1h/BTCUSDT-1h-2024-01[-31].zip  with one
    /data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-01.zip    with one
    each with .CHECKSUM beside it: "sha256  name.zip"

Spot stamps are milliseconds before 2025 and microseconds from then on; futures stay in milliseconds. A file exists
once its month or day is over; what is absent answers 404 with S3's XML.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tests.providers import bombs
from tests.providers.binance import kline
from tests.providers.candles import Bars, Exchange, Listing, Quirks, timeframe_ms
from tests.providers.server import Answer, Request

MICROSECONDS_FROM = 1_735_689_600_000  # 2025-01-01
KLINES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
FUNDING = "calc_time,funding_interval_hours,last_funding_rate"
SPOILT = {
    "checksum": "the checksum is another file's",
    "corrupt": "bytes in the middle are wrong, the checksum is that of the corrupt file",
    "not a zip": "an HTML page under the zip's name, with its checksum",
    "bomb": "one member that expands to more than 1 GB",
    "second member": "an unexpected second CSV",
    "traversal": "the member is called ../../escaped.csv",
    "garbled": "a row with too few columns and one with words for numbers",
}
PATH = re.compile(
    r"/data/(?P<market>spot|futures/um)/(?P<every>monthly|daily)/(?P<kind>klines|fundingRate)/(?P<pair>\w+)/"
    r"(?:(?P<interval>\w+)/)?(?P=pair)-(?P<what>\w+)-(?P<date>\d{4}-\d\d(?:-\d\d)?)\.zip(?P<checksum>\.CHECKSUM)?"
)


class BinanceArchive(Exchange):
    """Simulated data.binance.vision. `spoilt`: {part of a file's name: one of SPOILT}."""

    def __init__(
        self,
        candles: Mapping[str, Bars | Listing],
        now_ms: Callable[[], int],
        *,
        timeframe: str = "1h",
        quirks: Quirks | None = None,
        spoilt: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(candles, now_ms, timeframe=timeframe, quirks=quirks)
        self.spoilt = dict(spoilt or {})

    def answer(self, request: Request) -> Answer:
        """A file, its checksum, or S3's 404."""
        content = self.content(request.path)
        if content is None:
            return _no_such_key(request.path)
        if request.path.endswith(".CHECKSUM"):
            return Answer(content, headers={"Content-Type": "text/plain"})
        return Answer(content, headers={"Content-Type": "application/zip"})

    def content(self, path: str) -> bytes | None:
        """The bytes of a zip or of its checksum; None where there is no such file."""
        asked = PATH.fullmatch(path)
        if asked is None:
            return None
        name = path.rsplit("/", 1)[1].removesuffix(".CHECKSUM").removesuffix(".zip")
        lines = self._lines(asked)
        if lines is None:
            return None
        kind = next((kind for part, kind in self.spoilt.items() if part in name), "")
        packed = _zipped(name + ".csv", lines, kind)
        if asked["checksum"] is None:
            return packed
        digest = hashlib.sha256(packed if kind != "checksum" else b"another file").hexdigest()
        return f"{digest}  {name}.zip\n".encode()

    def paths(self, timeframes: Iterable[str] = ("1h",), every: Iterable[str] = ("monthly",)) -> list[str]:
        """All zip files that exist at the archive's clock."""
        found = []
        for symbol in self.known():
            pair, market = _pair(symbol), "futures/um" if ":" in symbol else "spot"
            periods = [(one, date) for one in every for date in self._dates(symbol, one)]
            for one, date in periods:
                for t in timeframes:
                    found.append(f"/data/{market}/{one}/klines/{pair}/{t}/{pair}-{t}-{date}.zip")
                if ":" in symbol and one == "monthly":
                    found.append(f"/data/{market}/{one}/fundingRate/{pair}/{pair}-fundingRate-{date}.zip")
        return [path for path in found if self.content(path) is not None]

    def _dates(self, symbol: str, every: str) -> list[str]:
        bars = self._bars[symbol, self._base[symbol][0]]
        days = np.unique(bars[:, 0] // 86_400_000).astype(int)
        form = "%Y-%m" if every == "monthly" else "%Y-%m-%d"
        return sorted({(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=int(d))).strftime(form) for d in days})

    def _lines(self, asked: re.Match[str]) -> list[str] | None:
        span = _span(asked["date"], asked["every"])
        is_spot, interval = asked["market"] == "spot", asked["interval"]
        symbol = next((s for s in self.known() if _pair(s) == asked["pair"] and (":" not in s) == is_spot), None)
        if symbol is None or span is None or span[1] > self.clock_ms:
            return None
        if asked["kind"] == "fundingRate":
            return None if interval or is_spot or asked["every"] == "daily" else self._funding(symbol, span)
        if interval is None or interval != asked["what"]:
            return None
        rows = self.page(symbol, interval, lambda bars: slice(*map(int, np.searchsorted(bars[:, 0], span))))
        lines = [_line(row, timeframe_ms(interval), is_spot=is_spot) for row in rows]
        return (lines if is_spot else [KLINES, *lines]) if lines else None

    def _funding(self, symbol: str, span: tuple[int, int]) -> list[str] | None:
        rates = self.listings[symbol].funding
        if rates is None:
            return None
        within = rates[(rates[:, 0] >= span[0]) & (rates[:, 0] < span[1])]
        return [FUNDING, *(f"{int(ms)},8,{rate:.8f}" for ms, rate in within)] if len(within) else None


def write_archive(
    archive: BinanceArchive, folder: Path, timeframes: Iterable[str] = ("1h",), every: Iterable[str] = ("monthly",)
) -> list[Path]:
    """Write the archive's files with their checksums below `folder`, paths as on the web. Returns the zips."""
    written = []
    for path in archive.paths(timeframes, every):
        for one in (path, path + ".CHECKSUM"):
            content = archive.content(one)
            assert content is not None
            file = folder / one.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        written.append(folder / path.lstrip("/"))
    return written


def _span(date: str, every: str) -> tuple[int, int] | None:
    """First and past-the-last ms of a month or day; None for a date that does not exist or does not fit."""
    try:
        first = datetime.strptime(date, "%Y-%m" if every == "monthly" else "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    last = (first + timedelta(days=32)).replace(day=1) if every == "monthly" else first + timedelta(days=1)
    return int(first.timestamp() * 1000), int(last.timestamp() * 1000)


def _line(row: np.ndarray, length: int, *, is_spot: bool) -> str:
    values: list[Any] = kline(row, length)
    if is_spot and row[0] >= MICROSECONDS_FROM:
        values[0], values[6] = values[0] * 1000, values[6] * 1000 + 999
    return ",".join(str(value) for value in values)


def _zipped(member: str, lines: list[str], kind: str) -> bytes:
    if kind == "bomb":
        return bombs.zip_bomb(member)
    if kind == "not a zip":
        return b"<html><body>Service unavailable</body></html>"
    if kind == "garbled":
        lines = [*lines[:2], "1704067200000,1.0", "soon,a,b,c,d,e,f,g,h,i,j,k", *lines[2:]]
    content = ("\n".join(lines) + "\n").encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(_member("../../escaped.csv" if kind == "traversal" else member), content)
        if kind == "second member":
            packed.writestr(_member("readme-first.csv"), content)
    whole = file.getvalue()
    if kind == "corrupt":
        at = len(whole) // 2
        return whole[:at] + bytes(255 - b for b in whole[at : at + 16]) + whole[at + 16 :]
    return whole


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _pair(symbol: str) -> str:
    return symbol.partition(":")[0].replace("/", "")


def _no_such_key(path: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
        f"<Message>The specified key does not exist.</Message>"
        f"<Key>{path.lstrip('/')}</Key><RequestId>SIMULATED</RequestId><HostId>SIMULATED</HostId></Error>"
    )
    return Answer.text(text, "application/xml", 404)
