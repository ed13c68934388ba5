"""The orders that start workers, one module for each family of workers; each worker knows its own."""
