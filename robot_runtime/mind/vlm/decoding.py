"""Any vision-language model of ``transformers``, bound to a JSON schema token by token: whatever its weights are, what it writes fits.

``llguidance`` tells before each token which ones keep the text within the schema; all others get the probability 0.  A model that does not
come to an end is led to one: after ``most_tokens`` only the shortest way to close what is open is left.
"""

from __future__ import annotations

import base64
import codecs
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llguidance
import llguidance.hf
import torch
from PIL import Image
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    LogitsProcessor,
    StoppingCriteria,
)

CLOSING_TOKENS = 2048
"""At most, to end a plan that is open at its deepest; reached only if a tokenizer has a token a byte."""

_CLOSING_ORDER = b'"]}n:,'
"""First bytes of what closes a string, a list, an object, and of ``null``; then what leads on to the next of these."""

_LAST_RANK = len(_CLOSING_ORDER) + 1


class NotWholeError(Exception):
    """The text ended before it fitted the schema."""


@dataclass(frozen=True)
class Question:
    """One prompt, as the process gets it."""

    system: str
    data: str
    jpeg: bytes | None
    schema: dict[str, Any]
    temperature: float
    most_tokens: int

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Question:
        jpeg = base64.b64decode(given["jpeg"]) if given["jpeg"] else None
        return cls(given["system"], given["data"], jpeg, given["schema"], float(given["temperature"]), int(given["most_tokens"]))


class Bound(LogitsProcessor):  # type: ignore[misc]  # transformers is not typed here
    """Leaves the tokens that fit; one matcher a row of the batch.

    :param ranks: see :func:`closing_ranks`
    :raises ValueError: the schema cannot be decoded
    """

    def __init__(self, tokenizer: llguidance.LLTokenizer, ranks: torch.Tensor, grammar: str, rows: int, most_tokens: int) -> None:
        first = llguidance.LLMatcher(tokenizer, grammar)
        if first.is_error():
            raise ValueError(f"the schema cannot be decoded: {first.get_error()}")
        self._matchers = [first, *(first.deep_copy() for _ in range(rows - 1))]
        self._end = tokenizer.eos_token
        self._most_tokens = most_tokens
        self._written = -1
        self._ranks = ranks
        self._bits = torch.zeros((rows, (len(ranks) + 31) // 32), dtype=torch.int32)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """See transformers; shapes (rows, tokens so far) and (rows, vocabulary)."""
        self._written += 1
        if self._written:
            for matcher, token in zip(self._matchers, input_ids[:, -1].tolist(), strict=True):
                if not matcher.is_stopped():
                    matcher.consume_token(token)
        return scores.masked_fill(~self._allowed().to(scores.device), -torch.inf)

    def _allowed(self) -> torch.Tensor:
        """Which tokens may come, of shape (rows, vocabulary); in each row at least one, so that a distribution is left."""
        for row, matcher in zip(self._bits, self._matchers, strict=True):
            if not matcher.is_stopped():
                matcher.unsafe_compute_mask_ptr(row.data_ptr(), row.numel() * row.element_size())
        bits = (self._bits.unsqueeze(-1) >> torch.arange(32, dtype=torch.int32)) & 1
        allowed = bits.flatten(1)[:, : len(self._ranks)].bool()
        if self._written >= self._most_tokens:
            best = torch.where(allowed, self._ranks, _LAST_RANK + 1).argmin(1)
            allowed = torch.zeros_like(allowed).scatter_(1, best.unsqueeze(1), True)
        over = torch.tensor([matcher.is_stopped() for matcher in self._matchers])
        allowed[over] = False
        allowed[over, self._end] = True
        return allowed


def closing_ranks(tokenizer: llguidance.LLTokenizer) -> torch.Tensor:
    """How well each token closes what is open, of shape (vocabulary,): 0 is the end of the text."""
    ranks = torch.full((tokenizer.vocab_size,), _LAST_RANK)
    for token in range(tokenizer.vocab_size):
        first = tokenizer.decode_bytes([token])[:1]
        if first and first in _CLOSING_ORDER:
            ranks[token] = 1 + _CLOSING_ORDER.index(first)
    ranks[tokenizer.eos_token] = 0
    return ranks


class _Dropped(StoppingCriteria):  # type: ignore[misc]  # transformers is not typed here
    def __init__(self, dropped: Callable[[], bool]) -> None:
        self._dropped = dropped

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **more: Any) -> torch.Tensor:
        return torch.full((len(input_ids),), self._dropped(), dtype=torch.bool, device=input_ids.device)


class _Pieces:
    """What ``generate`` calls a streamer: tokens of one row become whole letters."""

    def __init__(self, tokenizer: llguidance.LLTokenizer, hand_on: Callable[[str], None]) -> None:
        self._tokenizer = tokenizer
        self._hand_on = hand_on
        self._prompt_is_past = False
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def put(self, tokens: torch.Tensor) -> None:
        """:raises UnicodeDecodeError: no letter begins so"""
        if not self._prompt_is_past:
            self._prompt_is_past = True
            return
        text = self._decoder.decode(_written(self._tokenizer, tokens.flatten().tolist()))
        if text:
            self._hand_on(text)

    def end(self) -> None: ...


def _written(tokenizer: llguidance.LLTokenizer, tokens: Sequence[int]) -> bytes:
    return bytes(tokenizer.decode_bytes([token for token in tokens if not tokenizer.is_special_token(token)]))


class Model:
    """Weights, tokenizer and processor of one folder.

    :raises OSError: the folder has no model that ``transformers`` can load without code of its own
    """

    def __init__(self, folder: str) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._sees = (Path(folder) / "preprocessor_config.json").is_file() or (Path(folder) / "processor_config.json").is_file()
        kind = AutoModelForImageTextToText if self._sees else AutoModelForCausalLM
        self._processor = (AutoProcessor if self._sees else AutoTokenizer).from_pretrained(folder, local_files_only=True)
        self._model = kind.from_pretrained(folder, local_files_only=True, dtype="auto").to(self._device).eval()
        tokenizer = getattr(self._processor, "tokenizer", self._processor)
        tokenizer.padding_side = "left"
        vocabulary = self._model.get_output_embeddings().weight.shape[0]
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer, vocabulary)
        self._ranks = closing_ranks(self._tokenizer)  # a large vocabulary takes a moment
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self._tokenizer.eos_token

    def answers(
        self, questions: Sequence[Question], hand_on: Callable[[str], None] | None = None, dropped: Callable[[], bool] = lambda: False
    ) -> list[str]:
        """One text for each question; all have the schema, temperature and limit of the first.

        :param hand_on: gets the pieces of a single question's answer as they are written
        :raises NotWholeError: ``dropped`` ended it
        """
        first = questions[0]
        grammar = llguidance.LLMatcher.grammar_from_json_schema(first.schema, overrides={"whitespace_flexible": False})
        bound = Bound(self._tokenizer, self._ranks, grammar, len(questions), first.most_tokens)
        inputs = self._inputs(questions).to(self._device)
        sampling = {"do_sample": True, "temperature": first.temperature, "top_k": 0} if first.temperature > 0 else {"do_sample": False}
        with torch.inference_mode():
            tokens = self._model.generate(
                **inputs,
                **sampling,
                logits_processor=[bound],
                stopping_criteria=[_Dropped(dropped)],
                streamer=_Pieces(self._tokenizer, hand_on) if hand_on else None,
                max_new_tokens=first.most_tokens + CLOSING_TOKENS,
                eos_token_id=self._tokenizer.eos_token,
                pad_token_id=self._pad,
            )
        texts = [_written(self._tokenizer, row).decode() for row in tokens[:, inputs["input_ids"].shape[1] :].tolist()]
        if any(not _is_whole(text) for text in texts):
            raise NotWholeError("dropped before it was whole")
        return texts

    def _inputs(self, questions: Sequence[Question]) -> Any:
        talks = [[_turn("system", question.system), _turn("user", question.data, self._picture(question))] for question in questions]
        if not self._sees:
            talks = [[{**turn, "content": turn["content"][0]["text"]} for turn in talk] for talk in talks]
        options = {"add_generation_prompt": True, "tokenize": True, "return_dict": True}
        inputs = self._processor.apply_chat_template(talks, **options, processor_kwargs={"return_tensors": "pt", "padding": True})
        for name, value in inputs.items():
            if torch.is_floating_point(value):
                inputs[name] = value.to(self._model.dtype)
        return inputs

    def _picture(self, question: Question) -> Image.Image | None:
        return Image.open(io.BytesIO(question.jpeg)).convert("RGB") if question.jpeg and self._sees else None


def _turn(role: str, text: str, picture: Image.Image | None = None) -> dict[str, Any]:
    shown = [] if picture is None else [{"type": "image", "image": picture}]
    return {"role": role, "content": [{"type": "text", "text": text}, *shown]}


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
