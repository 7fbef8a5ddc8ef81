"""Recording over ROS and reading it back."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.reader import make_reader

from robot_runtime import messages as m
from robot_runtime.ros.definitions import definition
from robot_runtime.ros.read_record import read
from robot_runtime.ros.recording import Recording
from robot_runtime.topics import TOPICS
from safety.files import FileError
from tests.ros.samples import CARRIED, same, sample


def publish_all(ears: Any, folder: Path) -> dict[str, Any]:
    """A message on every recorded topic, again until it is on record: unreliable topics do not wait for whom they do not know."""
    messages = {topic.name: sample(topic.message) for topic in CARRIED if topic.recorded}
    speakers = {name: ears.speaker(name) for name in messages}

    def all_there() -> bool:
        missing = messages.keys() - {name for name, _ in read(folder / "record.mcap")}
        for name in missing:
            speakers[name](messages[name])
        ears.spin(0.5)
        return not missing

    assert ears.until(all_there)
    return messages


def texts(folder: Path) -> list[str]:
    """What the recorded story says, each once."""
    return list(dict.fromkeys(message.text for _, message in read(folder / "record.mcap")))


def test_every_recorded_topic_is_recorded(start: Any, ears: Any, tmp_path: Path) -> None:
    watch = start("watch", run_dir=str(tmp_path), record_audio=True, audio_in="sim")
    sent = publish_all(ears, tmp_path)
    watch.process.terminate()
    assert watch.wait()[0] == 0
    got = dict(read(tmp_path / "record.mcap"))
    assert set(got) == set(sent)
    inexact = (
        "pose",
        "odom",
        "e_stop",
        "safety/stopped",
        "audio/mute",
        "audio/muted",
        "audio/kept",
    )  # these pass through a quaternion, or carry no stamp
    exact = {name for name in sent if name not in inexact}
    assert [name for name in exact if not same(sent[name], got[name])] == []


def recorded_sound(start: Any, ears: Any, folder: Path, kept: tuple[bool, ...], **settings: Any) -> list[int]:
    """Numbers of the frames that a recording keeps: frame 0, then after each change of ``audio/kept`` the next one."""
    watch = start("watch", run_dir=str(folder), **settings)
    hear, tell, note = ears.speaker("audio/in"), ears.speaker("audio/kept"), ears.speaker("timeline")

    def on_record(topic: str) -> int:
        return sum(name == topic for name, _ in read(folder / "record.mcap"))

    def noted() -> None:
        """What was sent before has arrived when this has."""
        before = on_record("timeline")
        note(m.TimelineEvent(0.0, "process", "so far", "", 0.0))
        assert ears.until(lambda: on_record("timeline") > before)

    for number, now_kept in enumerate((None, *kept)):
        if now_kept is not None:
            before = on_record("audio/kept")
            tell(m.SoundKept(0.0, now_kept))
            assert ears.until(lambda before=before: on_record("audio/kept") > before)
        hear(m.AudioFrame(0.0, "test", number, 16_000, np.zeros(320, np.int16)))
        noted()
    watch.process.terminate()
    assert watch.wait()[0] == 0
    return [message.sequence for topic, message in read(folder / "record.mcap") if topic == "audio/in"]


def test_sound_of_people_is_kept_only_if_wanted_and_told(start: Any, ears: Any, tmp_path: Path) -> None:
    assert recorded_sound(start, ears, tmp_path, (False, True, False, True), record_audio=True, audio_in="device:USB") == [2, 4]


def test_by_default_the_recorder_does_not_even_listen_to_the_microphone(start: Any, ears: Any, tmp_path: Path) -> None:
    start("watch", run_dir=str(tmp_path))
    assert ears.until(lambda: ears.node.count_subscribers("audio/out") == 1)
    assert ears.node.count_subscribers("audio/in") == 0


def test_other_tools_can_read_a_recording(start: Any, ears: Any, tmp_path: Path) -> None:
    """Index, statistics and complete schemas, as Foxglove wants them."""
    watch = start("watch", run_dir=str(tmp_path), record_audio=True, audio_in="sim")
    publish_all(ears, tmp_path)
    watch.process.terminate()
    watch.wait()
    with (tmp_path / "record.mcap").open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(list(read(tmp_path / "record.mcap")))
    assert summary.chunk_indexes
    assert {channel.topic for channel in summary.channels.values()} == {f"/{topic.name}" for topic in CARRIED if topic.recorded}
    schemas = {schema.name: schema for schema in summary.schemas.values()}
    assert {schema.encoding for schema in schemas.values()} == {"ros2msg"}
    assert "MSG: robot_runtime_msgs/Argument" in schemas["robot_runtime_msgs/msg/Utterance"].data.decode()


def test_a_killed_recorder_keeps_all_but_the_last_second(start: Any, ears: Any, tmp_path: Path) -> None:
    watch = start("watch", run_dir=str(tmp_path), record_audio=True, audio_in="sim")
    speak = ears.speaker("timeline")
    speak(m.TimelineEvent(1.0, "heard", "before", "", 0.0))
    assert ears.until(lambda: texts(tmp_path) == ["before"])
    os.kill(watch.process.pid, signal.SIGKILL)
    watch.wait()
    assert texts(tmp_path) == ["before"]

    start("watch", run_dir=str(tmp_path), record_audio=True, audio_in="sim")  # a restart goes on in a file of its own

    def went_on() -> bool:
        speak(m.TimelineEvent(2.0, "heard", "after", "", float("nan")))
        return "after" in texts(tmp_path)

    assert ears.until(went_on)
    assert texts(tmp_path) == ["before", "after"]
    lines = [json.loads(line) for line in (tmp_path / "timeline.jsonl").read_text().splitlines()]
    assert list(dict.fromkeys((line["text"], line["latency_ms"]) for line in lines)) == [("before", 0.0), ("after", None)]


def test_the_story_is_there_at_once(start: Any, ears: Any, tmp_path: Path) -> None:
    """Not when the recording is flushed, which is after a minute here."""
    params = tmp_path / "params.yaml"
    params.write_text("recorder: {ros__parameters: {flush_s: 60.0}}")
    start("watch", run_dir=str(tmp_path), params_file=str(params))
    ears.speaker("timeline")(m.TimelineEvent(1.0, "heard", "now", "", 0.0))
    assert ears.until(lambda: "now" in (tmp_path / "timeline.jsonl").read_text())
    assert texts(tmp_path) == []


def test_a_folder_that_cannot_be_is_one_line(start: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    child = start("watch", ready=False, run_dir=str(tmp_path / "file" / "run"))
    status, output = child.wait()
    assert status != 0
    assert "recorder: run_dir:" in output
    assert "Not a directory" in output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "r.mcap")
    topic = TOPICS["timeline"]
    channel = recording.channel("/timeline", topic.ros_type, definition(topic.ros_type), {})
    recording.write(channel, bytes(100), 0)
    with Path("/dev/full").open("wb", buffering=0) as full:
        saved = os.dup(recording.fileno())
        os.dup2(full.fileno(), recording.fileno())
        with pytest.raises(OSError, match="No space left"):
            recording.flush()
        os.dup2(saved, recording.fileno())
        os.close(saved)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_gives_what_is_whole(tmp_path: Path, kept: float) -> None:
    from rclpy.serialization import serialize_message

    from robot_runtime.ros.convert import codec

    whole = tmp_path / "record.mcap"
    recording = Recording(whole)
    topic = TOPICS["timeline"]
    channel = recording.channel("/timeline", topic.ros_type, definition(topic.ros_type), {"topic": "timeline"})
    events = [m.TimelineEvent(float(index), "heard", f"{index:x}" * 40, "", 0.0) for index in range(100)]
    for index, event in enumerate(events):
        recording.write(channel, serialize_message(codec("timeline").to_ros(event)), index)
        if index % 10 == 9:
            recording.flush()
    recording.close()
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * kept)])
    got = [message for _, message in read(whole)]
    assert got == events[: len(got)]
    assert len(got) >= 100 * kept * 0.6 - 20


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such recording"):
        list(read(tmp_path / "record.mcap"))
    (tmp_path / "record.mcap").write_bytes(b"hello, this is no recording at all")
    with pytest.raises(FileError, match="not a recording"):
        list(read(tmp_path / "record.mcap"))


def test_a_definition_is_complete() -> None:
    text = definition("nav_msgs/msg/Odometry")
    names = [line.removeprefix("MSG: ") for line in text.splitlines() if line.startswith("MSG: ")]
    assert names[0] == "std_msgs/Header"
    assert {"builtin_interfaces/Time", "geometry_msgs/PoseWithCovariance", "geometry_msgs/Vector3"} <= set(names)
    assert len(names) == len(set(names))
