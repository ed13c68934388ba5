"""Base models and adapters: imported, measured, looked into, made smaller, asked."""
