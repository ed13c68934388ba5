"""What has a row in a table has its words in every language: a new row without them fails here."""

from collections.abc import Iterable, Mapping
from functools import cache

import pytest
from catalogue_scan import catalogue

from appliance.audit.catalogue import EVENTS
from appliance.audit.event_kinds import Stage
from appliance.datasets.checks import CHECKS
from appliance.foundation.messages import LANGUAGES, Message, use_language
from appliance.foundation.roles import ROLES
from appliance.jobs.states import JobState
from appliance.planning.training_settings import SETTINGS
from appliance.services.job_kinds import job_kinds
from appliance.services.operations import operations

FAMILIES: dict[str, Iterable[str]] = {
    "events": [event.label.id for event in EVENTS.values()],
    "stages": [stage.label.id for stage in Stage],
    "operations": [operation.label.id for operation in operations().values()],
    "kinds of jobs": [kind.label.id for kind in job_kinds().values()],
    "states of jobs": [state.label.id for state in JobState],
    "roles": [role.label.id for role in ROLES.values()],
    "settings of a training": [setting.label.id for setting in SETTINGS],
    "help of the settings": [setting.help.id for setting in SETTINGS],
    "titles of checks": [check.title.id for check in CHECKS.values()],
    "advice of checks": [check.advice.id for check in CHECKS.values()],
    "kinds of objects": [f"kind-{kind}" for event in EVENTS.values() for kind in event.kinds],
    "objects that a parameter may name": [
        f"not-found:{reference.kind}"
        for operation in operations().values()
        for reference in operation.references.values()
    ],
}


@cache
def _catalogue(language: str) -> Mapping[str, frozenset[str]]:
    return catalogue(language)


def _words_of(language: str, identifier: str) -> str:
    """Return the sentence, or "" where the catalogue of the language has none of its own."""
    if identifier.replace(".", "-").replace(":", "-") not in _catalogue(language):
        return ""
    with use_language(language):
        return str(Message(identifier))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_has_words(language: str, family: str) -> None:
    identifiers = sorted(set(FAMILIES[family]))
    assert identifiers
    assert [each for each in identifiers if not _words_of(language, each).strip()] == []


@pytest.mark.parametrize("family", ["events", "operations", "kinds of jobs", "roles", "settings of a training"])
def test_no_two_rows_have_the_same_words(family: str) -> None:
    """Somebody who chooses from a list must see the difference."""
    for language in LANGUAGES:
        words = [_words_of(language, each) for each in set(FAMILIES[family])]
        assert sorted(words) == sorted(set(words)), language
