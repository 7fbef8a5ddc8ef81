"""Accelerators, sound, cameras, serial ports and disk: what a robot has and the demo can do without."""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path

from robot_runtime.diagnose.finding import Finding, missing
from robot_runtime.paths import ROOT

DISK_NEEDED_GB = 0.5
"""A demo run takes about 100 MB; with less than this a recording, and with it the audit, soon stops the robot."""


def accelerators() -> Finding:
    import onnxruntime

    providers = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    fast = [name for name in providers if name in ("Tensorrt", "CUDA")]
    version = f"onnxruntime {onnxruntime.__version__}: {', '.join(providers)}"
    if fast:
        return Finding("Accelerator", True, version)
    return missing("Accelerator", version, "models run on the processor; the shipped ones are made for that", "install onnxruntime-gpu")


def sound() -> Finding:
    try:
        sounddevice = importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:  # OSError: the PortAudio library is not there
        cost = "no real microphone or speaker; the simulated ones work"
        return missing("Sound", f"sounddevice: {error}", cost, "sudo apt-get install libportaudio2")
    devices = list(sounddevice.query_devices())
    inputs = [device["name"] for device in devices if device["max_input_channels"] > 0]
    outputs = [device["name"] for device in devices if device["max_output_channels"] > 0]
    detail = f"microphones: {', '.join(inputs) or 'none'}; speakers: {', '.join(outputs) or 'none'}"
    if inputs and outputs:
        return Finding("Sound", True, detail)
    return missing("Sound", detail, "`--mic` and a real voice are not possible", "connect a sound card, group 'audio'")


def cameras() -> Finding:
    return _device_files("Cameras", "/dev", ("video*",), "no real camera; the simulated one works", "connect one, group 'video'")


def serial_ports() -> Finding:
    patterns = ("ttyUSB*", "ttyACM*", "ttyTHS*")
    return _device_files("Serial ports", "/dev", patterns, "no motor driver can be reached", "connect one, group 'dialout'")


def _device_files(name: str, folder: str, patterns: tuple[str, ...], cost: str, fix: str) -> Finding:
    found = sorted(path for pattern in patterns for path in Path(folder).glob(pattern))
    usable = [str(path) for path in found if os.access(path, os.R_OK | os.W_OK)]
    if usable:
        return Finding(name, True, ", ".join(usable))
    detail = f"not permitted: {', '.join(map(str, found))}" if found else "none"
    return missing(name, detail, cost, fix)


def disk() -> Finding:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    if free_gb >= DISK_NEEDED_GB:
        return Finding("Disk", True, f"{free_gb:.1f} GB free here", needed=True)
    cost = "recordings and the audit end early, and an audit that cannot be written stops the robot"
    return missing("Disk", f"{free_gb:.1f} GB free here", cost, "make room", needed=True)


def models() -> Finding:
    files = sorted((ROOT / "models").rglob("*.onnx"))
    empty = [path.name for path in files if path.stat().st_size < 1000]
    if empty:
        return missing("Models", f"not whole: {', '.join(empty)}", "stages that use them refuse to start", "fetch the files again")
    total_mb = sum(path.stat().st_size for path in files) / 1e6
    return Finding("Models", True, f"{len(files)} shipped, {total_mb:.1f} MB" if files else "none are needed by the embedded engines")
