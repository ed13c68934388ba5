"""Datasets: received, read, imported, revised, searched for a person, shredded."""
