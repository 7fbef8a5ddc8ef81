"""A published state of the home, back into a MuJoCo model."""

from __future__ import annotations

import mujoco

from robot_runtime.messages import SimState


def redraw(model: mujoco.MjModel, data: mujoco.MjData, state: SimState) -> None:
    """Put everything where ``state`` says and compute the poses of bodies, cameras and lights; nothing dynamic.

    :raises ValueError: the state is of another home
    """
    if len(state.qpos) != model.nq or len(state.mocap_pos) != 3 * model.nmocap or len(state.mocap_quat) != 4 * model.nmocap:
        found, expected = (len(state.qpos), len(state.mocap_pos) // 3), (model.nq, model.nmocap)
        raise ValueError(f"the state is of another home: (joint values, moving bodies) is {found}, expected {expected}")
    data.qpos[:] = state.qpos
    data.mocap_pos.flat = state.mocap_pos
    data.mocap_quat.flat = state.mocap_quat
    data.time = state.stamp_s
    mujoco.mj_kinematics(model, data)
    mujoco.mj_camlight(model, data)
