"""Curated events: a known false release is read as it was published; what came out later is known later."""

from datetime import UTC, datetime, timedelta

import pytest

from models.impact.cases import known_cases, known_claims
from models.text.embed import embed
from pipelines.ingest.ingest import ingest
from pipelines.run import recorded_run
from pipelines.sources.files.events import HINDSIGHT
from pipelines.stages.dataset import load_links
from tests.pipelines.sources.test_files import _ingest, _rows
from warehouse import read

HEAD = (
    "event_key,utc_time,time_precision,asset,title,claim,channel,label,veracity,retraction_utc_time,price_move,"
    "include_recommended,source_urls\n"
)
CASE = (
    'case,2022-03-07T13:30Z,minute,LTC,"Fake wire release says Acme takes Litecoin","Acme takes Litecoin",wire,'
    "fabricated-release,false,2022-03-07T15:18Z,+30 % then back,no,https://news.example/acme-release-is-fake\n"
)
LIKE = (
    'like,2022-03-07T13:30Z,minute,LTC,"Acme takes Litecoin",,wire,adoption,true,,+2 %,yes,https://news.example/acme\n'
)
FILES = ("fabricated_events.csv", "fabricated_events_more.csv")
PUBLISHED, RETRACTED = datetime(2022, 3, 7, 13, 31, tzinfo=UTC), datetime(2022, 3, 7, 15, 19, tzinfo=UTC)


def _table(tmp_path, *rows: str):
    (tmp_path / "e.csv").write_text(HEAD + "".join(rows))
    return _ingest(tmp_path, ("e.csv", "events"))


def test_nothing_known_before_the_retraction_differs_between_a_case_and_a_like_release(tmp_path):
    _, run = _table(tmp_path, CASE, LIKE)
    with run.open() as con:
        for moment in (PUBLISHED, RETRACTED - timedelta(seconds=1)):
            documents = read.as_of(con, "documents", moment).sort("doc_id")
            assert documents["doc_id"].to_list() == ["case", "like"]
            case, like = documents.drop("doc_id").rows()
            assert case == like
            vectors = embed(documents).sort("doc_id").drop("doc_id").rows()
            assert vectors[0] == vectors[1]
            linked = read.as_of(con, "document_assets", moment).sort("doc_id").drop("doc_id").rows()
            assert linked[0] == linked[1]
            assert read.as_of(con, "source_labels", moment).is_empty()


def test_what_came_out_later_is_known_from_the_retraction_on_and_a_label_without_one_from_when_it_was_read(tmp_path):
    before = datetime.now(UTC).replace(microsecond=0)
    _, run = _table(tmp_path, CASE, LIKE)
    with run.open() as con:
        known = read.as_of(con, "source_labels", RETRACTED).to_dicts()
        assert [(r["doc_id"], r["veracity"], r["reported_move"]) for r in known] == [
            ("case", "false", "+30 % then back")
        ]
        assert known[0]["curator_title"] == "Fake wire release says Acme takes Litecoin"
        ((seen,),) = con.sql("SELECT available_ts FROM core.source_labels WHERE doc_id = 'like'").fetchall()
        assert before <= seen <= datetime.now(UTC)


def test_the_groups_of_releases_are_those_of_their_labels_whenever_these_became_known(tmp_path):
    _, run = _table(tmp_path, CASE, LIKE)
    with run.open() as con:
        links = load_links(con, run).sort("doc_id")
    assert links.select("doc_id", "release_group", "is_recommended", "event_label").rows() == [
        ("case", "fabricated", False, "fabricated-release"), ("like", "real", True, "adoption"),
    ]  # fmt: skip
    told = "SELECT doc_id, release_group, veracity_evidence, title, url FROM core.labelled_documents ORDER BY 1"
    assert _rows(run, told) == [
        ("case", "fabricated", "labelled", "Acme takes Litecoin", "https://news.example/acme-release-is-fake"),
        ("like", "real", "labelled", "Acme takes Litecoin", "https://news.example/acme"),
    ]


def test_a_table_read_twice_changes_nothing_and_a_retraction_added_later_is_known_when_it_is_seen(tmp_path):
    _, run = _table(tmp_path, CASE.replace("2022-03-07T15:18Z", ""))
    with recorded_run(run.settings, "test") as again:
        assert all(w.is_quiet for w in ingest(again).writes.values())
    (tmp_path / "e.csv").write_text(HEAD + CASE)
    with recorded_run(run.settings, "test") as later:
        writes = ingest(later).writes
        assert writes["source_labels"].changed == 1
        assert writes["documents"].is_quiet
        with later.open() as con:
            assert read.as_of(con, "source_labels", RETRACTED).is_empty()
            assert read.as_of(con, "source_labels", later.now)["retracted_ts"].to_list() == [
                datetime(2022, 3, 7, 15, 18, tzinfo=UTC)
            ]


@pytest.mark.parametrize(
    "title",
    ["Fake release says Acme takes Litecoin", "Hacked account posts a token", "Acme takes Litecoin; Acme denies",
     "Rumour of a listing", "AI-generated picture of a fire"],
)  # fmt: skip
def test_a_headline_in_hindsight_is_refused_with_what_to_do_about_it(tmp_path, title):
    row = f'x,2022-03-07T13:30Z,minute,LTC,"{title}",,wire,misreport,false,,,yes,\n'
    result, run = _table(tmp_path, row, LIKE)
    assert result.writes["documents"].quarantined == 1
    assert _rows(run, "SELECT doc_id FROM core.documents") == [("like",)]
    assert _rows(run, "SELECT count(*) FROM core.source_labels WHERE doc_id = 'x'") == [(0,)]
    reason, payload = _rows(run, "SELECT reason, payload FROM ops.quarantine")[0]
    assert "give the words as published in the column claim" in reason
    assert title in payload


def test_a_true_release_about_a_fake_is_read_as_it_was_published(tmp_path):
    _, run = _table(tmp_path, LIKE.replace("Acme takes Litecoin", "Acme denies fake news on Litecoin"))
    assert _rows(run, "SELECT title FROM core.documents") == [("Acme denies fake news on Litecoin",)]


def test_a_known_case_is_read_in_the_words_of_its_release_and_its_channel_without_what_came_out(tmp_path):
    rows = (
        "w,2021-09-13T13:30Z,minute,LTC,Fake wire release claims Walmart,,wire,fabricated,false,,,,\n",
        "s,2024-01-09T21:11Z,minute,BTC,Post from the compromised account,,hacked account of the SEC,hack,false,,,,\n",
        "d,2024-01-09,day,DOGE,False post about the death of the dog,,X,misreport,false,,,,\n",
    )  # fmt: skip
    _, run = _table(tmp_path, *rows)
    assert _rows(run, "SELECT doc_id, title, publisher FROM core.documents ORDER BY 1") == [
        ("d", "The dog of the Dogecoin picture has died", "X"),
        ("s", "The SEC has approved spot bitcoin funds", "unknown"),
        ("w", "Walmart will take Litecoin from October on", "wire"),
    ]


def test_no_claim_of_a_known_case_tells_what_came_out_later():
    assert len(known_claims()) > len(known_cases()) >= 10
    told = {key: claim for key, claim in known_claims().items() if HINDSIGHT.search(claim)}
    assert told == {}


def test_the_known_fabrications_are_all_read_without_hindsight(tmp_path, data):
    result, run = _ingest(tmp_path, *((name, "events") for name in FILES), root=data, constants={"veracity": "false"})
    assert result.writes["documents"].quarantined == 0
    titles = [t for (t,) in _rows(run, "SELECT title FROM core.documents")]
    assert len(titles) == 27
    assert [t for t in titles if HINDSIGHT.search(t)] == []
    assert _rows(run, "SELECT DISTINCT veracity FROM core.documents") == [("unknown",)]
    assert _rows(run, "SELECT count(*) FROM core.source_labels_as_of(TIMESTAMPTZ '2021-09-13 15:00Z') "
                      "WHERE doc_id = 'ltc-walmart-2021'") == [(0,)]  # fmt: skip
