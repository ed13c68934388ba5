prompts-nothing = This conversation has no answer to learn. The last message must be the assistant's.
prompts-tokenizer-bounds = The tokenizer of this model changes text at the bounds of turns, which is not supported. Use another model.
prompts-tokenizer-unreadable = The tokenizer of this model cannot be read. Import another model.
prompts-end = This model has no token that ends an answer, so it would never stop. Use another model.
prompts-prefix = The model's chat template rewrites earlier turns when later ones follow, so that the assistant's answers cannot be separated. Use conversations of one question and one answer, or another model.
prompts-special = Message { NUMBER($number, useGrouping: 0) } contains { $token }, which this model reads as a control token, not as text. Remove it.
prompts-role = A message has a role other than { $roles }.
prompts-template-not-allowed = The model's chat template was refused. { $reason } Use another model.
prompts-template-failed = The model's chat template failed on this conversation ({ $error }). It may not support such messages, for example a system prompt. Use another model.
input-no-chat-template = This model has no chat template, so it is not a chat model. Import one that is (often named Instruct).
input-long-chat-template = The model's chat template is longer than { NUMBER($max_characters) } characters. Use another model.

# Why a chat template was refused
template-steps = It takes too many steps.
template-time = It takes too long.
template-long-text = It makes a text that is too long.
template-much-text = It produces too much text.
template-large-number = It makes a number that is too large.
template-not-plain = It uses a value that is not plain data.
template-range = It counts too far.
template-syntax = It uses { $node }, which chat templates do not need.
template-attribute = It asks for a forbidden attribute of { $of }.
template-operator = It uses { $operator } on values where this is forbidden.
