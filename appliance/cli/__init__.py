"""The `appliance` command: thin; each command asks for one operation and prints a sentence, a table or JSON."""
