"""The auditor's page: what the log says, what proves it, and the sign-off of reviews. It shows no data."""
