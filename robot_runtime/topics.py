"""THE table of topics: type, rate, quality of service, maximum age, and whether a recording keeps it.

Names are relative (a namespace goes in front).  ``max_age_s`` is what consumers treat as stale; liveness checks, the
recorder, the message package's contract test and the docs read it from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from robot_runtime import messages as m


class Qos(Enum):
    """How a topic is carried; the ROS profiles are in ``robot_runtime/ros/qos.py``."""

    SENSOR = "sensor"  # newest wins, losses allowed (REP-2003)
    STREAM = "stream"  # reliable, deep queue: sound, where every frame counts
    EVENT = "event"  # reliable: must arrive, order matters
    STATE = "state"  # reliable and latched: late joiners get the last one
    PICTURE = "picture"  # megabytes, newest wins: reliable if the publisher is, since the pieces of one hardly ever all arrive otherwise
    LOCAL = "local"  # never leaves the process


@dataclass(frozen=True)
class Topic:
    name: str
    message: type
    ros_type: str
    qos: Qos
    rate_hz: float | None  # None: on events
    max_age_s: float | None  # None: never stale
    recorded: bool
    about: str


_OWN = "robot_runtime_msgs/msg/"


def _own(name: str, message: type, qos: Qos, rate_hz: float | None, max_age_s: float | None, recorded: bool, about: str) -> Topic:
    return Topic(name, message, _OWN + message.__name__, qos, rate_hz, max_age_s, recorded, about)


_ALL = (
    # sense
    _own("audio/in", m.AudioFrame, Qos.STREAM, 50, 0.2, True, "what the microphone hears"),
    Topic("audio/raw_in", m.RawSound, "", Qos.LOCAL, None, None, False, "of a microphone's ROS driver, as it comes"),
    Topic("audio/mute", m.MuteRequest, "std_msgs/msg/Bool", Qos.EVENT, None, None, True, "mute the microphone, or no longer"),
    Topic("audio/muted", m.Muted, "std_msgs/msg/Bool", Qos.STATE, None, None, True, "whether it is"),
    Topic("service/mute", m.MuteRequest, "", Qos.LOCAL, None, None, False, "a call of the service audio/mute, within the process"),
    Topic("service/unmute", m.MuteRequest, "", Qos.LOCAL, None, None, False, "likewise of audio/unmute"),
    Topic("audio/kept", m.SoundKept, "std_msgs/msg/Bool", Qos.STATE, None, None, True, "whether a recording may keep audio/in"),
    Topic("audio/direction_in", m.SoundDirection, "std_msgs/msg/Int32", Qos.SENSOR, None, None, False, "of a microphone array's driver"),
    Topic("scan", m.Scan, "sensor_msgs/msg/LaserScan", Qos.SENSOR, 10, 0.35, True, "lidar, in base_link"),
    Topic("scan/others", m.Scan, "sensor_msgs/msg/LaserScan", Qos.SENSOR, None, None, True, "further lidars, told apart by frame_id"),
    Topic("points", m.PointSet, "sensor_msgs/msg/PointCloud2", Qos.SENSOR, None, None, False, "depth cameras, 3-D lidars, likewise"),
    Topic("range", m.RangeReading, "sensor_msgs/msg/Range", Qos.SENSOR, None, None, True, "range, contact, cliff sensors, likewise"),
    Topic("odom", m.Odometry, "nav_msgs/msg/Odometry", Qos.SENSOR, 50, 0.2, True, "wheel odometry"),
    Topic("battery", m.Battery, "sensor_msgs/msg/BatteryState", Qos.SENSOR, 1, 3.0, True, "of the base"),
    Topic("joint_states", m.JointPositions, "sensor_msgs/msg/JointState", Qos.SENSOR, 25, 0.3, True, "head, lift, arm, gripper"),
    _own("gripper/state", m.GripperState, Qos.STATE, 10, 0.5, True, "what the gripper holds"),
    Topic("camera/raw_in", m.RawImage, "sensor_msgs/msg/Image", Qos.PICTURE, None, None, False, "of a camera's ROS driver"),
    Topic("camera/compressed_in", m.EncodedImage, "sensor_msgs/msg/CompressedImage", Qos.PICTURE, None, None, False, "as JPEG or PNG"),
    Topic("camera/depth_in", m.RawImage, "sensor_msgs/msg/Image", Qos.PICTURE, None, None, False, "depths aligned with it"),
    Topic("camera/info_in", m.CameraInfo, "sensor_msgs/msg/CameraInfo", Qos.SENSOR, None, None, False, "its calibration"),
    Topic("camera/image", m.Image, "", Qos.LOCAL, 5, 0.5, False, "raw picture; never crosses a process border"),
    Topic("camera/image/compressed", m.EncodedImage, "sensor_msgs/msg/CompressedImage", Qos.SENSOR, 5, 1.0, True, "JPEG of it"),
    _own("camera/keep", m.PictureRequest, Qos.EVENT, None, None, True, "somebody wants a picture kept"),
    _own("camera/kept", m.PictureKept, Qos.EVENT, None, None, True, "what came of it"),
    # perceive
    _own("detections", m.Detections, Qos.SENSOR, 10, 0.5, True, "objects in view"),
    _own("people", m.People, Qos.SENSOR, 10, 0.5, True, "people in view, heard or remembered"),
    # hear
    Topic("audio/clean", m.AudioFrame, "", Qos.LOCAL, 50, 0.2, False, "the same without echo, at the level of recognition"),
    Topic("audio/played", m.AudioFrame, "", Qos.LOCAL, None, None, False, "what of audio/out the front end has taken, before it judges"),
    Topic("audio/state", m.SoundState, "", Qos.LOCAL, 50, 0.2, False, "what is known of each of these frames, before it"),
    Topic("audio/voice", m.VoiceHeard, "", Qos.LOCAL, None, None, False, "somebody speaks, ten times a second while they do"),
    _own("audio/direction", m.VoiceDirection, Qos.SENSOR, None, None, True, "and where from, as often; nothing in silence"),
    _own("speech/heard", m.Utterance, Qos.EVENT, None, None, True, "a finished turn of a person"),
    _own("speech/prosody", m.HeardProsody, Qos.EVENT, None, None, True, "how they said it: pitch, pace, level"),
    _own("speech/floor", m.FloorDecision, Qos.EVENT, None, None, True, "whose turn it is, when somebody speaks while the robot does"),
    _own("safety/stop_request", m.StopRequest, Qos.EVENT, None, None, True, "asks for a latched stop; bypasses the planner"),
    _own("safety/listening", m.Listening, Qos.SENSOR, 5, 0.5, True, "who listens for the stop word is alive and gets sound"),
    # world, mind, social
    _own("world/facts", m.WorldFacts, Qos.STATE, 5, 1.0, True, "what is where, and who is here"),
    Topic("world/memory", m.WorldMemory, "", Qos.LOCAL, 5, 1.0, False, "what has changed there, for questions about it"),
    Topic("world/forget", m.ForgetRequest, "", Qos.LOCAL, None, None, False, "somebody wants to be forgotten, and has confirmed it"),
    Topic("world/note", m.NoteRequest, "", Qos.LOCAL, None, None, False, "something that a person told, to keep in mind or no longer"),
    Topic("world/deed", m.Deed, "", Qos.LOCAL, None, None, False, "a task of the robot and how it goes, for the memory"),
    Topic("world/forgotten", m.Forgotten, "", Qos.LOCAL, None, None, False, "whether anything of them is left"),
    Topic("world/preferences", m.Preferences, "", Qos.LOCAL, None, None, False, "how people once asked to be spoken to"),
    Topic("social/preference", m.Preference, "", Qos.LOCAL, None, None, False, "how somebody has just asked to be spoken to"),
    _own("plan", m.Plan, Qos.EVENT, None, None, True, "what the planner made of an utterance"),
    _own("action/proposed", m.ProposedAction, Qos.EVENT, None, None, True, "an action that waits for the gate"),
    _own("action/status", m.ActionStatus, Qos.EVENT, None, None, True, "how an action goes"),
    _own("speech/say", m.SpeechRequest, Qos.EVENT, None, None, True, "a sentence to say"),
    _own("speech/style", m.SpeechStyle, Qos.STATE, None, None, True, "how to speak and approach"),
    _own("nav/goal", m.NavGoal, Qos.EVENT, None, None, True, "where to drive"),
    _own("nav/status", m.NavStatus, Qos.EVENT, 5, 1.0, True, "how the drive goes"),
    Topic("pose", m.RobotPose, "geometry_msgs/msg/PoseWithCovarianceStamped", Qos.STATE, 10, 0.5, True, "the robot in the map"),
    _own("cmd_vel/proposed", m.ProposedVelocity, Qos.SENSOR, 20, 0.2, True, "velocity that waits for the gate"),
    _own("joints/proposed", m.ProposedJoints, Qos.EVENT, None, 0.5, True, "joint targets that wait for the gate"),
    _own("safety/rearm_request", m.RearmRequest, Qos.EVENT, None, None, True, "a person asks to lift a latched stop"),
    Topic("service/stop", m.StopRequest, "", Qos.LOCAL, None, None, False, "a call of the service safety/stop, within the process"),
    Topic("service/rearm", m.RearmRequest, "", Qos.LOCAL, None, None, False, "likewise of safety/rearm; no topic feeds it"),
    _own("action/confirmation", m.Confirmation, Qos.EVENT, None, None, True, "a person's yes or no to a question of the gate"),
    Topic("service/reload", m.ReloadRequest, "", Qos.LOCAL, None, None, False, "likewise of safety/reload: take over changed rules"),
    # the gate
    _own("action/verdict", m.ActionVerdict, Qos.EVENT, None, None, True, "the gate's answer to an action"),
    _own("safety/state", m.SafetyState, Qos.STATE, 5, 0.5, True, "running, stopped, why, and what caps the speed"),
    _own("safety/rules", m.RulesState, Qos.STATE, None, None, True, "the rules in force, and why changed files are not"),
    Topic("safety/stopped", m.Stopped, "std_msgs/msg/Bool", Qos.STATE, 5, 0.5, True, "whether a stop is latched, for tools of others"),
    Topic("safety/heartbeat", m.Heartbeat, "std_msgs/msg/Header", Qos.SENSOR, 10, 0.5, True, "who must be alive is; frame_id tells who"),
    Topic("e_stop", m.EStop, "std_msgs/msg/Bool", Qos.STATE, None, None, True, "emergency-stop input"),
    Topic("cmd_vel", m.Velocity, "geometry_msgs/msg/TwistStamped", Qos.EVENT, 50, 0.1, True, "only the gate publishes it"),
    Topic("motors/command", m.BaseCommand, "", Qos.LOCAL, 50, 0.1, False, "from the gate to the driver of the base behind it"),
    Topic("motors/state", m.BaseStatus, "", Qos.LOCAL, 50, 0.2, False, "what that driver tells the gate"),
    Topic("motors/door", m.DoorState, "", Qos.LOCAL, 10, 1.0, False, "who else publishes commands to the motors"),
    Topic("joints/command", m.JointPositions, "sensor_msgs/msg/JointState", Qos.EVENT, None, None, True, "only the gate publishes it"),
    # speak
    _own("audio/out", m.AudioFrame, Qos.STREAM, 50, None, True, "what the speaker plays"),
    _own("speech/state", m.SpeechState, Qos.EVENT, None, None, True, "started, finished, cancelled"),
    _own("speech/measured", m.SpeechMeasured, Qos.EVENT, None, None, True, "each sentence as it left the speaker, beside what was wanted"),
    # evidence and simulation
    _own("timeline", m.TimelineEvent, Qos.EVENT, None, None, True, "the story of the run, a line an event"),
    _own("sim/state", m.SimState, Qos.SENSOR, 20, 0.2, True, "truth of the simulated home"),
    _own("sim/people", m.PersonCommand, Qos.EVENT, None, None, True, "directions to simulated people"),
    Topic("sim/sound", m.SoundCommand, "", Qos.LOCAL, None, None, False, "what sounds there, and what no longer"),
    _own("scenario", m.ScenarioEvent, Qos.STATE, None, None, True, "what the scenario does and finds"),
)  # fmt: skip

TOPICS: dict[str, Topic] = {topic.name: topic for topic in _ALL}
