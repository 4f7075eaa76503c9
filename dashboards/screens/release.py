"""A release: its text and labels, the prices around it, what they did, what the network expected."""

from typing import Any

import polars as pl
import streamlit as st

from dashboards.charts import releases as releases_charts
from dashboards.data import Published
from dashboards.shell import chart, filters, linked_choice, published, section, table
from dashboards.wording import group_name, number, one_line, printable, stretches, unbroken_units

ORDERS = {"move": "largest move first", "time": "newest first"}
TRUE = {"true": "yes", "false": "no"}
LONG_TEXT, MOST_TITLE, MOST_BODY = 1200, 400, 100_000
IMPACT = {
    "timeframe": ("Candles", ""), "window": ("Window", ""), "benchmark": ("Benchmark", ""),
    "car": ("CAR, %", "%.2f"), "sigma": ("σ, %", "%.2f"), "scaled_move": ("|CAR| ÷ σ", "%.2f"),
    "placebo_move": ("at placebo times", "%.2f"), "excess_move": ("Excess", "%.2f"), "n_placebo": ("Placebos", "%d"),
    "forecast_quantile": ("Quantile of forecast", "%.3f"), "peak_car": ("Peak, %", "%.2f"),
    "time_to_peak_h": ("Hours to peak", "%.2f"), "reversal_share": ("Reversed, %", "%.0f"),
    "half_life_h": ("Half-life, h", "%.2f"), "confounded_by": ("Confounded by", ""),
    "abnormal_volume": ("Volume, ln", "%+.2f"), "abnormal_volatility": ("Volatility, ln", "%+.2f"),
    "n_overlapping": ("Overlapping", "%d"),
}  # fmt: skip
ALERT = {
    "horizon_h": ("Horizon, h", "%d"), "low_text": ("5 %", "%.2f"), "median_text": ("Median", "%.2f"),
    "high_text": ("95 %", "%.2f"), "low_walk": ("Walk 5 %", "%.2f"), "high_walk": ("Walk 95 %", "%.2f"),
    "width_change": ("Width by the text, %", "%+.2f"),
}  # fmt: skip
SIMILAR = {
    "similar_event_ts": ("Published (UTC)", ""), "similar_asset": ("Asset", ""), "similar_title": ("Headline", ""),
    "similarity": ("Similarity", "%.2f"), "car": ("24 h after, %", "%+.2f"), "excess_move": ("Excess, σ", "%+.2f"),
    "reversal_share": ("Reversed, %", "%.0f"),
}  # fmt: skip
EXPECTED = {
    "horizon_h": ("Horizon, h", "%d"), "median_text": ("Median with text, %", "%.3f"),
    "median_none": ("without, %", "%.3f"), "median_walk": ("walk, %", "%.3f"),
    "width_text": ("90 % band with text, %", "%.2f"), "width_none": ("without, % ", "%.2f"),
    "width_walk": ("walk, % ", "%.2f"), "width_change": ("Band change, %", "%.2f"), "realised": ("Realised, %", "%.2f"),
}  # fmt: skip


def pick(warehouse: Published) -> str | None:
    """The release that the reader picks, by words, group, asset, kind, day and order; a link to one opens it."""
    with filters():
        search = st.text_input("Search titles and texts", key="search", bind="query-params", placeholder="Some words")
        group = st.selectbox(
            "Group", ["", *warehouse.release_groups()], key="group",
            format_func=lambda g: group_name(g) or "all groups",
        )  # fmt: skip
        asset = st.selectbox(
            "Mentions", ["", *warehouse.released_assets()], key="mentions",
            format_func=lambda a: one_line(a, 20) or "any asset",
        )  # fmt: skip
        kind = st.selectbox(
            "Kind", ["", *warehouse.release_kinds()], key="of_kind",
            format_func=lambda k: group_name(k) or "all kinds",
        )  # fmt: skip
        since = st.date_input("From", None, key="since", bind="query-params", width=150)
        order = st.selectbox("Order", list(ORDERS), key="order", format_func=ORDERS.__getitem__)
    rows = warehouse.releases(search.strip(), group, order, asset=asset, kind=kind, since=since)
    if rows.is_empty():
        st.info("No release has that. Choose another group, asset, kind or day, or other words.")
        return None
    labels = {r["doc_id"]: _label(r) for r in rows.to_dicts()}
    chosen = linked_choice("Release", labels | _linked(warehouse, labels), "release")
    found = rows["n_found"][0]
    if found > rows.height:
        st.text(f"The first {rows.height:,} of {found:,}; search to narrow them down.")
    return chosen


def _linked(warehouse: Published, listed: dict[str, str]) -> dict[str, str]:
    """The release that the address names, where it is not among those that are listed."""
    wanted = st.query_params.get("release")
    if wanted is None or wanted in listed:
        return {}
    try:
        return {wanted: _label(warehouse.release(wanted) | {"scaled_move": None})}
    except KeyError:
        return {}


def _label(row: dict[str, Any]) -> str:
    move = f" · {number(row['scaled_move'], '.1f')} σ" if row["scaled_move"] is not None else ""
    return unbroken_units(
        f"{row['event_ts']:%Y-%m-%d} · {group_name(row['release_group'])}{move} · {one_line(row['title'], 140)}"
    )


def text(release: dict[str, Any]) -> None:
    """Title, body and labels; all of it as text."""
    with st.container(key="title"):
        st.text(one_line(release["title"], MOST_TITLE) or "(no title)")
    when = f"{release['event_ts']:%Y-%m-%d %H:%M:%S} UTC, known to the {release['ts_precision']}"
    st.text(f"{when} · {one_line(release['publisher'], 80)} · {group_name(release['kind'])}")
    left, right = st.columns([3, 2])
    body = printable(release["body"][:MOST_BODY]).strip()
    with left, st.container(border=True, height=360 if len(body) > LONG_TEXT else "content", key="body"):
        st.text(body or "Only the headline is known.")
    if len(release["body"]) > MOST_BODY or len(release["title"]) > MOST_TITLE:
        st.caption("Longer than is shown here: `tapewire sql` has the whole text.")
    with right, st.container(border=True, key="facts"):
        st.text("\n".join(_facts(release)))


def _facts(r: dict[str, Any]) -> list[str]:
    facts = {
        "Group": group_name(r["release_group"]),
        "Written by": f"{r['authorship']} (evidence: {r['authorship_evidence']})",
        "Detector": _verdict(r),
        "Most machine-like": stretches(r["machine_striking"]) if r["machine_verdict"] == "flagged" else None,
        "True": f"{TRUE.get(r['veracity'], r['veracity'])} (evidence: {r['veracity_evidence']})",
        "Assets": r["assets"],
        "In its curator's words": r["curator_title"] if r["curator_title"] != r["title"] else None,
        "Kind of event": r["event_label"],
        "Retracted": r["retracted_ts"] and f"{r['retracted_ts']:%Y-%m-%d %H:%M} UTC",
        "Move as reported then": r["reported_move"],
        "Time": "of the first report, not of the announcement" if r["is_late_stamp"] else None,
        "Advised against": None if r["is_recommended"] else "a curated table advises against a clean test",
        "Address": r["url"],
        "Source": r["source"],
    }
    return [f"{name}: {one_line(value)}" for name, value in facts.items() if value]


def _verdict(r: dict[str, Any]) -> str | None:
    """The detector's verdict on who wrote it; None where the text was not judged."""
    if r["machine_verdict"] is None:
        return None
    if r["machine_probability"] is None:
        return "too short to tell who wrote it"
    verdict = f"machine-written with probability {r['machine_probability']:.2f}, {r['machine_verdict']}"
    if r["machine_threshold"] is None:
        return f"{verdict}: no texts by people of its kind are known to hold it against"
    return f"{verdict} (threshold {r['machine_threshold']:.2f}); machine-written is not false"


def prices(warehouse: Published, release: dict[str, Any], asset: str) -> None:
    """Candles around the release."""
    candles = warehouse.candles_around(asset, release["event_ts"])
    if candles.is_empty():
        st.info("No candles around this release.")
        return
    chart(releases_charts.release_path(candles, release["event_ts"], release["retracted_ts"]), "path")
    first = candles.row(0, named=True)
    st.text(
        f"{first['timeframe']} candles of {one_line(first['symbol'], 40)} on {one_line(first['exchange'], 40)}, "
        "the finest there are here."
    )
    if (
        release["retracted_ts"] is not None
        and not first["event_ts"] <= release["retracted_ts"] <= candles["event_ts"][-1]
    ):
        st.text(f"Retracted {release['retracted_ts']:%Y-%m-%d %H:%M} UTC, outside the chart.")


def impact(warehouse: Published, doc_id: str, asset: str) -> None:
    """What prices did, per window and benchmark."""
    rows = warehouse.impact(doc_id, asset)
    if rows.is_empty():
        st.info("This release was not measured on this asset: no candles cover it, or it falls outside the study.")
        return
    percent = ("car", "sigma", "peak_car", "reversal_share")
    shown = rows.with_columns(
        pl.col(*percent) * 100,
        pl.col("benchmark").str.replace_all("_", " "),
        window=pl.Series([f"{w:g} h" for w in rows["window_h"].to_list()]),
    )
    table(shown, IMPACT, key="impact")
    st.caption(
        "CAR is the cumulative abnormal return (log) from the last close at or before the release; windows below zero "
        "end there. One release "
        "proves nothing: |CAR| ÷ σ beyond 2 happens about one time in twenty by chance, more often in "
        "volatile markets, so compare it with the placebo times."
    )


def expected(warehouse: Published, doc_id: str, asset: str) -> None:
    """What the network expected, per horizon."""
    rows = warehouse.expected(doc_id, asset)
    if rows.is_empty():
        st.info(
            "There is no forecast for this release: no model was trained entirely before it, or its text or candles "
            "are missing."
        )
        return
    chart(releases_charts.expected_moves(rows), "expected")
    table(rows.with_columns(pl.col(c) * 100 for c in EXPECTED if c != "horizon_h"), EXPECTED, key="expected-table")
    st.caption(
        "Medians with the 90 % bands' widths: with the text, with none, and of the reference walk. The "
        "difference is the network's sensitivity to text, not a causal effect."
    )


def arrived(warehouse: Published, doc_id: str, asset: str) -> None:
    """What was expected when it arrived, and the moves after similar earlier releases."""
    rows, similar = warehouse.alert(doc_id, asset), warehouse.similar(doc_id, asset)
    if rows.is_empty():
        st.info("Alerts are kept for the newest releases; `tapewire impact --release` makes one for any.")
        return
    percent = [c for c in ALERT if c != "horizon_h"]
    table(rows.with_columns(pl.col(c) * 100 for c in percent), ALERT, key="alert")
    st.caption(
        "The range of returns that a model trained before the release expected with its text, in per cent (log), "
        "beside the random walk's."
    )
    if similar.is_empty():
        st.info("No similar release was at least a day old by then.")
        return
    table(similar.with_columns(pl.col("car", "reversal_share") * 100), SIMILAR, key="similar")
    st.caption("The most similar releases at least a day old by then, and what prices did after them.")


def draw(warehouse: Published) -> None:
    """The whole page."""
    simulated = warehouse.is_simulated()
    st.title("A release")
    doc_id = None
    with section("Pick one", simulated=simulated):
        doc_id = pick(warehouse)
    if doc_id is None:
        return
    with section("What it says", simulated=simulated):
        text(warehouse.release(doc_id))
    with section("Prices", simulated=simulated):
        measured(warehouse, doc_id)


def measured(warehouse: Published, doc_id: str) -> None:
    """Prices around the release, realised and expected moves, for one of its assets."""
    release, assets = warehouse.release(doc_id), warehouse.release_assets(doc_id)
    if not assets:
        st.info("This release mentions no known asset, so there are no prices to show.")
        return
    asset = assets[0] if len(assets) == 1 else st.selectbox("Asset", assets, key=f"asset-{doc_id}", width=240)
    simulated = release["is_simulated"]
    prices(warehouse, release, asset)
    with section("When it arrived", simulated=simulated):
        arrived(warehouse, doc_id, asset)
    with section("What prices did", simulated=simulated):
        impact(warehouse, doc_id, asset)
    with section("What the network expected", simulated=simulated):
        expected(warehouse, doc_id, asset)


with published() as opened:
    draw(opened)
