"""What every layer builds on: errors, messages, settings, clock, identifiers, canonical JSON and atomic files."""
