"""The engine's process: ``python -m robot_runtime.duplex.worker --model tiny|DIR FD``, with FD the socket to the voice."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys

from robot_runtime.child import end_with_parent
from robot_runtime.duplex import wire
from robot_runtime.duplex.serve import Engine, serve
from robot_runtime.duplex.wire import Wire


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--weights", default="bf16")
    parser.add_argument("--greedy", action="store_true")
    parser.add_argument("fd", type=int)
    args = parser.parse_args()
    end_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the voice ends it
    link = Wire(socket.socket(fileno=args.fd))
    try:
        engine = _engine(args)
    except Exception as error:  # whatever it is, the voice must know why
        link.send(wire.FAILED, 0, f"{type(error).__name__}: {error}".encode()[:2000])
        return 1
    serve(link, engine)
    return 0


def _engine(args: argparse.Namespace) -> Engine:
    import torch

    from robot_runtime.duplex.model.checkpoint import load

    torch.set_num_threads(1)  # a frame is too little work for more: they wait for each other by spinning, on the robot's other cores
    engine = load(args.model, args.device, args.weights, greedy=args.greedy)
    engine.warm_up()
    return engine


if __name__ == "__main__":
    sys.exit(main())
