"""The model card of an adapter: what it is, what it learned from, how well, and what is not known.

In plain language and the language in use, from facts.
"""

from collections.abc import Iterator, Mapping, Sequence

from appliance.datasets import PARTS
from appliance.datasets.checks import CHECKS
from appliance.datasets.personal_data import kind_name
from appliance.foundation.messages import Message, Parameter, message, t
from appliance.jobs.starts.adapters import CONTENDERS
from appliance.planning.methods import METHODS
from appliance.reports.facts import ORIGIN, Fact
from appliance.reports.training_plan import in_scientific_notation

SHOWN_ENTRIES = 6  # of those that a sentence rests on; `facts` has them all
_FOUND, _PERSONAL = "data.found.", "data.personal."
_ASKED = ("purpose", "owner", "legal_basis")
_SPECIALIST = ("rank", "learning_rate", "seed", "preset")
_BOUND = ("data", "training", "evaluation", "rank")

Sentence = tuple[Message, tuple[str, ...]]  # with the names of the facts that it rests on


def model_card(facts: Sequence[Fact], names: Mapping[str, str], archived: str = "") -> str:
    """Return the card as Markdown, for a reader who knows nothing of training models. `names`: of people and data sets,
    by id.

    Every sentence is from facts, and says in brackets which entries of the log it rests on. `archived` is the sentence
    on entries that could not be read for it, "" when there are none.
    """
    card = _Card({fact.name: fact for fact in facts}, names)
    state = message(f"card-state-{card.text('adapter.state')}")
    lines = [
        t("card-title", name=card.text("adapter.name")),
        "",
        t("card-intro", id=card.text("adapter.id"), state=state),
        "",
        t("card-how"),
        "",
    ]
    for title, sentences in (
        ("card-what", card.what()),
        ("card-data", card.data()),
        ("card-making", card.making()),
        ("card-results", card.results()),
        ("card-people", card.people()),
        ("card-gaps", card.gaps()),
    ):
        told = [card.says(*sentence) for sentence in sentences]
        told += [archived] if archived and title == "card-gaps" else []
        lines += [f"## {t(title)}", "", *(f"- {sentence}" for sentence in told), ""]
    return "\n".join([*lines, t("card-check"), ""])


class _Card:
    def __init__(self, facts: dict[str, Fact], names: Mapping[str, str]) -> None:
        self._facts = facts
        self._names = names

    def text(self, name: str) -> str:
        """Return a fact as a part of a sentence: whoever wrote it can add no line to the card, and cite no entry."""
        return _inline(self._facts[name].value)

    def number(self, name: str) -> float:
        """Return a number, 0 where it is not known."""
        value = self._facts[name].value if name in self._facts else 0
        return value if isinstance(value, int | float) else 0

    def known(self, name: str) -> bool:
        return name in self._facts and self._facts[name].value is not None

    def said(self, name: str) -> Message:
        said = self._facts[name].said
        assert said is not None, f"the fact {name} is no sentence"
        return said

    def says(self, said: Message, names: Sequence[str]) -> str:
        """Return the sentence with the entries that the named facts rest on."""
        entries = sorted({entry for name in names for entry in self._facts[name].entries})
        text = " ".join(str(said).split())
        if not entries:
            return text
        shown = ", ".join(map(str, entries[:SHOWN_ENTRIES]))
        left = len(entries) - SHOWN_ENTRIES
        return f"{text} [{t('card-entries', shown=shown, more=left) if left > 0 else shown}]"

    def named(self, name: str) -> str:
        """Return what an id is called, with the id."""
        identifier = self.text(name)
        return f"{_inline(self._names[identifier])} ({identifier})" if identifier in self._names else identifier

    def what(self) -> Iterator[Sentence]:
        licence = message("card-licence-absent")
        if self.known("model.licence"):
            licence = message("card-licence", licence=self.text("model.licence"))
        size = self.number("model.parameters")
        yield message("card-base", name=self.text("model.name"), parameters=size, licence=licence), ("model.name",)
        method = self.text("training.method")
        told = message(f"card-method-{method}") if method in METHODS else message("card-method", method=method)
        yield told, ("training.method",)
        if self.known("made_from.id"):
            yield message("card-made-from", adapter=self.named("made_from.id")), ("made_from.id",)
        if self.known("origin.sentence"):
            yield self.said("origin.sentence"), ("origin.sentence",)
        if self.known("adapter.digest"):
            yield message("card-digest", digest=self.text("adapter.digest")), ("adapter.digest",)

    def data(self) -> Iterator[Sentence]:
        counts = {part: self.number(f"data.{part}_rows") for part in PARTS}
        facts: dict[str, Parameter] = {
            "version": self.text("data.version"),
            "change": self.said("data.change"),
            **counts,
        }
        rows = self.number("data.rows")
        yield message("card-dataset", name=self.named("data.id"), rows=rows, **facts), ("data.rows",)
        for name in ORIGIN:
            if self.known(f"data.{name}"):
                yield message(f"card-data-{name}", value=self.text(f"data.{name}")), (f"data.{name}",)
        for prefix, told in ((_FOUND, "card-found"), (_PERSONAL, "card-personal")):
            found = [name for name in self._facts if name.startswith(prefix) and self._facts[name].value]
            if found:
                listed = "; ".join(f"{_title(name.removeprefix(prefix))}: {self.text(name)}" for name in found)
                yield message(told, found=listed), tuple(found)

    def making(self) -> Iterator[Sentence]:
        passes, rows = self.number("training.epochs"), self.number("training.batch_size")
        told = "card-larger-passes" if self.known("made_from.id") else "card-passes"
        yield message(told, passes=passes, rows=rows), ("training.epochs",)
        if self.known("training.flop"):
            seconds, tokens = self.number("training.seconds"), self.number("training.tokens")
            yield message("card-took", seconds=seconds, tokens=tokens), ("training.tokens",)
            digits, power = in_scientific_notation(self.number("training.flop"))
            yield message("card-flop", digits=digits, power=str(power)), ("training.tokens",)
        known = [name for name in _SPECIALIST if self.known(f"training.{name}")]
        settings = ", ".join(t(f"card-setting-{name}", value=self.text(f"training.{name}")) for name in known)
        yield message("card-settings", settings=settings), ("training.seed",)

    def results(self) -> Iterator[Sentence]:
        if "evaluation.bound" not in self._facts:
            yield message("card-not-measured"), ()
        else:
            yield from self._measured()
        if self.known("rank.sentence"):
            yield self.said("rank.sentence"), ("rank.sentence",)

    def _measured(self) -> Iterator[Sentence]:
        if self.known("evaluation.sentence"):
            yield self.said("evaluation.sentence"), ("evaluation.sentence",)
        for contender in reversed(CONTENDERS):
            key = f"evaluation.{contender}"
            if self.known(f"{key}.of"):
                right, of = self.number(f"{key}.right"), self.number(f"{key}.of")
                ends = {end: round(100 * self.number(f"{key}.{end}")) for end in ("low", "high")}
                yield message(f"card-right-{contender}", right=right, of=of, **ends), (f"{key}.of",)
            if self.number(f"{key}.unanswerable"):
                declined, of = self.number(f"{key}.declined"), self.number(f"{key}.unanswerable")
                yield message(f"card-declined-{contender}", declined=declined, of=of), (f"{key}.unanswerable",)
        yield message("card-same-data"), ()

    def people(self) -> Iterator[Sentence]:
        smaller = self.known("made_from.id")
        for name, told in (
            ("submitted", "card-smaller-asked" if smaller else "card-training-asked"),
            ("created", "card-smaller-made" if smaller else "card-training-ended"),
            ("evaluated", "card-test-asked"),
        ):
            if self.known(f"who.{name}"):
                when = int(self.number(f"when.{name}_us"))
                yield message(told, who=self.named(f"who.{name}"), when=when), (f"who.{name}",)
        requests, people = self.number("use.requests"), self.number("use.people")
        yield message("card-uses", requests=requests, people=people), ("use.requests",)

    def gaps(self) -> Iterator[Sentence]:
        for name in _ASKED:
            if not self.known(f"data.{name}"):
                yield message(f"card-missing-{name}"), ()
        if not self.known("model.licence"):
            yield message("card-missing-licence"), ()
        for name in _BOUND:
            if self._facts.get(f"{name}.bound") and not self._facts[f"{name}.bound"].value:
                yield message(f"card-unbound-{name}"), ()
        if self.number("training.rows_too_long"):
            yield message("card-too-long", rows=self.number("training.rows_too_long")), ()
        if not self.number("evaluation.tuned.unanswerable"):
            yield message("card-untried-unanswerable"), ()
        yield message("card-untried-repeating"), ()


def _title(code: str) -> str:
    """Return what a check or a kind of personal data is called."""
    return str(CHECKS[code].title if code in CHECKS else kind_name(code))


def _inline(value: object) -> str:
    return " ".join(str(value).split()).replace("[", "(").replace("]", ")")
