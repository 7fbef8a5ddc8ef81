"""What is done to an exported detector: any number of pictures a run, graph optimisation, weights and activations in 8 bits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from robot_runtime.perceive.sessions import EXACT_8_BITS

BATCH = "pictures"
"""Name of the dimension that varies."""
KEPT_METADATA = ("author", "version", "license", "docs", "task", "names", "imgsz", "stride")
"""Of what ultralytics embeds; the rest is the day and folders of the machine."""

CALIBRATION = {"minmax": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile, "entropy": CalibrationMethod.Entropy}


def free_batch(model: onnx.ModelProto) -> None:
    """Let a network that was traced for one picture take any number: its reshapes copy the first dimension instead of setting 1."""
    shapes = [node.input[1] for node in model.graph.node if node.op_type == "Reshape"]
    for name in shapes:
        tensor = _constant(model, name)
        shape = numpy_helper.to_array(tensor).copy()
        if shape[0] == 1:
            shape[0] = 0
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    del model.graph.value_info[:]  # with the shapes that no longer hold


def _constant(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    found = [tensor for tensor in model.graph.initializer if tensor.name == name]
    found += [node.attribute[0].t for node in model.graph.node if node.op_type == "Constant" and name in node.output]
    if found:
        tensor: onnx.TensorProto = found[0]
        return tensor
    raise ValueError(f"the shape of a Reshape, {name}, is no constant: export with a fixed size")


def keep_metadata(model: onnx.ModelProto) -> None:
    """Drop what would make the same weights another file on another day or machine."""
    kept = [prop for prop in model.metadata_props if prop.key in KEPT_METADATA]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)


def optimise(source: Path, target: Path) -> None:
    """Fold constants and drop what does nothing: only what holds on every device; the rest is done where it is loaded."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    model = onnx.load(target)
    named = {node.domain for node in model.graph.node}
    used = [opset for opset in model.opset_import if opset.domain in named]  # TensorRT asks for no more than it must
    del model.opset_import[:]
    model.opset_import.extend(used)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def quantise(source: Path, target: Path, inputs: Sequence[NDArray[np.float32]], head: str, method: str) -> None:
    """Weights (per channel) and activations in 8 bits, as pairs of QuantizeLinear and DequantizeLinear.

    What turns the head's numbers into boxes stays in float always: boxes in pixels and scores of 0 … 1 share a tensor there,
    and 8 bits for both would leave nothing of the scores.

    :param inputs: pictures as the network gets them, (1, 3, height, width), for the ranges of activations
    :param head: "float", or "int8" for its convolutions too
    """
    model = onnx.load(source)
    onnx.save(onnx.shape_inference.infer_shapes(model), target)
    quantize_static(
        target,
        target,
        _Reader(model.graph.input[0].name, inputs),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=float_nodes([node.name for node in model.graph.node], head),
        calibrate_method=CALIBRATION[method],
    )


def float_nodes(names: Sequence[str], head: str) -> list[str]:
    """Those of the last module, but for the convolutions of its branches where they may be in 8 bits.

    >>> float_nodes(["/model.0/conv/Conv", "/model.23/cv2.0/cv2.0.2/Conv", "/model.23/dfl/Softmax"], "int8")
    ['/model.23/dfl/Softmax']
    """
    modules = [int(found.group(1)) for name in names if (found := re.match(r"/model\.(\d+)/", name))]
    if not modules:
        raise ValueError("no module of ultralytics in the names of the nodes: cannot tell which is the head")
    prefix = f"/model.{max(modules)}/"
    inside = [name for name in names if name.startswith(prefix)]
    return inside if head == "float" else [name for name in inside if not re.match(r"cv[23]\.", name[len(prefix) :])]


class _Reader(CalibrationDataReader):
    """Hands out the pictures one by one."""

    def __init__(self, name: str, inputs: Sequence[NDArray[np.float32]]) -> None:
        self._rows: Iterator[dict[str, Any]] = ({name: one} for one in inputs)

    def get_next(self) -> dict[str, Any] | None:
        return next(self._rows, None)


def outputs(file: Path, images: NDArray[np.float32] | Mapping[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """What a network puts out on the CPU; several inputs by their names."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(EXACT_8_BITS, "1")
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    fed = dict(images) if isinstance(images, Mapping) else {session.get_inputs()[0].name: images}
    return list(session.run(None, fed))
