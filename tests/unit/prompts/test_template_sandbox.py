"""The sandbox: templates reach only plain data, and every template ends. No test waits for a time-out."""

import pytest

from appliance.foundation.errors import InputError
from appliance.foundation.messages import use_language
from appliance.prompts.chat_prompts import render
from appliance.prompts.template_budget import MAX_STEPS, Budget, TemplateRefusedError

MESSAGES = [{"role": "user", "content": "CANARY"}]


@pytest.mark.parametrize(
    "template",
    [
        '{{ lipsum.__globals__["os"] }}',
        '{{ lipsum.__globals__["os"].popen("id").read() }}',
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.__class__ }}",
        "{{ messages[0].__init__ }}",
        '{{ messages[0]["__class__"]("x") }}',
        "{{ ''|attr('__class__') }}",
        "{{ messages|map(attribute='__class__')|list }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ joiner }}{{ self.__init__.__globals__ }}",
        "{{ self }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ range.__self__ }}",
        "{{ raise_exception.__globals__ }}",
        "{{ raise_exception.__code__ }}",
        "{% set ns = namespace() %}{{ ns.__dict__ }}",
        "{% set ns = namespace() %}{{ ns }}",
        "{% for m in messages %}{{ loop._iterable }}{% endfor %}",
        "{% for m in messages %}{{ loop.__init__ }}{% endfor %}",
        "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
        "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'content': 1}) }}",
        "{{ messages[0].pop('content') }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ '%s'|format(1) }}",
        "{{ '%99999999d' % 1 }}",
        "{{ ''.join.__self__ }}",
        "{{ 'x'.encode() }}",
        "{{ '{:99999999}'.format(1) }}",
        "{{ ''.__class__ is defined }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% from 'os' import system %}",
        "{% extends 'x' %}",
        "{% block b %}{{ self.b() }}{% endblock %}",
        "{% autoescape true %}{% endautoescape %}",
        "{{ undefined_name() }}",
        "{{ messages[99].content }}",
        "{{ raise_exception('CANARY') }}",
        "{% if %}",
        "{{ ",
        "{% for x in 5 %}{% endfor %}",
        "{{ range(*[1]) }}",
        "x" * 100_001,
    ],
)
def test_only_plain_data_can_be_reached(template: str) -> None:
    with pytest.raises(InputError) as caught:
        render(template, MESSAGES)
    assert "CANARY" not in caught.value.sentence


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in range(999999999) %}{% endfor %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% "
        "endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 9 ** 999999999 }}",
        "{% set ns = namespace(n=3) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
        "{{ 'x'.ljust(999999999) }}",
        "{{ 'x'.center(999999999) }}",
        "{{ 'x'|center(999999999) }}",
        "{{ 'x'|indent(999999999) }}",
        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s.replace('x', 'xx') %}{% endfor %}",
        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s|replace('x', 'xx') %}{% endfor %}",
        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s]|join(ns.s) %}{% endfor %}",
        "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set b %}{{ ns.s }}{{ ns.s }}{% endset %}{% set "
        "ns.s = b %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ "
        "ns.s|tojson }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s == "
        "[1] }}",
        "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ 1 if ns.s "
        "is eq(ns.s) }}",
        "{% set ns = namespace(s=(1,)) %}{% for i in range(60) %}{% set ns.s = (ns.s, ns.s) %}{% endfor %}{{ {ns.s: 1} "
        "}}",
        "{% set ns = namespace(s=(1,)) %}{% for i in range(60) %}{% set ns.s = (ns.s, ns.s) %}{% endfor %}{{ "
        "messages[0][ns.s] }}",
        "{% set ns = namespace(s=(1,)) %}{% for i in range(60) %}{% set ns.s = (ns.s, ns.s) %}{% endfor %}{{ "
        "messages[0].get(ns.s) }}",
        "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% for x in messages recursive %}{{ loop(messages) }}{% endfor %}",
        "{% for i in range(9999) %}" + "x" * 5000 + "{% endfor %}",
        "{% for i in range(9999) %}{% set y %}{{ 'x' }}{% endset %}{% for j in range(9999) %}{% set y = i ~ j %}{% "
        "endfor %}{% endfor %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "[" * 300 + "]" * 300 + " }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
    ],
)
def test_every_template_ends(template: str) -> None:
    with pytest.raises(InputError):
        render(template, MESSAGES)


def test_a_refused_template_says_why_in_the_readers_language() -> None:
    with pytest.raises(InputError, match=r"was refused\. It uses \*\* on values where this is forbidden\.") as caught:
        render("{{ 9 ** 9 }}", MESSAGES)
    assert caught.value.code == "prompts.template"
    with use_language("de"):
        assert "wurde abgelehnt. Sie verwendet ** mit Werten" in caught.value.sentence


def test_a_budget_ends_by_steps_characters_and_time() -> None:
    budget = Budget(lambda: 0.0, 1.0)
    with pytest.raises(TemplateRefusedError, match=r"template\.steps"):
        budget.step(MAX_STEPS + 1)
    with pytest.raises(TemplateRefusedError, match=r"template\.long-text"):
        Budget(lambda: 0.0, 1.0).text("x" * 5_000_000)
    times = iter((0.0, 2.0))
    with pytest.raises(TemplateRefusedError, match=r"template\.time"):
        Budget(lambda: next(times), 1.0).step(64)


def test_one_rendering_does_not_use_up_the_next() -> None:
    template = "{% for i in range(9000) %}{{ i }}{% endfor %}"
    for _ in range(10):
        assert render(template, MESSAGES).startswith("012")
