"""Words that turn what a text says: denials, and pairs of opposites. And words that say nothing by themselves."""

from collections.abc import Iterable

DENIALS = frozenset(
    {
        "not", "never", "no", "nor", "false", "falsely", "fake", "hoax", "untrue", "incorrect", "inaccurate",
        "fabricated",
        "denies", "denied", "deny", "denying", "denial", "refutes", "refuted", "debunks", "debunked", "dismisses",
        "dismissed", "retracts", "retracted", "retraction", "correction", "corrects", "corrected", "cancels",
        "cancelled",
        "canceled", "cannot", "didn", "isn", "wasn", "doesn", "hasn", "won", "wouldn", "aren", "unfounded", "baseless",
        "misleading", "wrong", "rumor", "rumour", "rumors", "rumours", "yet", "without", "nicht", "keine", "kein",
    }
)  # fmt: skip
_OPPOSITES = (
    ({"pause", "pauses", "paused", "pausing", "suspend", "suspends", "suspended", "suspending", "halt", "halts",
      "halted",
      "halting", "disables", "disabled", "closes", "stops", "stopped", "freezes", "frozen", "blocks", "blocked",
      "locks",
      "locked", "limits", "limited", "restricts", "restricted", "delays"},
     {"resume", "resumes", "resumed", "resuming", "restores", "restored", "reopens", "reopened", "reenables", "enables",
      "enabled", "restarts", "restarted", "unfreezes", "unfrozen", "unblocks", "unblocked", "unlocks", "unlocked",
      "reinstates", "reinstated", "lifts", "lifted"}),
    ({"buy", "buys", "bought", "buying", "purchases", "purchased", "acquires", "acquired", "adds", "accumulates"},
     {"sell", "sells", "sold", "selling", "dumps", "offloads", "divests"}),
    ({"list", "lists", "listed", "listing", "adds", "added", "add"},
     {"delist", "delists", "delisted", "delisting", "remove", "removes", "removed", "removal"}),
    ({"approve", "approves", "approved", "approval", "clears", "allows", "allowed", "permits", "legalizes"},
     {"reject", "rejects", "rejected", "rejection", "denies", "denied", "delays", "delayed", "bans", "banned", "blocks",
      "prohibits"}),
    ({"mint", "mints", "minted", "issues"}, {"burn", "burns", "burned", "burnt", "redeems"}),
    ({"rise", "rises", "rose", "rising", "jumps", "jumped", "surges", "surged", "soars", "gains", "climbs", "climbed",
      "rallies", "up", "rebounds", "recovers", "recovered", "higher", "increases", "increased"},
     {"fall", "falls", "fell", "falling", "drops", "dropped", "slumps", "plunges", "plunged", "tumbles", "slides",
      "declines", "declined", "down", "dips", "crashes", "lower", "decreases", "decreased", "loses"}),
    ({"raises", "raised", "hikes", "hiked", "doubles", "doubled", "expands"},
     {"cuts", "cut", "lowers", "lowered", "slashes", "halves", "halved", "shrinks"}),
    ({"wins", "won", "beats", "passes"}, {"loses", "lost", "fails", "failed", "misses"}),
    ({"guilty", "convicted", "charged"}, {"innocent", "acquitted", "cleared", "dismissed"}),
    ({"joins", "joined", "signs", "signed", "partners"}, {"leaves", "left", "quits", "exits", "ends", "terminates"}),
    ({"activates", "activated", "begins", "starts", "started", "launches", "launched", "opens", "opened"},
     {"postpones", "postponed", "delays", "delayed", "shuts", "discontinues", "sunsets", "closes", "closed",
      "expires"}),
    ({"above", "over", "tops"}, {"below", "under"}),
    ({"inflow", "inflows"}, {"outflow", "outflows"}),
    ({"deposit", "deposits"}, {"withdrawal", "withdrawals", "withdraws"}),
    ({"long", "longs"}, {"short", "shorts"}),
    ({"bullish"}, {"bearish"}),
    ({"profit", "profits", "profitable"}, {"loss", "losses"}),
)  # fmt: skip
_SIDES: dict[str, int] = {}
for _number, _pair in enumerate(_OPPOSITES):
    for _side, _words in enumerate(_pair):
        for _word in _words:
            _SIDES[_word] = _SIDES.get(_word, 0) | 1 << (2 * _number + _side)
_FIRST_SIDES = sum(1 << (2 * n) for n in range(len(_OPPOSITES)))

# Words in capitals of headlines that are no codes of assets.
NO_CODES = frozenset(
    {
        "a", "i", "update", "wrapup", "graphic", "live", "markets", "exclusive", "factbox", "rpt", "corrected",
        "breaking", "us", "uk", "eu", "un", "ceo", "cfo", "sec", "cftc", "etf", "etfs", "nft", "nfts", "ipo", "ico",
        "usd", "utc", "ai", "dao", "ftx", "imf", "fed", "ecb", "q1", "q2", "q3", "q4",
    }
)  # fmt: skip
STOPWORDS = frozenset(
    {
        "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "with", "from", "as", "and", "or", "but", "is",
        "are",
        "was", "were", "be", "been", "has", "have", "had", "will", "would", "can", "could", "may", "might", "its", "it",
        "this", "that", "these", "those", "after", "before", "over", "into", "amid", "than", "more", "new", "s", "t",
        "u",
        "says", "said", "update", "rpt", "how", "why", "what", "who", "when", "you", "your", "we", "our", "their",
        "his",
        "her", "they", "here", "now", "not", "no", "up", "down", "out", "about", "set", "get", "gets", "us", "one",
        "two",
    }
)  # fmt: skip


def sides_of(words: Iterable[str]) -> int:
    """The sides that words take, two bits for each pair of opposites."""
    sides = 0
    for word in words:
        sides |= _SIDES.get(word, 0)
    return sides


def opposed(a: int, b: int) -> bool:
    """Whether, of some pair of opposites, one text has the one side alone and the other the other alone."""
    only_first = [x & ~(x >> 1) & _FIRST_SIDES for x in (a, b)]
    only_second = [(x >> 1) & ~x & _FIRST_SIDES for x in (a, b)]
    return bool(only_first[0] & only_second[1] | only_second[0] & only_first[1])
