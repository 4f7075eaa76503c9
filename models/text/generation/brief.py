"""Briefs: the content of a release to generate, and its form.

A brief names a company, a person, a place and a subject; all of them are invented, so that no generated text is
attributed to a real firm. A small model does not keep the form of a press release: in a frame, headline, dateline,
lead, quotation and boilerplate each have a given beginning that the model continues.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

PRESS_RELEASE = "press_release"
KINDS = (PRESS_RELEASE, "exchange_announcement", "news")
INSTRUCTIONS = {
    PRESS_RELEASE: "Write a press release.",
    "exchange_announcement": "Write an announcement of a cryptocurrency exchange to its users.",
    "news": "Write a short news report.",
}
FIRST = ("Nor", "Hal", "Quill", "Ost", "Bright", "Tarn", "Vel", "Copper", "Mer", "Lind", "Ash", "Fen", "Kes", "Wyn")
SECOND = ("vane", "den", "mere", "rava", "water", "more", "mont", "line", "wick", "holt", "ford", "brook", "trel")
LAST = ("Labs", "Pay", "Capital", "Digital", "Exchange", "Systems", "Custody", "Networks", "Technologies", "Markets")
GIVEN_NAMES = ("Anna", "David", "Marta", "Jon", "Priya", "Tomas", "Helen", "Samuel", "Ines", "Karl", "Mei", "Oscar")
FAMILY_NAMES = ("Weller", "Oseiman", "Lindqvist", "Pereyra", "Harrow", "Novakov", "Brandtner", "Quayle", "Sorensdal")
ROLES = ("chief executive officer", "chief technology officer", "head of product", "founder", "managing director")
CITIES = ("New York", "London", "Singapore", "Zurich", "Toronto", "Dublin", "Austin", "Lisbon", "Sydney", "Tallinn")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
SUBJECTS = (
    "a partnership that brings {name} payments to online shops", "the listing of {name} on its trading platform",
    "a wallet for holders of {name}", "support for {name} in its custody service",
    "an upgrade of its software for the {name} network", "an investment in companies that build on {name}",
    "a fund that holds {name}", "a loyalty programme that pays in {name}", "a payment card for holders of {name}",
    "a loan product secured by {name}", "a research programme about the {name} network",
    "lower fees for customers who trade {name}", "an audit of its reserves of {name}",
    "the purchase of {name} for its treasury",
)  # fmt: skip


@dataclass(frozen=True)
class Brief:
    """Who announces what. Everything except the asset is invented."""

    asset: str
    name: str
    company: str
    person: str
    role: str
    city: str
    day: str
    subject: str

    def as_text(self) -> str:
        """The brief as text, for a model that takes instructions."""
        return (
            f"{self.company}, a company in {self.city}, announces {self.subject}. {self.name} ({self.asset}) is a "
            f"cryptocurrency. {self.person} is {self.role} of {self.company}."
        )


@dataclass(frozen=True)
class Part:
    """A part of a release: a given beginning, where the model's continuation stops, and its length limits in tokens.

    It stops at the end of a line, at that or a quotation mark, or where the model ends its text. `closing` is appended.
    """

    begins: str
    stops: Literal["line", "quote", "text"]
    longest: int
    shortest: int
    closing: str = ""


def draw_brief(asset: str, name: str, seed: int, number: int) -> Brief:
    """The brief of release `number` of a batch, a function of its arguments alone."""
    rng = np.random.default_rng([seed, number, 11])

    def one(options: tuple[str, ...]) -> str:
        return options[int(rng.integers(len(options)))]

    return Brief(
        asset, name, f"{one(FIRST)}{one(SECOND)} {one(LAST)}", f"{one(GIVEN_NAMES)} {one(FAMILY_NAMES)}", one(ROLES),
        one(CITIES), f"{one(MONTHS)} {int(rng.integers(1, 29))}", one(SUBJECTS).format(name=name),
    )  # fmt: skip


def press_release_form(b: Brief) -> tuple[Part, ...]:
    """The form of a press release: headline, dateline and lead, quotation, details, boilerplate."""
    lead = f"{b.city.upper()}, {b.day} -- {b.company} today announced {b.subject}."
    return (
        Part(f"{b.company} Announces", "line", 24, 3),
        Part(f"\n\n{lead}", "line", 90, 20),
        Part('\n\n"We', "quote", 60, 8, f'," said {b.person}, {b.role} of {b.company}.'),
        Part(f"\n\n{b.company}", "line", 90, 20),
        Part(f"\n\nAbout {b.company}\n{b.company} is", "line", 60, 10),
    )


def free_form(longest: int, *, begins: str = "") -> tuple[Part, ...]:
    """A headline, and free text after it."""
    return (Part(begins, "line", 32, 2), Part("\n\n", "text", longest, 2))
