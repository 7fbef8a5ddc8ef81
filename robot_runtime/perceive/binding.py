"""Running a session: with numpy arrays on the CPU, and with memory that is bound once where tensors live on a GPU."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from robot_runtime.perceive.sessions import Session, Tensor

_log = logging.getLogger(__name__)

DTYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(double)": np.dtype(np.float64),
    "tensor(uint8)": np.dtype(np.uint8),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(int64)": np.dtype(np.int64),
}
"""onnxruntime's names of types → numpy's."""

Arrays = dict[str, NDArray[Any]]


class Runner(Protocol):
    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        """The outputs by name.  They are only good until the next run."""
        ...

    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An array from which this runner reads its inputs fastest."""
        ...


class PlainRunner:
    """The CPU's: onnxruntime reads the arrays where they are, and no copy is made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names = [output.name for output in session.get_outputs()]

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        return dict(zip(self._names, self._session.run(self._names, inputs), strict=True))

    def allocate(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        return np.empty(shape, dtype)


@dataclass(frozen=True, slots=True)
class _Bound:
    """What is bound for one number of pictures."""

    binding: Any
    inputs: dict[str, Any]  # name → OrtValue on the device
    outputs: Arrays  # those whose shape is known beforehand: onnxruntime copies into these


class BoundRunner:
    """Inputs go to fixed memory on the device, and outputs come from there to fixed page-locked memory: one copy each.

    Written for CUDA and TensorRT.  Tests run it with ``device`` "cpu", where the same calls copy within the memory of the
    computer; on a GPU it was not tried yet, and the comparison with the CPU at start is there for that, too.
    """

    def __init__(self, session: Session, device: str, device_id: int, allocate: Callable[..., NDArray[Any]]) -> None:
        self._session, self._device, self._device_id = session, device, device_id
        self.allocate = allocate
        self._outputs = list(session.get_outputs())
        self._bound: dict[tuple[tuple[int, ...], ...], _Bound] = {}

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        shapes = tuple(array.shape for array in inputs.values())
        bound = self._bound.get(shapes)
        if bound is None:
            bound = self._bound[shapes] = self._bind(inputs)
        for name, array in inputs.items():
            bound.inputs[name].update_inplace(np.ascontiguousarray(array))
        self._session.run_with_iobinding(bound.binding)
        return self._collect(bound)

    def _bind(self, inputs: Mapping[str, NDArray[Any]]) -> _Bound:
        binding = self._session.io_binding()
        values = {}
        for name, array in inputs.items():
            values[name] = onnxruntime.OrtValue.ortvalue_from_shape_and_type(list(array.shape), array.dtype, self._device, self._device_id)
            binding.bind_ortvalue_input(name, values[name])
        pictures = next(iter(inputs.values())).shape[0]
        return _Bound(binding, values, self._bind_outputs(binding, pictures))

    def _bind_outputs(self, binding: Any, pictures: int) -> Arrays:
        fixed: Arrays = {}
        for output in self._outputs:
            if _size_is_known(output):
                fixed[output.name] = self.allocate((pictures, *output.shape[1:]), DTYPES[output.type])
                binding.bind_ortvalue_output(output.name, onnxruntime.OrtValue.ortvalue_from_numpy(fixed[output.name]))
            else:
                binding.bind_output(output.name, "cpu")
        return fixed

    def _collect(self, bound: _Bound) -> Arrays:
        if len(bound.outputs) == len(self._outputs):
            return bound.outputs
        found = zip(self._outputs, bound.binding.get_outputs(), strict=True)
        return {output.name: bound.outputs.get(output.name, value.numpy()) for output, value in found}


def _size_is_known(output: Tensor) -> bool:
    """Apart from the number of pictures, which comes first in every layout."""
    return bool(output.shape) and output.type in DTYPES and all(isinstance(size, int) for size in output.shape[1:])


class PageLocked:
    """Arrays in page-locked memory, which a GPU reads without help of the CPU (CUDA runtime API, ``cudaHostRegister``).

    Where memory cannot be locked an ordinary array is given and the reason is logged: that is slower, but not wrong.
    """

    def __init__(self, runtime: Any | None = None) -> None:
        """:param runtime: the CUDA runtime library, with ``cudaHostRegister`` and ``cudaHostUnregister``; found when None"""
        self._runtime = _cuda_runtime() if runtime is None else runtime

    def __call__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        array = np.empty(shape, dtype)
        if self._runtime is None or array.nbytes == 0:
            return array
        address = array.ctypes.data
        failure = self._runtime.cudaHostRegister(ctypes.c_void_p(address), ctypes.c_size_t(array.nbytes), ctypes.c_uint(0))
        if failure:
            _log.warning("memory cannot be locked for the GPU (CUDA error %d): copies will be slower", failure)
        else:  # numpy tells weak references before it frees the memory; at exit the process gives all of it back
            weakref.finalize(array, self._runtime.cudaHostUnregister, ctypes.c_void_p(address)).atexit = False
        return array


def _cuda_runtime() -> Any | None:
    """The one that onnxruntime has loaded, whichever version that is."""
    for name in ("libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    _log.warning("no CUDA runtime library to lock memory with: copies to the GPU will be slower")
    return None
