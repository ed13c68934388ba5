"""Answer chat requests until told to stop, a token of each in turn. Questions and answers stay in memory."""

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.foundation.errors import WorkerError
from appliance.jobs.messages import ChatPiece, Done, Ready, Stop
from appliance.jobs.starts.adapters import ORIGINAL, ChatRequest, ServeStart
from appliance.prompts import ChatPrompts
from appliance.workers.access import read_adapter, verified_model, with_system_prompt
from appliance.workers.channel import WorkerChannel, run

if TYPE_CHECKING:
    from appliance.inference.engine import Engine


def serve(channel: WorkerChannel, start: ServeStart) -> Done:
    """Load, then answer."""
    from appliance.inference.compute_type import flush_denormals, probe  # noqa: PLC0415
    from appliance.inference.engine import Engine  # noqa: PLC0415 - torch takes seconds to import

    flush_denormals()
    model = verified_model(start.model)
    prompts = ChatPrompts.load(model)
    adapter = read_adapter(start.adapter) if start.adapter is not None else None
    engine = Engine.load(model, quantised=start.quantised, compute_type=probe(), adapter=adapter)
    channel.send(Ready())
    waiting: deque[Answer] = deque()
    while True:
        while not waiting or channel.has_message():
            try:
                message = channel.receive()
            except WorkerError:  # The control plane has gone.
                return Done(stopped=True)
            if isinstance(message, Stop):
                return Done(stopped=True)
            if isinstance(message, ChatRequest):
                waiting.append(Answer(engine, prompts, message, start.system_prompt))
        answer = waiting.popleft()
        for piece in answer.step():
            channel.send(piece)
        if not answer.ended:
            waiting.append(answer)


class Answer:
    """The answers to one request, one contender after the other."""

    def __init__(self, engine: "Engine", prompts: ChatPrompts, request: ChatRequest, system_prompt: str) -> None:
        self._engine, self._prompts, self._request = engine, prompts, request
        self._prompt = prompts.encode_prompt(with_system_prompt(request.messages, system_prompt))
        self._contenders = deque(request.contenders)
        self._stream: Iterator[int] | None = None
        self._tokens: list[int] = []
        self._sent = ""

    @property
    def ended(self) -> bool:
        """Tell whether every contender has answered."""
        return not self._contenders

    def step(self) -> Iterator[ChatPiece]:
        """Make the next token, and yield what can be sent of the text."""
        contender = self._contenders[0]
        if self._stream is None:
            self._tokens, self._sent = [], ""
            self._stream = self._engine.stream(
                self._prompt, max_new_tokens=self._request.max_new_tokens, end_tokens=self._prompts.end_tokens
            )
        # Other requests are answered between two tokens, by another contender perhaps.
        with self._engine.original() if contender == ORIGINAL else contextlib.nullcontext():
            token = next(self._stream, None)
        if token is None:
            self._contenders.popleft()
            self._stream = None
            yield self._piece(contender, "", last=True)
            return
        self._tokens.append(token)
        text = self._prompts.decode(self._tokens)
        if not text.endswith("\ufffd"):  # Half a character: more of its bytes are still to come.
            yield self._piece(contender, text[len(self._sent) :], last=False)
            self._sent = text

    def _piece(self, contender: str, text: str, *, last: bool) -> ChatPiece:
        return ChatPiece(request_id=self._request.request_id, contender=contender, text=text, last=last)


if __name__ == "__main__":
    run(ServeStart, serve)
