"""Watching a collection: what a run does is counted and noted, held against what is usual, and said where it is not."""
