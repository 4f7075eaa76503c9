"""The pages of the app. Not called `pages`: Streamlit would list such a folder on its own, beside app.py's menu."""
