"""What is done to an exported detector, on a network of a few nodes that was "traced" for one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.eyes.onnx_tools import KEPT_METADATA, free_batch, into_silus, keep_metadata, optimise, outputs, quantise, sum_bins
from robot_runtime.perceive.engine import open_model
from robot_runtime.perceive.sessions import EngineConfig

RNG = np.random.default_rng(0)


def traced() -> onnx.ModelProto:
    """Three convolutions named as ultralytics names them, and a reshape to (1, 4, anchors)."""
    weights = {"w0": RNG.normal(0, 0.3, (8, 3, 3, 3)), "w1": RNG.normal(0, 0.3, (8, 8, 1, 1)), "w2": RNG.normal(0, 0.3, (4, 8, 1, 1))}
    nodes = [
        helper.make_node("Conv", ["images", "w0"], ["a"], name="/model.0/conv/Conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], name="/model.0/act/Relu"),
        helper.make_node("Conv", ["b", "w1"], ["branch"], name="/model.1/cv2.0/cv2.0.1/conv/Conv"),
        helper.make_node("Conv", ["branch", "w2"], ["c"], name="/model.1/cv2.0/cv2.0.2/Conv"),
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
    model.graph.node[5].input[1] = "elsewhere"
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
    ("head", "in_8_bits"), [("float", ["/model.0/conv/Conv"]), ("int8", ["/model.0/conv/Conv", "/model.1/cv2.0/cv2.0.1/conv/Conv"])]
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


def test_weights_of_8_bit_networks_cannot_overflow_and_say_so(tmp_path: Path) -> None:
    model = traced()
    free_batch(model)
    onnx.save(model, tmp_path / "free.onnx")
    quantise(tmp_path / "free.onnx", tmp_path / "int8.onnx", [pictures(1) for _ in range(8)], "int8", "minmax")
    small = onnx.load(tmp_path / "int8.onnx")
    weights = [numpy_helper.to_array(one) for one in small.graph.initializer if one.name.endswith("_quantized") and len(one.dims) == 4]
    assert len(weights) == 2 and all(np.abs(one.astype(int)).max() <= 64 for one in weights)
    assert open_model(tmp_path / "int8.onnx", EngineConfig()).metadata["weight_bits"] == "7"


def test_what_a_silu_makes_nothing_of_takes_none_of_the_8_bits(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["images", "w"], ["x"], name="/model.0/conv/Conv"),
        helper.make_node("Sigmoid", ["x"], ["gate"], name="/model.0/act/Sigmoid"),
        helper.make_node("Mul", ["x", "gate"], ["y"], name="/model.0/act/Mul"),
        helper.make_node("Identity", ["y"], ["output0"], name="/model.1/Identity"),  # the head
    ]
    weight = np.zeros((3, 3, 1, 1), np.float32)
    weight[range(3), range(3)] = 32.0
    graph = helper.make_graph(
        nodes,
        "silu",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [numpy_helper.from_array(weight, "w")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "silu.onnx")
    images = np.linspace(-30 / 32, 2 / 32, 192, dtype=np.float32).reshape(1, 3, 8, 8)
    quantise(tmp_path / "silu.onnx", tmp_path / "int8.onnx", [images], "float", "minmax")
    small = onnx.load(tmp_path / "int8.onnx")
    (scale,) = (node.input[1] for node in small.graph.node if node.op_type == "QuantizeLinear" and node.input[0] == "x")
    step = next(float(numpy_helper.to_array(one)) for one in small.graph.initializer if one.name == scale)
    assert step == pytest.approx((7 + 2) / 255, rel=0.05)
    assert into_silus(onnx.load(tmp_path / "silu.onnx")) == ["x"]


def head(bins: int = 16, anchors: int = 50) -> onnx.ModelProto:
    """The end of a head that tells four sides of a box by bins, as ultralytics traces it."""
    p = "/model.1/dfl/"
    shapes = {"s0": [0, 4, bins, anchors], "s1": [0, 4, anchors]}
    nodes = [
        helper.make_node("Reshape", ["logits", "s0"], ["a"], name=f"{p}Reshape"),
        helper.make_node("Transpose", ["a"], ["b"], name=f"{p}Transpose", perm=[0, 2, 1, 3]),
        helper.make_node("Softmax", ["b"], ["c"], name=f"{p}Softmax", axis=1),
        helper.make_node("Conv", ["c", "w"], ["d"], name=f"{p}conv/Conv"),
        helper.make_node("Reshape", ["d", "s1"], ["output0"], name=f"{p}Reshape_1"),
    ]
    constants = {name: np.array(shape, np.int64) for name, shape in shapes.items()}
    constants["w"] = np.arange(bins, dtype=np.float32).reshape(1, bins, 1, 1)
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 4 * bins, anchors])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["n", 4, anchors])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("spread", [0.0, 1.0, 12.0])
def test_two_sums_give_the_mean_that_the_softmax_gave(tmp_path: Path, spread: float) -> None:
    before, after = head(), head()
    sum_bins(after)
    onnx.checker.check_model(after)
    onnx.save(before, tmp_path / "before.onnx")
    onnx.save(after, tmp_path / "after.onnx")
    logits = RNG.normal(0, spread, (3, 64, 50)).astype(np.float32)
    expected = outputs(tmp_path / "before.onnx", logits)[0]
    np.testing.assert_allclose(outputs(tmp_path / "after.onnx", logits)[0], expected, atol=1e-4)
    assert not any(node.op_type in ("Softmax", "Transpose") for node in after.graph.node)


def test_logits_beyond_all_reason_give_numbers_all_the_same(tmp_path: Path) -> None:
    after = head()
    sum_bins(after)
    onnx.save(after, tmp_path / "after.onnx")
    told = outputs(tmp_path / "after.onnx", np.full((1, 64, 50), 1e30, np.float32))[0]
    assert np.isfinite(told).all() and ((told >= 0) & (told <= 15)).all()


def test_another_head_is_refused() -> None:
    with pytest.raises(ValueError, match="dfl/Softmax"):
        sum_bins(traced())
