"""The app: pages over the published warehouse. Start it with `tapewire dashboard`."""

import streamlit as st

st.set_page_config(page_title="tapewire", layout="wide")
st.navigation(
    [
        st.Page("screens/overview.py", title="Overview", default=True),
        st.Page("screens/market.py", title="Market"),
        st.Page("screens/forecasts.py", title="Forecasts"),
        st.Page("screens/signals.py", title="Signals"),
        st.Page("screens/release.py", title="Releases", url_path="release"),
        st.Page("screens/impact.py", title="Impact"),
        st.Page("screens/cases.py", title="Known cases"),
        st.Page("screens/backtests.py", title="Backtests"),
        st.Page("screens/health.py", title="Data health", url_path="health"),
        st.Page("screens/sql.py", title="SQL", url_path="sql"),
    ],
    position="top",
).run()
