"""Whether pictures of the simulated home can be drawn, found out by drawing one."""

from __future__ import annotations

import subprocess
import sys

from robot_runtime.diagnose.finding import Finding, missing

_PACKAGES = "libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri"

# In a process of its own: a broken driver ends the process, and MUJOCO_GL is read at import.
_DRAW = """
import os, time
os.environ.setdefault("MUJOCO_GL", "egl")
import mujoco
from OpenGL import GL
model = mujoco.MjModel.from_xml_string("<mujoco><worldbody><light pos='0 0 3'/><geom size='0.5'/></worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
with mujoco.Renderer(model, 480, 640) as renderer:
    renderer.update_scene(data)
    picture = renderer.render()
    started = time.perf_counter()
    for _ in range(10):
        renderer.render()
    rate = 10 / (time.perf_counter() - started)
    assert picture.max() > 0, "the picture is black"
    print(f"{os.environ['MUJOCO_GL']}, {GL.glGetString(GL.GL_RENDERER).decode()}, {rate:.0f} pictures/s at 640x480 of an empty scene")
"""


def offscreen() -> Finding:
    try:
        done = subprocess.run([sys.executable, "-c", _DRAW], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return _no_pictures("no picture after 60 s")
    if done.returncode == 0:
        return Finding("Rendering", True, done.stdout.strip(), needed=True)
    lines = done.stderr.strip().splitlines()
    return _no_pictures(lines[-1] if lines else f"the drawing process ended with {done.returncode}")


def _no_pictures(detail: str) -> Finding:
    fix = f"sudo apt-get install --no-install-recommends {_PACKAGES}"
    return missing("Rendering", detail, "no camera in simulation, no video of the demo", fix, needed=True)
