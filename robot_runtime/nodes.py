"""THE table of nodes: which process, what goes in and out, when it runs, and what it may cost.

``robot-runtime up``, the launch files, the virtual-time runner, the README's graph and the contract tests all read this.
Nodes of one process run on one thread, in the order given here, which is the order in which data flows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from robot_runtime.topics import TOPICS


@dataclass(frozen=True)
class Settings:
    """Launch arguments: named as nav2_bringup names them where it has the same thing."""

    namespace: str = ""
    use_sim_time: bool = False
    params_file: str = ""
    autostart: bool = True
    log_level: str = "info"
    headless: bool = True
    world: str = ""
    site: str = ""
    rules_file: str = ""
    social_policy_file: str = ""
    speech_backend: str = ""
    language: str = ""
    hears: str = ""
    planner_backend: str = ""
    perception_backend: str = ""
    navigation_backend: str = "embedded"
    audio_in: str = "device"
    audio_out: str = "device"
    camera: str = "device"
    base_driver: str = "ros"
    also_publish: str = ""
    scenario: str = ""
    run_dir: str = ""
    record_audio: bool = False

    @property
    def simulated(self) -> bool:
        return bool(self.world)

    @classmethod
    def for_simulation(cls, **overrides: Any) -> Settings:
        """The settings of ``launch/sim.launch.py``: the shipped home, every device simulated."""
        return replace(cls(), **{**_SIMULATION, **overrides})


_SIMULATION = {
    "use_sim_time": True, "params_file": "launch/params/sim.yaml", "world": "sim/homes/family_home",
    "perception_backend": "oracle", "audio_in": "sim", "audio_out": "sim", "camera": "sim",
    "record_audio": True,
}  # fmt: skip


@dataclass(frozen=True)
class LaunchArgument:
    name: str
    about: str
    parameters: tuple[str, ...] = ()  # "node.field" of the node parameters that it sets when it is not empty


@dataclass(frozen=True)
class Node:
    name: str
    process: str
    stage: str  # "module:Class"
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rate_hz: float | None = None  # steps on a timer …
    trigger: tuple[str, ...] = ()  # … and at once when one of these arrives
    budget_ms: float = 5.0  # of one step, measured by `robot-runtime bench`
    when: Callable[[Settings], bool] = lambda settings: True
    services: tuple[tuple[str, str], ...] = ()  # std_srvs/Trigger service → local input into which it puts a message
    own_shell: bool = False  # an rclpy node of its own instead of a stage inside the generic one
    also: Callable[[Settings], tuple[str, ...]] = lambda settings: ()  # inputs that it takes under these settings only
    elsewhere: Callable[[Settings], tuple[str, ...]] = lambda settings: ()  # outputs that another node has under these settings


def _serial(settings: Settings) -> bool:
    return settings.base_driver != "ros"


def _simulated(settings: Settings) -> bool:
    return settings.simulated


def _not_the_homes(settings: Settings) -> tuple[str, ...]:
    """What the simulated home leaves to a driver: the wheels' odometry, and the sound of whoever talks to it from outside."""
    odom, sound = ("odom",) if _serial(settings) else (), ("audio/in",) if settings.audio_in != "sim" else ()
    return odom + sound


def _for_planner(settings: Settings) -> tuple[str, ...]:
    """A planner with eyes looks at the camera's picture; any other would only pay for its transport."""
    return ("camera/image/compressed",) if settings.planner_backend == "vlm" else ()


_NOT_OUR_SOUND = ("sim", "topic")
"""Sound that is frames already: the microphone and the speaker have nothing to do."""


def real_microphone(audio_in: str) -> bool:
    """Whether it hears people who are really there."""
    return audio_in != "sim" and not audio_in.startswith("file:")


@dataclass(frozen=True)
class Process:
    about: str
    niceness: int = 0  # nice(2): by how much it yields to the others where there are too few cores


# Eyes that are late make the robot careful; a voice that is late cuts people off, and a gate that is late stops everything.
PROCESSES: dict[str, Process] = {
    "sim": Process("the simulated home: physics, people, sound, clock"),
    "eyes": Process("camera and perception; raw pictures stay here", niceness=5),
    "voice": Process("hearing and speaking"),
    "mind": Process("world, planner, executive, social policy, navigation"),
    "guard": Process("the gate and the only door to the motors"),
    "watch": Process("recorder and timeline", niceness=5),
}

NODES: tuple[Node, ...] = (
    # ---- sim
    Node("director", "sim", "sim.director:Director",
         inputs=("sim/state", "speech/heard", "speech/state", "action/proposed", "action/verdict", "action/status", "safety/state"),
         outputs=("sim/people", "sim/sound", "speech/say", "e_stop", "scenario"),
         rate_hz=20, budget_ms=2, when=lambda s: s.simulated and bool(s.scenario)),
    Node("home", "sim", "sim.home:Home",
         inputs=("cmd_vel", "joints/command", "audio/out", "sim/people", "sim/sound"),
         outputs=("odom", "scan", "joint_states", "gripper/state", "audio/in", "audio/direction", "sim/state"),
         rate_hz=50, budget_ms=8, when=_simulated, elsewhere=_not_the_homes),
    # ---- eyes
    Node("camera", "eyes", "robot_runtime.sense.camera:Camera",
         inputs=("sim/state", "camera/raw_in", "camera/compressed_in", "camera/depth_in", "camera/info_in"),
         outputs=("camera/image", "camera/image/compressed"), rate_hz=5, budget_ms=25),
    Node("perceive", "eyes", "robot_runtime.perceive.perceive:Perceive",
         inputs=("camera/image", "pose", "joint_states", "gripper/state", "audio/direction", "sim/state"),
         outputs=("detections", "people"), rate_hz=10, trigger=("camera/image",), budget_ms=60),
    # After the eyes: it keeps a picture only once they have said who is in it.
    Node("shutter", "eyes", "robot_runtime.sense.shutter:Shutter",
         inputs=("camera/image/compressed", "people", "action/proposed", "action/verdict", "camera/keep"), outputs=("camera/kept",),
         rate_hz=10, budget_ms=20),
    # ---- voice
    Node("microphone", "voice", "robot_runtime.sense.microphone:Microphone",
         inputs=("audio/raw_in", "audio/mute", "service/mute", "service/unmute"), outputs=("audio/in", "audio/muted"), rate_hz=50,
         services=(("audio/mute", "service/mute"), ("audio/unmute", "service/unmute")),
         when=lambda s: s.audio_in not in _NOT_OUR_SOUND),
    Node("stop_word", "voice", "robot_runtime.hear.stop_word:StopWord",
         inputs=("audio/played", "audio/state", "audio/clean", "audio/in"), outputs=("safety/stop_request", "safety/listening"),
         trigger=("audio/in",),
         budget_ms=4),
    # What came while a process was busy is taken topic by topic in this order: what the robot plays before what is heard of it.
    Node("front_end", "voice", "robot_runtime.hear.front_end:FrontEnd",
         inputs=("speech/say", "speech/state", "audio/out", "audio/in", "odom"), outputs=("audio/played", "audio/state", "audio/clean"),
         trigger=("audio/in",), budget_ms=3),
    # The ear's budget is for a frame; in the first tenths of a second of a pause it also decodes, some 30 ms a frame at most.
    Node("ear", "voice", "robot_runtime.hear.ear:Ear",
         inputs=("people", "audio/direction", "world/facts", "speech/say", "speech/state", "audio/played", "audio/state", "audio/clean"),
         outputs=("speech/heard", "safety/stop_request", "speech/floor", "audio/voice"), trigger=("audio/clean",), budget_ms=6),
    Node("prosody", "voice", "robot_runtime.hear.prosody:Prosody",
         inputs=("audio/state", "audio/clean", "speech/heard"), outputs=("speech/prosody",), trigger=("audio/clean",), budget_ms=2),
    Node("direction", "voice", "robot_runtime.hear.direction:Direction",
         inputs=("audio/voice", "audio/direction_in"), outputs=("audio/direction",), trigger=("audio/voice",), budget_ms=1,
         when=lambda s: not s.simulated),
    Node("voice", "voice", "robot_runtime.speak.voice:Voice",
         inputs=("speech/say", "speech/floor", "safety/stop_request", "speech/style", "speech/heard", "audio/in", "people", "pose"),
         outputs=("audio/out", "speech/state", "speech/measured"),
         rate_hz=50, trigger=("speech/say", "speech/floor", "safety/stop_request"), budget_ms=4,
         when=lambda s: s.speech_backend != "duplex"),
    # The model has a process of its own; what is here passes frames on, gates and paces.
    Node("duplex", "voice", "robot_runtime.duplex.voice:DuplexVoice",
         inputs=("speech/say", "speech/floor", "safety/stop_request", "speech/style", "audio/in", "people", "pose", "audio/clean",
                 "camera/image/compressed", "plan", "action/status"),
         outputs=("audio/out", "speech/state", "speech/measured"),
         rate_hz=50, trigger=("speech/say", "speech/floor", "safety/stop_request"), budget_ms=6,
         when=lambda s: s.speech_backend == "duplex"),
    Node("speaker", "voice", "robot_runtime.speak.speaker:Speaker",
         inputs=("audio/out",), outputs=(), rate_hz=50, trigger=("audio/out",),
         when=lambda s: s.audio_out not in (*_NOT_OUR_SOUND, "audio_common")),
    Node("audio_common", "voice", "robot_runtime.ros.audio_common:AudioCommon",
         inputs=("audio/out",), outputs=("audio/raw_in",), own_shell=True,
         when=lambda s: "audio_common" in (s.audio_in, s.audio_out)),
    # ---- mind
    Node("world", "mind", "robot_runtime.world.world:World",
         inputs=("detections", "people", "pose", "scan", "joint_states", "gripper/state", "world/forget", "world/note", "world/deed",
                "social/preference"),
         outputs=("world/facts", "world/memory", "world/forgotten", "world/preferences"), rate_hz=5),
    Node("social", "mind", "robot_runtime.social.social:Social",
         inputs=("people", "speech/heard", "speech/prosody", "world/facts", "pose", "speech/say", "speech/state", "speech/measured",
                 "world/preferences", "world/forgotten"),
         outputs=("speech/style", "social/preference"), rate_hz=5, trigger=("speech/heard", "speech/state", "speech/measured")),
    Node("mind", "mind", "robot_runtime.mind.mind:Mind",
         inputs=("speech/heard", "world/facts", "world/memory", "world/forgotten", "pose", "speech/style", "speech/state",
                 "action/verdict", "safety/state", "nav/status", "joint_states", "gripper/state", "audio/direction", "battery",
                 "camera/kept"),
         outputs=("plan", "action/proposed", "action/confirmation", "action/status", "nav/goal", "joints/proposed", "speech/say",
                  "safety/rearm_request", "world/forget", "world/note", "world/deed", "camera/keep"),
         rate_hz=20, trigger=("speech/heard", "action/verdict"), budget_ms=10, also=_for_planner),
    Node("notices", "mind", "robot_runtime.mind.notices:Notices",
         inputs=("audio/muted", "speech/state"), outputs=("speech/say", "audio/kept"), rate_hz=5, budget_ms=1),
    Node("navigator", "mind", "robot_runtime.act.navigator:Navigator",
         inputs=("nav/goal", "scan", "odom", "people", "safety/state"), outputs=("pose", "nav/status", "cmd_vel/proposed"),
         rate_hz=20, budget_ms=15, when=lambda s: s.navigation_backend == "embedded"),
    Node("nav2", "mind", "robot_runtime.ros.nav2:Nav2",
         inputs=("nav/goal",), outputs=("nav/status", "pose", "cmd_vel/proposed"),
         when=lambda s: s.navigation_backend == "nav2", own_shell=True),
    # ---- guard
    Node("gate", "guard", "safety.gate:Gate",
         inputs=("action/proposed", "action/confirmation", "cmd_vel/proposed", "joints/proposed", "safety/stop_request",
                 "safety/rearm_request", "safety/heartbeat", "e_stop",
                 "service/stop", "service/rearm", "service/reload", "motors/state", "motors/door", "safety/listening", "people", "scan",
                 "odom", "pose", "joint_states", "gripper/state", "battery", "world/facts", "scan/others", "points", "range"),
         outputs=("cmd_vel", "motors/command", "joints/command", "action/verdict", "safety/state", "safety/stopped", "safety/rules"),
         rate_hz=50, trigger=("action/proposed", "action/confirmation", "safety/stop_request", "service/stop", "e_stop"), budget_ms=10,
         services=(("safety/stop", "service/stop"), ("safety/rearm", "service/rearm"), ("safety/reload", "service/reload"))),
    # After the gate: what the gate commands goes to the motors in the same step, and its last words before the port is closed.
    Node("base", "guard", "safety.motors.base:Base",
         inputs=("motors/command",), outputs=("motors/state", "odom", "battery"),
         rate_hz=50, trigger=("motors/command",), budget_ms=1, when=_serial),
    Node("door", "guard", "robot_runtime.ros.door:Door",
         inputs=("cmd_vel", "motors/command"), outputs=("motors/door",), own_shell=True, budget_ms=1),
    # ---- watch
    Node("timeline", "watch", "robot_runtime.observe.timeline:Timeline",
         inputs=("speech/heard", "plan", "action/proposed",
            "action/verdict", "action/status", "safety/state", "speech/state", "speech/say",
                 "speech/floor", "cmd_vel", "scenario", "safety/stop_request", "safety/rules", "people", "speech/style", "speech/measured"),
         outputs=("timeline",), rate_hz=20),
    Node("adapters", "watch", "robot_runtime.ros.adapters:Adapters",
         inputs=("detections", "people", "pose"), outputs=(), own_shell=True, when=lambda s: bool(s.also_publish)),
    Node("recorder", "watch", "robot_runtime.ros.recorder:Recorder",
         inputs=tuple(topic.name for topic in TOPICS.values() if topic.recorded), outputs=(), own_shell=True,
         when=lambda s: bool(s.run_dir)),
)  # fmt: skip

_SITE_USERS = ("perceive.site", "ear.site", "world.site", "mind.site", "navigator.site", "gate.site")

LAUNCH_ARGUMENTS: tuple[LaunchArgument, ...] = (
    LaunchArgument("namespace", "ROS namespace of every node and topic"),
    LaunchArgument("use_sim_time", "take the time from /clock"),
    LaunchArgument("params_file", "YAML file of node parameters"),
    LaunchArgument("autostart", "configure and activate the lifecycle nodes at start"),
    LaunchArgument("log_level", "debug, info, warn, error or fatal"),
    LaunchArgument("headless", "simulation without a window"),
    LaunchArgument(
        "world",
        "folder of the home to simulate; empty on a robot",
        ("home.home", "director.home", "camera.home", "perceive.home", *_SITE_USERS),
    ),
    LaunchArgument("site", "folder with map.yaml and semantic_map.yaml of the place where the robot works", _SITE_USERS),
    LaunchArgument("rules_file", "safety rules", ("gate.rules_file",)),
    LaunchArgument("social_policy_file", "social policy", ("social.policy_file",)),
    LaunchArgument("speech_backend", "speech engine: espeak, piper or kyutai; or duplex, a speech-to-speech model", ("voice.backend",)),
    LaunchArgument(
        "language",
        "en or fr: what the robot says",
        ("mind.language", "notices.language", "voice.language", "duplex.language", "gate.language"),
    ),
    LaunchArgument("hears", "languages that people speak, as 'en fr'; all but en need another recogniser", ("ear.hears", "mind.hears")),
    LaunchArgument("planner_backend", "grounded, or vlm: a language model that sees", ("mind.planner_backend",)),
    LaunchArgument("perception_backend", "perception", ("perceive.backend",)),
    LaunchArgument("navigation_backend", "embedded or nav2"),
    LaunchArgument(
        "audio_in",
        "sim, topic, audio_common, device, device:NAME or file:PATH",
        ("microphone.source", "audio_common.audio_in", "notices.audio_in", "recorder.audio_in", "home.audio_in"),
    ),
    LaunchArgument("audio_out", "sim, topic, audio_common, device, device:NAME or file:PATH", ("speaker.sink", "audio_common.audio_out")),
    LaunchArgument("camera", "sim, topic, device, device:N, file:PATH, rtsp://… or http://…", ("camera.source",)),
    LaunchArgument(
        "base_driver",
        "ros: another node drives the base by cmd_vel; serial:PORT: the guard does",
        ("base.driver", "gate.base_driver", "home.base_driver"),
    ),
    LaunchArgument("also_publish", "what the eyes find in others' messages too: vision_msgs, hri_msgs or both", ("adapters.packages",)),
    LaunchArgument("scenario", "scenario file to play", ("director.scenario_file", "home.scenario_file", "perceive.scenario_file")),
    LaunchArgument("run_dir", "folder for records", ("gate.run_dir", "recorder.run_dir", "notices.run_dir")),
    LaunchArgument(
        "record_audio",
        "keep what the microphone hears in the records, once people have been told",
        ("recorder.record_audio", "notices.record_audio"),
    ),
)


def nodes(settings: Settings) -> tuple[Node, ...]:
    """The rows that run under these settings, in table order."""
    return tuple(_under(settings, node) for node in NODES if node.when(settings))


def _under(settings: Settings, node: Node) -> Node:
    """A robot has no topics of the simulation: whoever listened to one would miss it for ever."""
    elsewhere = node.elsewhere(settings)
    outputs = tuple(topic for topic in node.outputs if topic not in elsewhere)
    inputs = tuple(topic for topic in (*node.inputs, *node.also(settings)) if settings.simulated or not topic.startswith("sim/"))
    return replace(node, inputs=inputs, outputs=outputs)


assert [a.name for a in LAUNCH_ARGUMENTS] == [f.name for f in fields(Settings)]
