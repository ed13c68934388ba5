"""After any sequence of jobs on one adapter, every sentence of its model card is true and agrees with the results."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert
from world import build_world

from appliance.evaluation.comparison import Outcome, Score, compare
from appliance.foundation.json_records import stored
from appliance.foundation.messages import use_language
from appliance.jobs.messages import Done, Ready
from appliance.jobs.states import JobState
from appliance.models.records import EVALUATION, RANK
from appliance.models.tables import FINDINGS
from appliance.vault.stream import SealContext, seal_file

KINDS = ("evaluate", "rank", "shrink", "sweep")
# Each kind follows each, itself too (a de Bruijn sequence of order 2, closed).
SEQUENCE = [KINDS[number] for number in (0, 0, 1, 0, 2, 0, 3, 1, 1, 2, 1, 3, 2, 2, 3, 3, 0)]
_numbers = count(1)


def play_evaluation(channel: Any, start: Any) -> Done:
    """Find other figures each time, and seal the answers as the worker does."""
    channel.send(Ready())
    right = next(_numbers) % 3
    asked = [Outcome(True, (Score(number < 1, False), Score(number < right, False))) for number in range(2)]
    asked += [Outcome(False, (Score(False, False), Score(False, number < 1))) for number in range(2)]
    context = SealContext("job", start.job.job_id, 1, "results.sealed")
    seal_file(Path(start.job.folder) / "results.sealed", b'{"answers": []}', start.job.key, context)
    return Done(result=stored(compare(("original", "tuned"), asked)))


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory,
    module_launcher: Callable[[Any], Any],
    worker_frame: Any,
    ordinary_plays: dict[str, Any],
    model_source: Path,
    table: bytes,
) -> Iterator[Any]:
    """Give a home with a trained adapter that was measured once."""
    plays = {**ordinary_plays, "evaluate": worker_frame(play_evaluation)}
    made = build_world(tmp_path_factory.mktemp("cards"), module_launcher(plays), model_source, table)
    yield made
    made.appliance.close()


def play(home: Any, kind: str) -> dict[str, Any]:
    """Do one job on the adapter, or with what it came from; return the job."""
    adapter = home.ids["adapter"]
    subject = {"dataset_id": home.ids["dataset"], "model_id": home.ids["model"]}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "evaluate": ("evaluate", {"adapter_id": adapter}),
        "rank": ("rank.explain", {"adapter_id": adapter}),
        "shrink": ("adapter.shrink", {"adapter_id": adapter, "rank": 3}),
        "sweep": ("sweep", {**subject, "ranks": [2, 4], "choice": {"preset": "quick"}}),
    }
    operation, parameters = asked[kind]
    job = home.do(operation, **parameters)
    home.appliance.run_queue()
    ended: dict[str, Any] = home.do("job.show", job_id=job["id"])
    assert ended["state"] == JobState.SUCCEEDED, ended["reason"]
    return ended


def verify_card(home: Any, adapter_id: str) -> str:
    """Check the card against the results that are shown, the job that found them, and the log; return it."""
    shown, adapter = home.do("adapter.card", adapter_id=adapter_id), home.do("adapter.show", adapter_id=adapter_id)
    card, results = shown["card"], adapter["results"]
    facts = {fact["name"]: fact for fact in shown["facts"]}
    entries = list(home.context.log.entries())

    assert "does not prove" not in card
    assert all(fact["value"] is True for name, fact in facts.items() if name.endswith(".bound"))
    assert ("has not been measured yet" in card) == ("It has not been measured." in card) == ("sentence" not in results)
    for name, found in (("evaluation.sentence", results), ("rank.sentence", results.get("rank", {}))):
        assert (name in facts) == ("sentence" in found)
        if name in facts:
            assert facts[name]["value"] == found["sentence"]
            assert f"- {found['sentence']} [" in card
            assert {entries[number]["object"]["id"] for number in facts[name]["entries"]} == {found["job_id"]}
    for contender, words in (("tuned", "This model"), ("original", "The base model before training")):
        if "sentence" not in results:
            continue
        right, declined = results[contender], results[f"{contender}_declined"]
        low, high = (round(100 * right[end]) for end in ("low", "high"))
        assert f"{words} answered {right['count']} of {right['total']} test questions correctly" in card
        assert f"between {low} and {high} in 100" in card
        assert f"{words[0].lower()}{words[1:]} declined to answer {declined['count']}." in card
        assert f"Of {declined['total']} test questions" in card
    assert ("that its data does not answer has not been tested" in card) == ("sentence" not in results)

    config, created = adapter["config"], f"{adapter['id']}. "
    assert created in card
    assert f"rank {adapter['rank']}," in card
    if config["made_from"]:
        larger = home.do("adapter.show", adapter_id=config["made_from"])
        assert f"made by shrinking the adapter {larger['name']} ({larger['id']})." in card
        assert config["shrink"]["sentence"] in card
    assert ("Training was requested by" in card) == ("Training ended" in card) == (not config["made_from"])
    return str(card)


@pytest.mark.slow
def test_every_sequence_of_jobs_leaves_a_card_that_is_true(home: Any) -> None:
    """Every two kinds of jobs after one another; the adapters that come of them have true cards too."""
    before = verify_card(home, home.ids["adapter"])
    measured = []
    for kind in SEQUENCE:
        ended = play(home, kind)
        card = verify_card(home, home.ids["adapter"])
        if kind == "evaluate":
            assert card != before
            measured.append(ended["result"]["sentence"])
            assert measured[-1] in card
            assert not [old for old in measured[:-1] if old != measured[-1] and old in card]
        if kind in {"shrink", "sweep"}:
            assert "It has not been measured." in verify_card(home, ended["result"]["adapter"])
        before = card
    assert set(pairwise(SEQUENCE)) == {(first, then) for first in KINDS for then in KINDS}


@pytest.mark.parametrize("kind", [EVALUATION, RANK])
def test_what_one_finding_covers_of_another_shows(home: Any, kind: str) -> None:
    """The fault that this file is about, made by hand: the facts of one kind in the row of the other."""
    play(home, "rank")
    play(home, "evaluate")
    verify_card(home, home.ids["adapter"])
    other = RANK if kind == EVALUATION else EVALUATION
    whose = (FINDINGS.c.adapter_id == home.ids["adapter"], FINDINGS.c.kind == kind)
    with home.context.database.begin() as connection:
        rows = [dict(row._mapping) for row in connection.execute(FINDINGS.select().where(*whose))]
        covering = connection.execute(
            FINDINGS.select()
            .where(FINDINGS.c.adapter_id == home.ids["adapter"], FINDINGS.c.kind == other)
            .order_by(FINDINGS.c.created_us.desc())
        ).first()
        both = json.dumps({**json.loads(rows[-1]["body"]), **json.loads(covering.body)})
        connection.execute(delete(FINDINGS).where(*whose))
        connection.execute(insert(FINDINGS).values({**rows[-1], "body": both}))
    with pytest.raises(AssertionError):
        verify_card(home, home.ids["adapter"])
    with home.context.database.begin() as connection:
        connection.execute(delete(FINDINGS).where(*whose))
        connection.execute(insert(FINDINGS), rows)
    verify_card(home, home.ids["adapter"])


def test_the_card_is_german_when_german_is_in_use_and_its_facts_stay_english(home: Any) -> None:
    english = home.do("adapter.card", adapter_id=home.ids["adapter"])
    with use_language("de"):
        german = home.do("adapter.card", adapter_id=home.ids["adapter"])
    names = ("evaluation.sentence", "data.change", "rank.sentence")
    evidence = [[fact["value"] for fact in shown["facts"] if fact["name"] in names] for shown in (english, german)]
    assert evidence[0] == evidence[1]
    assert german["card"].startswith("# Modellkarte: ")
    assert "Richtige Antworten: " in german["card"]
    assert not re.search(r"\bcard-[a-z]|\{ ?\$|\b(the|was|Training was)\b", _without_quotes(german["card"]))


def _without_quotes(card: str) -> str:
    """Return the card without what a worker of the tests said in English, and without names."""
    return "\n".join(line for line in card.splitlines() if "This model is perfect" not in line)
