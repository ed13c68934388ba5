"""A part of a dataset in tokens, as training and its validation read it."""

from appliance.jobs.access import DatasetAccess
from appliance.prompts import ChatPrompts
from appliance.training.examples import TokenizedExample
from appliance.workers.access import conversations, with_system_prompt


def tokenised_part(
    prompts: ChatPrompts, dataset: DatasetAccess, part: str, max_length: int
) -> tuple[list[TokenizedExample], int]:
    """Return the rows of `part` that fit into `max_length` tokens, and how many do not."""
    examples, too_long = [], 0
    for row in conversations(dataset, part):
        encoded = prompts.encode_conversation(with_system_prompt(row.messages, dataset.system_prompt))
        if len(encoded.input_ids) > max_length:
            too_long += 1
        else:
            examples.append(TokenizedExample(tuple(encoded.input_ids), tuple(encoded.loss_mask)))
    return examples, too_long
