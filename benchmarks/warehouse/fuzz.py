"""Rubbish at the door: generated rows, feeds and pages, none of which may end in a crash or be lost without a word.

    python -m benchmarks.warehouse.fuzz [--rows 1000000] [--feeds 10000] [--pages 10000] [--seed 1]

Rows: files of every shape in CSV, JSON lines and Parquet, in which cells are good, odd or damaged, go through a whole
ingest. The records that were written are counted here; tapewire's own accounts (ops.source_rows) have to name as many,
and each has to be stored, unchanged, quarantined or left out. A file may be refused as a whole, with its reason.
Feeds: RSS, Atom and RDF with odd prefixes, stamps, ids, encodings and damage: each entry of an undamaged one has to be
an item, refused, or counted as a copy. Pages: broken HTML; none may leave markup in the text. Exit code 1 on any loss.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.progress import LogProgress
from pipelines.settings.settings import Settings
from pipelines.sources.errors import SourceError
from pipelines.sources.feeds.articles import main_text, text_of
from pipelines.sources.feeds.feedlist import Feed
from pipelines.sources.feeds.items import read_items
from pipelines.sources.files.file_columns import COLUMNS
from pipelines.sources.files.records import read_csv, read_json_lines
from pipelines.sources.http.net import Reply

ENDINGS = (".csv", ".jsonl", ".parquet")
ROWS_PER_FILE = 20_000
NOW = datetime(2024, 7, 1, tzinfo=UTC)
STAMPS = (
    "2024-01-{d:02}T{h:02}:00:00Z", "2024-01-{d:02} {h:02}:00:00+00", "2024-01-{d:02} {h:02}:00:00 UTC",
    "Mon, {d:02} Jan 2024 {h:02}:00:00 GMT", "17{d:02}000000", "17{d:02}000000000", "January {d}, 2024 6:00 PM EST",
    "2024-01-{d:02}", "{d:02}/01/2024", "2024-W{d:02}-1", "2024-01-{d:02}T{h:02}:00:00", "2024-01-{d:02}T24:00:00Z",
    "2024-02-31T00:00:00Z", "soon", "", "NA", "1e10", "٢٠٢٤-٠١-٠١", "2024-01-{d:02}T{h:02}:00:00+99:00",
)  # fmt: skip
CLEAR = tuple(s for s in STAMPS if not s.endswith((":00", "00 EST")) and "T24" not in s)
DATES = ("2024-01-{d:02}", "{d:02}/01/2024", "2024-W{d:02}-1", "2024-02-31", "soon", "", "NA")
NUMBERS = ("{v}", "{v}", "{v}", "1,{d:03}.5", "1.{d:03},5", "{d} %", "-{v}", "NaN", "inf", "1e400", "0", "", "NULL",
           "$ {v}", "twelve", "--", "0x1F", "{v}.{v}", "１２", "1e-320")  # fmt: skip
WORDS = ("BTC", "btc", "$ETH", "BTC/USDT", "1000SHIB/USDT:USDT", "XBT", "bitcoin", "USDT", "USDT_TRX", "nothing known",
         "binance", "1h", "7h", "all", "second", "day", "real", "machine", "unknown", "TRUE", "NA", "",
         "Bitcoin falls 3 % after a false report", "\u202e\u200b", "\ufffd", "=1+1", "a" * 300, "[]", '["BTC"]', "😀",
         "Ω", "line\u2028end", "'", "\\", "None", "0017", "http://[", "https://a.example/x?ref=3")  # fmt: skip
GOOD = {
    "exchange": ("binance",), "symbol": ("BTC/USDT", "ETH/USDT", "1000SHIB/USDT:USDT"), "timeframe": ("1h",),
    "asset": ("BTC", "USDT", "USDC"), "source": ("v", "w"), "title": ("Bitcoin listed", "A report"),
    "event_key": ("k{d}-{h}-{v}",), "id": ("id-{d}-{h}-{v}",), "time_precision": ("minute",), "channel": ("wire",),
}  # fmt: skip
TIMES = ("ts", "date", "published_at", "utc_time", "retraction_utc_time")
AMOUNTS = ("open", "high", "low", "close", "volume", "supply", "price_usd", "market_cap_usd", "funding_rate",
           "interval_h")  # fmt: skip


def cell(rng: random.Random, column: str, stamps: tuple[str, ...]) -> str:
    """A cell of a column: mostly what belongs there, else anything; stamps of `stamps`."""
    words = {"d": rng.randint(1, 28), "h": rng.randint(0, 23), "v": rng.randint(1, 10**6)}
    if rng.random() < 0.05:
        return rng.choice(WORDS)
    if column in TIMES:
        stamps = DATES if column == "date" and stamps is not STAMPS else stamps
        return (rng.choice(stamps) if rng.random() < 0.2 else stamps[0]).format(**words)
    if column in AMOUNTS:
        return rng.choice(NUMBERS).format(**words) if rng.random() < 0.3 else "100"
    good = GOOD.get(column)
    return rng.choice(good).format(**words) if good else rng.choice(WORDS)


def write_rows(rng: random.Random, path: Path, columns: list[str], n: int) -> int:
    """A file of `n` records, some of them damaged as the format allows; how many records were written."""
    stamps = STAMPS if rng.random() < 0.1 else CLEAR
    rows = [[cell(rng, c, stamps) for c in columns] for _ in range(n)]
    if path.suffix == ".parquet":
        pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row").write_parquet(path)
        return n
    lines = [",".join(columns).encode()] if path.suffix == ".csv" else []
    for row in rows:
        if path.suffix == ".csv":
            line = ",".join(_quoted(c) if rng.random() < 0.5 or "," in c or '"' in c else c for c in row)
        else:
            line = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=rng.random() < 0.5)
        lines.append(_damaged(rng, line.replace("\n", " ").encode()))
    path.write_bytes(b"\n".join(lines) + b"\n" * rng.randint(0, 2))
    return n


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _damaged(rng: random.Random, line: bytes) -> bytes:
    """The line, in one of fifty cases cut, lengthened or with a byte that is no UTF-8; never empty, never two lines."""
    kind = rng.randint(0, 149)
    if kind == 0:
        return line.replace(b'"', b"")[: max(1, len(line) // 2)]
    if kind == 1:
        return line + b",more"
    return line.replace(b"a", b"\xff", 1) if kind == 2 else line


def fuzz_rows(n_rows: int, seed: int) -> bool:
    """Ingest generated files; whether nothing was lost."""
    rng = random.Random(seed)
    fine, fate, refused = True, Counter[str](), Counter[str]()
    n_files = max(1, n_rows // ROWS_PER_FILE)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        root = Path(home)
        for number in range(n_files):
            shape, ending = list(COLUMNS)[number % len(COLUMNS)], ENDINGS[number // len(COLUMNS) % len(ENDINGS)]
            columns = [c for part in COLUMNS[shape] for c in part]
            path = root / f"f{number}{ending}"
            written = write_rows(rng, path, columns, ROWS_PER_FILE)
            tables = [{"path": path.name, "shape": shape}]
            settings = Settings(profile="fuzz", home=root / "home", as_of=NOW, simulated={"enabled": False},
                                files={"root": root, "tables": tables})  # type: ignore[arg-type] # fmt: skip
            run = runs.start(settings, "ingest")
            result = ingest(run, progress=LogProgress())
            for f in result.findings:
                if f.check.name == "rows_conserved":
                    fine = False
                    print(f"LOST: {path.name} ({shape}): {f.subject}: {f.detail}")
            with run.open() as con:
                accounts = con.execute(
                    "SELECT entity, n_read, n_new + n_changed + n_unchanged, n_quarantined, "
                    "n_left_out FROM ops.source_rows WHERE run_id = $1",
                    [run.run_id],
                ).fetchall()
            if not accounts:
                refused.update(reason.split(":")[1][:60] for _, reason in result.missing)
                fate["refused with the whole file"] += written
                fine = fine and bool(result.missing)
                continue
            read = _records_read(run, shape, path)
            if read != written:
                fine = False
                print(f"LOST: {path.name} ({shape}): {written} records written, {read:g} read")
            for _, _, stored, quarantined, left_out in accounts:
                fate.update({"stored": stored, "quarantined": quarantined, "left out": left_out})
            path.unlink()
    seconds = time.perf_counter() - began
    print(f"rows: {n_files * ROWS_PER_FILE:,} records in {n_files} files, {seconds:.0f} s; {dict(fate)}; whole files "
          f"refused: {dict(refused)}")  # fmt: skip
    return fine


def _records_read(run: runs.Run, shape: str, path: Path) -> float:
    """Records that a run read of a file, from the account of the table that they are for. Of asset metrics a record is
    three rows, or one where it could not be cut into fields.
    """
    entity = "documents" if shape in ("documents", "events") else shape
    with run.open() as con:
        query = "SELECT n_read FROM ops.source_rows WHERE run_id = $1 AND entity = $2"
        n_read = con.execute(query, [run.run_id, entity]).fetchall()[0][0]
    if shape != "asset_metrics" or path.suffix == ".parquet":
        return n_read / (3 if shape == "asset_metrics" else 1)
    reader = read_csv if path.suffix == ".csv" else read_json_lines
    uncut = sum(len(page.refused) for page in reader(path, 8 << 20))
    return (n_read + 2 * uncut) / 3


def feed_text(rng: random.Random) -> tuple[bytes, int, bool]:
    """A feed, the number of its entries, and whether its XML is damaged."""
    n, prefix = rng.randint(0, 12), rng.choice(("", "", "a:", "r:"))
    encoding = rng.choice(("utf-8", "utf-8", "utf-16", "iso-8859-1", "windows-1252"))
    kind = rng.choice(("rss", "atom", "rdf"))
    item = {"rss": "item", "atom": prefix + "entry", "rdf": "item"}[kind]
    tag = prefix if kind == "atom" else ""
    entries = [f"<{item}>{_entry(rng, kind, tag)}</{item}>" for _ in range(n)]
    inside = "".join(entries)
    mark = f' xmlns{":" + prefix[:-1] if prefix else ""}="http://www.w3.org/2005/Atom"'
    whole = {
        "rss": f'<rss version="2.0"><channel><title>t</title>{inside}</channel></rss>',
        "atom": f"<{prefix}feed{mark}><{prefix}title>t</{prefix}title>{inside}</{prefix}feed>",
        "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        f"<channel><title>t</title></channel>{inside}</rdf:RDF>",
    }[kind]
    body = (f'<?xml version="1.0" encoding="{encoding}"?>' + whole).encode(encoding, errors="xmlcharrefreplace")
    if rng.random() < 0.7:
        return body, n, False
    at = rng.randint(0, len(body))
    damage = rng.choice((body[:at], body[:at] + rng.randbytes(5) + body[at:], body.replace(b"</", b"<", 1), b""))
    return damage, n, True


def _entry(rng: random.Random, kind: str, tag: str) -> str:
    words = {"d": rng.randint(1, 28), "h": rng.randint(0, 23), "v": rng.randint(1, 10**6)}
    chosen = rng.choice((*WORDS, "<b>Bold</b> &amp; more", "<script>x()</script>News")).format(**words)
    text = (chosen + str(rng.randint(0, 50))).replace("&", "&amp;").replace("<", "&lt;")
    stamp = rng.choice(STAMPS).format(**words)
    link = f"https://a.example/{rng.randint(0, 30)}{rng.choice(('', '?ref=2', '#x'))}"
    guid = rng.choice(("", f"g{rng.randint(0, 40)}"))
    if kind == "atom":
        return (f"<{tag}title>{text}</{tag}title><{tag}link href='{link}'/><{tag}id>{guid}</{tag}id>"
                f"<{tag}published>{stamp}</{tag}published><{tag}summary type='html'>{text}</{tag}summary>")  # fmt: skip
    guid_tag = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    head = f"<title>{text}</title><link>{link}</link>{guid_tag}"
    return f"{head}<pubDate>{stamp}</pubDate><description>{text}</description>"


def fuzz_feeds(n: int, seed: int) -> bool:
    """Read generated feeds; whether each entry is accounted for."""
    rng, fine, fate = random.Random(seed), True, Counter[str]()
    feed = Feed(name="f", publisher="F", url="https://a.example/feed", kind="news")
    began = time.perf_counter()
    for number in range(n):
        body, written, is_damaged = feed_text(rng)
        try:
            read = read_items(Reply(feed.url, 200, {"Content-Type": "application/xml"}, body), feed, NOW)
        except SourceError:
            fate["feeds refused"] += 1
            fate["undamaged feeds with entries refused"] += written > 0 and not is_damaged
            continue
        named = len(read.items) + len(read.refused) + read.n_twice
        fate.update({"items": len(read.items), "refused": len(read.refused), "twice": read.n_twice})
        if named != read.n_entries or (not is_damaged and read.n_entries != written):
            fine = False
            print(f"LOST: feed {number}: {written} entries written, {read.n_entries} read, {named} accounted for")
    print(f"feeds: {n:,} in {time.perf_counter() - began:.0f} s; {dict(fate)}")
    return fine


MARKUP = ("<p>", "</p>", "<div>", "<script>alert(1)</script>", "<!-- c -->", "<table><tr><td>", "&#0;", "&lt;b&gt;",
          "<", "\x00", *WORDS[:30], "Bitcoin rose after the release. " * 5)  # fmt: skip


def fuzz_pages(n: int, seed: int) -> bool:
    """Take the text out of generated pages; whether none leaves markup of its own in it."""
    rng, fine, n_text = random.Random(seed), True, 0
    began = time.perf_counter()
    for number in range(n):
        parts = [rng.choice(MARKUP) for _ in range(rng.randint(0, 60))]
        encoding = rng.choice(("utf-8", "utf-16"))
        body = f"<html><body><article>{''.join(parts)}</article>".encode(encoding, errors="replace")
        article, plain = main_text(body, "https://a.example/1"), text_of("".join(parts))
        n_text += bool(article)
        if "\x00" in article + plain or "<script" in article + plain:
            fine = False
            print(f"MARKUP: page {number}: {plain[:200]!r}")
    print(f"pages: {n:,} in {time.perf_counter() - began:.0f} s; {n_text:,} with an article")
    return fine


def main() -> int:
    """The exit code: 0 where nothing was lost."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 1_000_000), ("feeds", 10_000), ("pages", 10_000), ("seed", 1)):
        told.add_argument(f"--{name}", type=int, default=default)
    args = told.parse_args()
    fine = [fuzz_rows(args.rows, args.seed), fuzz_feeds(args.feeds, args.seed), fuzz_pages(args.pages, args.seed)]
    print("nothing was lost" if all(fine) else "SOMETHING WAS LOST, see above")
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
