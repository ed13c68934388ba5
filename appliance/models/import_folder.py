"""Bring a model's folder in: check everything, copy only what is known, and keep it under the hash of its content.

A folder holds `config.json`, `tokenizer.json`, `tokenizer_config.json`, weights in safetensors (one file, or shards
with their index), and perhaps `generation_config.json` and a chat template. JSON files are written anew from what the
allow-lists keep; weights are copied byte for byte. Weights are checked after they are copied, so that nobody can change
them in between. Pickle, code and unknown files refuse the model. Does not run the tokenizer, nor the template (see
`prompts`).
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import InputError, IntegrityError
from appliance.models import configuration as allowed
from appliance.models.bounded_json import decode_object, shown
from appliance.models.manifest import ModelManifest, identity
from appliance.models.safetensors_header import SafetensorsHeader, read_header

MAX_FILES = 600
MAX_WEIGHT_BYTES = 2 * 1024**4  # of all files together
MAX_TEXT_BYTES = 1024**2
_PIECE_BYTES = 1024**2
_WEIGHT_TYPES = ("F32", "F16", "BF16")

_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_REQUIRED = ("config.json", "tokenizer.json", "tokenizer_config.json")
TEMPLATE_NAME = "chat_template.jinja"  # wherever it stood, an import keeps it under this name
_OPTIONAL = ("generation_config.json", TEMPLATE_NAME, "LICENSE", "NOTICE")
# Known, of no use here, and not copied: the tokenizer is read from tokenizer.json alone.
_LEFT_BEHIND = (
    *("README.md", "LICENSE.txt", "LICENSE.md", "USE_POLICY.md", ".gitattributes", ".gitignore"),
    *("special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model"),
)
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".msgpack")


def model_folder(home: Path, model_id: str) -> Path:
    """Return where the model with this id lies in the home."""
    return home / "models" / model_id


def verify_model_folder(source: Path) -> ModelManifest:
    """Check a folder and return the manifest that importing it would give.

    Raises `InputError` naming the file or key that is refused.
    """
    names = _list_folder(source)
    digests = {name: _sha256(source / name) for name in names if name.endswith(".safetensors")}
    return _inspect(source, source, names, digests, name=source.name, licence="")[0]


def copy_model(source: Path, home: Path, *, name: str = "", licence: str = "") -> ModelManifest:
    """Import the folder `source` into the home, whole or not at all; durable when it returns. The same content again is
    the same model.

    `licence`, when not given, is read from the model's README. Raises `InputError` naming the file or key that is
    refused, `StorageError`, and `IntegrityError` when the same model is there already but damaged.
    """
    names = _list_folder(source)
    models = home / "models"
    make_private_folder(models)
    temporary = models / f".import.{secrets.token_hex(4)}.tmp"
    with storage_errors("Importing the model"):
        try:
            temporary.mkdir(mode=0o700)
            digests = {
                file: _copy_file(source / file, temporary / file) for file in names if file.endswith(".safetensors")
            }
            manifest, rewritten = _inspect(source, temporary, names, digests, name=name or source.name, licence=licence)
            for file, data in rewritten.items():
                write_atomic(temporary / file, data)
            fsync_folder(temporary)
            target = model_folder(home, manifest.id)
            if target.exists():
                verify_model(target, manifest)
            else:
                os.rename(temporary, target)
                fsync_folder(models)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return manifest


def verify_model(folder: Path, manifest: ModelManifest) -> None:
    """Raise `IntegrityError` unless `folder` holds exactly the manifest's files with their content.

    Done at every load; it reads all.
    """
    with storage_errors("Reading the model"):
        if not folder.is_dir() or folder.is_symlink():
            raise IntegrityError("integrity.model")
        found = set(os.listdir(folder))
        extra, missing = found - set(manifest.files), set(manifest.files) - found
        if extra or missing:
            what = f"{shown(min(extra))} was added" if extra else f"{shown(min(missing))} is missing"
            raise IntegrityError("integrity.model:model-imported-import", what=what)
        for name, expected in sorted(manifest.files.items()):
            if not stat.S_ISREG((folder / name).lstat().st_mode) or _sha256(folder / name) != expected:
                raise IntegrityError("integrity.model:model-imported-changed", name=name)


def _list_folder(source: Path) -> list[str]:
    """Return the names to import, sorted.

    Raises `InputError` for anything that is not known, and for what is missing.
    """
    if not source.is_dir():
        raise InputError("model.folder")
    entries = sorted(os.scandir(source), key=lambda entry: entry.name)
    if len(entries) > MAX_FILES:
        raise InputError("model.folder:folder-holds-more", max_files=MAX_FILES)
    for entry in entries:
        _verify_entry(entry)
    names = [entry.name for entry in entries if entry.name not in _LEFT_BEHIND]
    missing = [name for name in _REQUIRED if name not in names]
    shards = [name for name in names if _SHARD.fullmatch(name)]
    if missing or not (_SINGLE in names or (shards and _INDEX in names)):
        missing = missing or [_SINGLE]
        raise InputError("model.folder:model-folder-lacks", missing=", ".join(missing))
    if _SINGLE in names and (shards or _INDEX in names):
        raise InputError("model.folder:folder-holds-weights")
    return names


def _verify_entry(entry: os.DirEntry[str]) -> None:
    name, lower = entry.name, entry.name.lower()
    if lower.endswith(_PICKLES):
        raise InputError("model.pickle", name=shown(name))
    if lower.endswith((".py", ".pyc", ".so")):
        raise InputError("model.code", name=shown(name))
    if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
        raise InputError("model.folder:link-folder-plain", name=shown(name))
    known = (*_REQUIRED, *_OPTIONAL, *_LEFT_BEHIND, _SINGLE, _INDEX)
    if name not in known and not _SHARD.fullmatch(name):
        raise InputError("model.file", name=shown(name))


def _inspect(
    source: Path, weights: Path, names: list[str], digests: Mapping[str, str], *, name: str, licence: str
) -> tuple[ModelManifest, dict[str, bytes]]:
    """Return the manifest and the files that are written anew.

    Texts are read from `source` once; headers from `weights`.
    """
    texts = {file: _read_text(source / file) for file in names if file not in digests}
    config = allowed.read_model_configuration(texts["config.json"])
    allowed.verify_tokenizer(texts["tokenizer.json"], config["vocab_size"])
    tokenizer = allowed.read_tokenizer_configuration(texts["tokenizer_config.json"])
    rewritten = {"config.json": _json(config), "tokenizer.json": texts["tokenizer.json"]}
    if "generation_config.json" in texts:
        rewritten["generation_config.json"] = _json(
            allowed.read_generation_configuration(texts["generation_config.json"])
        )
    # One place for the template, as transformers has it since version 4.43; the file wins over the key, as it does
    # there.
    inline = tokenizer.pop("chat_template", None)
    template = texts[TEMPLATE_NAME].decode() if TEMPLATE_NAME in texts else inline
    if template is not None:
        rewritten[TEMPLATE_NAME] = template.encode()
    rewritten["tokenizer_config.json"] = _json(tokenizer)
    rewritten |= {file: texts[file] for file in ("LICENSE", "NOTICE") if file in texts}
    headers = {}
    for file in sorted(digests):
        with (weights / file).open("rb") as opened:
            headers[file] = read_header(opened, file)
    if _INDEX in texts:
        rewritten[_INDEX] = _json(_verified_index(texts[_INDEX], headers))
    parameters = _verify_tensors(config, headers)
    files = {**digests, **{file: hashlib.sha256(data).hexdigest() for file, data in rewritten.items()}}
    model_id, digest = identity(files)
    manifest = ModelManifest(
        id=model_id,
        digest=digest,
        name=_plain_name(name),
        architecture=config["architectures"][0],
        parameters=parameters,
        licence=licence or _licence(source / "README.md"),
        files=files,
        config=config,
    )
    return manifest, rewritten


def _verified_index(data: bytes, headers: Mapping[str, SafetensorsHeader]) -> dict[str, Any]:
    """Return the index of shards, made anew. Raises `InputError` when it does not say what the shards hold."""
    actual = {tensor: file for file, header in headers.items() for tensor in header.tensors}
    value = decode_object(data, _INDEX, MAX_TEXT_BYTES * 16)
    if not set(value) <= {"metadata", "weight_map"} or value.get("weight_map") != actual:
        raise InputError("model.safetensors", index=_INDEX)
    size = sum(tensor.end - tensor.begin for header in headers.values() for tensor in header.tensors.values())
    return {"metadata": {"total_size": size}, "weight_map": dict(sorted(actual.items()))}


def _verify_tensors(config: Mapping[str, Any], headers: Mapping[str, SafetensorsHeader]) -> int:
    """Return the number of parameters.

    Raises `InputError` unless the tensors are those of the architecture, once each.
    """
    expected = allowed.expected_tensors(config)
    found: dict[str, tuple[int, ...]] = {}
    for file, header in headers.items():
        for tensor_name, tensor in header.tensors.items():
            if tensor_name in found or tensor.dtype not in _WEIGHT_TYPES:
                clause = "twice" if tensor_name in found else f"as {tensor.dtype}, which is not accepted for weights"
                raise InputError(
                    "model.tensors:holds-use-another", file=file, tensor_name=shown(tensor_name), clause=clause
                )
            found[tensor_name] = tensor.shape
    if found.get("lm_head.weight") == found.get("model.embed_tokens.weight") and "lm_head.weight" not in expected:
        found.pop("lm_head.weight", None)  # some tied models carry their head all the same; it is not used
    if found != expected:
        odd = min(key for key in {*found, *expected} if found.get(key) != expected.get(key))
        how = f"expected shape {list(expected[odd])}" if odd in expected else "not expected"
        got = f"got {list(found[odd])}" if odd in found else "it is missing"
        raise InputError("model.tensors", odd=shown(odd), how=how, got=got)
    return sum(header.parameters for header in headers.values())


def _read_text(path: Path) -> bytes:
    limit = allowed.MAX_TOKENIZER_BYTES if path.name.startswith("tokenizer") else MAX_TEXT_BYTES * 16
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError("model.too-large:larger-bytes", path_name=path.name, limit=limit)
    if path.name in ("LICENSE", "NOTICE"):
        return data[:MAX_TEXT_BYTES]
    try:
        characters = len(data.decode())
    except UnicodeDecodeError as error:
        raise InputError("model.json:utf-text-fetch", path_name=path.name) from error
    if path.name == TEMPLATE_NAME and characters > allowed.MAX_TEMPLATE_CHARACTERS:
        raise InputError(
            "model.too-large:longer-characters-use",
            path_name=path.name,
            max_template_characters=allowed.MAX_TEMPLATE_CHARACTERS,
        )
    return data


def _copy_file(source: Path, target: Path) -> str:
    """Copy one file durably and return its SHA-256, taken while copying.

    A link put there since the listing is not followed.
    """
    digest, total = hashlib.sha256(), 0
    with (
        open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as reader,
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as writer,
    ):
        while piece := reader.read(_PIECE_BYTES):
            total += len(piece)
            if total > MAX_WEIGHT_BYTES:
                raise InputError("model.too-large:too-large-appliance", source_name=shown(source.name))
            digest.update(piece)
            writer.write(piece)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()


def _plain_name(name: str) -> str:
    """Return a name for people made of letters, digits, spaces and `._-`: it may come from a folder that somebody
    named.
    """
    return re.sub(r"[^A-Za-z0-9 ._-]+", "-", name).strip(" .-")[:80] or "model"


def _licence(readme: Path) -> str:
    """Return the licence that the README's front matter names, or "unknown"."""
    if readme.is_symlink() or not readme.is_file():
        return "unknown"
    with readme.open("rb") as file:
        start = file.read(64 * 1024).decode(errors="replace")
    found = re.search(r"\A---\n(?:.*\n)*?license: *([A-Za-z0-9._-]{1,60}) *\n", start)
    return found.group(1) if found else "unknown"
