"""What a careful reader would ask about a dataset: every row looked at as it passes, and one report at the end.

For each row only a few numbers are kept (hashes of question and answer, the row's number, its part), so a million rows
take tens of megabytes; duplicates and contradictions are found over these at the end. Findings are advice, and never
quote a row; what makes a row unusable `parse` has left out before. Personal data is treated as the policy says, and the
report says what was done.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from appliance.datasets.blocks import Block
from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.near_duplicates import MAX_COMPARED_ROWS, NearDuplicates
from appliance.datasets.personal_data import Pseudonyms, find_personal_data
from appliance.datasets.personal_data_policy import BLOCK, KEEP, MASK, PersonalDataPolicy
from appliance.datasets.row_checks import check_row, normal
from appliance.datasets.token_lengths import Lengths, TokenLimit
from appliance.foundation.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["CHECKS", "PersonalDataPolicy", "Screening", "TokenLimit"]

MAX_EXAMPLES = 50  # of one check
MIN_ROWS_A_KIND = 20  # below, shares say nothing
ONE_SIDED_SHARE = 0.9
UNBALANCED_RATIO = 10
MAX_CATEGORIES = 1000
_MASK = 2**64 - 1
_NO_PART = -1

# Each check: its title, what to do, and the fixes that a click applies to all its rows.
CHECKS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "one-sided": (
        "Nearly always the same answer",
        "Bring rows with other answers: the model would learn to say this always.",
        (),
    ),
    "unbalanced": (
        "Categories of very different size",
        "Bring more rows of the small ones: the model learns what it sees often.",
        (),
    ),
    "empty": ("Placeholder instead of text", "Write the text, or drop the row.", ("drop",)),
    "duplicate": ("The same row twice", "Drop the later ones.", ("drop",)),
    "near-duplicate": (
        "Nearly the same question",
        "Drop the later ones, or merge: they count as phrasings of one fact, and are not torn apart into practice and "
        "test.",
        ("merge", "drop"),
    ),
    "contradiction": (
        "Different answers to one question",
        "Keep the right answer, and drop the others by their row.",
        ("drop",),
    ),
    "leakage": (
        "Asked in practice and in the test",
        "Drop these from the test, or merge: they are practised then. The test would ask what training has shown.",
        ("drop", "merge"),
    ),
    "personal-data": (
        "Personal data",
        "Mask it (the same value gets the same pseudonym), or drop the rows.",
        ("mask", "drop"),
    ),
    "secret": (
        "Secrets and keys",
        "Mask them, and change them: they have left the place where they were.",
        ("mask", "drop"),
    ),
    "encoding": ("Damaged characters", "Mend what can be mended, or type it again.", ("trim", "drop")),
    "html": ("HTML", "Take the tags out, unless the model should write them.", ("trim", "drop")),
    "too-long": ("Too long", "Cut the oldest turns, or shorten the text, or split it into rows.", ("trim", "drop")),
    "key-fact": ("Answer without its key fact", "Write the key fact as the answer has it.", ("drop",)),
}


class Screening:
    """Looks at the rows of one dataset version, once."""

    def __init__(self, limit: TokenLimit | None, policy: PersonalDataPolicy) -> None:
        self.lengths = Lengths(limit)
        self._policy = policy
        self._pseudonyms = Pseudonyms(kinds=policy.kinds(MASK))
        self._near = NearDuplicates()
        self._rows, self._asked, self._answers, self._parts = array("q"), array("Q"), array("Q"), array("b")
        self._found: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self._examples: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._categories: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._personal: Counter[str] = Counter()
        self._blocked: list[int] = []
        self._masked_rows = 0
        self._over_all: dict[str, str] = {}
        self._finished = False

    @property
    def joined(self) -> dict[int, int]:
        """Rows that must not be parted from an earlier row, nearly the same."""
        return self._near.pairs

    @property
    def part_of(self) -> dict[int, int]:
        """The part (index into `PARTS`) of every row that has a near duplicate, or is one."""
        wanted = {row for pair in self.joined.items() for row in pair}
        return {row: part for row, part in zip(self._rows, self._parts, strict=True) if row in wanted}

    def group_of(self, row: int) -> str:
        """Return the group of a row among those that were compared."""
        return self._near.groups.get(row, "")

    def watch(self, rows: Iterable[Conversation | Block]) -> Iterator[Conversation | Block]:
        """Yield each row, masked where the policy says so.

        Raises `InputError` at the end when the policy blocks what was found.
        """
        for each in rows:
            if isinstance(each, Block):
                block = self._screen_block(each)
                self._look_at_block(block)
                yield block
            else:
                screened = self._screen_personal_data(each)
                self._look(screened)
                yield screened
        if self._blocked:
            kinds = [
                f"{self._personal[kind]:,} of the kind {kind}"
                for kind in self._policy.kinds(BLOCK)
                if self._personal[kind]
            ]
            blocked = ", ".join(map(str, self._blocked))
            raise InputError("dataset.personal-data", kinds="; ".join(kinds), blocked=blocked)

    def place(self, parts: "npt.NDArray[np.int8]") -> None:
        """Learn the part of each row, in the order in which they passed."""
        self._parts = array("b", parts.tobytes())

    def rows_of(self, code: str) -> "npt.NDArray[np.int64]":
        """Return the numbers of all rows with a finding, each once, in order."""
        import numpy as np  # noqa: PLC0415 - starts threads

        self._finish()
        return (
            np.unique(np.frombuffer(self._found[code], dtype=np.int64)) if self._found[code] else np.zeros(0, np.int64)
        )

    def report(self) -> dict[str, Any]:
        """Return everything that was found, as plain JSON."""
        self._finish()
        checks = []
        for code, (title, advice, fixes) in CHECKS.items():
            count = len(self.rows_of(code))
            if count or code in self._over_all:
                examples = sorted(self._examples[code], key=lambda each: each["row"])
                reason = self._over_all.get(code, "")
                checks.append(
                    {
                        "code": code,
                        "title": title,
                        "count": count,
                        "fixes": list(fixes),
                        "reason": reason,
                        "advice": advice,
                    }
                )
                checks[-1]["examples"] = examples
        personal = {
            kind: {"count": self._personal[kind], "action": self._policy.action(kind)}
            for kind in self._policy.all_kinds
            if self._personal[kind]
        }
        return {
            "rows": len(self._rows),
            "checks": checks,
            "tokens": self.lengths.histogram(),
            "personal_data": personal,
            "notes": self._notes(),
        }

    def _notes(self) -> list[str]:
        notes = [self.lengths.note] if self.lengths.note else []
        if len(self._rows) > MAX_COMPARED_ROWS:
            notes.append(f"Nearly the same questions were looked for among the first {MAX_COMPARED_ROWS:,} rows.")
        if self._masked_rows:
            rows = "1 row" if self._masked_rows == 1 else f"{self._masked_rows:,} rows"
            notes.append(f"By the policy, personal data was replaced by pseudonyms in {rows}.")
        return notes

    def _screen_personal_data(self, conversation: Conversation) -> Conversation:
        texts = [message["content"] for message in conversation.messages]
        found = [each for text in texts for each in find_personal_data(text)]
        if not found:
            return conversation
        kinds = Counter(each.kind for each in found)
        self._personal.update(kinds)
        if any(self._policy.action(kind) == BLOCK for kind in kinds) and len(self._blocked) < 20:
            self._blocked.append(conversation.row)
        kept = sorted(kind for kind in kinds if self._policy.action(kind) == KEEP)
        if kept:
            self._add("personal-data", conversation.row, f"holds personal data: {', '.join(kept)}")
        if not any(self._policy.action(kind) == MASK for kind in kinds):
            return conversation
        self._masked_rows += 1
        return masked(conversation, self._pseudonyms)

    def _screen_block(self, block: Block) -> Block:
        changed = {}
        for place in block.may_hold_personal_data().tolist():
            conversation = block.conversation(place)
            screened = self._screen_personal_data(conversation)
            if screened is not conversation:
                changed[place] = screened
        return block.replaced(changed)

    def _look_at_block(self, block: Block) -> None:
        """Do what `_look` does for each row, by fewer steps."""
        for place in block.may_fail_a_check().tolist():
            for code, clause in check_row(block.conversation(place)):
                self._add(code, block.rows[place], clause)
        for place, clause in self.lengths.add_block(block):
            self._add("too-long", block.rows[place], clause)
        self._rows.extend(block.rows)
        self._asked.extend([hash(text) & _MASK for text in block.asked])
        self._answers.extend([hash(text) & _MASK for text in block.answered])
        self._parts.extend([PARTS.index(part) if part else _NO_PART for part in block.label("split")])
        self._look_for_near(zip(block.rows, block.asked, block.label("group"), strict=True))
        self._kinds.update(filter(None, block.label("kind")))
        for category, count in Counter(filter(None, block.label("category"))).items():
            self._count_category(category, count)

    def _look_for_near(self, asked: Iterable[tuple[int, str, str]]) -> None:
        for row, text, group in asked:
            if self._near.full:
                return
            if (alike := self._near.add(row, text, group)) is not None:
                self._add("near-duplicate", row, f"asks nearly the same as row {alike}")

    def _count_category(self, category: str, count: int) -> None:
        if len(self._categories) < MAX_CATEGORIES:  # more of them are no categories
            self._categories[category.casefold()] += count

    def _look(self, conversation: Conversation) -> None:
        row = conversation.row
        for code, clause in check_row(conversation):
            self._add(code, row, clause)
        if clause := self.lengths.add(conversation):
            self._add("too-long", row, clause)
        asked = hash("\0".join([normal(message["content"]) for message in conversation.messages[:-1]]))
        self._rows.append(row)
        self._asked.append(asked & _MASK)
        self._answers.append(hash(normal(conversation.answer)) & _MASK)
        self._parts.append(PARTS.index(conversation.split) if conversation.split else _NO_PART)
        if not self._near.full:
            self._look_for_near([(row, normal(conversation.question), conversation.group)])
        if conversation.kind:
            self._kinds[conversation.kind] += 1
        if conversation.category:
            self._count_category(conversation.category, 1)

    def _add(self, code: str, row: int, clause: str) -> None:
        self._found[code].append(row)
        if len(self._examples[code]) < MAX_EXAMPLES:
            self._examples[code].append({"row": row, "reason": f"Row {row} {clause}."})

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
        import numpy as np  # noqa: PLC0415 - starts threads

        rows, asked, answers = self._arrays()
        order = np.lexsort((rows, asked))
        starts = np.flatnonzero(np.r_[True, asked[order][1:] != asked[order][:-1]])
        repeated = starts[np.diff(np.r_[starts, len(order)]) > 1]
        ends = dict(zip(starts.tolist(), np.r_[starts[1:], len(order)].tolist(), strict=True))
        for start in repeated.tolist():
            places = order[start : ends[start]]
            first: dict[int, int] = {}
            different = len(np.unique(answers[places])) > 1
            for place in places.tolist():
                row, answer = int(rows[place]), int(answers[place])
                if answer in first:
                    self._add("duplicate", row, f"says the same as row {first[answer]}")
                elif different:
                    other = next(iter(first.values()), None)
                    clause = (
                        f"answers the question of row {other} differently"
                        if other
                        else "asks what a later row answers differently"
                    )
                    self._add("contradiction", row, clause)
                first.setdefault(answer, row)
        most = int(np.unique(answers, return_counts=True)[1].max())
        if len(rows) >= MIN_ROWS_A_KIND and most >= ONE_SIDED_SHARE * len(rows):
            self._over_all["one-sided"] = f"{most:,} of {len(rows):,} rows have the same answer."

    def _find_leakage(self) -> None:
        import numpy as np  # noqa: PLC0415 - starts threads

        rows, asked, _answers = self._arrays()
        parts = np.frombuffer(self._parts, dtype=np.int8)
        held_out = parts > 0
        leaked = held_out & np.isin(asked, asked[parts == 0])
        for row in rows[leaked].tolist():
            self._add("leakage", row, "is set aside, but its question is asked in training too")
        part_of = self.part_of
        for one, other in self.joined.items():
            first, second = part_of.get(one, _NO_PART), part_of.get(other, _NO_PART)
            if min(first, second) == 0 and max(first, second) > 0:
                self._add(
                    "leakage",
                    one if first > 0 else other,
                    "is set aside, but nearly the same question is asked in training",
                )

    def _find_unbalanced(self) -> None:
        for counts, what in ((self._categories, "category"), (self._kinds, "kind")):
            total = sum(counts.values())
            if len(counts) < 2 or total < MIN_ROWS_A_KIND or len(counts) >= MAX_CATEGORIES:
                continue
            most, least = max(counts.values()), min(counts.values())
            if most > UNBALANCED_RATIO * least or most > ONE_SIDED_SHARE * total:
                self._over_all["unbalanced"] = f"The largest {what} has {most:,} rows, the smallest {least:,}."
                return

    def _arrays(self) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64], npt.NDArray[np.uint64]]":
        import numpy as np  # noqa: PLC0415 - starts threads

        return (
            np.frombuffer(self._rows, dtype=np.int64),
            np.frombuffer(self._asked, dtype=np.uint64),
            np.frombuffer(self._answers, dtype=np.uint64),
        )


def masked(conversation: Conversation, pseudonyms: Pseudonyms) -> Conversation:
    """Return the row with pseudonyms in place of personal data, in its labels too."""
    return replace(
        conversation,
        messages=[{**message, "content": pseudonyms.mask(message["content"])[0]} for message in conversation.messages],
        key_fact=pseudonyms.mask(conversation.key_fact)[0],
        group=pseudonyms.mask(conversation.group)[0],
        category=pseudonyms.mask(conversation.category)[0],
    )
