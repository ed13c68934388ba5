"""Jobs: watched, stopped, resumed."""
