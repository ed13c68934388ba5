"""What the rows of a dataset are checked by: the policy for personal data, and whose tokens they are counted in."""

from pathlib import Path

from sqlalchemy import select

from appliance.foundation.errors import NotFoundError
from appliance.jobs.messages import ScreeningAccess
from appliance.models.tables import MODELS
from appliance.planning import MAX_LENGTH
from appliance.services.context import ServiceContext


def screening_access(context: ServiceContext, model_id: str = "") -> tuple[ScreeningAccess, tuple[Path, ...]]:
    """Return the order for a worker and the files it must read. Without `model_id` the newest model counts, if there is
    one.

    Raises `NotFoundError` for a model that is not there.
    """
    with context.database.begin() as connection:
        query = select(MODELS.c.id, MODELS.c.name).order_by(MODELS.c.created_us.desc())
        model = connection.execute(query.where(MODELS.c.id == model_id) if model_id else query).first()
    if model is None and model_id:
        raise NotFoundError("not-found:model")
    personal_data = context.limits.personal_data.model_dump()
    tokenizer = context.home / "models" / model.id / "tokenizer.json" if model else Path()
    if model is None or not tokenizer.is_file():
        return ScreeningAccess(personal_data=personal_data), ()
    access = ScreeningAccess(
        personal_data=personal_data, tokenizer_path=str(tokenizer), model_name=model.name, max_tokens=MAX_LENGTH
    )
    return access, (tokenizer,)
