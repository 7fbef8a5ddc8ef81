"""The process of a model that runs on the robot itself: torch and its weights stay out of the mind.

Run as ``python -m robot_runtime.mind.vlm.local_worker FOLDER [THREADS]``; the messages are those of ``frames.py``.  A question
that the mind has dropped is left after the token that is being written.
"""

from __future__ import annotations

import json
import queue
import signal
import sys
import threading
from functools import partial
from typing import BinaryIO

from robot_runtime.mind.vlm.frames import DROP, END, FAILED, PIECE, QUESTION, READY, framed, receive


class Inbox:
    """Questions as they arrive, read on a thread of its own so that a drop is heard while a model writes."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._received = 0
        self._dropped = 0  # questions up to this one are not wanted any more
        self._questions: queue.Queue[tuple[int, bytes] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> tuple[int, bytes] | None:
        """Number and text of a question, waited for; None when the mind has ended."""
        return self._questions.get()

    def is_dropped(self, number: int) -> bool:
        return number <= self._dropped

    def _read(self) -> None:
        while (message := receive(self._source)) is not None:
            kind, payload = message
            if kind == DROP:
                self._dropped = self._received
            elif kind == QUESTION:
                self._received += 1
                self._questions.put((self._received, payload))
        self._dropped = self._received
        self._questions.put(None)


def main(folder: str, threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; we end when our input does
    source, output = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries print is no message
    inbox = Inbox(source)

    def send(kind: bytes, text: str = "") -> None:
        output.write(framed(kind, text.encode()))
        output.flush()

    try:
        import torch

        from robot_runtime.mind.vlm.decoding import Model, Question

        torch.set_num_threads(threads)
        model = Model(folder)
    except Exception as error:  # whatever it is, the mind has to hear it
        send(FAILED, f"{folder}: {type(error).__name__}: {error}")
        return
    send(READY)
    while (received := inbox.next()) is not None:
        number, payload = received
        try:
            model.answers([Question.from_json(json.loads(payload))], partial(send, PIECE), partial(inbox.is_dropped, number))
        except Exception as error:
            send(FAILED, f"{type(error).__name__}: {error}")
        else:
            send(END)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2)
