"""Trainings: planned, advised, queued, compared by rank."""
