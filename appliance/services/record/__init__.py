"""The audit log: looked at, searched, proved, exported, archived, reviewed; and what is said on the strength of it."""
