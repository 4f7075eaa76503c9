"""When a release counts as known to be false: from a retraction or a label on, never in hindsight."""

from datetime import UTC, datetime, timedelta

import polars as pl

from pipelines.stages.releases_traded import _flagged
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.schema.documents import DOCUMENT_LABELS, SOURCE_LABELS
from warehouse.write import write

T0 = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_retraction_a_source_and_a_desk_each_flag_from_their_own_moment(tmp_path, batch):
    con = open_writer(tmp_path / "warehouse.duckdb")
    migrate(con)
    source = pl.DataFrame({
        "doc_id": ["retracted", "told", "true", "both"], "event_ts": T0, "available_ts": [T0 + 9 * HOUR] * 4,
        "veracity": ["false", "false", "true", "unknown"], "is_recommended": True,
        "retracted_ts": [T0 + 2 * HOUR, None, None, T0 + 5 * HOUR],
    })  # fmt: skip
    write(con, SOURCE_LABELS, source, batch)
    desk = pl.DataFrame({"doc_id": ["both", "desk", "fine"], "event_ts": T0,
                         "available_ts": [T0 + 3 * HOUR, T0 + 4 * HOUR, T0 + HOUR],
                         "veracity": ["false", "false", "true"]})  # fmt: skip
    write(con, DOCUMENT_LABELS, desk, batch)
    found = dict(_flagged(con).iter_rows())
    con.close()
    assert found == {"retracted": T0 + 2 * HOUR, "told": T0 + 9 * HOUR, "both": T0 + 3 * HOUR, "desk": T0 + 4 * HOUR}
