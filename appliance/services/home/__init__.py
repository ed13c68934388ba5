"""The home: made, sealed and unsealed, backed up and restored, its keys and its isolation."""
