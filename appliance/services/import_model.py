"""Bring in a base model: a local folder of safetensors, or the starter model, converted from GGUF in a confined
worker.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import NotFoundError
from appliance.foundation.identifiers import new_id
from appliance.identity import default_project
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.messages import ConvertStart
from appliance.models import copy_model, locate_starter
from appliance.models.tables import MODELS
from appliance.planning import ModelShape
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measure_machine

CONVERTER_MEMORY_BYTES = 12 * 1024**3


def import_model(context: ServiceContext, caller: Caller, *, source: Path | None, name: str = "") -> dict[str, Any]:
    """Import the folder `source`, or the starter model when it is None. The same content imported twice is one model.

    Raises `InputError` naming the file or the key that is refused.
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
                run_worker(context.launcher, order, lambda _message: None)
                manifest = copy_model(output, context.home, name=name or "SmolLM2-135M-Instruct", licence="Apache-2.0")
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
        recorded.target = ObjectRef("model", manifest.id, manifest.digest)
    return describe_model(context, manifest.id)


def list_models(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return the installed base models, oldest first."""
    context.look(caller, "model.list", ObjectRef("model", "all"))
    with context.database.begin() as connection:
        ids = [row.id for row in connection.execute(select(MODELS.c.id).order_by(MODELS.c.created_us))]
    return [describe_model(context, model_id) for model_id in ids]


def show_model(context: ServiceContext, caller: Caller, model_id: str) -> dict[str, Any]:
    """Return what is known of one model to somebody who may see it. Raises `NotFoundError`."""
    context.look(caller, "model.list", ObjectRef("model", model_id))
    return describe_model(context, model_id)


def describe_model(context: ServiceContext, model_id: str) -> dict[str, Any]:
    """Return what is known of one model, with its manifest. Raises `NotFoundError`."""
    with context.database.begin() as connection:
        row = connection.execute(select(MODELS).where(MODELS.c.id == model_id)).first()
    if row is None:
        raise NotFoundError("not-found:model")
    return {**dict(row._mapping), "manifest": json.loads(row.manifest)}


def show_parameters(context: ServiceContext, caller: Caller, model_id: str, *, rank: int = 16) -> dict[str, Any]:
    """Return how many numbers each matrix of a model has, and its adapter of this rank.

    Raises `NotFoundError`, `InputError`.
    """
    model = show_model(context, caller, model_id)
    shape = ModelShape.from_config(model["manifest"]["config"])
    learns = shape.adapter_parameters(rank)
    layers = [{**asdict(layer), "name": str(layer.name)} for layer in shape.by_layer(rank)]
    return {
        "name": model["name"],
        "rank": rank,
        "parameters": shape.parameters,
        "adapter": learns,
        "times_smaller": shape.parameters / learns,
        "layers": layers,
    }
