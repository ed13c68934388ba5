"""Talk to a tuned model beside its original.

One confined worker serves one adapter; it ends when another is asked for.
"""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from appliance.audit import ObjectRef
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import InputError, WorkerError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerConversation, WorkerOrder
from appliance.jobs.messages import ChatPiece, Ready
from appliance.jobs.starts.serve import ChatRequest, ServeStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.evaluate_adapter import describe_adapter, verify_in_use
from appliance.services.grants import adapter_access, model_access, model_memory
from appliance.services.import_dataset import describe_dataset

Contender = Literal["original", "tuned"]
MAX_TURNS = 40
MAX_CHARACTERS = 8000
MAX_NEW_TOKENS = 128


class ChatDesk:
    """Holds the serving worker. One answer at a time; others wait their turn."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._turn = threading.Lock()
        self._conversation: WorkerConversation | None = None
        self._adapter_id = ""
        self._scratch: Path | None = None

    def ask(
        self,
        caller: Caller,
        adapter_id: str,
        messages: list[dict[str, str]],
        contenders: tuple[Contender, ...] = ("original", "tuned"),
    ) -> Iterator[ChatPiece]:
        """Yield the answers piece by piece, one contender after the other. Neither question nor answer is stored or
        logged.

        Raises `InputError` for a conversation that is empty or too long, `WorkerError` when the worker dies.
        """
        if (
            not messages
            or len(messages) > MAX_TURNS
            or sum(len(message["content"]) for message in messages) > MAX_CHARACTERS
        ):
            raise InputError("chat.length", max_turns=MAX_TURNS, max_characters=MAX_CHARACTERS)
        with (
            self._context.act(caller, "adapter.use", ObjectRef("adapter", adapter_id), {"turns": len(messages)}),
            self._turn,
        ):
            conversation = self._serving(adapter_id)
            request = ChatRequest(
                request_id=new_id("ch"), messages=messages, contenders=list(contenders), max_new_tokens=MAX_NEW_TOKENS
            )
            try:
                conversation.send(request)
                waiting = set(contenders)
                while waiting:
                    message = conversation.receive(None)
                    if isinstance(message, ChatPiece) and message.request_id == request.request_id:
                        if message.last:
                            waiting.discard(message.contender)
                        yield message
            except WorkerError:
                self._close()
                raise
            except GeneratorExit:
                # Whoever asked has gone; a worker in the middle of an answer would answer the next one wrongly.
                self._close()
                raise

    def close(self) -> None:
        """End the serving worker (before the vault is sealed, or the server stops)."""
        with self._turn:
            self._close()

    def _close(self) -> None:
        if self._conversation is not None:
            self._conversation.close(grace_s=2.0)
            self._conversation = None
            self._adapter_id = ""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def _serving(self, adapter_id: str) -> WorkerConversation:
        verify_in_use(describe_adapter(self._context, adapter_id))
        if self._conversation is not None and self._adapter_id == adapter_id:
            return self._conversation
        self._close()
        context = self._context
        adapter = describe_adapter(context, adapter_id)
        dataset = describe_dataset(context, adapter["dataset_id"])
        model = model_access(context, adapter["model_id"])
        access = adapter_access(context, adapter_id)
        start = ServeStart(
            model=model, adapter=access, quantised=adapter["method"] == "qlora", system_prompt=dataset["system_prompt"]
        )
        # Libraries make cache folders when they are imported, and fail where they cannot: an empty folder for that,
        # gone afterwards.
        self._scratch = context.home / "staging" / new_id("ch")
        make_private_folder(self._scratch)
        order = WorkerOrder(
            start,
            read=(Path(model.folder), Path(access.folder)),
            write=(self._scratch,),
            memory_bytes=model_memory(context),
        )
        try:
            self._conversation, self._adapter_id = WorkerConversation(context.launcher, order), adapter_id
            if not isinstance(self._conversation.receive(None), Ready):
                raise WorkerError("chat.start")
        except BaseException:
            self._close()
            raise
        return self._conversation
