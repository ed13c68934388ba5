"""Checks every row of a dataset as it passes, and reports once at the end.

Only a few numbers of each row are kept (hashes of question and answer, the row's number, its part), so a million rows
take tens of megabytes; duplicates and contradictions are found in these at the end (`repeated_rows`). Findings are
advice and never quote a row; `parse` has already left out the rows that cannot be used. Personal data is treated as the
policy says, and the report says what was done.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from appliance.datasets.blocks import Block
from appliance.datasets.checks import CHECKS, Check
from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.near_duplicates import MAX_COMPARED_ROWS, NearDuplicates
from appliance.datasets.personal_data import (
    BLOCK,
    KEEP,
    MASK,
    PersonalDataPolicy,
    Pseudonyms,
    find_personal_data,
    kind_count,
    kind_name,
)
from appliance.datasets.repeated_rows import largest_answer, leaked_rows, repeated_rows
from appliance.datasets.report import CheckReport, DatasetReport, PersonalData, RowFinding
from appliance.datasets.row_checks import check_row, normal
from appliance.datasets.token_lengths import Lengths, TokenLimit
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["CHECKS", "PersonalDataPolicy", "Screening", "TokenLimit"]

MAX_EXAMPLES = 50  # of one check
MAX_BLOCKED_ROWS = 20  # named in the error
MIN_ROWS_FOR_SHARES = 20  # with fewer rows, shares mean nothing
ONE_SIDED_SHARE = 0.9
UNBALANCED_RATIO = 10
MAX_CATEGORIES = 1000
_MASK = 2**64 - 1
_NO_PART = -1


class Screening:
    """Checks the rows of one dataset version, once."""

    def __init__(self, limit: TokenLimit | None, policy: PersonalDataPolicy) -> None:
        self.lengths = Lengths(limit)
        self._policy = policy
        self._pseudonyms = Pseudonyms(kinds=policy.kinds(MASK))
        self._near = NearDuplicates()
        self._rows, self._questions, self._answers, self._parts = array("q"), array("Q"), array("Q"), array("b")
        self._rows_by_check: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self._examples: defaultdict[str, list[RowFinding]] = defaultdict(list)
        self._categories: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._personal: Counter[str] = Counter()
        self._blocked: list[int] = []
        self._masked_rows = 0
        self._whole_dataset: dict[str, Message] = {}  # findings that are not about single rows, by check
        self._finished = False

    @property
    def joined(self) -> dict[int, int]:
        """The near duplicates, each with the earlier row whose part it must share."""
        return self._near.pairs

    @property
    def part_of(self) -> dict[int, int]:
        """The part (index into `PARTS`) of every row that is or has a near duplicate."""
        wanted = {row for pair in self.joined.items() for row in pair}
        return {row: part for row, part in zip(self._rows, self._parts, strict=True) if row in wanted}

    def group_of(self, row: int) -> str:
        """Return the group of a row among those that were compared."""
        return self._near.groups.get(row, "")

    def watch(self, rows: Iterable[Conversation | Block]) -> Iterator[Conversation | Block]:
        """Yield each row, masked where the policy says so.

        Raises `InputError` at the end when the policy blocks personal data in the rows.
        """
        for item in rows:
            if isinstance(item, Block):
                block = self._screen_block(item)
                self._check_block(block)
                yield block
            else:
                conversation = self._screen_personal_data(item)
                self._check(conversation)
                yield conversation
        if self._blocked:
            kinds = [kind for kind in self._policy.kinds(BLOCK) if self._personal[kind]]
            counts = tuple(kind_count(kind, self._personal[kind]) for kind in kinds)
            raise InputError("dataset.personal-data", counts=counts, rows=", ".join(map(str, self._blocked)))

    def place(self, parts: "npt.NDArray[np.int8]") -> None:
        """Take the part of each row, in the order in which they passed."""
        self._parts = array("b", parts.tobytes())

    def rows_of(self, code: str) -> "npt.NDArray[np.int64]":
        """Return the numbers of all rows with a finding of this check, each once, in order."""
        import numpy as np  # noqa: PLC0415 - starts threads

        self._finish()
        rows = self._rows_by_check[code]
        return np.unique(np.frombuffer(rows, dtype=np.int64)) if rows else np.zeros(0, np.int64)

    def report(self) -> DatasetReport:
        """Return everything that was found."""
        self._finish()
        personal = {
            kind: PersonalData(self._personal[kind], self._policy.action(kind))
            for kind in self._policy.all_kinds
            if self._personal[kind]
        }
        checks = (
            self._check_report(check)
            for code, check in CHECKS.items()
            if len(self.rows_of(code)) or code in self._whole_dataset
        )
        return DatasetReport(
            len(self._rows), tuple(checks), self.lengths.histogram(), personal, notes=tuple(self._notes())
        )

    def _check_report(self, check: Check) -> CheckReport:
        return CheckReport(
            code=check.code,
            title=check.title,
            count=len(self.rows_of(check.code)),
            fixes=check.fixes,
            reason=self._whole_dataset.get(check.code, ""),
            advice=check.advice,
            examples=tuple(sorted(self._examples[check.code], key=lambda example: example.row)),
        )

    def _notes(self) -> Iterator[Message]:
        if self.lengths.note:
            yield self.lengths.note
        if len(self._rows) > MAX_COMPARED_ROWS:
            yield message("note.compared-rows", rows=MAX_COMPARED_ROWS)
        if self._masked_rows:
            yield message("note.masked-rows", rows=self._masked_rows)

    def _screen_personal_data(self, conversation: Conversation) -> Conversation:
        kinds = Counter(item.kind for turn in conversation.messages for item in find_personal_data(turn["content"]))
        if not kinds:
            return conversation
        self._personal.update(kinds)
        actions = {kind: self._policy.action(kind) for kind in kinds}
        if BLOCK in actions.values() and len(self._blocked) < MAX_BLOCKED_ROWS:
            self._blocked.append(conversation.row)
        kept = sorted(kind for kind, action in actions.items() if action == KEEP)
        if kept:
            finding = message("finding.personal-data", kinds=tuple(map(kind_name, kept)))
            self._add("personal-data", conversation.row, finding)
        if MASK not in actions.values():
            return conversation
        self._masked_rows += 1
        return masked(conversation, self._pseudonyms)

    def _screen_block(self, block: Block) -> Block:
        changed = {}
        for index in block.may_hold_personal_data().tolist():
            conversation = block.conversation(index)
            screened = self._screen_personal_data(conversation)
            if screened is not conversation:
                changed[index] = screened
        return block.replaced(changed)

    def _check_block(self, block: Block) -> None:
        """Do what `_check` does for each row, in fewer steps."""
        for index in block.may_fail_a_check().tolist():
            for code, finding in check_row(block.conversation(index)):
                self._add(code, block.rows[index], finding)
        for index, finding in self.lengths.add_block(block):
            self._add("too-long", block.rows[index], finding)
        self._rows.extend(block.rows)
        self._questions.extend([hash(text) & _MASK for text in block.normal_questions])
        self._answers.extend([hash(text) & _MASK for text in block.normal_answers])
        self._parts.extend([PARTS.index(part) if part else _NO_PART for part in block.label("split")])
        self._compare(zip(block.rows, block.normal_questions, block.label("group"), strict=True))
        self._kinds.update(filter(None, block.label("kind")))
        for category, count in Counter(filter(None, block.label("category"))).items():
            self._count_category(category, count)

    def _compare(self, questions: Iterable[tuple[int, str, str]]) -> None:
        for row, text, group in questions:
            if self._near.is_full:
                return
            if (earlier := self._near.add(row, text, group)) is not None:
                self._add("near-duplicate", row, message("finding.near-duplicate", other=earlier))

    def _count_category(self, category: str, count: int) -> None:
        if len(self._categories) < MAX_CATEGORIES:  # with more, the column does not hold categories
            self._categories[category.casefold()] += count

    def _check(self, conversation: Conversation) -> None:
        row = conversation.row
        for code, finding in check_row(conversation):
            self._add(code, row, finding)
        if too_long := self.lengths.add(conversation):
            self._add("too-long", row, too_long)
        question = hash("\0".join([normal(turn["content"]) for turn in conversation.messages[:-1]]))
        self._rows.append(row)
        self._questions.append(question & _MASK)
        self._answers.append(hash(normal(conversation.answer)) & _MASK)
        self._parts.append(PARTS.index(conversation.split) if conversation.split else _NO_PART)
        if not self._near.is_full:
            self._compare([(row, normal(conversation.question), conversation.group)])
        if conversation.kind:
            self._kinds[conversation.kind] += 1
        if conversation.category:
            self._count_category(conversation.category, 1)

    def _add(self, code: str, row: int, finding: Message) -> None:
        self._rows_by_check[code].append(row)
        if len(self._examples[code]) < MAX_EXAMPLES:
            reason = message("row.problem", row=row, problem=finding)
            self._examples[code].append(RowFinding(row, reason))

    def _finish(self) -> None:
        """Find what takes all rows."""
        if self._finished:
            return
        self._finished = True
        if self._rows:
            self._find_repeated()
            self._find_leakage()
        self._find_unbalanced()

    def _find_repeated(self) -> None:
        rows, questions, answers, _parts = self._arrays()
        for row, code, finding in repeated_rows(rows, questions, answers):
            self._add(code, row, finding)
        most = largest_answer(answers)
        if len(rows) >= MIN_ROWS_FOR_SHARES and most >= ONE_SIDED_SHARE * len(rows):
            self._whole_dataset["one-sided"] = message("finding.one-sided", rows=most, all_rows=len(rows))

    def _find_leakage(self) -> None:
        rows, questions, _answers, parts = self._arrays()
        for row in leaked_rows(rows, questions, parts):
            self._add("leakage", row, message("finding.leakage"))
        part_of = self.part_of
        for one, other in self.joined.items():
            part, other_part = part_of.get(one, _NO_PART), part_of.get(other, _NO_PART)
            if min(part, other_part) == 0 and max(part, other_part) > 0:
                self._add("leakage", one if part > 0 else other, message("finding.near-leakage"))

    def _find_unbalanced(self) -> None:
        for counts, label in ((self._categories, "category"), (self._kinds, "kind")):
            total = sum(counts.values())
            if len(counts) < 2 or total < MIN_ROWS_FOR_SHARES or len(counts) >= MAX_CATEGORIES:
                continue
            most, least = max(counts.values()), min(counts.values())
            if most > UNBALANCED_RATIO * least or most > ONE_SIDED_SHARE * total:
                finding = message("finding.unbalanced", label=label, most=most, least=least)
                self._whole_dataset["unbalanced"] = finding
                return

    def _arrays(self) -> tuple[Any, Any, Any, Any]:
        """Return numbers, hashes of questions and of answers, and parts of all rows, without copying them."""
        import numpy as np  # noqa: PLC0415 - starts threads

        return (
            np.frombuffer(self._rows, dtype=np.int64),
            np.frombuffer(self._questions, dtype=np.uint64),
            np.frombuffer(self._answers, dtype=np.uint64),
            np.frombuffer(self._parts, dtype=np.int8),
        )


def masked(conversation: Conversation, pseudonyms: Pseudonyms) -> Conversation:
    """Return the row with pseudonyms in place of personal data, also in its labels."""
    return replace(
        conversation,
        messages=[{**turn, "content": pseudonyms.mask(turn["content"])[0]} for turn in conversation.messages],
        key_fact=pseudonyms.mask(conversation.key_fact)[0],
        group=pseudonyms.mask(conversation.group)[0],
        category=pseudonyms.mask(conversation.category)[0],
    )
