"""The wizard: five steps, the five of supervised fine-tuning.

What a tab shows is drawn from the database, so closing it loses nothing.
"""

from appliance.web.wizard.pages import build_blocks

__all__ = ["build_blocks"]
