"""Items of feeds: what a title says, what a text is, what tells one item from another."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.sources.feeds.feedlist import Feed
from pipelines.sources.feeds.items import first_public, read_items
from pipelines.sources.http.net import Reply
from pipelines.sources.resume import SeenItem


def _titles(*items: str, head: str = "", encode: str = "utf-8", url: str = "https://a.example/feed") -> list:
    body = (f'{head}<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>t</title>'
            + "".join(f"<item>{i}</item>" for i in items) + "</channel></rss>").encode(encode)  # fmt: skip
    return _read(body, url).items


def _read(body: bytes, url: str = "https://a.example/feed"):
    feed = Feed(name="f", publisher="F", url="https://a.example/feed", kind="news")
    return read_items(
        Reply(url, 200, {"Content-Type": "application/xml"}, body), feed, datetime(2024, 7, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize(("title", "read"), [
    ("Exchange will list &lt;JUP&gt; and halt trading", "Exchange will list <JUP> and halt trading"),
    ("ETH&lt;BTC ratio falls", "ETH<BTC ratio falls"), ("<![CDATA[A <b>bold</b> claim]]>", "A\nbold\nclaim"),
    ("AT&amp;amp;T &amp;#8217;s plan", "AT&T ’s plan"), ("<![CDATA[Profit > loss]]>", "Profit > loss"),
])  # fmt: skip
def test_a_title_says_what_it_shows(title, read):
    assert " ".join(_titles(f"<title>{title}</title>")[0].title.split()) == " ".join(read.split())


def test_the_caption_of_a_picture_is_no_text_of_its_item():
    caption = (
        "<media:description>A picture of Dogecoin and Solana at a fair, much longer than the text</media:description>"
    )
    for item in (f"{caption}<description>ETH rose.</description>", f"<description>ETH rose.</description>{caption}"):
        assert _titles(f"<title>ETH</title>{item}")[0].text == "ETH rose."


def test_one_bad_byte_of_a_feed_in_utf_8_costs_its_own_character_alone():
    good = (
        '<rss version="2.0"><channel><title>т</title><item><title>Биткоин вырос, новости</title></item></channel></rss>'
    )
    body = good.encode().replace(b",", b"\xff")
    assert _read(body).items[0].title == "Биткоин вырос\ufffd новости"
    assert (
        _read(good.encode("cp1251").replace(b"<rss", b'<?xml version="1.0" encoding="windows-1251"?><rss'))
        .items[0]
        .title.startswith("Биткоин вырос,")
    )


def test_a_relative_address_is_one_of_where_the_feed_was_found():
    item = "<title>A</title><link>/news/1</link>"
    assert _titles(item, url="https://b.example/rss")[0].url == "https://b.example/news/1"


@pytest.mark.parametrize(
    "same", ["<guid>0</guid>", "<guid>https://a.example/</guid>", "<link>https://a.example</link>"]
)
def test_what_every_item_of_a_site_shares_identifies_none_in_any_poll(same):
    first, second = (_titles(f"<title>{t}</title>{same}")[0].doc_id for t in ("A buys BTC", "B sells ETH"))
    assert first != second


def test_a_word_in_an_address_tells_items_apart_unless_it_says_where_a_reader_came_from():
    a, b = (
        _titles(f"<title>T</title><link>https://a.example/n?from={who}</link>")[0].doc_id for who in ("acme", "zenith")
    )
    assert a != b
    c, d = (_titles(f"<title>T</title><link>https://a.example/n{q}</link>")[0].doc_id for q in ("?ref=rss", ""))
    assert c == d


def test_the_first_usable_time_of_an_item_that_had_none_is_its_first_public_time():
    now = datetime(2024, 7, 1, 9, tzinfo=UTC)
    seen = SeenItem("f", "h", "feed", 0, now, (), now.replace(hour=0), "day")
    item = _titles("<title>A</title><pubDate>Mon, 03 Jun 2024 10:00:00 GMT</pubDate>")[0]
    assert first_public(item, seen, now) == (datetime(2024, 6, 3, 10, tzinfo=UTC), "second")
    dated = replace(seen, event_ts=datetime(2024, 6, 2, tzinfo=UTC))
    assert first_public(item, dated, now)[0] == datetime(2024, 6, 3, 10, tzinfo=UTC)
    early = replace(item, published=datetime(2024, 5, 1, tzinfo=UTC))
    assert first_public(early, dated, now) == (datetime(2024, 6, 2, tzinfo=UTC), "day")
