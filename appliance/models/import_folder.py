"""Import of a model's folder: everything is checked, only known files are copied, under the hash of their content.

A folder has `config.json`, `tokenizer.json`, `tokenizer_config.json`, weights in safetensors (one file, or shards with
their index), and perhaps `generation_config.json` and a chat template. JSON files are written anew from what the
allow-lists keep. Weights are copied byte for byte, and checked after the copy so that they cannot change in between. A
folder with pickle, code or unknown files is refused. The tokenizer and the template are not run here (see `prompts`).
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
from typing import Any, NoReturn

from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import InputError, IntegrityError
from appliance.foundation.messages import message
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
TEMPLATE_NAME = "chat_template.jinja"  # an import keeps the template under this name, wherever it was
_OPTIONAL = ("generation_config.json", TEMPLATE_NAME, "LICENSE", "NOTICE")
# Known, but not needed and not copied: the tokenizer is read from tokenizer.json alone.
_LEFT_BEHIND = (
    *("README.md", "LICENSE.txt", "LICENSE.md", "USE_POLICY.md", ".gitattributes", ".gitignore"),
    *("special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model"),
)
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".msgpack")


def model_folder(home: Path, model_id: str) -> Path:
    """Return the folder of a model in the home."""
    return home / "models" / model_id


def copy_model(source: Path, home: Path, *, name: str = "", licence: str = "") -> ModelManifest:
    """Import the folder `source` into the home, whole or not at all; durable on return. The same content is one model.

    `licence` is read from the model's README unless given. Raises `InputError` naming the file or key that is refused,
    `StorageError`, and `IntegrityError` when the same model is already there but damaged.
    """
    names = _list_folder(source)
    models = home / "models"
    make_private_folder(models)
    temporary = models / f".import.{secrets.token_hex(4)}.tmp"
    with storage_errors(message("task:import-model")):
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
    """Raise `IntegrityError` unless `folder` has exactly the files of the manifest. Reads them all, at every load."""
    with storage_errors(message("task:read-model")):
        if not folder.is_dir() or folder.is_symlink():
            raise IntegrityError("integrity.model:folder")
        names, expected_names = set(os.listdir(folder)), set(manifest.files)
        if names - expected_names:
            raise IntegrityError("integrity.model:added", name=shown(min(names - expected_names)))
        if expected_names - names:
            raise IntegrityError("integrity.model:missing", name=shown(min(expected_names - names)))
        for name, expected in sorted(manifest.files.items()):
            if not stat.S_ISREG((folder / name).lstat().st_mode) or _sha256(folder / name) != expected:
                raise IntegrityError("integrity.model:changed", name=name)


def _list_folder(source: Path) -> list[str]:
    """Return the names to import, sorted. Raises `InputError` for unknown or missing files."""
    if not source.is_dir():
        raise InputError("model.folder:not-there")
    entries = sorted(os.scandir(source), key=lambda entry: entry.name)
    if len(entries) > MAX_FILES:
        raise InputError("model.folder:too-many-files", max_files=MAX_FILES)
    for entry in entries:
        _verify_entry(entry)
    names = [entry.name for entry in entries if entry.name not in _LEFT_BEHIND]
    missing = [name for name in _REQUIRED if name not in names]
    shards = [name for name in names if _SHARD.fullmatch(name)]
    if missing or not (_SINGLE in names or (shards and _INDEX in names)):
        raise InputError("model.folder:incomplete", missing=", ".join(missing or [_SINGLE]))
    if _SINGLE in names and (shards or _INDEX in names):
        raise InputError("model.folder:weights-twice")
    return names


def _verify_entry(entry: os.DirEntry[str]) -> None:
    name, lower = entry.name, entry.name.lower()
    if lower.endswith(_PICKLES):
        raise InputError("model.pickle:file", name=shown(name))
    if lower.endswith((".py", ".pyc", ".so")):
        raise InputError("model.code", name=shown(name))
    if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
        raise InputError("model.folder:not-plain", name=shown(name))
    known = (*_REQUIRED, *_OPTIONAL, *_LEFT_BEHIND, _SINGLE, _INDEX)
    if name not in known and not _SHARD.fullmatch(name):
        raise InputError("model.file", name=shown(name))


def _inspect(
    source: Path, weights: Path, names: list[str], digests: Mapping[str, str], *, name: str, licence: str
) -> tuple[ModelManifest, dict[str, bytes]]:
    """Return the manifest and the files to write anew. Texts are read once, from `source`; headers from `weights`."""
    texts = {file: _read_text(source / file) for file in names if file not in digests}
    config = allowed.read_model_configuration(texts["config.json"])
    allowed.verify_tokenizer(texts["tokenizer.json"], config["vocab_size"])
    tokenizer = allowed.read_tokenizer_configuration(texts["tokenizer_config.json"])
    rewritten = {"config.json": _json(config), "tokenizer.json": texts["tokenizer.json"]}
    if "generation_config.json" in texts:
        rewritten["generation_config.json"] = _json(
            allowed.read_generation_configuration(texts["generation_config.json"])
        )
    # One place for the template, as in transformers since 4.43, where the file takes precedence over the key, too.
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
    """Return the index of the shards, made anew. Raises `InputError` when it does not match them."""
    actual = {tensor: file for file, header in headers.items() for tensor in header.tensors}
    value = decode_object(data, _INDEX, MAX_TEXT_BYTES * 16)
    if not set(value) <= {"metadata", "weight_map"} or value.get("weight_map") != actual:
        raise InputError("model.safetensors:index", name=_INDEX)
    size = sum(tensor.end - tensor.begin for header in headers.values() for tensor in header.tensors.values())
    return {"metadata": {"total_size": size}, "weight_map": dict(sorted(actual.items()))}


def _verify_tensors(config: Mapping[str, Any], headers: Mapping[str, SafetensorsHeader]) -> int:
    """Return the number of parameters. Raises `InputError` unless the tensors are the architecture's, once each."""
    shapes: dict[str, tuple[int, ...]] = {}
    for file, header in headers.items():
        for name, tensor in header.tensors.items():
            if name in shapes:
                raise InputError("model.tensors:twice", file=file, tensor=shown(name))
            if tensor.dtype not in _WEIGHT_TYPES:
                raise InputError("model.tensors:dtype", file=file, tensor=shown(name), dtype=tensor.dtype)
            shapes[name] = tensor.shape
    expected = allowed.expected_tensors(config)
    if shapes.get("lm_head.weight") == shapes.get("model.embed_tokens.weight") and "lm_head.weight" not in expected:
        shapes.pop("lm_head.weight", None)  # some models with tied embeddings have an unused head
    if shapes != expected:
        _refuse_tensors(shapes, expected)
    return sum(header.parameters for header in headers.values())


def _refuse_tensors(shapes: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> NoReturn:
    """Raise `InputError` naming the first tensor that is missing, not expected, or of another shape."""
    name = min(name for name in {*shapes, *expected} if shapes.get(name) != expected.get(name))
    if name not in expected:
        raise InputError("model.tensors:unexpected", tensor=shown(name))
    if name not in shapes:
        raise InputError("model.tensors:missing", tensor=shown(name))
    expected_shape, shape = str(list(expected[name])), str(list(shapes[name]))
    raise InputError("model.tensors:shape", tensor=shown(name), expected=expected_shape, shape=shape)


def _read_text(path: Path) -> bytes:
    max_bytes = allowed.MAX_TOKENIZER_BYTES if path.name.startswith("tokenizer") else MAX_TEXT_BYTES * 16
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise InputError("model.too-large:file", name=path.name, max_bytes=max_bytes)
    if path.name in ("LICENSE", "NOTICE"):
        return data[:MAX_TEXT_BYTES]
    try:
        characters = len(data.decode())
    except UnicodeDecodeError as error:
        raise InputError("model.json:not-text", name=path.name) from error
    if path.name == TEMPLATE_NAME and characters > allowed.MAX_TEMPLATE_CHARACTERS:
        raise InputError("model.too-large:template", name=path.name, max_characters=allowed.MAX_TEMPLATE_CHARACTERS)
    return data


def _copy_file(source: Path, target: Path) -> str:
    """Copy one file durably and return its SHA-256, computed from the copied bytes. A link is not followed."""
    digest, total = hashlib.sha256(), 0
    with (
        open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as reader,
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as writer,
    ):
        while piece := reader.read(_PIECE_BYTES):
            total += len(piece)
            if total > MAX_WEIGHT_BYTES:
                raise InputError("model.too-large:weights", name=shown(source.name))
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
    """Return a name for people, of letters, digits, spaces and `._-`: folders may have any name."""
    return re.sub(r"[^A-Za-z0-9 ._-]+", "-", name).strip(" .-")[:80] or "model"


def _licence(readme: Path) -> str:
    """Return the licence in the README's front matter, or "unknown"."""
    if readme.is_symlink() or not readme.is_file():
        return "unknown"
    with readme.open("rb") as file:
        start = file.read(64 * 1024).decode(errors="replace")
    match = re.search(r"\A---\n(?:.*\n)*?license: *([A-Za-z0-9._-]{1,60}) *\n", start)
    return match.group(1) if match else "unknown"
