"""From sources into core: parts, prefetching, resuming, progress."""
