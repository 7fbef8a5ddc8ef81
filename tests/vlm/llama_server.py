"""llama.cpp's server, as the package ``xllamacpp`` brings it compiled: ``python -m tests.vlm.llama_server PORT MODEL.gguf [EYES.gguf]``.

It serves until its standard input ends.
"""

from __future__ import annotations

import sys

CONTEXT_TOKENS = 32768


def main(port: int, model: str, eyes: str) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.mmproj.path = eyes
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(f"llama.cpp listens at {server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
