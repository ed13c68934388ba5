"""What is known of the rows of a dataset version, and of a file before it is imported.

The fields are the keys of the JSON that is stored and shown. Reports of version 0.1.0 have finished English sentences
in place of messages, which `json_records.read` takes as well.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from appliance.foundation.messages import Message

MaybeMessage: TypeAlias = Literal[""] | Message  # in this order: "" would be read as a message too


@dataclass
class SourceReport:
    """How one source was understood, filled in while it is read.

    Its rows are `first_row` to `last_row` of the dataset; in the source itself, `first_row` is `own_row`.
    """

    name: str
    source_format: str
    note: Message
    shape: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    guessed_by_content: bool = False
    unused: list[str] = field(default_factory=list)
    first_row: int = 0
    last_row: int = 0
    own_row: int = 0


@dataclass(frozen=True)
class RowFinding:
    """What was found in one row, or why it was left out."""

    row: int
    reason: Message


@dataclass(frozen=True)
class LeftOut:
    """How many rows were left out, and the first of them."""

    count: int = 0
    rows: tuple[RowFinding, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """What one check found. `reason` is about the whole dataset, `examples` are the first rows with a finding."""

    code: str
    title: Message
    count: int
    fixes: tuple[str, ...]
    reason: MaybeMessage
    advice: Message
    examples: tuple[RowFinding, ...]


@dataclass(frozen=True)
class LengthHistogram:
    """How long the first rows are, in tokens of `model` or in characters: `counts` between neighbouring `edges`."""

    unit: str = ""
    model: str = ""
    limit: int = 0
    counted: int = 0
    edges: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()
    median: int = 0
    longest: int = 0

    def __post_init__(self) -> None:
        """Raise `ValueError` unless the bins follow each other."""
        ends = len(self.counts) + 1 if self.counts else 0
        if len(self.edges) != ends or list(self.edges) != sorted(set(self.edges)) or min(self.counts, default=0) < 0:
            raise ValueError("bins that cannot be")


@dataclass(frozen=True)
class PersonalData:
    """How often one kind of personal data was found, and what was done with it."""

    count: int
    action: str


@dataclass(frozen=True)
class Split:
    """How rows were split that name no part: by which seed, in which percentages."""

    seed: int
    shares: tuple[int, ...]


@dataclass(frozen=True)
class DatasetReport:
    """What was found in the rows of a version. No row is quoted.

    `sources`, `unread`, `left_out` and `split` tell how the file was once read. `personal_data` is by kind, as
    `personal_data.kind_name` takes it.
    """

    rows: int = 0
    checks: tuple[CheckReport, ...] = ()
    tokens: LengthHistogram = LengthHistogram()
    personal_data: dict[str, PersonalData] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    unread: tuple[Message, ...] = ()
    left_out: LeftOut = LeftOut()
    split: Split | None = None

    def read_as(self, other: "DatasetReport") -> "DatasetReport":
        """Return the report of rows that come from the same file as those of `other`."""
        return replace(self, sources=other.sources, unread=other.unread, left_out=other.left_out, split=other.split)


@dataclass(frozen=True)
class PreviewedRow:
    """One row as a conversation, or the `problem` with it."""

    row: int
    messages: list[dict[str, str]]
    problem: MaybeMessage = ""


@dataclass
class PreviewedSource(SourceReport):
    """How a source would be read. Where its columns are not clear, `reason` says why, and `rows` are as they are."""

    columns: list[str] = field(default_factory=list)
    reason: MaybeMessage = ""
    rows: list[dict[str, str]] = field(default_factory=list)
    conversations: list[PreviewedRow] = field(default_factory=list)


@dataclass(frozen=True)
class FilePreview:
    """How each source of a file would be read, and what would not be read."""

    sources: tuple[PreviewedSource, ...]
    unread: tuple[Message, ...]
