"""Compares our language model with the public code of MoshiVis, token by token, on the same random weights.

    git clone https://github.com/kyutai-labs/moshivis
    .venv-duplex/bin/python -m tools.compare_moshivis moshivis/kyuteye_pt [--write]

With --write the tokens of their code become those that ``tests/duplex/test_language.py`` expects.  Their code is imported, not copied;
it needs nothing of transformers for this part.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import torch

from robot_runtime.duplex.model.checkpoint import our_name
from robot_runtime.duplex.model.language import build_language
from robot_runtime.duplex.model.sizes import TINY_LANGUAGE
from tests.duplex.test_language import GOLDEN, tokens_of
from tests.duplex.weights import MODES, codes, fill, pictures

_THEIRS = {
    "audio_card": TINY_LANGUAGE["card"], "padding_token_id": 3, "gating": True, "activation": "silu", "depformer": True,
    "depformer_gating": True, "depformer_activation": "silu", "cross_attention": True, "xa_layers": (), "xa_gating": "sigmoid",
    "xa_conditional_gating": True, "xa_shared": True, "xa_gate_shared": False, "xa_start": "start", "xa_end": "end", "xa_step": 1,
    "xa_delay": 0, "xa_dim": None,
}  # fmt: skip
_NOT_THEIRS = (
    "card",
    "existing_text_padding_id",
    "layer_scale",
    "gating",
    "depformer_gating",
    "depformer_layer_scale",
    "depformer_max_period",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("theirs", type=Path, help="folder kyuteye_pt of their repository")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    sys.path.insert(0, str(args.theirs))
    torch.set_num_threads(1)  # more wait for each other by spinning
    ours = build_language(TINY_LANGUAGE, seeing=True, device="cpu", dtype=torch.float32)
    fill(ours)
    expected = _tokens_of_theirs(_with_weights_of(ours))
    same = True
    for mode, tokens in expected.items():
        equal = sum(a == b for a, b in zip(tokens, tokens_of(ours, mode), strict=True))
        print(f"picture {mode}: {equal} of {len(tokens)} frames have the same tokens")
        same = same and equal == len(tokens)
    if args.write:
        GOLDEN.write_text(json.dumps(expected) + "\n")
    return 0 if same else 1


def _with_weights_of(ours: Any) -> Any:
    from kyuteye.models.moshivis import MoshiVis

    arguments = {name: value for name, value in TINY_LANGUAGE.items() if name not in _NOT_THEIRS}
    theirs = MoshiVis(**{**arguments, **_THEIRS}, dtype=torch.float32).eval()
    own = ours.state_dict()
    theirs.load_state_dict({name: _tensor(name, own) for name in theirs.state_dict()})
    return theirs


def _tensor(name: str, own: dict[str, torch.Tensor]) -> torch.Tensor:
    ours = our_name(re.sub(r"layers\.\d+\.cross_attention\.mha", "layers.0.cross_attention.mha", name)) or ""
    if ours in own:
        return own[ours]
    ours = re.sub(r"self_attn\.(in|out)_proj(_weight|\.weight)$", r"self_attn.\1_projs.", ours)  # the package keeps one matrix a step
    return torch.cat([own[part] for part in sorted(own) if part.startswith(ours)])


def _tokens_of_theirs(theirs: Any) -> dict[str, list[list[int]]]:
    from kyuteye.models.moshivis import MoshiVisGen

    tokens: dict[str, list[list[int]]] = {}
    for mode, swaps in MODES.items():
        generator, seen, out = MoshiVisGen(theirs, use_sampling=False), None, []
        with torch.no_grad(), generator.streaming():
            for frame, code in enumerate(torch.from_numpy(codes())):
                for at, picture in swaps:
                    seen = generator.precompte_ca_kv(torch.from_numpy(pictures(theirs.llm.dim)[picture])) if at == frame else seen
                token, _ = generator.step(code, ca_src=seen)
                out.append([] if token is None else token[0, :, 0].tolist())
        tokens[mode] = out
    return tokens


if __name__ == "__main__":
    sys.exit(main())
