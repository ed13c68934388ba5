"""What is to learn from what, as plan, advice and order read it."""

import math
from dataclasses import dataclass

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.datasets.records import Dataset, DatasetVersion, get_dataset, get_version
from appliance.datasets.token_lengths import TURN_TOKENS
from appliance.foundation.identifiers import is_id
from appliance.models.records import BaseModel, get_model
from appliance.planning import MAX_LENGTH, ModelShape, RowLengths, RowSizes, row_lengths, tokens_of
from appliance.services.context import Caller, ServiceContext

UNKNOWN_TOKENS = 150.0  # a row's length where nobody counted


@dataclass(frozen=True)
class Subject:
    """What is to learn from what, read in one transaction: nothing of it changes while a plan is made."""

    dataset: Dataset
    version: DatasetVersion
    model: BaseModel

    @classmethod
    def of(cls, connection: Connection, dataset_id: str, model_id: str) -> "Subject":
        """Read it. Raises `NotFoundError`."""
        dataset = get_dataset(connection, dataset_id)
        version = get_version(connection, dataset_id, dataset.version)
        return cls(dataset, version, get_model(connection, model_id))

    @property
    def shape(self) -> ModelShape:
        """Return the sizes of the model's matrices."""
        return ModelShape.from_config(self.model.manifest.config)

    @property
    def max_length(self) -> int:
        """Return how many tokens of a row training reads: no more than the model was made for."""
        made_for = int(self.model.manifest.config.get("max_position_embeddings", MAX_LENGTH))
        return max(16, min(MAX_LENGTH, made_for))

    @property
    def lengths(self) -> RowLengths | None:
        """Return the lengths that were counted at import, if any."""
        found = self.version.report.tokens
        return row_lengths(found.unit, found.counts, found.edges, found.longest)

    @property
    def row_sizes(self) -> RowSizes:
        """Return how long the rows are, from what was counted at import; the system prompt is in front of each."""
        dataset, limit, lengths = self.dataset, self.max_length, self.lengths
        mean, longest = (lengths.mean, lengths.longest) if lengths else (UNKNOWN_TOKENS, float(limit))
        shared = tokens_of(len(dataset.system_prompt)) + TURN_TOKENS if dataset.system_prompt else 0.0
        # A row that is longer than the limit is left out.
        whole = min(float(limit), max(2.0, mean + shared))
        return RowSizes(
            rows=dataset.training_rows,
            mean=whole,
            longest=min(limit, max(round(longest + shared), math.ceil(whole))),
            shared=min(shared, whole - 1),
            validation_rows=dataset.validation_rows,
        )


def look_at(context: ServiceContext, caller: Caller, dataset_id: str, model_id: str) -> Subject:
    """Authorise and log the look at data and model that a plan or an advice is. Raises `AuthorizationError`."""
    target = ObjectRef("dataset", dataset_id if is_id(dataset_id) else "unknown")
    context.look(caller, "job.plan", target, {"model": model_id if is_id(model_id) else "unknown"})
    with context.database.begin() as connection:
        return Subject.of(connection, dataset_id, model_id)
