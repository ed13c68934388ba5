"""What workers do with the access that an order gives: verify a model, read a dataset's parts, open an adapter."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from appliance.datasets import Conversation, read_part
from appliance.foundation.atomic_files import remove_temporaries
from appliance.jobs.access import AdapterAccess, DatasetAccess, ModelAccess
from appliance.models import ModelManifest, read_artefact_configuration, verify_model
from appliance.prompts import ChatPrompts
from appliance.training.examples import TokenizedExample
from appliance.vault.stream import SealContext, seal_file, unseal_file

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
_SEALED = ".sealed"


def verified_model(access: ModelAccess) -> Path:
    """Return the model's folder after every hash was found right. Raises `IntegrityError`."""
    verify_model(Path(access.folder), ModelManifest.from_json(access.manifest))
    return Path(access.folder)


def conversations(access: DatasetAccess, part: str) -> Iterator[Conversation]:
    """Yield the rows of a part whose key was given."""
    return read_part(Path(access.folder), access.dataset_id, access.dataset_version, part, access.part_keys[part])


def with_system_prompt(messages: list[dict[str, str]], system_prompt: str) -> list[dict[str, str]]:
    """Return the messages behind the dataset's system prompt, unless they have one of their own or there is none."""
    if not system_prompt or messages[0]["role"] == "system":
        return messages
    return [{"role": "system", "content": system_prompt}, *messages]


def write_adapter(access: AdapterAccess, files: dict[str, bytes]) -> str:
    """Seal an adapter's files into its folder and return the SHA-256 of the weights (hex)."""
    folder = Path(access.folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    remove_temporaries(folder)
    for name, data in files.items():
        seal_file(
            folder / f"{name}{_SEALED}", data, access.data_key, SealContext("adapter", access.adapter_id, 1, name)
        )
    return hashlib.sha256(files[ADAPTER_WEIGHTS]).hexdigest()


def read_adapter(access: AdapterAccess) -> dict[str, bytes]:
    """Return an adapter's files, in memory only, its configuration checked. Raises `IntegrityError`, `InputError`."""
    files = {
        name: unseal_file(
            Path(access.folder) / f"{name}{_SEALED}",
            access.data_key,
            SealContext("adapter", access.adapter_id, 1, name),
        )
        for name in (ADAPTER_WEIGHTS, ADAPTER_CONFIG)
    }
    read_artefact_configuration(files[ADAPTER_CONFIG])
    return files


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
