"""The command that serves the app, on loopback, in colours that can be read."""

import sys
from pathlib import Path

COLOURS = {"theme.light.primaryColor": "#1d5fa8", "theme.dark.primaryColor": "#8ec0f0"}


def streamlit_command(port: int) -> list[str]:
    """What to run, with `shell.PUBLISHED_PATH` set, to serve the app on a port."""
    options = {
        "server.headless": "true", "server.port": str(port), "server.address": "127.0.0.1",
        "browser.gatherUsageStats": "false", **COLOURS,
    }  # fmt: skip
    script = Path(__file__).with_name("app.py")
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags]
