"""A private, on-premises fine-tuning appliance: encrypted data in, a measured adapter out, nothing leaves."""

__version__ = "0.2.0"
