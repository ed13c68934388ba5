"""Events of data, models, jobs and adapters."""

from functools import partial

from appliance.audit.event_kinds import Event, Recovery, Stage
from appliance.audit.event_table.groups import ADMINS, LAWFUL, MAKERS, SIGNED_IN, SYSTEM, TRIERS

_data = partial(Event, stage=Stage.DATA)
_training = partial(Event, stage=Stage.TRAINING)
_publishing = partial(Event, stage=Stage.PUBLISHING)
ROWS = (
    # Data
    _data("upload.receive", ("upload",), MAKERS, "A file was received and sealed."),
    _data("dataset.preview", ("upload",), MAKERS, "Rows of a received file were shown before the import."),
    _data(
        "dataset.import",
        ("dataset", "upload"),
        MAKERS,
        "A received file was imported as an encrypted dataset.",
        {"upload": str, "rows": int},
        recovery=Recovery.MADE,
    ),
    _data(
        "dataset.list",
        ("dataset",),
        SIGNED_IN,
        "Datasets were listed or shown: names, counts, versions and findings, but no rows.",
        look=True,
    ),
    _data("dataset.read", ("dataset",), MAKERS, "Rows of a dataset were shown.", {"part": str, "rows": int}),
    _data(
        "dataset.revise",
        ("dataset",),
        MAKERS,
        "A new version of a dataset was written, which corrects a finding.",
        {"check": str, "action": str, "version": int, "changed": int},
        recovery=Recovery.NOTED,
    ),
    _data(
        "dataset.describe", ("dataset",), MAKERS, "The description of a dataset's origin was changed.", {"fields": str}
    ),
    _data("dataset.renew-keys", ("dataset",), ADMINS, "A dataset was rewritten under new keys.", {"version": int}),
    _data("dataset.hold", ("dataset",), LAWFUL, "A dataset was put on legal hold."),
    _data("dataset.release", ("dataset",), LAWFUL, "A legal hold was ended."),
    Event(
        "dataset.shred",
        ("dataset",),
        ADMINS | SYSTEM,
        "A dataset was made permanently unreadable. SHA-256 of its certificate.",
        {"rows": int, "certificate": str},
        stage=Stage.SHREDDING,
        recovery=Recovery.FINISHED,
    ),
    Event(
        "dataset.shred-versions",
        ("dataset",),
        ADMINS | SYSTEM,
        "Versions of a dataset were made permanently unreadable. SHA-256 of the certificate.",
        {"versions": str, "certificate": str},
        stage=Stage.SHREDDING,
        recovery=Recovery.NOTED,
    ),
    Event(
        "person.find",
        ("person",),
        LAWFUL,
        "The datasets were searched for a person. Person and terms are HMACs under a key of that person.",
        {"datasets": int, "adapters": int, "term-#": str},
    ),
    Event(
        "person.erase",
        ("person",),
        ADMINS,
        "A person's rows were erased, adapters trained on them were retired, and then the person's key was erased.",
        {"datasets": int, "adapters": int, "term-#": str},
    ),
    # Models, jobs, adapters
    _data("model.import", ("model",), ADMINS, "A base model was imported.", {"starter": bool}),
    _data("model.list", ("model",), SIGNED_IN, "Base models were listed or shown.", look=True),
    _training(
        "job.submit",
        ("job",),
        MAKERS,
        "A job was queued.",
        {**dict.fromkeys(("kind", "dataset", "model", "adapter", "ranks"), str), "rank": int},
        recovery=Recovery.MADE,
    ),
    _data(
        "job.plan",
        ("dataset",),
        SIGNED_IN,
        "A training was planned, or a rank advised: what is known of a dataset and of a base model was looked at.",
        {"model": str},
        look=True,
    ),
    _training(
        "job.start",
        ("job",),
        SYSTEM,
        "A job's worker was started and received its keys. The outcome is that of the job.",
        {"kind": str, "result": str},
    ),
    _training("job.stop", ("job",), MAKERS | {"admin"}, "A job was requested to stop."),
    _training(
        "job.resume",
        ("job",),
        MAKERS,
        "A stopped or failed job was queued again, with its learning rate if that was lowered.",
        {"learning_rate": str},
    ),
    _training("job.recover", ("job",), SYSTEM, "A job that a crash had interrupted was recovered.", {"state": str}),
    _training(
        "job.step-down",
        ("job",),
        SYSTEM,
        "Memory ran out: the job continues from its last checkpoint with smaller passes or activation checkpointing.",
        {"pass_tokens": int, "activation_checkpointing": bool},
    ),
    _training("job.list", ("job",), SIGNED_IN, "Jobs and their progress were listed or shown.", look=True),
    _training(
        "adapter.create",
        ("adapter",),
        SYSTEM,
        "The adapter of a training was stored. Digests of its parameters and its results.",
        {"dataset": str, "model": str, "parameters": str, "result": str},
    ),
    _publishing("adapter.list", ("adapter",), SIGNED_IN, "Adapters were listed or shown.", look=True),
    Event("adapter.read", ("adapter",), TRIERS, "The answers of an evaluation were shown, which quote held-out rows."),
    _publishing(
        "adapter.card", ("adapter",), SIGNED_IN, "An adapter's model card was generated from the log.", look=True
    ),
    Event(
        "adapter.use",
        ("adapter",),
        TRIERS,
        "A model was asked questions. Neither questions nor answers are stored.",
        {"turns": int},
    ),
)
