"""What stands between a browser, or the command line, and the pages: the door, accounts, uploads, operations."""
