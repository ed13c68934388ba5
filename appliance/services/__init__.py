"""One use case a file: authorise, log, act. Screens and commands call these and nothing below."""
