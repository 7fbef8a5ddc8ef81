"""Parameters of the planner that asks a vision-language model."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

Structured = Literal["json_schema", "one_object", "json_object", "structured_outputs", "guided_json", "format", "none"]
"""How a server is told the schema that its answer must fit; ``robot_runtime/mind/vlm/chat.py`` has the fields."""


class VlmConfig(BaseModel):
    """The defaults suit ``llama-server`` and vLLM on the robot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["server", "transformers"] = Field("server", description="an OpenAI-compatible server, or a process of our own")
    url: str = Field("http://127.0.0.1:8080/v1", description="of the server, up to and with its /v1")
    model: str = Field("", description="as the server calls it; for transformers the folder with the weights")
    api_key_file: str = Field("", description="file with the key that the server wants; empty for none")
    may_leave_robot: bool = Field(False, description="pictures and what people say may go to a server on another machine")
    structured: Structured = Field("json_schema", description="how the server is told the schema of a plan")
    with_picture: bool = Field(True, description="show what the camera sees; a model without eyes refuses it")
    picture_px: int = Field(640, ge=64, le=2048, description="longest side of the picture that is shown")
    picture_age_s: float = Field(1.0, gt=0, le=10, description="older pictures are not shown")
    timeout_s: float = Field(8.0, gt=0, le=120, description="from the question to the whole answer, retries included; then grounded plans")
    silence_s: float = Field(4.0, gt=0, le=120, description="without any news from the server, as while it reads picture and prompt")
    attempts: int = Field(2, ge=1, le=5, description="at most, within the time-out")
    per_minute: int = Field(20, ge=1, le=600, description="requests in any minute, retries included")
    failures: int = Field(3, ge=1, le=100, description="in a row, after which the model is left alone for rest_s")
    rest_s: float = Field(30.0, gt=0, le=3600, description="see failures")
    temperature: float = Field(0.0, ge=0, le=2, description="of sampling; 0 takes the likeliest token each time")
    most_tokens: int = Field(512, ge=16, le=8192, description="of an answer")
    python: str = Field("", description="interpreter that has the packages of the extra [vlm]; empty for the mind's own")
    threads: int = Field(2, ge=1, le=256, description="of the processor, for transformers without a GPU")
    load_s: float = Field(120.0, gt=0, le=3600, description="for transformers to load the weights; meanwhile grounded plans")

    @model_validator(mode="after")
    def _is_whole(self) -> VlmConfig:
        if self.engine == "transformers" and not self.model:
            raise ValueError("vlm.model: name the folder with the weights that transformers shall load")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"vlm.url: '{self.url}' is not a URL such as http://127.0.0.1:8080/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("vlm.url: without user, query or fragment; a key goes into the file that api_key_file names")
        if self.engine == "server" and not self.may_leave_robot and not is_here(parts.hostname):
            raise ValueError(
                f"vlm.url: {parts.hostname} may be another machine, which would get pictures of the home; "
                "set vlm.may_leave_robot if that is meant"
            )
        return self


def is_here(host: str) -> bool:
    """Whether an address surely is this machine.

    >>> is_here("127.0.0.1"), is_here("localhost"), is_here("[::1]".strip("[]")), is_here("localhost.example.org")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
