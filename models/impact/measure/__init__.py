"""What moved after a release: events, abnormal returns, paths, placebo times, activity."""
