"""Answer chat requests with the original and the tuned model until told to stop.

Questions and answers stay in memory.
"""

import contextlib
from typing import TYPE_CHECKING

from appliance.foundation.errors import WorkerError
from appliance.jobs.messages import ChatPiece, Done, Ready, Stop
from appliance.jobs.starts.serve import ChatRequest, ServeStart
from appliance.prompts import ChatPrompts
from appliance.workers.access import read_adapter, verified_model, with_system_prompt
from appliance.workers.channel import WorkerChannel, run

if TYPE_CHECKING:
    from appliance.inference.engine import Engine


def serve(channel: WorkerChannel, start: ServeStart) -> Done:
    """Load, then answer one request after the other."""
    from appliance.inference.compute_type import flush_denormals, probe  # noqa: PLC0415
    from appliance.inference.engine import Engine  # noqa: PLC0415 - torch takes seconds to import

    flush_denormals()
    model = verified_model(start.model)
    prompts = ChatPrompts.load(model)
    adapter = read_adapter(start.adapter) if start.adapter is not None else None
    engine = Engine.load(model, quantised=start.quantised, compute_type=probe(), adapter=adapter)
    channel.send(Ready())
    while True:
        try:
            message = channel.receive()
        except WorkerError:
            return Done(stopped=True)
        if isinstance(message, Stop):
            return Done(stopped=True)
        if isinstance(message, ChatRequest):
            _answer(channel, engine, prompts, message, start.system_prompt)


def _answer(
    channel: WorkerChannel, engine: "Engine", prompts: ChatPrompts, request: ChatRequest, system_prompt: str
) -> None:
    prompt = prompts.encode_prompt(with_system_prompt(request.messages, system_prompt))
    for contender in request.contenders:
        with engine.original() if contender == "original" else contextlib.nullcontext():
            tokens: list[int] = []
            sent = ""
            for token in engine.stream(prompt, max_new_tokens=request.max_new_tokens, end_tokens=prompts.end_tokens):
                tokens.append(token)
                text = prompts.decode(tokens)
                if not text.endswith("\ufffd"):  # Half a character: more of its bytes are still to come.
                    channel.send(
                        ChatPiece(
                            request_id=request.request_id, contender=contender, text=text[len(sent) :], last=False
                        )
                    )
                    sent = text
        channel.send(ChatPiece(request_id=request.request_id, contender=contender, text="", last=True))


if __name__ == "__main__":
    run(ServeStart, serve)
