"""The model card of an adapter: what it is, what it learned from, how well, and what is not known.

In plain language, from facts.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from appliance.datasets.checks import CHECKS
from appliance.reports.facts import Fact

SHOWN_ENTRIES = 6  # of those that a sentence rests on; `facts` has them all
_BESIDE = "The base model itself was left as it was; what was learned is in a small part beside it, an adapter"
_METHODS = {
    "qlora": f"{_BESIDE} (method QLoRA: the base model is kept in a compressed form, 4 bits a number).",
    "lora": f"{_BESIDE} (method LoRA).",
    "full": "Training changed all of the base model's numbers (full fine-tuning).",
    "last-layers": "Training changed the last part of the base model and left the rest as it was (method: last "
    "layers).",
}
_STATES = {
    "trained": "Nobody has measured yet how good it is",
    "evaluated": "How good it is was measured, see below",
    "retired": "It is retired and answers no more, because it learned from somebody whose data was erased",
}
_SPECIALIST = {"rank": "rank", "learning_rate": "learning rate", "seed": "seed", "preset": "preset"}
_FOUND = "data.found."
_PERSONAL = "data.personal."
_ASKED = {
    "purpose": "what the data is for",
    "owner": "who answers for it",
    "legal_basis": "on which legal basis it is used",
}


def model_card(facts: Sequence[Fact], names: Mapping[str, str], archived: str = "") -> str:
    """Return the card as Markdown, for a reader who knows nothing of training models. `names`: of people and data sets,
    by id.

    Every sentence is from a fact, and says in brackets which entries of the log it rests on. `archived` is the sentence
    on entries that could not be read for it, "" when there are none.
    """
    card = _Card({fact.name: fact for fact in facts}, names)
    lines = [
        f"# Model card: {card.text('adapter.name')}",
        "",
        "A language model that was trained further on this machine, on data of your own. It is listed as "
        f"{card.text('adapter.id')}. "
        f"{_STATES.get(card.text('adapter.state'), card.text('adapter.state'))}.",
        "",
        "All of this was computed from the appliance's audit log and files; nobody wrote it by hand. Numbers in "
        "[square brackets] are "
        "the entries of the log that a sentence rests on.",
        "",
    ]
    for title, sentences in (
        ("What it is", card.what()),
        ("What it learned from", card.data()),
        ("How it was made", card.making()),
        ("How good it is", card.results()),
        ("Who, and when", card.people()),
        ("What is not known", [*card.gaps(), *([archived] if archived else [])]),
    ):
        lines += [f"## {title}", "", *(f"- {sentence}" for sentence in sentences), ""]
    lines.append(
        "To check it: `appliance audit prove NUMBER` proves one entry to anybody, `appliance audit verify` recomputes "
        "all of them."
    )
    return "\n".join(lines) + "\n"


class _Card:
    def __init__(self, facts: dict[str, Fact], names: Mapping[str, str]) -> None:
        self._facts = facts
        self._names = names

    def text(self, name: str) -> str:
        value = self._facts[name].value
        if isinstance(value, float):
            return f"{value:.4g}"
        return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

    def known(self, name: str) -> bool:
        return self._facts[name].value is not None

    def says(self, sentence: str, *names: str) -> str:
        """Return the sentence with the entries that the named facts rest on."""
        entries = sorted({entry for name in names for entry in self._facts[name].entries})
        if not entries:
            return sentence
        more = f" and {len(entries) - SHOWN_ENTRIES:,} more" if len(entries) > SHOWN_ENTRIES else ""
        return f"{sentence} [{', '.join(map(str, entries[:SHOWN_ENTRIES]))}{more}]"

    def named(self, name: str) -> str:
        """Return what an id is called, with the id."""
        identifier = self.text(name)
        return f"{self._names[identifier]} ({identifier})" if identifier in self._names else identifier

    def what(self) -> list[str]:
        licence = f", licence {self.text('model.licence')}" if self.known("model.licence") else ", licence not stated"
        base = (
            f"It began as the model {self.text('model.name')} (size: {self.text('model.parameters')} numbers, its "
            f"parameters{licence})."
        )
        method = self.text("training.method")
        sentences = [
            self.says(base, "model.name"),
            self.says(_METHODS.get(method, f"Method: {method}."), "training.method"),
        ]
        if self.known("adapter.digest"):
            digest = f"The fingerprint (SHA-256) of the file with what was learned is {self.text('adapter.digest')}."
            sentences.append(self.says(digest, "adapter.digest"))
        return sentences

    def data(self) -> list[str]:
        counts = (
            f"{self.text('data.training_rows')} to learn from, {self.text('data.validation_rows')} to see when to stop"
        )
        sentences = [
            self.says(
                f"Data set {self.named('data.id')}, version {self.text('data.version')} ({self.text('data.change')}): "
                f"{self.text('data.rows')} examples, {counts}, {self.text('data.test_rows')} held back for the test.",
                "data.rows",
            )
        ]
        stated = [
            (name, self.text(f"data.{name}"))
            for name in ("purpose", "owner", "licence", "legal_basis", "keep_until")
            if self.known(f"data.{name}")
        ]
        sentences += [
            self.says(f"{name.replace('_', ' ').capitalize()}: {value}.", f"data.{name}") for name, value in stated
        ]
        for prefix, what in (
            (_FOUND, "Worth knowing about its examples"),
            (_PERSONAL, "Personal data found in its examples"),
        ):
            found = [name for name in self._facts if name.startswith(prefix) and self._facts[name].value]
            if found:
                listed = "; ".join(f"{_title(name.removeprefix(prefix))}: {self.text(name)}" for name in found)
                sentences.append(self.says(f"{what}: {listed}.", *found))
        return sentences

    def making(self) -> list[str]:
        read = (
            f"It read the examples {_times(self.text('training.epochs'))}, {self.text('training.batch_size')} at a "
            "time."
        )
        sentences = [self.says(read, "training.epochs")]
        if self.known("training.flop"):
            seconds, flop = (
                float(self._facts["training.seconds"].value or 0),
                float(self._facts["training.flop"].value or 0),
            )
            took = (
                f"Training took {_duration(seconds)}, in which {self.text('training.tokens')} pieces of words "
                "(tokens) went through it."
            )
            computed = (
                f"The computing this took: about {_scientific(flop)} operations (FLOP, which the EU AI Act counts by)."
            )
            sentences += [self.says(took, "training.tokens"), self.says(computed, "training.tokens")]
        settings = [
            f"{said} {self.text(f'training.{name}')}"
            for name, said in _SPECIALIST.items()
            if self.known(f"training.{name}")
        ]
        return [*sentences, self.says(f"Settings, for a specialist: {', '.join(settings)}.", "training.seed")]

    def results(self) -> list[str]:
        if "evaluation.bound" not in self._facts:
            return ["It was not measured. Do not rely on it before it is."]
        sentences = [self.says(self.text("evaluation.sentence"), "evaluation.sentence")]
        for contender, name in (("tuned", "This model"), ("original", "The base model before training")):
            key = f"evaluation.{contender}"
            if not self.known(f"{key}.of"):
                continue
            low, high = (100 * float(self._facts[f"{key}.{end}"].value or 0.0) for end in ("low", "high"))
            share = (
                f"of very many like them it would get between {low:.0f} and {high:.0f} in 100 right (95 % confidence)"
            )
            answer = (
                f"{name} answered {self.text(f'{key}.right')} of {self.text(f'{key}.of')} test questions right; "
                f"{share}."
            )
            sentences.append(self.says(answer, f"{key}.of"))
        sentences.append(
            "The test questions come from the same data, and training never saw them. On other questions it may do "
            "worse."
        )
        return sentences

    def people(self) -> list[str]:
        sentences = []
        for name, verb in (
            ("submitted", "Training was asked for"),
            ("created", "Training ended"),
            ("evaluated", "The test was asked for"),
        ):
            if self.known(f"who.{name}"):
                when = dt.datetime.fromtimestamp(int(self._facts[f"when.{name}_us"].value or 0) / 1e6, dt.UTC)
                by = f" by {self.named(f'who.{name}')}" if name != "created" else ""
                sentences.append(self.says(f"{verb}{by} on {when:%Y-%m-%d at %H:%M} UTC.", f"who.{name}"))
        sentences.append(
            self.says(
                f"Times it was asked something: {self.text('use.requests')}, by people: {self.text('use.people')}.",
                "use.requests",
            )
        )
        return sentences

    def gaps(self) -> list[str]:
        missing = [words for name, words in _ASKED.items() if not self.known(f"data.{name}")]
        sentences = [f"Nobody said {words}." for words in missing]
        if not self.known("model.licence"):
            sentences.append("The base model came without a licence.")
        unbound = [
            name
            for name in ("data", "training", "evaluation")
            if f"{name}.bound" in self._facts and not self._facts[f"{name}.bound"].value
        ]
        sentences += [
            f"The log does not bind what is said of the {name}: it rests on the database alone, which somebody may "
            "have changed."
            for name in unbound
        ]
        if self._facts.get("training.rows_too_long") and self._facts["training.rows_too_long"].value:
            sentences.append(
                f"{self.text('training.rows_too_long')} examples were too long for the model and were left out."
            )
        sentences.append(
            "How it answers what its data does not speak of, and whether it repeats that data word for word: nobody "
            "tried."
        )
        return sentences


def _title(code: str) -> str:
    """Return what a check or a kind of personal data is called."""
    return CHECKS[code].title.english.lower() if code in CHECKS else code.replace("_", " ").replace("-", " ")


def _times(epochs: str) -> str:
    return "once" if epochs == "1" else f"{epochs} times"


def _duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def _scientific(value: float) -> str:
    """Return a large number as 1.2 x 10^12."""
    digits, _, power = f"{value:.1e}".partition("e")
    return f"{digits} x 10^{int(power)}"
