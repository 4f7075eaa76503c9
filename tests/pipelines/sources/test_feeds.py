"""Feeds and article pages from a local newsroom, in every format and with everything that goes wrong with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.sources.errors import SourceError
from pipelines.sources.feeds import feedlist
from pipelines.sources.feeds.articles import text_of
from pipelines.sources.feeds.identity import Identities
from pipelines.sources.feeds.items import item_of, published_at
from pipelines.sources.feeds.wellformed import is_cut_off
from tests.providers import faults
from tests.providers.newsroom import Feed, Item, Newsroom, releases, robots_text
from tests.providers.server import LocalServer

ITEMS = releases(n=6, seed=1)
WHEN = datetime(2024, 1, 5, 12, 30, 15, tzinfo=UTC)


def listed(folder: Path, server: LocalServer, *names: str, **more: object) -> dict[str, object]:
    """Settings of feeds at the server's paths."""
    host = server.url.split("//")[1]
    text = "version = 1\n"
    for name in names or ("rss",):
        text += (
            f'[[feeds]]\nname = "{name}"\npublisher = "Room"\nurl = "{server.url}/{name}.xml"\n'
            f'kind = "{more.get("kind", "news")}"\nfull_text = {str(more.get("full_text", True)).lower()}\n'
            f'article_hosts = ["{host}"]\n'
        )
    text += '[[wires]]\nname = "Chainwire"\nkind = "press_release"\nhosts = []\nmarkers = [", Chainwire"]\n'
    folder.mkdir(exist_ok=True)
    (folder / "feeds.toml").write_text(text)
    return {"enabled": True, "list_file": folder / "feeds.toml", "page_interval_s": 0.0}


def room(items: list[Item] | None = None, **more) -> Newsroom:
    return Newsroom({"/rss.xml": Feed(list(ITEMS if items is None else items), **more)})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rss", "atom", "rdf"])
def test_every_format_gives_the_same_documents_with_text_time_and_assets(desk, tmp_path, kind):
    with LocalServer(room(kind=kind)) as server:
        result = desk.ingest(feeds=listed(tmp_path, server))
    assert (result.exit_code, result.writes["documents"].new) == (0, len(ITEMS))
    docs = desk.rows(
        "SELECT title, event_ts, ts_precision, publisher, kind, body, authorship, release_group "
        "FROM core.labelled_documents ORDER BY event_ts"
    )
    want = sorted(ITEMS, key=lambda i: i.published)
    assert [(d[0], d[1]) for d in docs] == [(i.title, i.published) for i in want]
    assert {d[2:5] + d[6:] for d in docs} == {("second", "Room", "news", "unknown", "unlabelled")}
    assert all("This text is simulated" in d[5] and "<p>" not in d[5] and "Subscribe" not in d[5] for d in docs)
    query = "SELECT title, string_agg(DISTINCT asset) FROM core.documents JOIN core.document_assets USING (doc_id)"
    assets = dict(desk.rows(f"{query} GROUP BY ALL"))
    names = {"Bitcoin": "BTC", "Ethereum": "ETH", "Solana": "SOL"}
    assert all(assets[i.title] == names[i.title.split()[-1]] for i in ITEMS)


def test_what_a_feed_shows_first_is_back_filled_and_what_comes_later_was_seen_to_arrive(desk, tmp_path):
    newsroom = room()
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server))
        late = Item("Acme reports Bitcoin holdings", "/news/late", WHEN, "It holds Bitcoin.")
        newsroom.feeds["/rss.xml"].items.insert(0, late)
        result = desk.ingest(feeds=listed(tmp_path, server))
    assert (result.writes["documents"].new, result.writes["documents"].unchanged) == (1, 0)
    first = desk.rows(
        "SELECT DISTINCT availability_assumed, available_ts - event_ts FROM core.documents WHERE url NOT LIKE '%late'"
    )
    assert first == [(True, timedelta(seconds=1))]
    seen = desk.rows(
        "SELECT availability_assumed, available_ts = first_seen_ts, event_ts FROM core.documents WHERE url LIKE '%late'"
    )
    assert seen == [(False, True, WHEN)]


def test_an_unchanged_feed_is_asked_conditionally_and_reads_no_page_again(desk, tmp_path):
    with LocalServer(room()) as server:
        desk.ingest(feeds=listed(tmp_path, server))
        before = len(server.requests)
        result = desk.ingest(feeds=listed(tmp_path, server))
        again = server.requests[before:]
    assert (result.exit_code, result.is_quiet) == (0, True)
    assert [r.path for r in again] == ["/rss.xml"]
    assert "if-none-match" in again[0].headers


def test_an_edited_story_is_a_new_version_and_first_seen_is_never_rewritten(desk, tmp_path):
    newsroom = room()
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server))
        desk.rows("UPDATE core.documents_versions SET first_seen_ts = first_seen_ts - INTERVAL 1 DAY")
        newsroom.change("/rss.xml", ITEMS[0].id, title="Corrected: nothing was launched for Bitcoin")
        result = desk.ingest(feeds=listed(tmp_path, server))
    assert (result.writes["documents"].new, result.writes["documents"].changed) == (0, 1)
    versions = desk.rows(
        "SELECT version, title, first_seen_ts, available_ts, event_ts FROM core.documents_versions "
        f"WHERE url LIKE '%{ITEMS[0].link}' ORDER BY 1"
    )
    assert [v[0] for v in versions] == [1, 2]
    assert versions[0][1] == ITEMS[0].title
    assert versions[1][1].startswith("Corrected")
    assert versions[0][2] == versions[1][2], "first seen once"
    assert versions[1][3] > versions[0][3], "known from when the edit was seen"


def test_a_story_in_two_feeds_belongs_to_the_first_and_is_stored_once(desk, tmp_path):
    newsroom = Newsroom({"/a.xml": Feed(list(ITEMS)), "/b.xml": Feed([*ITEMS, Item("Only here: Bitcoin", "/b", WHEN)])})
    with LocalServer(newsroom) as server:
        result = desk.ingest(feeds=listed(tmp_path, server, "a", "b"))
        assert result.writes["documents"].quarantined == 0
        assert desk.ingest(feeds=listed(tmp_path, server, "b", "a")).is_quiet
    assert desk.rows("SELECT source, count(*) FROM core.documents GROUP BY ALL ORDER BY 1") == [
        ("feeds:a", len(ITEMS)),
        ("feeds:b", 1),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("robots", "reads"), [
    (404, True), (robots_text(allow=True), True), (robots_text(allow=False), False),
    (robots_text(allow=False, agent="tapewire"), False), (robots_text(allow=False, agent="other"), True), (500, False),
])  # fmt: skip
def test_pages_are_read_only_where_robots_txt_allows_it(desk, tmp_path, robots, reads):
    newsroom = room()
    newsroom.robots = robots
    with LocalServer(newsroom) as server:
        result = desk.ingest(feeds=listed(tmp_path, server))
        pages = [r for r in server.requests if r.path.startswith("/news/")]
    assert result.exit_code == 0
    assert (len(pages) == len(ITEMS)) is reads
    status = "full" if reads else "later" if robots == 500 else "disallowed"
    assert desk.rows("SELECT DISTINCT article FROM ops.feed_items") == [(status,)]
    assert desk.rows("SELECT count(*) FROM core.documents WHERE body = ''") == [(0,)], "the feed's own text stays"


def test_a_page_on_another_host_is_never_read(desk, tmp_path):
    with LocalServer(room()) as other:
        newsroom = room([Item("Bitcoin", f"{other.url}/news/1-0", WHEN, "short")])
        newsroom.redirects["/news/x"] = f"{other.url}/news/1-1"
        newsroom.feeds["/rss.xml"].items.append(Item("Ether", "/news/x", WHEN, "short too"))
        with LocalServer(newsroom) as server:
            assert desk.ingest(feeds=listed(tmp_path, server)).exit_code == 0
        assert not [r for r in other.requests if r.path == "/news/1-0"]
    assert desk.rows("SELECT DISTINCT article FROM ops.feed_items") == [("disallowed",)]


@pytest.mark.slow
def test_a_page_that_fails_is_tried_again_on_later_runs_and_then_left(desk, tmp_path):
    newsroom = room(ITEMS[:1], is_conditional=False)
    broken = faults.status(404, path="/news/", times=None)
    with LocalServer(newsroom, faults=[broken]) as server:
        for _ in range(5):
            desk.ingest(feeds=listed(tmp_path, server))
        assert len(server.asked("/news/")) == 3
    assert desk.rows("SELECT article, tries FROM ops.feed_items") == [("failed", 3)]
    assert desk.rows("SELECT count(*) FROM core.documents_versions") == [(1,)]


def test_what_came_over_a_wire_is_a_press_release_wherever_it_is_printed(desk, tmp_path):
    item = Item("Acme custodies Bitcoin", "/news/w", WHEN, "Zug, Switzerland, April 18th, 2024, Chainwire Acme said.")
    with LocalServer(room([item, ITEMS[0]])) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert desk.rows("SELECT kind FROM core.documents ORDER BY title = 'Acme custodies Bitcoin' DESC") == [
        ("press_release",),
        ("news",),
    ]


BROKEN = {
    "entity bomb": (room(spoilt="entity bomb"), None),
    "external entity": (room(spoilt="external entity"), None),
    "malformed": (room(spoilt="malformed"), None),
    "cut in half": (room(spoilt="cut"), "is cut off"),
    "a web page": (room(spoilt="html"), "a web page where RSS, Atom or RDF was expected"),
    "latin-1 called utf-8": (room(encoding="latin-1", declared="utf-8"), None),
    "utf-16": (room(encoding="utf-16", declared="utf-16"), None),
    "windows-1251": (room(encoding="windows-1251", declared="windows-1251"), None),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_feed_gives_what_can_be_read_or_says_why_not(desk, tmp_path, case):
    newsroom, reason = BROKEN[case]
    newsroom._polls.clear()
    with LocalServer(newsroom) as server:
        result = desk.ingest(feeds=listed(tmp_path, server, full_text=False))
        assert not server.asked("/entity.txt")
    assert (result.exit_code == 1) is bool(result.missing)
    if reason:
        assert reason in result.missing[0][1]
    bodies = " ".join(b for (b,) in desk.rows("SELECT title || body FROM core.documents"))
    assert "root:" not in bodies
    assert len(bodies) < 1_000_000


FAULTS = {
    "gigabyte": (faults.gigabyte(path=".xml", times=None), "more than 8 MB"),
    "gzip bomb": (faults.gzip_bomb(path=".xml", times=None), "more than 8 MB"),
    "slow drip": (faults.slow_drip(20, path=".xml", times=None), "did not answer in full"),
    "451": (faults.status(451, path=".xml", times=None), "HTTP 451"),
    "403": (faults.status(403, path=".xml", times=None), "HTTP 403"),
    "404": (faults.status(404, path=".xml", times=None), "HTTP 404"),
    "503": (faults.status(503, path=".xml", times=None), "HTTP 503"),
    "empty": (faults.empty(path=".xml", times=None), "gave nothing"),
    "reset": (faults.reset_mid_body(path=".xml", times=None), "broke off"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_feed_that_does_not_deliver_costs_itself_only(desk, tmp_path, fault):
    error, reason = FAULTS[fault]
    error.taken = error.seen = 0
    error.path = "/rss.xml"
    newsroom = Newsroom({"/rss.xml": Feed(list(ITEMS)), "/good.xml": Feed(list(ITEMS[:2]))})
    with LocalServer(newsroom, faults=[error]) as server:
        result = desk.ingest(
            feeds=listed(tmp_path, server, "rss", "good"), network={"breaker_after": 9, "breaker_s": 0.0}
        )
    assert (result.exit_code, [m[0] for m in result.missing]) == (3, ["feeds:rss"])
    assert reason in result.missing[0][1]
    assert desk.rows("SELECT count(*) FROM core.documents") == [(2,)]


DATES = [
    ("Fri, 05 Jan 2024 12:30:15 GMT", WHEN, "second"),
    ("Fri, 05 Jan 2024 14:30:15 +0200", WHEN, "second"),
    ("Fri, 05 Jan 2024 07:30 EST", WHEN.replace(second=0), "minute"),
    ("2024-01-05T12:30:15Z", WHEN, "second"),
    ("2024-01-05T12:30:15", WHEN.replace(hour=0, minute=0, second=0), "day"),
    ("Fri, 05 Jan 2024 12:30:15", WHEN.replace(hour=0, minute=0, second=0), "day"),
    ("2024-01-05", WHEN.replace(hour=0, minute=0, second=0), "day"),
    ("Friday, January 5, 2024 - 15:30", WHEN.replace(hour=0, minute=0, second=0), "day"),
    ("yesterday", None, "day"),
    ("Thu, 01 Jan 1970 00:00:00 GMT", None, "day"),
    ("Fri, 05 Jan 2999 12:30:15 GMT", None, "day"),
    ("", None, "day"),
]


@pytest.mark.parametrize(("text", "moment", "precision"), DATES)
def test_a_publication_time_is_as_precise_as_what_is_written(text, moment, precision):
    import feedparser

    entry = feedparser.parse(
        f"<rss version='2.0'><channel><item><title>t</title><pubDate>{text}</pubDate></item></channel></rss>".encode()
    ).entries[0]
    assert published_at(entry, datetime(2024, 6, 1, tzinfo=UTC)) == (moment, precision)


def test_an_item_without_a_date_takes_the_day_it_was_seen_on_and_nothing_is_assumed(desk, tmp_path):
    with LocalServer(room([Item("Undated Bitcoin", "/news/u", None, "text")])) as server:
        desk.ingest(feeds=listed(tmp_path, server))
    row = desk.rows(
        "SELECT event_ts = date_trunc('day', first_seen_ts), available_ts = first_seen_ts, ts_precision, "
        "availability_assumed FROM core.documents"
    )
    assert row == [(True, True, "day", False)]


def test_markup_never_reaches_the_warehouse(desk, tmp_path):
    nasty = Item(
        "<b>Bold</b> <script>alert(1)</script>Bitcoin", "/news/n", WHEN,
        "<p>One.</p><script>evil()</script><p>Two &amp; 3.</p>", cdata=True,
    )  # fmt: skip
    with LocalServer(room([nasty])) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert desk.rows("SELECT title, body FROM core.documents") == [("Bold Bitcoin", "One.\nTwo & 3.")]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=400))
def test_any_markup_becomes_text_without_tags_of_its_own(markup):
    text = text_of(f"<p>{markup}</p><script>secret()</script>")
    assert "secret()" not in text or "<script" in markup.lower() or "<!--" in markup or "<" in markup
    assert "\x00" not in text


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["title", "summary", "link", "id", "published", "published_parsed", "content"]),
        st.one_of(st.text(max_size=50), st.integers(), st.none(), st.lists(st.text(max_size=5))),
    )
)
def test_any_entry_is_an_item_or_refused_never_an_exception(entry):
    item = item_of(
        safe := entry if isinstance(entry.get("content"), list | None) else entry | {"content": []},
        Identities([safe], "Room"),
        WHEN,
    )
    assert item is None or (item.title or item.text)


def test_the_shipped_list_is_valid_and_a_wrong_one_says_what_is_wrong(tmp_path):
    shipped = feedlist.load(None)
    assert len(shipped.feeds) >= 30
    assert {f.kind for f in shipped.feeds} == {"press_release", "news", "exchange_announcement"}
    with pytest.raises(SourceError, match="has no feed 'nope'"):
        feedlist.load(None, ("nope",))
    (tmp_path / "f.toml").write_text(
        'version = 1\n[[feeds]]\nname = "A B"\npublisher = "x"\nurl = "ftp://x"\nkind = "news"'
    )
    with pytest.raises(SourceError, match="cannot be used"):
        feedlist.load(tmp_path / "f.toml")


def test_an_edit_that_speaks_of_another_asset_withdraws_the_first_one(desk, tmp_path):
    newsroom = room([Item("Acme opens custody for Solana", "/news/s", WHEN, "Custody for Solana.")])
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
        newsroom.change("/rss.xml", "/news/s", title="Acme opens custody for Ethereum", summary="Custody for Ethereum.")
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
        newsroom.change("/rss.xml", "/news/s", title="Acme opens custody for Ethereum, again", summary="For Ethereum.")
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    links = desk.rows("SELECT asset, confidence > 0.5, method FROM core.document_assets ORDER BY 1")
    assert links == [("ETH", True, "entities-v1"), ("SOL", False, "withdrawn")]
    assert desk.rows("SELECT assets FROM marts.releases") == [("ETH",)]


def test_items_on_one_page_told_apart_by_their_place_are_documents_of_their_own(desk, tmp_path):
    items = [Item(f"Change {i} of Bitcoin", f"/log#{i}", WHEN, f"change {i}") for i in range(3)]
    with LocalServer(room(items)) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert desk.rows("SELECT count(*) FROM core.documents") == [(3,)]


def test_items_of_one_page_are_documents_of_their_own_now_and_in_later_polls(desk, tmp_path):
    items = [Item(f"Change {i} of Bitcoin", "/log", WHEN, f"change {i}", guid=f"g{i}") for i in range(3)]
    with LocalServer(room(items)) as server:
        result = desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert (result.writes["documents"].new, result.writes["documents"].quarantined) == (3, 0)
    with LocalServer(room([Item("Change 3 of Bitcoin", "/log", WHEN, "change 3", guid="g3")])) as server:
        result = desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert (result.writes["documents"].new, result.writes["documents"].changed) == (1, 0)
    assert desk.rows("SELECT count(*), max(version) FROM core.documents") == [(4, 1)]


def test_a_correction_keeps_the_first_public_time_and_is_a_version(desk, tmp_path):
    newsroom = room([Item("Acme buys 100 Bitcoin", "/news/e", WHEN, "text", guid="e1")])
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
        newsroom.change("/rss.xml", "e1", title="Correction: Acme buys 10 Bitcoin", published=WHEN + timedelta(hours=6))
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
        newsroom.change("/rss.xml", "e1", published=WHEN + timedelta(hours=9))  # the stamp alone
        result = desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert result.is_quiet
    rows = desk.rows("SELECT version, title, event_ts FROM core.documents_versions ORDER BY version")
    assert rows == [(1, "Acme buys 100 Bitcoin", WHEN), (2, "Correction: Acme buys 10 Bitcoin", WHEN)]


def test_a_failed_page_is_tried_again_although_the_feed_has_not_changed(desk, tmp_path):
    with LocalServer(room(ITEMS[:1]), faults=[faults.status(404, path="/news/")]) as server:
        desk.ingest(feeds=listed(tmp_path, server))
        assert desk.rows("SELECT article FROM ops.feed_items") == [("failed",)]
        desk.ingest(feeds=listed(tmp_path, server))
        assert desk.rows("SELECT article FROM ops.feed_items") == [("full",)]
    assert desk.rows("SELECT max(version) FROM core.documents_versions") == [(2,)]


@pytest.mark.slow
def test_pages_wait_where_there_are_too_many_and_are_read_later(desk, tmp_path):
    with LocalServer(
        room(), faults=[faults.status(404, path="robots"), faults.status(503, path="/news/", times=0)]
    ) as s:
        few = listed(tmp_path, s) | {"max_articles": 2}
        desk.ingest(feeds=few)
        assert sorted(desk.rows("SELECT article, tries FROM ops.feed_items")) == [("full", 0)] * 2 + [("later", 0)] * 4
        desk.ingest(feeds=few)
        desk.ingest(feeds=few)
        assert desk.rows("SELECT DISTINCT article FROM ops.feed_items") == [("full",)]


def test_a_page_that_is_blocked_costs_its_neighbours_nothing(desk, tmp_path):
    with LocalServer(room(), faults=[faults.status(451, path=ITEMS[0].link, times=None)]) as server:
        desk.ingest(feeds=listed(tmp_path, server))
    assert sorted(desk.rows("SELECT article, count(*) FROM ops.feed_items GROUP BY ALL")) == [
        ("failed", 1),
        ("full", len(ITEMS) - 1),
    ]


def test_a_redirect_to_what_robots_txt_forbids_is_not_followed(desk, tmp_path):
    newsroom = room([Item("Bitcoin", "/news/x", WHEN, "short")])
    newsroom.robots = "User-agent: *\nDisallow: /private/\n"
    newsroom.redirects["/news/x"] = "/private/y"
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server))
        assert not server.asked("/private/")
    assert desk.rows("SELECT article FROM ops.feed_items") == [("disallowed",)]


def test_an_edit_whose_page_cannot_be_read_does_not_shrink_the_story(desk, tmp_path):
    newsroom = room(ITEMS[:1])
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server))
        newsroom.change("/rss.xml", ITEMS[0].id, title="Corrected title of Bitcoin")
        server.faults.append(faults.status(404, path="/news/"))
        assert desk.ingest(feeds=listed(tmp_path, server)).is_quiet
        desk.ingest(feeds=listed(tmp_path, server))
    versions = desk.rows("SELECT title, length(body) FROM core.documents_versions ORDER BY version")
    assert [v[0] for v in versions] == [ITEMS[0].title, "Corrected title of Bitcoin"]
    assert versions[1][1] > 150


def test_an_undated_story_stays_on_the_day_on_which_it_was_seen_first(desk, tmp_path):
    newsroom = room([Item("Undated Bitcoin", "/news/u", None, "text")])
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
        for table in ("ops.feed_items", "core.documents_versions"):
            desk.rows(f"UPDATE {table} SET first_seen_ts = first_seen_ts - INTERVAL 20 DAY")
        desk.rows("UPDATE core.documents_versions SET event_ts = event_ts - INTERVAL 20 DAY")
        newsroom.change("/rss.xml", "/news/u", title="Undated Bitcoin, edited")
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    row = "SELECT event_ts = date_trunc('day', first_seen_ts), available_ts > first_seen_ts + INTERVAL 19 DAY"
    assert desk.rows(f"{row} FROM core.documents") == [(True, True)]


def test_a_renamed_feed_goes_on_with_its_stories(desk, tmp_path):
    newsroom = Newsroom({"/a.xml": Feed(list(ITEMS)), "/b.xml": Feed(list(ITEMS))})
    with LocalServer(newsroom) as server:
        desk.ingest(feeds=listed(tmp_path, server, "a", full_text=False))
        newsroom.change("/b.xml", ITEMS[0].id, title="It was a hoax about Bitcoin")
        result = desk.ingest(feeds=listed(tmp_path, server, "b", full_text=False))
    assert (result.writes["documents"].changed, result.writes["documents"].quarantined) == (1, 0)
    assert desk.rows("SELECT count(*) FROM core.documents WHERE title LIKE 'It was a hoax%'") == [(1,)]


def test_a_stamp_without_a_zone_is_not_taken_for_known_before_its_day_has_ended_everywhere(desk, tmp_path):
    item = Item("Bitcoin", "/news/z", None, "text", date_text="2024-01-05 23:30")
    with LocalServer(room([item])) as server:
        desk.ingest(feeds=listed(tmp_path, server, full_text=False))
    assert desk.rows("SELECT event_ts, available_ts, ts_precision FROM core.documents") == [
        (datetime(2024, 1, 5, tzinfo=UTC), datetime(2024, 1, 6, 12, tzinfo=UTC), "day")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("odd", ["&#xD800;", "&#x110000;", "&#99999999999999999999;", "\x00", "\ud83d"])
def test_characters_that_there_are_not_cost_the_feed_at_most(desk, tmp_path, odd):
    newsroom = Newsroom({"/rss.xml": Feed(list(ITEMS)), "/good.xml": Feed([Item("Bitcoin", "/g", WHEN, "text")])})
    spoil = faults.transform(
        lambda body: body.replace(b"</channel>", f"<x>{odd}</channel>".encode("utf-8", "surrogatepass")),
        path="/rss.xml",
    )
    with LocalServer(newsroom, faults=[spoil]) as server:
        result = desk.ingest(feeds=listed(tmp_path, server, "rss", "good", full_text=False))
    assert "feeds:good" in result.delivered
    assert desk.rows("SELECT count(*) FROM core.documents WHERE source = 'feeds:good'") == [(1,)]


def test_a_wrong_name_among_the_feeds_costs_the_feeds_and_nothing_else(desk, tmp_path):
    (tmp_path / "a.csv").write_text(
        "exchange,symbol,timeframe,ts,open,high,low,close,volume\nfile,X/USD,1h,2024-01-01T00:00:00Z,1,2,1,2,5\n"
    )
    files = {"root": tmp_path, "tables": [{"path": "a.csv", "shape": "candles"}]}
    result = desk.ingest(feeds={"enabled": True, "only": ["coindeks"]}, files=files)
    assert (result.exit_code, result.missing[0][0]) == (3, "feeds")
    assert "has no feed 'coindeks'" in result.missing[0][1]


def test_guids_that_differ_in_their_place_on_a_page_alone_are_two_items():
    entries = [
        {"id": f"https://r.example/news#{i}", "link": "https://r.example/news", "title": f"T{i}"} for i in (1, 2)
    ]
    identities = Identities(entries, "Room")
    assert identities.doc_id(entries[0]) != identities.doc_id(entries[1])
    assert Identities(entries[:1], "Room").doc_id(entries[0]) == identities.doc_id(entries[0]), "in a later poll too"


@pytest.mark.parametrize(
    "whole", ["<rss><a/></rss>", "<r:RDF xmlns:r='x'><i/></r:RDF>", "<rss></rss\n>", "<a:feed xmlns:a='x'/>"]
)
def test_a_feed_is_whole_where_its_outermost_element_is_closed(whole):
    assert not is_cut_off(whole.encode())
    assert is_cut_off(whole.encode()[:-3])
