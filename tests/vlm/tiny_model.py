"""A vision-language model of some hundred thousand random weights, with a tokenizer trained on the spot: it knows nothing, and may say
anything that its decoding lets through.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PICTURE_PX, PATCH_PX = 28, 14
SPECIAL = ("<pad>", "<s>", "</s>", "<image>")
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}plan: {% endif %}"
)


def build(folder: Path, texts: Sequence[str], seed: int = 0, vocabulary: int = 800) -> Path:
    """Write it as ``transformers`` keeps a model.

    :param texts: what the tokenizer is trained on
    """
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=2, special_tokens=list(SPECIAL), show_progress=False)
    trained.save(str(folder / "trained.json"))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "trained.json"),
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        extra_special_tokens={"image_token": "<image>"},
    )
    (folder / "trained.json").unlink()
    torch.manual_seed(seed)
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=PICTURE_PX, patch_size=PATCH_PX
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=16384, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=tokenizer.convert_tokens_to_ids("<image>"), vision_feature_layer=-1
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    size = {"height": PICTURE_PX, "width": PICTURE_PX}
    images = CLIPImageProcessor(size={"shortest_edge": PICTURE_PX}, crop_size=size)
    LlavaProcessor(
        images,
        tokenizer,
        patch_size=PATCH_PX,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)
    return folder
