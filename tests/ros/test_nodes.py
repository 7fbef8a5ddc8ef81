"""The generic lifecycle node, over real ROS between processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition, TransitionEvent
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, SetParameters
from std_srvs.srv import Trigger

from robot_runtime import messages as m


def change(ears: Any, transition: int) -> bool:
    return bool(ears.call(ChangeState, "/echo/change_state", ChangeState.Request(transition=Transition(id=transition))).success)


def state(ears: Any) -> str:
    return str(ears.call(GetState, "/echo/get_state", GetState.Request()).current_state.label)


def deactivate(ears: Any, velocities: list[Any]) -> None:
    """… and wait for its last words."""
    assert change(ears, Transition.TRANSITION_DEACTIVATE)
    assert ears.until(lambda: velocities[-1].linear_mps == 0.0)


def reported(arrays: list[Any]) -> list[dict[str, str]]:
    """What the echo has told of itself, oldest first."""
    return [{pair.key: pair.value for pair in status.values} for array in arrays for status in array.status if status.name == "echo"]


def set_parameter(ears: Any, name: str, **value: Any) -> Any:
    parameter = Parameter(name=name, value=ParameterValue(**value))
    return ears.call(SetParameters, "/echo/set_parameters", SetParameters.Request(parameters=[parameter])).results[0]


def met(ears: Any, heard: list[Any]) -> Callable[..., None]:
    """A function that asks the echo, once its answers arrive in ``heard``: each side must know the other first."""
    publish = ears.speaker("action/status")

    def ask(name: str, stamp_s: float = 0.0) -> None:
        publish(m.ActionStatus(stamp_s, name, "p", "go_to", "running", ""))

    def answered() -> bool:
        ask("hello")
        return bool(heard)

    assert ears.until(answered), "no answer"
    ask("met")
    assert ears.until(lambda: heard[-1].text == "echo met")  # whatever came before it has arrived too
    heard.clear()
    return ask


def test_messages_flow_between_processes(start: Any, ears: Any) -> None:
    heard = ears.hear("timeline")
    start("echo")
    start("source")
    assert ears.until(lambda: len(heard) >= 20)
    ids = [event.text for event in heard]
    first = int(ids[0].removeprefix("echo a"))
    assert ids == [f"echo a{first + index}" for index in range(len(ids))]  # in order, none lost


def test_a_trigger_is_answered_at_once(start: Any, ears: Any) -> None:
    """Each answer is given while simulated time stands still, so that no step is due."""
    heard = ears.hear("timeline")
    start("echo", use_sim_time=True)
    ask = met(ears, heard)
    for number in range(20):
        ask(f"{number}")
    assert ears.until(lambda: len(heard) >= 20)
    assert [event.text for event in heard] == [f"echo {number}" for number in range(20)]


def test_lifecycle_services_stop_and_start_the_stage(start: Any, ears: Any) -> None:
    velocities = ears.hear("cmd_vel")
    start("echo")
    assert state(ears) == "active"
    assert ears.until(lambda: len(velocities) > 5)
    deactivate(ears, velocities)
    assert state(ears) == "inactive"
    velocities.clear()
    ears.spin(0.3)
    assert velocities == []
    assert change(ears, Transition.TRANSITION_ACTIVATE)
    assert ears.until(lambda: len(velocities) > 5)


def test_a_deactivated_node_has_last_words(start: Any, ears: Any) -> None:
    velocities = ears.hear("cmd_vel")
    start("echo")
    assert ears.until(lambda: bool(velocities) and velocities[-1].linear_mps == 1.0)
    deactivate(ears, velocities)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_asked_to_end_has_last_words(start: Any, ears: Any, number: signal.Signals) -> None:
    velocities, events = ears.hear("cmd_vel"), ears.hear("timeline")
    child = start("echo")
    assert ears.until(lambda: len(velocities) > 5)
    met(ears, events)
    child.process.send_signal(number)
    assert child.wait()[0] == 0
    assert ears.until(lambda: bool(events) and velocities[-1].linear_mps == 0.0)
    assert [event.text for event in events] == ["closed"]


def test_a_message_of_no_use_is_dropped_and_counted(start: Any, ears: Any) -> None:
    heard, arrays = ears.hear("timeline"), ears.hear_raw(DiagnosticArray, "/diagnostics")
    child = start("echo")

    def refused() -> list[str]:
        return [values.get("refused action/status", "0") for values in reported(arrays)]

    ask, speak = met(ears, heard), ears.speaker("action/status")
    for number in range(10):
        speak(m.ActionStatus(0.0, f"bad{number}", "p", "go_to", "no such phase", ""))
    speak(m.ActionStatus(0.0, "x" * 70_000, "p", "go_to", "running", ""))
    assert ears.until(lambda: "11" in refused())
    ask("good")
    assert ears.until(lambda: bool(heard))
    assert [event.text for event in heard] == ["echo good"]

    child.process.terminate()
    status, output = child.wait()
    assert status == 0
    told = output.count("action/status: message dropped: ActionStatus: phase: unknown value 'no such phase'")
    assert 1 <= told < 10, "not of each"


def test_parameters_are_described_checked_and_fixed_once_configured(start: Any, ears: Any) -> None:
    heard = ears.hear("timeline")
    start("echo")
    request = DescribeParameters.Request(names=["prefix"])
    assert ears.call(DescribeParameters, "/echo/describe_parameters", request).descriptors[0].description == "put before each answer"
    refused = set_parameter(ears, "prefix", type=ParameterType.PARAMETER_STRING, string_value="new ")
    assert (refused.successful, "clean it up" in refused.reason) == (False, True)

    assert change(ears, Transition.TRANSITION_DEACTIVATE)
    assert change(ears, Transition.TRANSITION_CLEANUP)
    wrong = set_parameter(ears, "prefix", type=ParameterType.PARAMETER_INTEGER, integer_value=5)
    assert (wrong.successful, "parameters of echo: prefix: " in wrong.reason) == (False, True)
    assert set_parameter(ears, "prefix", type=ParameterType.PARAMETER_STRING, string_value="new ").successful
    assert change(ears, Transition.TRANSITION_CONFIGURE)
    assert change(ears, Transition.TRANSITION_ACTIVATE)
    start("source")
    assert ears.until(lambda: bool(heard) and heard[-1].text.startswith("new a"))


def test_a_range_is_shown_and_kept(start: Any, ears: Any) -> None:
    start("source", ready=False, autostart=False)
    request = DescribeParameters.Request(names=["speed_mps"])
    limits = ears.call(DescribeParameters, "/source/describe_parameters", request).descriptors[0].floating_point_range[0]
    assert (limits.from_value, limits.to_value) == (0.0, 1.0)
    value = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=2.0)
    results = ears.call(
        SetParameters, "/source/set_parameters", SetParameters.Request(parameters=[Parameter(name="speed_mps", value=value)])
    ).results
    assert not results[0].successful


def test_a_service_of_the_table_reaches_the_stage_once(start: Any, ears: Any) -> None:
    velocities = ears.hear("cmd_vel")
    start("echo")
    assert ears.until(lambda: any(velocity.linear_mps == 1.0 for velocity in velocities))
    answer = ears.call(Trigger, "/safety/stop", Trigger.Request())
    assert answer.success
    assert ears.until(lambda: velocities[-1].linear_mps == 0.0)
    velocities.clear()
    assert ears.until(lambda: len(velocities) > 5)
    assert {velocity.linear_mps for velocity in velocities} == {0.0}


def test_a_service_of_an_inactive_node_says_no(start: Any, ears: Any) -> None:
    start("echo")
    assert change(ears, Transition.TRANSITION_DEACTIVATE)
    answer = ears.call(Trigger, "/safety/stop", Trigger.Request())
    assert (answer.success, answer.message) == (False, "echo is inactive")


def test_an_old_command_is_forgotten_at_activation(start: Any, ears: Any) -> None:
    velocities, arrays = ears.hear("cmd_vel"), ears.hear_raw(DiagnosticArray, "/diagnostics")
    start("echo")
    assert ears.until(lambda: bool(velocities))
    deactivate(ears, velocities)
    ears.speaker("safety/stop_request")(m.StopRequest(1.0, "topic", "old", 1.0))
    assert ears.until(lambda: reported(arrays)[-1:] and reported(arrays)[-1]["age_s safety/stop_request"] != "never")
    velocities.clear()
    assert change(ears, Transition.TRANSITION_ACTIVATE)
    assert ears.until(lambda: len(velocities) > 5)
    assert {velocity.linear_mps for velocity in velocities} == {1.0}


def test_a_failing_stage_is_seen_to_fail(start: Any, ears: Any) -> None:
    transitions = ears.hear_raw(TransitionEvent, "/echo/transition_event")
    child = start("echo", autostart=False)
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert change(ears, transition)
    speak = ears.speaker("speech/heard")
    assert ears.until(lambda: any(event.goal_state.label == "active" for event in transitions)), "its events do not arrive"
    speak(m.Utterance(0.0, "u1", "fail", "", (), 1.0, 0.0, 0.0, "", "en", "test"))
    assert child.wait()[0] == 1
    assert ears.until(lambda: transitions[-1].goal_state.label == "finalized")
    assert [event.goal_state.label for event in transitions][-2:] == ["errorprocessing", "finalized"]


def test_local_topics_stay_in_the_process(start: Any, ears: Any) -> None:
    heard = ears.hear("speech/state")
    start("eyes")
    assert ears.until(lambda: len(heard) > 3)
    assert heard[0].request_id == "(2, 2, 3)"
    assert not any("image" in name for name, _ in ears.node.get_topic_names_and_types())


def test_a_killed_process_comes_back(start: Any, ears: Any) -> None:
    heard = ears.hear("timeline")
    start("echo")
    source = start("source")
    assert ears.until(lambda: len(heard) > 3)
    os.kill(source.process.pid, signal.SIGKILL)
    source.wait()
    met(ears, heard)  # after the answers to all that it had said
    restarted_s = time.monotonic()
    start("source")
    assert ears.until(lambda: len(heard) > 3)
    counted = int(heard[-1].text.removeprefix("echo a"))
    assert counted <= 20 * (time.monotonic() - restarted_s), "it counts anew, 20 a second"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs Linux shared memory to look into")
def test_a_killed_process_leaves_no_shared_memory(start: Any, ears: Any) -> None:
    before = set(Path("/dev/shm").glob("*fastrtps*")) | set(Path("/dev/shm").glob("*fastdds*"))
    heard = ears.hear("timeline")
    start("echo")
    source = start("source")
    assert ears.until(lambda: len(heard) > 3)
    os.kill(source.process.pid, signal.SIGKILL)
    source.wait()
    after = set(Path("/dev/shm").glob("*fastrtps*")) | set(Path("/dev/shm").glob("*fastdds*"))
    mine = {path for path in after - before if path.stat().st_mtime > time.time() - 20}
    assert not mine


def test_diagnostics_tell_of_steps_and_missing_inputs(start: Any, ears: Any) -> None:
    arrays, heard = ears.hear_raw(DiagnosticArray, "/diagnostics"), ears.hear("timeline")
    start("echo", use_sim_time=True)
    commands = ears.hear("cmd_vel")
    ears.run_clock(10.0, commands)
    ears.set_clock(100.0, commands)  # where it stays, so that all further steps are asked for
    ask = met(ears, heard)
    arrays.clear()
    assert ears.until(lambda: len(reported(arrays)) >= 3 and reported(arrays)[-1]["steps"] == "0"), "what was before has been told"
    arrays.clear()
    for number in range(5):
        ask(f"{number}", 97.5)
    assert ears.until(lambda: sum(int(values["steps"]) for values in reported(arrays)) >= 5)
    values = reported(arrays)[-1]
    assert sum(int(values["steps"]) for values in reported(arrays)) == 5
    assert 0 < float(values["step_p50_ms"]) <= float(values["step_max_ms"])
    assert [values[key] for key in ("state", "age_s action/status", "age_s speech/heard")] == ["active", "2.500", "never"]
    assert {status.level for array in arrays for status in array.status} == {DiagnosticStatus.OK}  # no input has a maximum age
