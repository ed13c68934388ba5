"""Talk to tuned models beside their originals. A confined worker serves one adapter, to several people at once."""

import contextlib
import queue
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import ConflictError, InputError, WorkerError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerConversation, WorkerOrder
from appliance.jobs.messages import ChatPiece, Done, Ready, Stop
from appliance.jobs.starts.adapters import CONTENDERS, ChatRequest, ServeStart
from appliance.models.records import get_adapter
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import adapter_access, model_access, model_memory
from appliance.services.kept_adapters import adapter_parts
from appliance.services.operations import AdapterId, operation

MAX_TURNS = 40
MAX_CHARACTERS = 8000
MAX_NEW_TOKENS = 128
STOP_S = 2.0
MAX_SERVED = 2  # adapters at once, each with its base model in memory

Turns = Sequence[dict[str, str]]


class ServedAdapter:
    """A worker with an adapter loaded. Its pieces go to whoever asked for them."""

    def __init__(self, context: ServiceContext, adapter_id: str) -> None:
        """Start the worker and wait until it is ready. Raises `WorkerError`, `NotFoundError`, `ConflictError`."""
        adapter, model, prompt = context.query(adapter_parts, adapter_id)
        adapter.verify_in_use()
        access, start_model = adapter_access(context, adapter_id), model_access(context, model)
        start = ServeStart(model=start_model, adapter=access, quantised=adapter.quantised, system_prompt=prompt)
        # Libraries make cache folders when they are imported, and fail where they cannot: an empty folder for that.
        self._scratch = context.home / "staging" / new_id("ch")
        make_private_folder(self._scratch)
        read = (Path(start_model.folder), Path(access.folder))
        order = WorkerOrder(start, read=read, write=(self._scratch,), memory_bytes=model_memory(context))
        self._waiting: dict[str, queue.SimpleQueue[ChatPiece | WorkerError]] = {}
        self._changing = threading.Lock()
        self.failed = False
        try:
            self._conversation = WorkerConversation(context.launcher, order)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        try:
            if not isinstance(self._conversation.receive(None), Ready):
                raise WorkerError("chat.start")
        except BaseException:
            self._conversation.close(grace_s=STOP_S)
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._reading = threading.Thread(target=self._read, name="chat", daemon=True)
        self._reading.start()

    @property
    def busy(self) -> bool:
        """Tell whether somebody waits for an answer."""
        return bool(self._waiting)

    def ask(self, messages: Turns, contenders: Sequence[str]) -> Iterator[ChatPiece]:
        """Yield the answers piece by piece. Raises `WorkerError` when the worker dies."""
        request_id = new_id("ch")
        pieces: queue.SimpleQueue[ChatPiece | WorkerError] = queue.SimpleQueue()
        with self._changing:
            self._waiting[request_id] = pieces
        request = ChatRequest(
            request_id=request_id, messages=list(messages), contenders=list(contenders), max_new_tokens=MAX_NEW_TOKENS
        )
        try:
            self._conversation.send(request)
            answering = set(contenders)
            while answering:
                piece = pieces.get()
                if isinstance(piece, WorkerError):
                    raise piece
                if piece.last:
                    answering.discard(piece.contender)
                yield piece
        except WorkerError:
            self.failed = True
            raise
        finally:
            with self._changing:
                del self._waiting[request_id]

    def close(self) -> None:
        """End the worker, and whoever still waits for its answers."""
        with contextlib.suppress(WorkerError):
            self._conversation.send(Stop())
        self._reading.join(STOP_S)
        self._conversation.close(grace_s=STOP_S)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _read(self) -> None:
        """Hand each piece to whoever waits for it; what nobody waits for any more is dropped."""
        ended = WorkerError("chat.ended")
        try:
            while not isinstance(piece := self._conversation.receive(None), Done):
                if isinstance(piece, ChatPiece):
                    with self._changing:
                        waiting = self._waiting.get(piece.request_id)
                    if waiting is not None:
                        waiting.put(piece)
        except WorkerError as error:
            ended = error
        self.failed = True
        with self._changing:
            for waiting in self._waiting.values():
                waiting.put(ended)


class ChatDesk:
    """Holds the workers that serve, the one that was asked last at the end."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._starting = threading.Lock()
        self._served: dict[str, ServedAdapter] = {}

    def ask(
        self, caller: Caller, adapter_id: str, messages: Turns, contenders: Sequence[str] = CONTENDERS
    ) -> Iterator[ChatPiece]:
        """Yield the answers piece by piece. Neither question nor answer is stored or logged.

        Raises `InputError` for a conversation that is empty or too long, `WorkerError` when the worker dies,
        `ConflictError` when other models are being asked and no more fit.
        """
        characters = sum(len(message["content"]) for message in messages)
        if not messages or len(messages) > MAX_TURNS or characters > MAX_CHARACTERS:
            raise InputError("chat.length", max_turns=MAX_TURNS, max_characters=MAX_CHARACTERS)
        with self._context.act(caller, "adapter.use", ObjectRef("adapter", adapter_id), {"turns": len(messages)}):
            served = self._serving(adapter_id)
            try:
                yield from served.ask(messages, contenders)
            finally:
                if served.failed:
                    self._drop(adapter_id, served)

    def close(self) -> None:
        """End every worker (before the vault is sealed, or the server stops)."""
        with self._starting:
            for served in self._served.values():
                served.close()
            self._served.clear()

    def _serving(self, adapter_id: str) -> ServedAdapter:
        with self._starting:
            self._context.query(get_adapter, adapter_id).verify_in_use()
            served = self._served.pop(adapter_id, None)
            if served is not None and served.failed:
                served.close()
                served = None
            if served is None:
                self._make_room()
                served = ServedAdapter(self._context, adapter_id)
            self._served[adapter_id] = served
            return served

    def _make_room(self) -> None:
        """End the worker that has been idle for longest when there are as many as fit."""
        if len(self._served) < MAX_SERVED:
            return
        idle = next((name for name, served in self._served.items() if not served.busy), None)
        if idle is None:
            raise ConflictError("chat.full", count=MAX_SERVED)
        self._served.pop(idle).close()

    def _drop(self, adapter_id: str, served: ServedAdapter) -> None:
        with self._starting, contextlib.suppress(OSError):
            if self._served.get(adapter_id) is served:
                del self._served[adapter_id]
            served.close()


@operation("chat", action="adapter.use", on="adapter")
def chat(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId, prompt: str) -> dict[str, str]:
    """Return the answer of each contender to one question."""
    answers: dict[str, str] = {}
    for piece in context.part(ChatDesk).ask(caller, adapter_id, [{"role": "user", "content": prompt}]):
        answers[piece.contender] = answers.get(piece.contender, "") + piece.text
    return answers
