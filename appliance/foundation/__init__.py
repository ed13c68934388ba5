"""What every layer stands on: errors, settings, clock, identifiers, canonical JSON and atomic files."""
