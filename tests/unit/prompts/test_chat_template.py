"""Chat templates: those in use render as in plain Jinja."""

from pathlib import Path

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from appliance.foundation.errors import InputError
from appliance.prompts.chat_prompts import ChatTemplate, render

CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are helpful<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA = """{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{%- if tools is defined and tools is not none %}{{- tools|tojson(indent=4) }}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" + system_message + "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
"""  # noqa: E501
QWEN = """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and not(message.content.startswith('<x>') and message.content.endswith('</x>')) %}
        {%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ content ~ (loop.last and '' or '') ~ ns.last_query_index ~ '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- for m in messages if m.role == 'user' %}{{ loop.index }}{% if loop.index > 3 %}{% break %}{% endif %}
    {{- loop.nextitem is defined }}{% endfor %}
{{- messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|join(', ') }}{{ messages[0].items()|list|length }}
{%- macro shout(text) %}{{ text|upper }}!{% endmacro %}{{ shout('hi') }}{% generation %}{{ 1 + 2 * 3 }}{% endgeneration %}
"""  # noqa: E501
MESSAGES = [
    {"role": "system", "content": " Be brief. "},
    {"role": "user", "content": "Where is {{ it }}? {% raw %}"},
    {"role": "assistant", "content": "In <b>B-117</b> & \u00e9.\n"},
    {"role": "user", "content": "Thanks"},
]


@pytest.mark.parametrize("template", [CHATML, LLAMA, QWEN])
@pytest.mark.parametrize("messages", [MESSAGES, MESSAGES[1:3], MESSAGES[1:2]])
@pytest.mark.parametrize("open_end", [True, False])
def test_templates_in_use_render_as_in_plain_jinja(
    template: str, messages: list[dict[str, str]], open_end: bool
) -> None:
    plain = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
    source = template.replace("{% generation %}", "").replace("{% endgeneration %}", "")
    expected = plain.from_string(source).render(
        messages=messages, add_generation_prompt=open_end, bos_token="<s>", eos_token="</s>"
    )
    assert render(ChatTemplate(template, "<s>", "</s>"), messages, open_end) == expected


def test_braces_in_a_message_are_text() -> None:
    assert (
        render("{{ messages[0].content }}", [{"role": "user", "content": "{{ 7 * 7 }}{% raw %}"}])
        == "{{ 7 * 7 }}{% raw %}"
    )


def test_an_error_of_the_template_quotes_no_message() -> None:
    template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('No system: ' + messages[0].content) }}{% endif %}x"
    )
    assert render(template, MESSAGES[1:]) == "x"
    with pytest.raises(InputError, match="may not support such messages") as caught:
        render(template, MESSAGES)
    assert "brief" not in caught.value.sentence


def test_another_role_is_refused() -> None:
    with pytest.raises(InputError, match="a role other than system, user, assistant"):
        render("x", [{"role": "tool", "content": "x"}])


def test_a_template_is_read_from_the_folder_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": null, "eos_token": "</s>"}')
    with pytest.raises(InputError, match="no chat template"):
        ChatTemplate.load(tmp_path)
    (tmp_path / "chat_template.jinja").write_text("{{ eos_token }}é")
    assert render(ChatTemplate.load(tmp_path), []) == "</s>é"
