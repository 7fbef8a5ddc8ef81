"""What is done to an exported detector, on a network of a few nodes that was "traced" for one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.eyes.onnx_tools import KEPT_METADATA, free_batch, keep_metadata, optimise, outputs, quantise

RNG = np.random.default_rng(0)


def traced() -> onnx.ModelProto:
    """Two convolutions named as ultralytics names them, and a reshape to (1, 4, anchors)."""
    weights = {"w0": RNG.normal(0, 0.3, (8, 3, 3, 3)), "w1": RNG.normal(0, 0.3, (4, 8, 1, 1))}
    nodes = [
        helper.make_node("Conv", ["images", "w0"], ["a"], name="/model.0/conv/Conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], name="/model.0/act/Relu"),
        helper.make_node("Conv", ["b", "w1"], ["c"], name="/model.1/cv2.0/Conv"),
        helper.make_node("Constant", [], ["shape"], value=numpy_helper.from_array(np.array([1, 4, -1]))),
        helper.make_node("Reshape", ["c", "shape"], ["d"], name="/model.1/Reshape"),
        helper.make_node("Sigmoid", ["d"], ["output0"], name="/model.1/Sigmoid"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 4, 64])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"license": "AGPL-3.0", "names": "{0: 'cup'}", "date": "today", "description": "trained on my machine"})
    return model


def pictures(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return RNG.random((count, 3, 8, 8), dtype=np.float32)


def test_a_network_for_one_picture_takes_several_and_gives_each_the_same(tmp_path: Path) -> None:
    model = traced()
    onnx.save(model, tmp_path / "one.onnx")
    free_batch(model)
    onnx.save(model, tmp_path / "free.onnx")
    images = pictures(3)
    together = outputs(tmp_path / "free.onnx", images)[0]
    alone = [outputs(tmp_path / "one.onnx", images[k : k + 1])[0] for k in range(3)]
    assert together.shape == (3, 4, 64)
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-6)


def test_a_reshape_that_is_reckoned_is_refused() -> None:
    model = traced()
    model.graph.node[4].input[1] = "elsewhere"
    with pytest.raises(ValueError, match="elsewhere"):
        free_batch(model)


def test_licence_stays_and_folders_of_the_machine_go() -> None:
    model = traced()
    keep_metadata(model)
    kept = {prop.key: prop.value for prop in model.metadata_props}
    assert kept == {"license": "AGPL-3.0", "names": "{0: 'cup'}"}
    assert "license" in KEPT_METADATA


def test_optimising_changes_no_number_and_asks_for_no_other_operators(tmp_path: Path) -> None:
    model = traced()
    free_batch(model)
    onnx.save(model, tmp_path / "free.onnx")
    optimise(tmp_path / "free.onnx", tmp_path / "small.onnx")
    images = pictures(2)
    np.testing.assert_allclose(outputs(tmp_path / "small.onnx", images)[0], outputs(tmp_path / "free.onnx", images)[0], atol=1e-6)
    assert [opset.domain for opset in onnx.load(tmp_path / "small.onnx").opset_import] == [""]


@pytest.mark.parametrize(
    ("head", "in_8_bits"), [("float", ["/model.0/conv/Conv"]), ("int8", ["/model.0/conv/Conv", "/model.1/cv2.0/Conv"])]
)
def test_8_bits_end_where_boxes_are_made(tmp_path: Path, head: str, in_8_bits: list[str]) -> None:
    model = traced()
    free_batch(model)
    onnx.save(model, tmp_path / "free.onnx")
    quantise(tmp_path / "free.onnx", tmp_path / "int8.onnx", [pictures(1) for _ in range(8)], head, "minmax")
    found = onnx.load(tmp_path / "int8.onnx").graph.node
    dequantised = {name for node in found if node.op_type == "DequantizeLinear" for name in node.output}
    assert [node.name for node in found if node.op_type == "Conv" and node.input[1] in dequantised] == in_8_bits
    assert not dequantised & {name for node in found if node.op_type == "Sigmoid" for name in node.input}
    images = pictures(2)
    np.testing.assert_allclose(outputs(tmp_path / "int8.onnx", images)[0], outputs(tmp_path / "free.onnx", images)[0], atol=0.05)
