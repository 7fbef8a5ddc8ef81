"""Which engine runs a network: in the configured order, and only one that agrees with the CPU.

Providers that are not here are played by sessions of the CPU, some of which lie.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from robot_runtime.perceive import engine, sessions
from robot_runtime.perceive.binding import BoundRunner, PageLocked, PlainRunner
from robot_runtime.perceive.crops import PersonClassifier
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.sessions import EngineConfig, Job, OnnxRuntime, ProviderError, Session
from safety.files import FileError
from tests.unit.tiny_networks import save, save_brightest, save_measuring

SETTINGS = "layout: yolo\nclass_names: [red, blue]\nscore_threshold: 0.3\n"


class Lying:
    """A session whose outputs are changed on the way."""

    def __init__(self, session: Session, change: Callable[[str, Any], Any]) -> None:
        self._session, self._change = session, change

    def run(self, names: list[str] | None, inputs: Mapping[str, Any]) -> list[Any]:
        return [self._change(name, value) for name, value in zip(names or [], self._session.run(names, inputs), strict=True)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class Stage:
    """Plays the providers in ``plays``: each one a change of outputs, None for none, or the error with which it fails to open."""

    def __init__(self, plays: Mapping[str, Callable[[str, Any], Any] | Exception | None]) -> None:
        self.plays, self.opened = plays, list[str]()

    def available(self) -> Sequence[str]:
        return [*self.plays, "cpu"]

    def open(self, job: Job, provider: str, config: EngineConfig) -> Session:
        self.opened.append(provider)
        play = self.plays.get(provider)
        if isinstance(play, Exception):
            raise play
        session = OnnxRuntime().open(job, "cpu", config)
        return session if play is None else Lying(session, play)


def _honest(name: str, value: Any) -> Any:
    return value


@pytest.fixture(autouse=True)
def _gpu_memory_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """CUDA's tensors are taken to live in the memory of the computer, and are run the way the CPU's are."""
    for name in ("tensorrt", "cuda"):
        monkeypatch.setitem(sessions.PROVIDERS, name, sessions.Provider(sessions.PROVIDERS[name].onnxruntime_name, "cpu"))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    (tmp_path / "eyes.yaml").write_text(SETTINGS, encoding="utf-8")
    return save_brightest(tmp_path / "eyes.onnx")


def test_the_first_that_agrees_is_taken(network: Path) -> None:
    stage = Stage({"tensorrt": _honest, "cuda": _honest})
    found = Detector(network, opener=stage)
    assert (found.provider, found.rejected, stage.opened) == ("tensorrt", (), ["cpu", "tensorrt"])


def test_the_order_is_configured(network: Path) -> None:
    found = Detector(network, EngineConfig(providers=("cuda", "tensorrt")), opener=Stage({"tensorrt": _honest, "cuda": _honest}))
    assert found.provider == "cuda"


def test_with_the_cpu_first_nothing_else_is_tried(network: Path) -> None:
    stage = Stage({"cuda": _honest})
    assert Detector(network, EngineConfig(providers=("cpu", "cuda")), opener=stage).provider == "cpu"
    assert stage.opened == ["cpu"]


def _moved(name: str, value: Any) -> Any:
    return value + np.array([8, 0, 0, 0, 0, 0], np.float32)[:, None]


def _surer(name: str, value: Any) -> Any:
    return value + np.array([0, 0, 0, 0, 0.08, 0.08], np.float32)[:, None]


def _mixed_up(name: str, value: Any) -> Any:
    return value[:, [0, 1, 2, 3, 5, 4]]


def _blind(name: str, value: Any) -> Any:
    return value * np.array([1, 1, 1, 1, 0, 0], np.float32)[:, None]


def _sees_ghosts(name: str, value: Any) -> Any:
    ghost = np.array([9, 9, 6, 6, 0.9, 0], np.float32)[None, :, None].repeat(len(value), axis=0)
    return np.concatenate([value, ghost], axis=2)


def _nan(name: str, value: Any) -> Any:
    return value * np.float32(np.nan)


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (_moved, "missing: class"),
        (_surer, "missing"),
        (_mixed_up, "missing"),
        (_blind, "missing"),
        (_nan, "missing"),
        (_sees_ghosts, "added"),
    ],
)
def test_one_that_differs_is_rejected_with_the_reason_and_the_next_is_taken(
    network: Path, lie: Callable[[str, Any], Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = Detector(network, opener=Stage({"tensorrt": lie, "cuda": _honest}))
    assert found.provider == "cuda"
    assert len(found.rejected) == 1
    assert found.rejected[0].startswith("tensorrt: differs from the CPU on sample")
    assert words in found.rejected[0]
    assert found.rejected[0].partition(": ")[2] in caplog.text


def test_rounding_as_16_bits_do_is_no_difference(network: Path) -> None:
    def half(name: str, value: Any) -> Any:
        return value.astype(np.float16).astype(np.float32)

    assert Detector(network, opener=Stage({"cuda": half})).provider == "cuda"


def test_one_that_does_not_open_or_fails_in_its_first_run_is_passed_over(network: Path) -> None:
    def breaks(name: str, value: Any) -> Any:
        raise RuntimeError("CUDA error 700: an illegal memory access\nat line 3")

    found = Detector(network, opener=Stage({"tensorrt": ProviderError("libnvinfer.so.10 is missing"), "cuda": breaks}))
    assert found.provider == "cpu"
    assert found.rejected[0] == "tensorrt: libnvinfer.so.10 is missing"
    assert found.rejected[1] == "cuda: RuntimeError: CUDA error 700: an illegal memory access"


def test_what_this_onnxruntime_was_built_without_is_named(network: Path) -> None:
    assert "openvino: this onnxruntime was built without it" in Detector(network, opener=Stage({})).rejected


def test_a_difference_shows_although_no_sample_reaches_the_threshold(network: Path) -> None:
    """Where the CPU finds nothing that counts, what it finds with half the best score is compared."""
    (network.parent / "eyes.yaml").write_text(SETTINGS.replace("0.3", "0.99"), encoding="utf-8")
    assert Detector(network, opener=Stage({"cuda": _moved})).provider == "cpu"
    assert Detector(network, opener=Stage({"cuda": _honest})).provider == "cuda"


def test_a_classifier_of_people_is_compared_too(tmp_path: Path) -> None:
    outputs = {"ages": np.array([[2.0, 0.0, -1.0]], np.float32), "front": np.array([[0.5]], np.float32)}
    file = save(tmp_path / "people.onnx", outputs)
    (tmp_path / "people.yaml").write_text("age: {output: ages}\nfacing: {output: front}\n", encoding="utf-8")
    assert PersonClassifier(file, opener=Stage({"cuda": _honest})).provider == "cuda"
    for name, lie in (("age", _swapped), ("facing", _turned), ("age", _nan)):
        found = PersonClassifier(file, opener=Stage({"cuda": lie}))
        assert found.provider == "cpu"
        assert any(reason.startswith(f"cuda: differs from the CPU on the samples: {name} by") for reason in found.rejected)


def test_measures_are_part_of_the_comparison(tmp_path: Path) -> None:
    """What an engine makes of the second input shows although it makes nothing of the pictures."""
    file = save_measuring(tmp_path / "people.onnx", 3)
    text = "age: {output: ages}\nfacing: {output: front}\nmeasures: {input: measures, columns: [top_m, distance_m, place]}\n"
    (tmp_path / "people.yaml").write_text(text, encoding="utf-8")
    assert PersonClassifier(file, opener=Stage({"cuda": _honest})).provider == "cuda"
    found = PersonClassifier(file, opener=Stage({"cuda": lambda name, value: value * 0}))
    assert found.provider == "cpu"
    assert any("differs from the CPU on the samples: age by" in reason for reason in found.rejected)


def _swapped(name: str, value: Any) -> Any:
    return value[:, ::-1] if name == "ages" else value


def _turned(name: str, value: Any) -> Any:
    return -value if name == "front" else value


# ---------------------------------------------------------------- sessions


def test_the_real_opener_offers_what_is_installed_and_the_cpu_is_among_it() -> None:
    assert "cpu" in OnnxRuntime().available()


def test_a_provider_that_silently_fell_back_is_no_provider(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("here it would not fall back")
    with pytest.warns(UserWarning, match="not in available"), pytest.raises(ProviderError, match="fell back to CPUExecutionProvider"):
        OnnxRuntime().open(Job(network, "0" * 64, {}), "cuda", EngineConfig())


def test_engines_are_kept_apart_by_network_device_and_onnxruntime(tmp_path: Path) -> None:
    config = EngineConfig(cache_folder=str(tmp_path))
    one = sessions.cache_folder(config, "a" * 64, "Orin (nvgpu)")
    others = [
        sessions.cache_folder(config, "b" * 64, "Orin (nvgpu)"),
        sessions.cache_folder(config, "a" * 64, "NVIDIA L4"),
        sessions.cache_folder(config.model_copy(update={"half_precision": False}), "a" * 64, "Orin (nvgpu)"),
    ]
    assert one.name == f"{'a' * 16}_orin-nvgpu_ort-{onnxruntime.__version__}_fp16_batch-8"
    assert one not in others
    assert one.parent == tmp_path


class _Runtime:
    """Stands in for onnxruntime: refuses to open as long as the folder of engines holds one that is broken."""

    def __init__(self) -> None:
        self.chains: list[Any] = []

    def session(self, path: str, options: Any, providers: list[tuple[str, dict[str, Any]]]) -> Any:
        self.chains.append(providers)
        cache = Path(providers[0][1]["trt_engine_cache_path"])
        if any(cache.iterdir()):
            raise RuntimeError("engine deserialization failed")
        (cache / "whole.engine").write_bytes(b"engine")
        return _Named([name for name, _ in providers])


class _Named:
    def __init__(self, providers: list[str]) -> None:
        self._providers = providers

    def get_providers(self) -> list[str]:
        return self._providers


def test_half_an_engine_of_a_process_that_died_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, config = _Runtime(), EngineConfig(cache_folder=str(tmp_path), most_pictures=4)
    monkeypatch.setattr(onnxruntime, "InferenceSession", runtime.session)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    monkeypatch.setattr(sessions, "gpu_name", lambda device_id: "NVIDIA L4")
    folder = sessions.cache_folder(config, "a" * 64, "NVIDIA L4")
    folder.mkdir()
    (folder / "half.engine").write_bytes(b"eng")
    job = Job(tmp_path / "eyes.onnx", "a" * 64, {"images": (3, 64, 64)})
    OnnxRuntime().open(job, "tensorrt", config)
    assert [path.name for path in folder.iterdir()] == ["whole.engine"]
    names, options = [name for name, _ in runtime.chains[1]], runtime.chains[1][0][1]
    assert names == ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    assert options["trt_profile_min_shapes"] == "images:1x3x64x64"
    assert options["trt_profile_max_shapes"] == "images:4x3x64x64"


def test_a_first_build_that_fails_is_not_tried_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def fails(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        raise RuntimeError("no TensorRT here")

    monkeypatch.setattr(onnxruntime, "InferenceSession", fails)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    with pytest.raises(ProviderError, match="no TensorRT here"):
        OnnxRuntime().open(Job(tmp_path / "x.onnx", "a" * 64, {}), "tensorrt", EngineConfig(cache_folder=str(tmp_path)))
    assert len(calls) == 1


def test_threads_and_spinning_are_as_configured() -> None:
    options = sessions.session_options(EngineConfig(threads=3, spin=False))
    assert options.intra_op_num_threads == 3
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_only_a_network_that_says_it_cannot_overflow_is_computed_the_faster_way(network: Path, tmp_path: Path) -> None:
    told = onnx.load(network)
    told.metadata_props.add(key="weight_bits", value="7")
    onnx.save(told, tmp_path / "seven.onnx")
    opened: list[str] = []

    class Opener(OnnxRuntime):
        def open(self, job: Job, provider: str, config: EngineConfig) -> Session:
            options = sessions.session_options(config, job.overflows)
            opened.append(options.get_session_config_entry(sessions.EXACT_8_BITS))
            return super().open(job, provider, config)

    engine.open_model(network, EngineConfig(), Opener())
    assert opened == ["1"]
    engine.open_model(tmp_path / "seven.onnx", EngineConfig(), Opener())
    assert opened[-1] == "0"


# ---------------------------------------------------------------- bound memory


class _CudaRuntime:
    def __init__(self, failure: int = 0) -> None:
        self.failure, self.locked, self.unlocked = failure, list[int](), list[int]()

    def cudaHostRegister(self, address: ctypes.c_void_p, size: ctypes.c_size_t, flags: ctypes.c_uint) -> int:  # noqa: N802  # CUDA's name
        self.locked.append(address.value or 0)
        return self.failure

    def cudaHostUnregister(self, address: ctypes.c_void_p) -> int:  # noqa: N802  # CUDA's name
        self.unlocked.append(address.value or 0)
        return 0


def test_bound_memory_gives_what_plain_runs_give(network: Path) -> None:
    session = OnnxRuntime().open(Job(network, "", {}), "cpu", EngineConfig())
    cuda = _CudaRuntime()
    plain, bound = PlainRunner(session), BoundRunner(session, "cpu", 0, PageLocked(cuda))
    rng = np.random.default_rng(1)
    for count in (1, 3, 1, 2):
        images = rng.random((count, 3, 64, 64), np.float32)
        np.testing.assert_array_equal(bound.run({"images": images})["output0"], plain.run({"images": images})["output0"])
    assert len(cuda.locked) == 3, "one output for each number of pictures"


def test_an_output_of_unknown_size_is_left_to_onnxruntime(tmp_path: Path) -> None:
    file = save(tmp_path / "x.onnx", {"fixed": np.ones((1, 4), np.float32), "open": np.ones((1, 5, 6), np.float32)})
    session = OnnxRuntime().open(Job(file, "", {}), "cpu", EngineConfig())
    found = BoundRunner(_OpenEnded(session), "cpu", 0, PageLocked(_CudaRuntime())).run({"images": np.zeros((2, 3, 64, 64), np.float32)})
    assert found["fixed"].shape == (2, 4)
    assert found["open"].shape == (2, 5, 6)


class _OpenEnded:
    """Declares the second output's size as unknown."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_outputs(self) -> list[Any]:
        first, second = self._session.get_outputs()
        return [first, _Output(second.name, second.type, ["n", "k", 6])]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _Output:
    def __init__(self, name: str, type_: str, shape: list[Any]) -> None:
        self.name, self.type, self.shape = name, type_, shape


def test_locked_memory_is_unlocked_when_its_last_view_goes() -> None:
    cuda = _CudaRuntime()
    array = PageLocked(cuda)((2, 3), np.dtype(np.float32))
    view = array[:1]
    del array
    assert cuda.unlocked == []
    del view
    assert cuda.unlocked == cuda.locked


def test_memory_that_cannot_be_locked_is_told_and_used(caplog: pytest.LogCaptureFixture) -> None:
    cuda = _CudaRuntime(failure=2)
    array = PageLocked(cuda)((2, 3), np.dtype(np.float32))
    assert array.shape == (2, 3)
    assert "CUDA error 2" in caplog.text
    del array
    assert cuda.unlocked == []


def test_a_gpu_runs_with_bound_memory(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seam: "cuda" is bound memory whose device happens to be the CPU."""
    made: list[BoundRunner] = []

    def bound(session: Session, device: str, device_id: int, allocate: Any) -> BoundRunner:
        made.append(BoundRunner(session, "cpu", device_id, PageLocked(_CudaRuntime())))
        return made[-1]

    monkeypatch.setitem(sessions.PROVIDERS, "cuda", sessions.Provider("CUDAExecutionProvider", "cuda"))
    monkeypatch.setattr(engine, "BoundRunner", bound)
    pictures = [np.full((50, 70, 3), (0, 0, 250), np.uint8), np.full((64, 64, 3), (250, 0, 0), np.uint8), np.zeros((9, 9, 3), np.uint8)]
    on_gpu, on_cpu = Detector(network, opener=Stage({"cuda": None})), Detector(network, opener=Stage({}))
    assert on_gpu.provider == "cuda"
    assert len(made) == 1
    for one, other in zip(on_gpu.detect(pictures), on_cpu.detect(pictures), strict=True):
        np.testing.assert_array_equal(one.ltwh_px, other.ltwh_px)
        np.testing.assert_array_equal(one.scores, other.scores)


# ---------------------------------------------------------------- models that cannot be used


def test_a_missing_and_a_broken_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"eyes\.onnx: cannot be read"):
        Detector(tmp_path / "eyes.onnx")
    (tmp_path / "eyes.onnx").write_bytes(b"not a network")
    with pytest.raises(FileError, match=r"eyes\.onnx: cannot be loaded as a network"):
        Detector(tmp_path / "eyes.onnx")


def test_an_unknown_provider_is_told() -> None:
    with pytest.raises(ValueError, match="unknown provider 'tensort', did you mean 'tensorrt'"):
        EngineConfig(providers=("tensort",))
