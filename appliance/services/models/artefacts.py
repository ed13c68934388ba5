"""Base models and adapters: import a folder of safetensors or the starter model, list, show, and count parameters."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.identifiers import new_id
from appliance.identity import default_project
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.machine import ConvertStart
from appliance.models import copy_model, locate_starter
from appliance.models.records import Adapter, BaseModel, get_adapter, get_model, list_adapters, list_models
from appliance.models.tables import MODELS
from appliance.planning import ModelShape
from appliance.planning.parameters import LayerCount
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measure_machine
from appliance.services.operations import AdapterId, ModelId, operation

CONVERTER_MEMORY_BYTES = 12 * 1024**3
STARTER_NAME, STARTER_LICENCE = "SmolLM2-135M-Instruct", "Apache-2.0"


@dataclass(frozen=True)
class ParameterCount:
    """How many numbers a model has, matrix by matrix, and how many of them its adapter of a rank."""

    name: str
    rank: int
    parameters: int
    adapter: int
    times_smaller: float
    layers: tuple[LayerCount, ...]


@operation("model.import", action="model.import", on="model")
def import_model(context: ServiceContext, caller: Caller, *, source: Path | None = None, name: str = "") -> BaseModel:
    """Import the folder `source`, or the starter model when there is none. The same content is one model.

    The starter is converted from GGUF in a confined worker. Raises `InputError` naming the file or key that is refused.
    """
    with context.act(caller, "model.import", ObjectRef("model", "new"), {"starter": source is None}) as recorded:
        measure_machine(context)
        staging = context.home / "staging" / new_id("md")
        try:
            if source is None:
                output = staging / "model"  # below, since libraries leave caches of their own in the worker's folder
                make_private_folder(output)
                gguf = locate_starter()
                order = WorkerOrder(
                    ConvertStart(gguf_path=str(gguf), output_folder=str(output)),
                    read=(gguf,),
                    write=(staging,),
                    memory_bytes=CONVERTER_MEMORY_BYTES,
                )
                run_worker(context.launcher, order)
                manifest = copy_model(output, context.home, name=name or STARTER_NAME, licence=STARTER_LICENCE)
            else:
                manifest = copy_model(source, context.home, name=name or source.name, licence="")
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        with context.database.begin() as connection:
            if connection.execute(select(MODELS.c.id).where(MODELS.c.id == manifest.id)).first() is None:
                connection.execute(
                    insert(MODELS).values(
                        id=manifest.id,
                        project_id=default_project(connection, context.clock),
                        name=manifest.name,
                        architecture=manifest.architecture,
                        parameters=manifest.parameters,
                        licence=manifest.licence,
                        manifest=json.dumps(manifest.to_json()),
                        created_us=context.clock.now_us(),
                        created_by=caller.user_id,
                    )
                )
            model = get_model(connection, manifest.id)
        recorded.target = model.ref
    return model


@operation("model.list", action="model.list", on="model")
def all_models(context: ServiceContext, caller: Caller) -> list[BaseModel]:
    """Return the installed base models, oldest first."""
    context.look(caller, "model.list", ObjectRef("model", "all"))
    return context.query(list_models)


@operation("model.show", action="model.list", on="model")
def show_model(context: ServiceContext, caller: Caller, *, model_id: ModelId) -> BaseModel:
    """Return one base model. Raises `NotFoundError`."""
    context.look(caller, "model.list", ObjectRef("model", model_id))
    return context.query(get_model, model_id)


@operation("model.parameters", action="model.list", on="model")
def show_parameters(context: ServiceContext, caller: Caller, *, model_id: ModelId, rank: int = 16) -> ParameterCount:
    """Return how many numbers each matrix of a model has, and its adapter of this rank. Raises `InputError`."""
    model = show_model(context, caller, model_id=model_id)
    shape = ModelShape.from_config(model.manifest.config)
    learns = shape.adapter_parameters(rank)
    return ParameterCount(
        model.name, rank, shape.parameters, learns, shape.parameters / learns, tuple(shape.by_layer(rank))
    )


@operation("adapter.list", action="adapter.list", on="adapter")
def all_adapters(context: ServiceContext, caller: Caller) -> list[Adapter]:
    """Return the adapters, oldest first, with what was found about each."""
    context.look(caller, "adapter.list", ObjectRef("adapter", "all"))
    return context.query(list_adapters)


@operation("adapter.show", action="adapter.list", on="adapter")
def show_adapter(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Adapter:
    """Return one adapter. Raises `NotFoundError`."""
    context.look(caller, "adapter.list", ObjectRef("adapter", adapter_id))
    return context.query(get_adapter, adapter_id)
