"""On what networks may run: read with the parameters, by whoever needs no onnxruntime yet."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field, field_validator

from robot_runtime.config import StageConfig
from safety.files import suggestion


@dataclass(frozen=True, slots=True)
class Provider:
    onnxruntime_name: str
    memory: str  # where its tensors live, as onnxruntime names devices


PROVIDERS = {
    "tensorrt": Provider("TensorrtExecutionProvider", "cuda"),
    "cuda": Provider("CUDAExecutionProvider", "cuda"),
    "openvino": Provider("OpenVINOExecutionProvider", "cpu"),
    "cpu": Provider("CPUExecutionProvider", "cpu"),
}


class EngineConfig(StageConfig):
    """On what the networks run."""

    providers: tuple[str, ...] = Field(("tensorrt", "cuda", "openvino", "cpu"), description="tried in this order; cpu is always the last")
    device_id: int = Field(0, ge=0, le=15, description="number of the GPU")
    threads: int = Field(0, ge=0, le=256, description="threads of the CPU for one network; 0: one for each physical core")
    spin: bool = Field(
        False,
        description="waiting threads keep their core busy: at 10 pictures a second five times the processor time, and slower where "
        "other processes want the cores; for a machine of its own",
    )
    half_precision: bool = Field(True, description="tensorrt: 16-bit floats where it pays; compared with the CPU as every engine is")
    most_pictures: int = Field(8, ge=1, le=64, description="pictures in one run, where the network takes several")
    cache_folder: str = Field("~/.cache/robot-runtime/engines", description="where built engines are kept")

    @field_validator("providers")
    @classmethod
    def _known(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if value not in PROVIDERS:
                raise ValueError(f"unknown provider '{value}'{suggestion(value, list(PROVIDERS))}")
        return values
