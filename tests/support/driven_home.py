"""A home on disk, driven by the `appliance` command as a user would; and how to make the model and the table that go
into it.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.audit.journal import Journal, JournalContents
from appliance.audit.tiles import JOURNAL_NAME
from appliance.foundation.errors import AuditLogError

PASSPHRASE = "integration passphrase"
CANARY = "zebra-quartz-41977"
COMMAND = Path(sys.executable).with_name("appliance")
SOON_S = 200.0  # whatever is waited for comes long before


def write_tiny_model(folder: Path, *, intermediate_size: int = 128) -> None:
    """Write a two-layer Llama with random weights and a byte-level tokenizer of its own: shapes, not sense."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: index for index, token in enumerate([*special, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\S+|\s+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        intermediate_size=intermediate_size,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
        tie_word_embeddings=True,
    )
    folder.mkdir(parents=True)
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    template = (
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
        "'\n'}}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|im_end|>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")


def write_table(path: Path, rows: int = 24, *, longer: str = "") -> None:
    """Write questions and answers with a canary in each, and `longer` at the end of each answer."""
    lines = ["question,answer,group,split"]
    for index in range(rows):
        part = ("training", "training", "validation", "test")[index % 4]
        lines.append(f"What is item {index}?,It is {CANARY} number {index}.{longer},g{index},{part}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Home:
    """One home and the command on it. `model` and `dataset` are the ids of what it holds."""

    def __init__(self, folder: Path, copy_of: "Home | None" = None) -> None:
        self.folder = folder / "home"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        self.model = self.dataset = ""
        self.command = [str(COMMAND)]
        if copy_of is not None:
            shutil.copytree(copy_of.folder, self.folder)
            self.model, self.dataset = copy_of.model, copy_of.dataset
        self.passphrase_file = folder / "passphrase"
        self.passphrase_file.write_text(PASSPHRASE, encoding="utf-8")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "nobody"),
            "TMPDIR": str(self.temporary),
            "APPLIANCE_HOME": str(self.folder),
            "APPLIANCE_PASSPHRASE_FILE": str(self.passphrase_file),
            "LANG": "C.UTF-8",
            # A model so small is slowed down by threads, the more so where the machine is shared.
            "OMP_NUM_THREADS": "1",
        }

    @property
    def places(self) -> list[Path]:
        """Return where a run may leave something."""
        return [self.folder, self.temporary, Path("/dev/shm")]  # noqa: S108 - it is looked at, not used

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command as the leader of a process group of its own."""
        return subprocess.Popen(
            [*self.command, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def refused(self, *words: str) -> dict[str, str]:
        """Run a command that must fail; return its error's code and sentence."""
        return error_of(*self._ended(*words))

    def __call__(self, *words: str) -> Any:
        """Run a command that must succeed; return its JSON."""
        process, output, errors = self._ended(*words)
        assert process.returncode == 0, (words, output, errors)
        assert "Traceback" not in errors
        return json.loads(output)

    def _ended(self, *words: str) -> tuple[subprocess.Popen[str], str, str]:
        process = self.start(*words, "--json")
        try:
            return process, *process.communicate(timeout=SOON_S)
        finally:
            if process.poll() is None:
                kill(process)

    def log(self) -> list[dict[str, Any]]:
        """Return the log's entries as they lie on the disk now, in tiles and journal, without opening the home."""
        folder = self.folder / "audit"
        for _attempt in range(100):
            try:
                raws = _bundled(folder / "tile" / "entries")
                journal = _journal(folder)
            except (FileNotFoundError, AuditLogError):  # Superseded between two looks, or written to while it was read.
                continue
            if journal is None:
                return [json.loads(raw) for raw in raws]
            if journal.size <= len(raws):  # else it was written out between the two looks
                return [
                    json.loads(raw)
                    for raw in [*raws[: journal.size], *(raw for batch in journal.batches for raw in batch.entries)]
                ]
        raise AssertionError("the log on the disk never held still")


def _journal(folder: Path) -> JournalContents | None:
    if not (folder / JOURNAL_NAME).exists():
        return None
    journal = Journal(folder)
    try:
        return journal.read()
    finally:
        journal.close()


def _bundled(folder: Path) -> list[bytes]:
    """Return the entries in the bundles of a log (C2SP tlog-tiles: full ones, and the widest of the last)."""
    raws: list[bytes] = []
    for index in range(1000):
        partial = sorted((folder / f"{index:03}.p").glob("[0-9]*"), key=lambda path: int(path.name))
        full = folder / f"{index:03}"
        if not full.exists() and not partial:
            break
        data = (full if full.exists() else partial[-1]).read_bytes()
        while len(data) > 2:
            length = int.from_bytes(data[:2], "big")
            raws.append(data[2 : 2 + length])
            data = data[2 + length :]
    return raws


def error_of(process: subprocess.Popen[str], output: str, errors: str) -> dict[str, str]:
    """Return code and sentence of a command that was refused. It has told them and no more."""
    assert process.returncode == 1, (output, errors)
    assert "Traceback" not in errors
    error: dict[str, str] = json.loads(errors.strip().splitlines()[-1])["error"]
    return error


def await_that(condition: Callable[[], Any], what: str, *, pause_s: float = 0.05) -> Any:
    """Wait until `condition` gives something, and return it."""
    deadline = time.monotonic() + SOON_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(pause_s)
    return found


def kill(process: subprocess.Popen[str]) -> None:
    """End a command and its launcher at once, as a power cut does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=SOON_S)


def workers_of(home: Home, kind: str) -> list[int]:
    """Return the processes of this home's running workers of one kind."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if f"appliance.workers.{kind}".encode() in words and str(home.folder).encode() in environment:
            found.append(int(entry.name))
    return found


class Server:
    """A running `appliance serve` on a home. It has the passphrase from the start unless it starts sealed."""

    def __init__(self, home: Home, *, sealed: bool = False) -> None:
        self.home = home
        secret = home.environment.pop(
            "APPLIANCE_PASSPHRASE_FILE"
        )  # Commands that need it from now on do not reach the server.
        words = [] if sealed else ["--passphrase-file", secret]
        self.process = home.start("serve", "--port", "0", *words, "--json")
        line = self.process.stdout.readline() if self.process.stdout else ""
        assert line, self.process.communicate(timeout=SOON_S)
        self.address = json.loads(line)["serving"].split("http://")[1].split("/")[0]
        home.environment["APPLIANCE_PASSPHRASE_FILE"] = secret

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page; return status and text."""
        connection = http.client.HTTPConnection(self.address, timeout=SOON_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def end(self) -> int:
        """Ask it to end, as systemd does; return its status."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=SOON_S)
        return self.process.returncode
