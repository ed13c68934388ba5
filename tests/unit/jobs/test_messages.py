"""Messages say exactly what they may say: nothing unknown, nothing out of bounds, no key in anything that is
printed.
"""

import base64
import json
import math
import typing
from dataclasses import asdict
from typing import Any

import pytest
from any_start import STARTS, decode_any_start
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from appliance.foundation.errors import WorkerError
from appliance.foundation.messages import verbatim
from appliance.jobs import messages
from appliance.jobs.access import (
    AdapterAccess,
    DatasetAccess,
    JobAccess,
    ModelAccess,
    ScreeningAccess,
    UploadAccess,
    WireMessage,
)
from appliance.jobs.messages import (
    MAX_MESSAGE_BYTES,
    ChatPiece,
    Checkpointed,
    Done,
    Failed,
    FromWorker,
    Notice,
    Progress,
    Ready,
    Stop,
    ToWorker,
    decode_from_worker,
    decode_to_worker,
    encode_message,
)
from appliance.jobs.starts.adapters import ChatRequest, Contender, EvaluateStart, RanksStart, ServeStart, ShrinkStart
from appliance.jobs.starts.datasets import ParseStart, PreviewStart, ReviseStart, SearchStart
from appliance.jobs.starts.machine import ConvertStart, MeasureStart
from appliance.jobs.starts.train import RankCandidate, SweepStart, TrainStart
from appliance.planning.training_settings import TrainingSettings


def decode_any(line: bytes) -> WireMessage:
    """Return what is said to a worker: the order, of whichever kind, or what follows it."""
    follows = any(f'"type":"{kind}"'.encode() in line.replace(b" ", b"") for kind in ("chat", "stop"))
    return decode_to_worker(line) if follows else decode_any_start(line)


KEYS = [bytes([number]) * 32 for number in (65, 66, 67, 68)]
JOB = JobAccess(job_id="jb_1", folder="/j", key=KEYS[2])
MODEL = ModelAccess(folder="/m", manifest={"id": "md_1"})
ADAPTER = AdapterAccess(folder="/a", adapter_id="ad_1", data_key=KEYS[0])
DATASET = DatasetAccess(
    folder="/d", dataset_id="ds_1", dataset_version=1, system_prompt="", part_keys={"training": KEYS[1]}
)
TRAIN = TrainStart(
    job=JOB,
    adapter=ADAPTER,
    model=MODEL,
    dataset=DATASET,
    settings=TrainingSettings(method="qlora", rank=8, lora_alpha=16, epochs=3, batch_size=8, learning_rate=1e-3),
    seed=0,
    checkpoint_steps=20,
    max_length=1024,
)
EVALUATE = EvaluateStart(
    job=JOB,
    model=MODEL,
    dataset=DATASET,
    adapter=ADAPTER,
    contenders=(Contender(name="original", tuned=False), Contender(name="tuned", tuned=True)),
    quantised=True,
    max_new_tokens=8,
)
UPLOAD = UploadAccess(
    path="/u", upload_id="up_1", upload_key=KEYS[3], filename="a.csv", encoding="UTF-16", roles={"question": "q"}
)
SCREENING = ScreeningAccess(personal_data={"card": "mask"}, tokenizer_path="/t", model_name="tiny", max_tokens=64)
PARSE = ParseStart(
    upload=UPLOAD,
    screening=SCREENING,
    output_folder="/o",
    dataset_id="ds_1",
    dataset_version=1,
    part_keys={"test": KEYS[1]},
)
PREVIEW = PreviewStart(upload=UPLOAD, rows=5)
REVISE = ReviseStart(
    dataset=DATASET,
    screening=SCREENING,
    code="html",
    action="trim",
    rows=[1],
    person=["A Name"],
    output_folder="/o",
    part_keys={"test": KEYS[1]},
)
SEARCH = SearchStart(person=["A Name"], datasets=[DATASET])
RANKS = RanksStart(job=JOB, adapter=ADAPTER)
SHRINK = ShrinkStart(
    job=JOB,
    model=MODEL,
    dataset=DATASET,
    adapter=ADAPTER,
    smaller=ADAPTER,
    rank=4,
    quantised=True,
    max_length=64,
)
SWEEP = SweepStart(
    training=TRAIN, candidates=[RankCandidate(rank=4, lora_alpha=8), RankCandidate(rank=8, lora_alpha=16)]
)
SERVE = ServeStart(model=MODEL, adapter=ADAPTER, quantised=False, system_prompt="")
TO_WORKER: list[WireMessage] = [
    TRAIN,
    EVALUATE,
    RANKS,
    SHRINK,
    SWEEP,
    PARSE,
    PREVIEW,
    REVISE,
    SEARCH,
    SERVE,
    ConvertStart(gguf_path="/g", output_folder="/o"),
    MeasureStart(),
    ChatRequest(
        request_id="ch_1", messages=[{"role": "user", "content": "Hello"}], contenders=["tuned"], max_new_tokens=4
    ),
    Stop(),
]
FROM_WORKER: list[WireMessage] = [
    Ready(facts={"compute_type": "float32", "threads": 2, "quick": True}),
    Progress(step=1, steps=2, sentence="", figures={"loss": 1.5, "validation_loss": None}),
    Notice(sentence="The disk is full."),
    Checkpointed(step=1),
    ChatPiece(request_id="ch_1", contender="original", text="Good", last=False),
    Done(result={"rows": 3}),
    Failed(code="x", message=verbatim("It failed.")),
]


def edited(message: WireMessage, **changes: Any) -> bytes:
    """Return the message's line with fields changed, or removed where the change is `...`."""
    value = {**json.loads(message.model_dump_json()), **changes}
    return json.dumps({name: each for name, each in value.items() if each is not ...}).encode()


def test_every_message_of_either_direction_is_tried_here() -> None:
    """The lists above name each kind that the module knows."""
    to_worker = {*typing.get_args(ToWorker), *STARTS.values()}
    for kinds, samples in ((to_worker, TO_WORKER), (typing.get_args(FromWorker), FROM_WORKER)):
        assert {kind.__name__ for kind in kinds} == {type(sample).__name__ for sample in samples}


@pytest.mark.parametrize("message", [*TO_WORKER, *FROM_WORKER], ids=lambda message: message.type)
def test_what_is_sent_is_what_arrives(message: WireMessage) -> None:
    """One line, which reads back as the same message, keys and all."""
    line = encode_message(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    decode = decode_any if message in TO_WORKER else decode_from_worker
    assert decode(line) == message


@pytest.mark.parametrize("message", [*TO_WORKER, *FROM_WORKER], ids=lambda message: message.type)
@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1},
        {"version": 2},
        {"version": "1"},
        {"version": None},
        {"version": ...},
        {"type": "unknown"},
        {"type": None},
        {"type": ...},
    ],
    ids=str,
)
def test_an_unknown_field_type_or_version_is_refused(message: WireMessage, change: dict[str, Any]) -> None:
    """So is one that is missing: both ends are of one version, or do not talk."""
    decode = decode_any if message in TO_WORKER else decode_from_worker
    with pytest.raises(WorkerError, match="could not be read") as caught:
        decode(edited(message, **change))
    assert caught.value.code == "worker.message"


@pytest.mark.parametrize("message", FROM_WORKER, ids=lambda message: message.type)
def test_a_worker_cannot_speak_as_the_control_plane(message: WireMessage) -> None:
    """Each direction has its own messages."""
    with pytest.raises(WorkerError):
        decode_any(encode_message(message))


def test_the_control_plane_cannot_speak_as_a_worker() -> None:
    """As above, the other way."""
    for message in TO_WORKER:
        with pytest.raises(WorkerError):
            decode_from_worker(encode_message(message))


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"settings": {**asdict(TRAIN.settings), **wrong}}
            for wrong in (
                {"rank": 0},
                {"rank": 1025},
                {"rank": "many"},
                {"rank": 8.5},
                {"lora_alpha": 0},
                {"lora_alpha": 4097},
                {"epochs": 0},
                {"epochs": 101},
                {"batch_size": 257},
                {"learning_rate": 0},
                {"learning_rate": 0.2},
                {"learning_rate": float("nan")},
                {"method": "none of them"},
                {"unknown": 1},
            )
        ),
        {"seed": -1},
        {"seed": 2**31},
        {"checkpoint_steps": 0},
        {"max_length": 15},
        {"job": {**json.loads(JOB.model_dump_json()), "key": base64.b64encode(bytes(31)).decode()}},
        {"job": {**json.loads(JOB.model_dump_json()), "key": base64.b64encode(bytes(33)).decode()}},
        {"job": {**json.loads(JOB.model_dump_json()), "key": "not base64"}},
        {"adapter": None},
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    """Every number and every key has its limits on both sides; the sentence says which field, not what was in it."""
    with pytest.raises(WorkerError, match=next(iter(change))):
        decode_any(edited(TRAIN, **change))


@pytest.mark.parametrize("message", [ADAPTER, DATASET, *TO_WORKER], ids=lambda message: message.type)
def test_no_key_is_in_anything_that_is_printed(message: WireMessage) -> None:
    """Neither as bytes, nor hexadecimal, nor base64: not in repr, str or an f-string."""
    shown = (
        repr(message)
        + str(message)
        + f"{message}"
        + repr([message])
        + "".join(f"{line}" for line in message.__rich_repr__())
    )
    for key in KEYS:
        for form in (key.decode(), repr(key), key.hex(), base64.b64encode(key).decode()):
            assert form not in shown


def test_every_field_that_holds_a_key_is_hidden() -> None:
    """A field of type `DataKey`, also in a mapping, that somebody adds without `repr=False` fails here."""
    seen = 0
    for kind in (*WireMessage.__subclasses__(), *STARTS.values()):
        for name, field in kind.model_fields.items():
            if "key" in name:
                seen += 1
                assert not field.repr, f"{kind.__name__}.{name}"
    assert seen == 6


def test_an_error_repeats_neither_values_nor_unknown_names() -> None:
    """The content of a message that cannot be read may be data, or a key."""
    for line in (
        edited(TRAIN, settings={**asdict(TRAIN.settings), "rank": "canary-value"}),
        edited(TRAIN, **{"canary-name": 1}),
        edited(DATASET.model_copy(), type="parse", part_keys={"canary-part": "AAAA"}),
        b'"canary',
    ):
        with pytest.raises(WorkerError) as caught:
            decode_any(line)
        told = (
            f"{caught.value!r} {caught.value.__cause__} "
            f"{caught.value.__context__ if not caught.value.__suppress_context__ else ''}"
        )
        assert "canary" not in told
    with pytest.raises(ValidationError) as invalid:
        TrainStart.model_validate({**TRAIN.model_dump(), "job": {**JOB.model_dump(), "key": b"canary"}})
    assert "canary" not in str(invalid.value)


def test_an_error_stays_short_however_much_is_wrong() -> None:
    """A sentence of megabytes would go into the database and onto a page."""
    with pytest.raises(WorkerError) as caught:
        decode_from_worker(edited(Stop(), **{f"{'x' * 50}{number}": 1 for number in range(5000)}, type="done"))
    assert len(caught.value.sentence) < 1000


def test_a_message_is_never_changed_after_it_was_made() -> None:
    """Frozen, so that what was checked is what is sent."""
    with pytest.raises(ValidationError):
        TRAIN.rank = 9


def test_a_message_over_the_limit_is_not_sent() -> None:
    """It fits exactly, or it is refused before a byte of it is out."""
    room = MAX_MESSAGE_BYTES - len(encode_message(Failed(code="x", message=verbatim(""))))
    assert len(encode_message(Failed(code="x", message=verbatim("a" * room)))) == MAX_MESSAGE_BYTES
    with pytest.raises(WorkerError, match="over the limit"):
        encode_message(Failed(code="x", message=verbatim("a" * (room + 1))))


@settings(max_examples=40)
@given(
    st.binary()
    | st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_any_bytes_are_a_message_or_a_worker_error(line: bytes) -> None:
    """Whatever a worker sends, nothing else gets out."""
    for decode in (decode_any, decode_from_worker):
        with pytest.raises(WorkerError):
            decode(line)


@pytest.mark.parametrize(
    "line", [b"", b"[" * 100_000, b"\xff", b'{"type":"stop","version":1}garbage', b'"stop"', b"null"]
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    """Deep nesting, bytes that are no UTF-8 and JSON of another shape are errors, not crashes."""
    with pytest.raises(WorkerError):
        decode_any(line)


@given(st.text(), st.dictionaries(st.text(), st.floats() | st.none(), max_size=4))
def test_any_text_and_any_figure_survive_the_way(text: str, figures: dict[str, float | None]) -> None:
    """Newlines and odd characters included; what is no number arrives as none."""
    if any(0xD800 <= ord(letter) < 0xE000 for letter in text + "".join(figures)):
        return
    sent = Progress(step=0, steps=1, sentence=verbatim(text), figures=figures)
    line = encode_message(sent)
    assert line.count(b"\n") == 1
    heard = decode_from_worker(line)
    assert isinstance(heard, messages.Progress)
    assert heard.sentence == verbatim(text)
    for name, value in figures.items():
        finite = value is not None and math.isfinite(value)
        assert heard.figures[name] == (value if finite else None)


@pytest.mark.parametrize("code", ["", "Anna Meier", "CANARY", "a" * 65, "worker.\nfault"])
def test_the_code_of_a_failure_is_a_code(code: str) -> None:
    """It goes into the log, which holds no data."""
    failed = messages.Failed(code="worker.fault", message=verbatim("x"))
    with pytest.raises(WorkerError):
        decode_from_worker(edited(failed, code=code))


def test_numbers_that_others_cannot_read_become_nothing_or_are_refused() -> None:
    """NaN and infinity are no JSON, and the database takes 64 bits: no page or plan meets them later."""
    line = b'{"version":1,"type":"done","result":{"seconds":NaN,"trials":[{"loss":-Infinity,"n":1}]}}'
    done = decode_from_worker(line)
    assert isinstance(done, Done)
    assert done.result == {"seconds": None, "trials": [{"loss": None, "n": 1}]}
    point = decode_from_worker(b'{"version":1,"type":"progress","step":1,"steps":2,"figures":{"loss":NaN}}')
    assert isinstance(point, Progress)
    assert point.figures == {"loss": None}
    for line in (
        b'{"version":1,"type":"done","result":{"rows":1000000000000000000000}}',
        b'{"version":1,"type":"progress","step":1000000000000000000000,"steps":2}',
        b'{"version":1,"type":"progress","step":-1,"steps":2}',
    ):
        with pytest.raises(WorkerError):
            decode_from_worker(line)
