"""Charts: a function takes a frame and returns a Plotly figure."""
