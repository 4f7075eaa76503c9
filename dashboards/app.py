"""The app: three pages over the published warehouse. Start it with `tapewire dashboard`."""

import streamlit as st

st.set_page_config(page_title="tapewire", layout="wide")
st.navigation(
    [
        st.Page("screens/night.py", title="The night", default=True),
        st.Page("screens/release.py", title="A release"),
        st.Page("screens/cases.py", title="Known cases"),
    ],
    position="top",
).run()
