"""Load models, and generate with the adapter switched on or off."""
