"""A figure as a block of the report's page."""

import plotly.graph_objects as go
import plotly.io as pio
from markupsafe import Markup


def trusted(text: str) -> Markup:
    """Markup made by this package or by Plotly, which escapes the data in it: not escaped again."""
    return Markup(text)  # noqa: S704


def chart(fig: go.Figure, alt: str) -> Markup:
    """A figure as a block of the page; `alt` says what it shows."""
    html = pio.to_html(
        fig, include_plotlyjs=False, full_html=False, config={"displayModeBar": False, "responsive": True}
    )
    return Markup('<figure role="img" aria-label="{}">{}</figure>').format(alt, trusted(html))
