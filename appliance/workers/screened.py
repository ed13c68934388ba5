"""The checks of rows, as a worker was told to make them."""

from pathlib import Path

from appliance.datasets.screening import PersonalDataPolicy, Screening, TokenLimit
from appliance.jobs.access import ScreeningAccess


def screening_of(access: ScreeningAccess) -> Screening:
    """Return the checks."""
    limit = (
        TokenLimit(Path(access.tokenizer_path), access.max_tokens, access.model_name) if access.tokenizer_path else None
    )
    return Screening(limit, PersonalDataPolicy(access.personal_data))
