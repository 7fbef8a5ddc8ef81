"""What is done to an exported detector: any number of pictures a run, a cheaper head, graph optimisation, 8 bits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from robot_runtime.perceive.sessions import EXACT_8_BITS, WEIGHT_BITS

BATCH = "pictures"
"""Name of the dimension that varies."""
KEPT_METADATA = ("author", "version", "license", "docs", "task", "names", "imgsz", "stride")
"""Of what ultralytics embeds; the rest is the day and folders of the machine."""

_MOST_LOGIT = 40.0
"""Beyond which a bin's logit, of some tens in a trained head, is taken for this: sums of e^40 are far within float32."""
_LEAST_INTO_SILU = -7.0
"""What is less counts as this: its SiLU is -0.006 or nearer to nothing, and 8 bits for all of the range would be coarser by half."""
_IN_A_BRANCH = re.compile(r"cv[23]\.\d/cv[23]\.\d\.[01]/")
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


def sum_bins(model: onnx.ModelProto) -> None:
    """Reckon the mean of each box side's distribution as two sums of exponentials, in place of a softmax across the memory.

    The head tells each side by 16 bins (Li et al., "Generalized Focal Loss", NeurIPS 2020).  Their softmax takes an eighth of the
    time of the whole network on a CPU, since its bins lie apart in memory; exponentials do not mind where they lie.

    :raises ValueError: no such head
    """
    nodes = {node.name: node for node in model.graph.node}
    prefix = next((name.removesuffix("Softmax") for name in nodes if name.endswith("/dfl/Softmax")), None)
    if prefix is None:
        raise ValueError("no node /…/dfl/Softmax: not a head of ultralytics that tells box sides by bins")
    turned, softmax, mean = (nodes[prefix + name] for name in ("Transpose", "Softmax", "conv/Conv"))
    bins = numpy_helper.to_array(_constant(model, mean.input[1])).ravel()
    constants = {"sums": np.float32([bins, np.ones_like(bins)]), "least": np.float32(-_MOST_LOGIT), "most": np.float32(_MOST_LOGIT)}
    one_each = numpy_helper.from_array(np.int64([1, 1]), f"{prefix}one_each")
    model.graph.initializer.extend([one_each, *(numpy_helper.from_array(value, prefix + name) for name, value in constants.items())])
    new = [
        helper.make_node("Clip", [turned.input[0], f"{prefix}least", f"{prefix}most"], [f"{prefix}bounded"], f"{prefix}Clip"),
        helper.make_node("Exp", [f"{prefix}bounded"], [f"{prefix}weights"], f"{prefix}Exp"),
        helper.make_node("MatMul", [f"{prefix}sums", f"{prefix}weights"], [f"{prefix}both"], f"{prefix}MatMul"),
        helper.make_node("Split", [f"{prefix}both", one_each.name], [f"{prefix}moment", f"{prefix}total"], f"{prefix}Split", axis=2),
        helper.make_node("Div", [f"{prefix}moment", f"{prefix}total"], [mean.output[0]], f"{prefix}Div"),
    ]
    first = list(model.graph.node).index(turned)
    for node in (turned, softmax, mean):
        model.graph.node.remove(node)
    for k, node in enumerate(new):
        model.graph.node.insert(first + k, node)
    unused = next(tensor for tensor in model.graph.initializer if tensor.name == mean.input[1])
    model.graph.initializer.remove(unused)


def quantise(source: Path, target: Path, inputs: Sequence[NDArray[np.float32]], head: str, method: str) -> None:
    """Weights (per channel, in 7 bits) and activations in 8 bits, as pairs of QuantizeLinear and DequantizeLinear.

    What turns the head's numbers into boxes stays in float always: boxes in pixels and scores of 0 … 1 share a tensor there,
    and 8 bits for both would leave nothing of the scores.

    :param inputs: pictures as the network gets them, (1, 3, height, width), for the ranges of activations
    :param head: "float", or "int8" for its convolutions too, but for the last of each branch
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
        reduce_range=True,
        extra_options={"TensorQuantOverrides": {name: [{"rmin": np.float32(_LEAST_INTO_SILU)}] for name in into_silus(model)}},
    )
    small = onnx.load(target)
    small.metadata_props.add(key=WEIGHT_BITS, value="7")
    onnx.save(small, target)


def into_silus(model: onnx.ModelProto) -> list[str]:
    """Tensors x of which only x sigmoid(x) is used (Elfwing et al., "Sigmoid-weighted linear units", Neural Networks 107, 2018)."""
    gates = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Sigmoid"}
    products = [node.input for node in model.graph.node if node.op_type == "Mul"]
    return [gates[gate] for one, other in products for gate, x in ((one, other), (other, one)) if gates.get(gate) == x]


def float_nodes(names: Sequence[str], head: str) -> list[str]:
    """Those of the last module, but for its branches where they may be in 8 bits; the last convolution of each gives the numbers.

    >>> float_nodes(["/model.0/conv/Conv", "/model.23/cv2.0/cv2.0.1/conv/Conv", "/model.23/cv2.0/cv2.0.2/Conv"], "int8")
    ['/model.23/cv2.0/cv2.0.2/Conv']
    """
    modules = [int(found.group(1)) for name in names if (found := re.match(r"/model\.(\d+)/", name))]
    if not modules:
        raise ValueError("no module of ultralytics in the names of the nodes: cannot tell which is the head")
    prefix = f"/model.{max(modules)}/"
    inside = [name for name in names if name.startswith(prefix)]
    return inside if head == "float" else [name for name in inside if not _IN_A_BRANCH.match(name[len(prefix) :])]


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
