"""Networks of a few nodes, in the documented layouts, for the tests of inference: real ONNX files, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]

_TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8, "int64": TensorProto.INT64}


def save(
    path: Path,
    outputs: Mapping[str, Array],
    *,
    size_px: tuple[int, int] | tuple[str, str] = (64, 64),
    batch: int | str = "n",
    dtype: str = "float32",
    sizes_input: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """A network that puts out the same for each picture: ``outputs`` are of shape (1, …), repeated for as many as come.

    :param size_px: width and height of its input
    :param sizes_input: with the further input of RT-DETR and D-FINE, by which boxes of 0 … 1 are multiplied
    """
    nodes = [*_count(), *(node for name, value in outputs.items() for node in _repeat(name, value, sizes_input and name == "boxes"))]
    constants = {"zero": np.array([0]), "one": np.array([1]), **{f"{name}_one": value for name, value in outputs.items()}}
    inputs = [helper.make_tensor_value_info("images", _TYPES[dtype], [batch, 3, size_px[1], size_px[0]])]
    if sizes_input:
        inputs.append(helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [batch, 2]))
    values = [helper.make_tensor_value_info(name, _TYPES[str(v.dtype)], [batch, *v.shape[1:]]) for name, v in outputs.items()]
    return write(path, nodes, inputs, values, constants, metadata)


def save_brightest(path: Path, *, boxes: int = 2, batch: int | str = "n", size_px: int = 64) -> Path:
    """A YOLO network with two classes that looks: its scores are the means of red and of blue, its box the middle of the input."""
    middle = np.tile(np.array([[size_px / 2], [size_px / 2], [size_px / 2], [size_px / 2]], np.float32), (1, 1, boxes))
    nodes = [
        *_count(),
        *_repeat("box", middle),
        helper.make_node("ReduceMean", ["images"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Gather", ["means", "red_blue"], ["scores"], axis=1),
        helper.make_node("Unsqueeze", ["scores", "two"], ["column"]),
        helper.make_node("Expand", ["column", "wide"], ["columns"]),
        helper.make_node("Concat", ["box", "columns"], ["output0"], axis=1),
    ]
    constants = {
        **{"zero": np.array([0]), "one": np.array([1]), "two": np.array([2]), "red_blue": np.array([0, 2])},
        **{"wide": np.array([1, 1, boxes]), "box_one": middle},
    }
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, size_px, size_px])]
    values = [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch, 6, boxes])]
    return write(path, nodes, inputs, values, constants, None)


def save_measuring(path: Path, columns: int | str, *, batch: int | str = "n", dtype: str = "float32", name: str = "measures") -> Path:
    """A classifier of people that looks at measures alone: the first three columns are the logits ``ages``, the first is ``front``."""
    nodes = [
        *([helper.make_node("Cast", [name], ["floats"], to=TensorProto.FLOAT)]),
        helper.make_node("Gather", ["floats", "first_three"], ["ages"], axis=1),
        helper.make_node("Gather", ["floats", "first"], ["front"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, 64, 64])]
    inputs.append(helper.make_tensor_value_info(name, _TYPES[dtype], [batch, columns]))
    values = [helper.make_tensor_value_info(out, TensorProto.FLOAT, [batch, count]) for out, count in (("ages", 3), ("front", 1))]
    return write(path, nodes, inputs, values, {"first_three": np.array([0, 1, 2]), "first": np.array([0])}, None)


def write(
    path: Path,
    nodes: Sequence[Any],
    inputs: list[Any],
    outputs: list[Any],
    constants: Mapping[str, Array],
    metadata: Mapping[str, str] | None,
) -> Path:
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, str(path))
    return path


def _count() -> list[Any]:
    return [helper.make_node("Shape", ["images"], ["shape"]), helper.make_node("Slice", ["shape", "zero", "one"], ["count"])]


def _repeat(name: str, value: Array, scaled: bool = False) -> list[Any]:
    """``name`` is ``name_one`` for as many pictures as there are, times the width and height that were asked for."""
    ones = helper.make_tensor("ones", TensorProto.INT64, [value.ndim - 1], [1] * (value.ndim - 1))
    nodes = [
        helper.make_node("Constant", [], [f"{name}_ones"], value=ones),
        helper.make_node("Concat", ["count", f"{name}_ones"], [f"{name}_times"], axis=0),
        helper.make_node("Tile", [f"{name}_one", f"{name}_times"], [f"{name}_unscaled" if scaled else name]),
    ]
    if scaled:
        nodes += [
            helper.make_node("Concat", ["orig_target_sizes", "orig_target_sizes"], ["four"], axis=1),
            helper.make_node("Cast", ["four"], ["four_float"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["four_float", "one"], ["rows"]),
            helper.make_node("Mul", [f"{name}_unscaled", "rows"], [name]),
        ]
    return nodes
