"""Datasets: import, look, mend, say where they come from, shred; and the rows that speak of a person."""

from pathlib import Path
from typing import Any, BinaryIO

from appliance.cli.command_table import Session, arg, command, deed, listing, named, opt
from appliance.cli.new_file import NewFile, keep
from appliance.datasets import PARTS
from appliance.datasets.checks import CHECKS
from appliance.datasets.personal_data import kind_name
from appliance.datasets.sources.delimited import DELIMITERS
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message
from appliance.reports.erasure_certificate import not_reached
from appliance.services.data.dataset_origin import ORIGIN_FIELDS
from appliance.services.data.revise_dataset import ACTIONS

SHOWN_EXAMPLES, SHOWN_ROWS = 5, 20
SOURCE = ("name", "source_format", "note", "shape")
ORIGIN_OPTIONS = tuple(opt(name) for name in ORIGIN_FIELDS)
FILE = arg("file", Path, help=message("option-data"))
READING = (opt("question"), opt("answer"), opt("encoding"), opt("delimiter", choices=tuple(DELIMITERS)))
DATASET, KNOWN = arg("dataset"), arg("known", many=True)
CERTIFICATE = opt("out", Path)

listing("dataset list", "dataset.list", "id name rows training_rows test_rows keep_until hold_reason state")
deed(
    "dataset hold", "dataset.hold", DATASET, opt("reason", required=True), examples=('staff --reason "lawsuit 12/26"',)
)
deed("dataset release", "dataset.release", DATASET, examples=("staff",))
deed("dataset renew-keys", "dataset.renew-keys", DATASET, examples=("staff",))


@command(
    "dataset import",
    FILE,
    opt("name"),
    *READING,
    opt("system_prompt"),
    opt("model", help=message("option-token-model")),
    opt("seed", int, 0, help=message("option-part-seed")),
    *ORIGIN_OPTIONS,
    examples=("handbook.csv", 'tickets.xlsx --name tickets --question Question --answer Reply --owner "Ms Kim"'),
)
def _import(session: Session, *, file: Path, model: str, question: str, answer: str, **given: Any) -> None:
    origin = {name: given.pop(name) for name in ORIGIN_FIELDS}
    with _opened(file) as source:
        upload_id = session.connect().upload(source)
    made = session.perform(
        "dataset.import",
        upload_id=upload_id,
        filename=file.name,
        roles=_roles(question, answer),
        model_id=model,
        origin={name: value for name, value in origin.items() if value},
        **given,
    )
    counts = {part: made[f"{part}_rows"] for part in PARTS}
    done = message("done-dataset-import", name=made["name"], id=made["id"], **counts)
    session.result(made, done, *report_lines(made["report"]))


@command("dataset preview", FILE, *READING, examples=("handbook.csv", "export.txt --delimiter tabs"))
def _preview(session: Session, *, file: Path, question: str, answer: str, **given: str) -> None:
    with _opened(file) as source:
        upload_id = session.connect().upload(source)
    roles = _roles(question, answer)
    found = session.perform("dataset.preview", upload_id=upload_id, filename=file.name, roles=roles, **given)
    session.result(found, *(line for each in found["sources"] for line in _source(each)), *found["unread"])


@command(
    "dataset show",
    DATASET,
    opt("part", default="training", choices=PARTS),
    opt("rows", int, 5, help=message("option-shown-rows")),
    examples=("staff", "staff --part test --rows 2"),
)
def _show(session: Session, *, dataset: str, part: str, rows: int) -> None:
    found = session.perform("dataset.show", dataset_id=dataset, part=part, rows=rows)
    lines = [message("dataset-row", row=row["row"], text=_turns(row)) for row in found["preview"]]
    session.result(found, message("dataset-shown", name=found["name"], rows=found["rows"]), *lines)


@command("dataset check", DATASET, opt("version", int, 0), examples=("staff", "staff --version 1"))
def _check(session: Session, *, dataset: str, version: int) -> None:
    found = session.perform("dataset.report", dataset_id=dataset, version=version)
    session.result(found, *report_lines(found))


@command(
    "dataset fix",
    DATASET,
    opt("check"),
    opt("action", default="drop", choices=ACTIONS, help=message("option-fix")),
    opt("row", int, many=True),
    examples=("staff --check duplicate", "staff --check personal-data --action mask", "staff --row 12 --row 40"),
)
def _fix(session: Session, *, dataset: str, check: str, action: str, row: tuple[int, ...]) -> None:
    made = session.perform("dataset.revise", dataset_id=dataset, code=check, action=action, rows=list(row))
    session.result(made, message("done-dataset-fix", **named(made, "version", "name", "changed")))


@command("dataset versions", DATASET, examples=("staff",))
def _versions(session: Session, *, dataset: str) -> None:
    found = session.perform("dataset.versions", dataset_id=dataset)
    rows = [{**each, "made": ", ".join(adapter["name"] for adapter in each["adapters"])} for each in found]
    session.table(rows, ("version", "change", "rows", "state", "made"))


@command("dataset origin", DATASET, *ORIGIN_OPTIONS, examples=('staff --owner "Ms Kim" --keep-until 2027-12-31',))
def _origin(session: Session, *, dataset: str, **given: str) -> None:
    stated = {name: value for name, value in given.items() if value}
    told = session.perform("dataset.describe", dataset_id=dataset, **stated)
    nothing = message("stated-nothing")
    lines = (message("stated", name=message(f"origin-{name}"), value=told[name] or nothing) for name in ORIGIN_FIELDS)
    session.result(told, *lines)


@command("dataset shred", DATASET, CERTIFICATE, examples=("staff --out certificate.txt",))
def _shred(session: Session, *, dataset: str, out: Path | None) -> None:
    with NewFile(out) as file:
        done = session.perform("dataset.shred", dataset_id=dataset)
        keep(file, done["note"])
    lines = (f"- {sentence}" for sentence in not_reached(done["certificate"]))
    session.result(done, message("done-dataset-shred", dataset=done["certificate"]["object"]["id"]), *lines)


@command("dataset certificate", DATASET, CERTIFICATE, examples=("staff", "ds_09 --out certificate.txt"))
def _certificate(session: Session, *, dataset: str, out: Path | None) -> None:
    with NewFile(out) as file:
        found = session.perform("dataset.certificate", dataset_id=dataset)
        keep(file, found["note"])
    session.result(found, found["note"].rstrip("\n"))


@command("person find", KNOWN, examples=('"Anna Kim" anna.kim@example.org',))
def _find(session: Session, *, known: tuple[str, ...]) -> None:
    found = session.perform("person.find", person=list(known))
    session.result(found, *_places(found))


@command("person erase", KNOWN, examples=('"Anna Kim" anna.kim@example.org',))
def _erase(session: Session, *, known: tuple[str, ...]) -> None:
    done = session.perform("person.erase", person=list(known))
    certified = [message("done-person-erase", certificates=len(done["certificates"]))] if done["datasets"] else []
    session.result(done, *_places(done), *certified)


def report_lines(found: dict[str, Any]) -> list[Message | str]:
    """Return what was found in the rows of a dataset, as lines."""
    lines: list[Message | str] = [message("report-rows", rows=found["rows"])]
    lines += [message("report-source", **named(each, *SOURCE)) for each in found.get("sources", [])]
    lines += found.get("unread", [])
    left_out = found.get("left_out", {"count": 0, "rows": []})
    if left_out["count"]:
        lines.append(message("report-left-out", count=left_out["count"]))
        lines += [f"  {each['reason']}" for each in left_out["rows"][:SHOWN_EXAMPLES]]
    for check in found["checks"]:
        title = CHECKS[check["code"]].title if check["code"] in CHECKS else check["code"]
        said = message("report-check", title=title, **named(check, "code", "count", "advice"))
        fixes = message("report-fixes", fixes=", ".join(check["fixes"]))
        lines.append(f"{said} {fixes}" if check["fixes"] else said)
        lines += [f"  {each['reason']}" for each in check["examples"][:SHOWN_EXAMPLES]]
    for kind, each in found["personal_data"].items():
        if each["count"]:
            personal = message("report-personal", kind=kind_name(kind), count=each["count"], action=each["action"])
            lines.append(personal)
    return lines + list(found["notes"])


def _source(source: dict[str, Any]) -> list[Message | str]:
    roles = ", ".join(f"{role}: {name}" for role, name in source["roles"].items()) or source["shape"]
    lines: list[Message | str] = [message("report-source", **named({**source, "shape": roles}, *SOURCE))]
    lines += [source["reason"]] if source["reason"] else []
    return lines + [
        message("dataset-row", row=row["row"], text=row["problem"] or _turns(row)) for row in source["conversations"]
    ]


def _places(found: dict[str, Any]) -> list[Message]:
    if not found["datasets"]:
        return [message("person-nowhere")]
    lines = []
    for dataset in found["datasets"]:
        for place in dataset["places"]:
            rows = ", ".join(map(str, place["rows"][:SHOWN_ROWS])) + (" …" if place["count"] > SHOWN_ROWS else "")
            where = named(place, "version", "part", "count")
            lines.append(message("person-place", name=dataset["name"], id=dataset["id"], rows=rows, **where))
    return lines + [message("person-adapter", **named(each, "name", "id", "version")) for each in found["adapters"]]


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise InputError("dataset.file", file_name=file.name, strerror=str(error.strerror)) from error


def _roles(question: str, answer: str) -> dict[str, str]:
    return {key: value for key, value in (("question", question), ("answer", answer)) if value}


def _turns(row: dict[str, Any]) -> str:
    return " | ".join(turn["content"] for turn in row["messages"])
