"""The model card of an adapter: what it is, what it learned from, how well, and what is not known. In plain language, from facts."""

import datetime as dt
from collections.abc import Sequence

from appliance.reports.facts import Fact

_METHODS = {"qlora": "a small adapter on the model in 4 bits (QLoRA)", "lora": "a small adapter (LoRA)"}
_FOUND = "data.found."
_PERSONAL = "data.personal."
_ASKED = {"purpose": "what the data is for", "owner": "who answers for it", "legal_basis": "on which legal basis it is used"}


def model_card(facts: Sequence[Fact], archived: str = "") -> str:
    """Return the card as Markdown. Every sentence is from a fact, and says in brackets which entries of the log it rests on.

    `archived` is the sentence on entries that could not be read for it, "" when there are none.
    """
    card = _Card({fact.name: fact for fact in facts})
    lines = [f"# {card.text('adapter.name')}", "", f"Adapter {card.text('adapter.id')}, {card.text('adapter.state')}.", ""]
    for title, sentences in (
        ("What it is", card.what()),
        ("What it learned from", card.data()),
        ("How it was made", card.making()),
        ("How good it is", card.results()),
        ("Who, and when", card.people()),
        ("What is not known", [*card.gaps(), *([archived] if archived else [])]),
    ):
        lines += [f"## {title}", "", *(f"- {sentence}" for sentence in sentences), ""]
    lines.append("Numbers in brackets are entries of the audit log; `appliance audit prove NUMBER` proves one, `audit verify` all of them.")
    return "\n".join(lines) + "\n"


class _Card:
    def __init__(self, facts: dict[str, Fact]) -> None:
        self._facts = facts

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
        return f"{sentence} [{', '.join(map(str, entries))}]" if entries else sentence

    def what(self) -> list[str]:
        licence = f", licence {self.text('model.licence')}" if self.known("model.licence") else ", licence not stated"
        base = f"It changes the base model {self.text('model.name')} ({self.text('model.parameters')} parameters{licence})."
        sentences = [self.says(base, "model.name")]
        if self.known("adapter.digest"):
            sentences.append(self.says(f"Its file has the SHA-256 {self.text('adapter.digest')}.", "adapter.digest"))
        return sentences

    def data(self) -> list[str]:
        counts = f"{self.text('data.training_rows')} to learn from, {self.text('data.validation_rows')} to watch the learning"
        sentences = [
            self.says(
                f"Dataset {self.text('data.id')}, version {self.text('data.version')} ({self.text('data.change')}): "
                f"{self.text('data.rows')} examples, {counts}, {self.text('data.test_rows')} held back for the test.",
                "data.rows",
            )
        ]
        stated = [
            (name, self.text(f"data.{name}"))
            for name in ("purpose", "owner", "licence", "legal_basis", "keep_until")
            if self.known(f"data.{name}")
        ]
        sentences += [self.says(f"{name.replace('_', ' ').capitalize()}: {value}.", f"data.{name}") for name, value in stated]
        found = [name for name in self._facts if name.startswith((_FOUND, _PERSONAL)) and self._facts[name].value]
        if found:
            listed = ", ".join(f"{name.removeprefix(_FOUND).removeprefix(_PERSONAL)} {self.text(name)}" for name in found)
            sentences.append(self.says(f"Found in its rows: {listed}.", *found))
        return sentences

    def making(self) -> list[str]:
        method = _METHODS.get(self.text("training.method"), self.text("training.method"))
        sentences = [
            self.says(
                f"{method[0].upper()}{method[1:]}, rank {self.text('training.rank')}, {self.text('training.epochs')} passes over them, "
                f"{self.text('training.batch_size')} at a time, learning rate {self.text('training.learning_rate')}, "
                f"seed {self.text('training.seed')}.",
                "training.rank",
            )
        ]
        if self.known("training.flop"):
            sentences.append(
                self.says(
                    f"It read {self.text('training.tokens')} tokens in {self.text('training.seconds')} s: about "
                    f"{self.text('training.flop')} floating-point operations.",
                    "training.tokens",
                )
            )
        return sentences

    def results(self) -> list[str]:
        if "evaluation.bound" not in self._facts:
            return ["It was not measured. Do not rely on it before it is."]
        sentences = [self.says(self.text("evaluation.sentence"), "evaluation.sentence")]
        for contender, name in (("tuned", "With this adapter"), ("original", "The base model alone")):
            key = f"evaluation.{contender}"
            if not self.known(f"{key}.of"):
                continue
            low, high = (100 * float(self._facts[f"{key}.{end}"].value or 0.0) for end in ("low", "high"))
            answer = (
                f"{name}: {self.text(f'{key}.right')} of {self.text(f'{key}.of')} right ({low:.0f} to {high:.0f} % with 95 % confidence)."
            )
            sentences.append(self.says(answer, f"{key}.of"))
        sentences.append("Measured on questions that training never saw, out of the same data: elsewhere it may do worse.")
        return sentences

    def people(self) -> list[str]:
        sentences = []
        for name, verb in (("submitted", "Asked for"), ("created", "Made"), ("evaluated", "Its measuring asked for")):
            if self.known(f"who.{name}"):
                when = dt.datetime.fromtimestamp(int(self._facts[f"when.{name}_us"].value or 0) / 1e6, dt.UTC)
                by = f" by {self.text(f'who.{name}')}" if name != "created" else ""
                sentences.append(self.says(f"{verb}{by} on {when:%Y-%m-%d at %H:%M} UTC.", f"who.{name}"))
        sentences.append(
            self.says(f"Times it was used: {self.text('use.requests')}; people who did: {self.text('use.people')}.", "use.requests")
        )
        return sentences

    def gaps(self) -> list[str]:
        missing = [words for name, words in _ASKED.items() if not self.known(f"data.{name}")]
        sentences = [f"Nobody said {words}." for words in missing]
        if not self.known("model.licence"):
            sentences.append("The base model came without a licence.")
        unbound = [
            name for name in ("data", "training", "evaluation") if f"{name}.bound" in self._facts and not self._facts[f"{name}.bound"].value
        ]
        sentences += [f"The log does not bind what is said of the {name}: it rests on the database alone." for name in unbound]
        if self._facts.get("training.rows_too_long") and self._facts["training.rows_too_long"].value:
            sentences.append(f"{self.text('training.rows_too_long')} examples were too long for the model and were left out.")
        sentences.append("How it answers what its data does not speak of, and whether it repeats that data word for word.")
        return sentences
