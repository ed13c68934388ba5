"""Loading models, and generating with the adapter on or off on one code path."""
