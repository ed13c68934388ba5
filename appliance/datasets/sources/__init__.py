"""Files that staff bring, of every kind, as records: what comes in is hostile until checked."""
