"""All that the runtime takes from the simulation, by name: a robot has no ``sim`` installed, and nothing here imports it.

The node table names the simulation's two stages besides.  ``load_class`` turns a name into the thing.
"""

from __future__ import annotations

ORACLE_EYES = "sim.oracle:OracleEyes"
CAMERA = "sim.camera:SimCamera"
OVERHEAD_PICTURES = "sim.camera:overhead_pictures"
TRUTH_READER = "sim.truth:truth_reader"
LOAD_HOME = "sim.description:load_home"
LOAD_SCENARIO = "sim.scenario:load_scenario"
PLAY = "sim.play:play"
PLAY_CONVERSATION = "sim.voice.play:play"
PREPARE_LIVE = "sim.voice.live:prepare"
TALK = "sim.voice.talk:talk"
SOAK = "sim.voice.soak:soak"
DUPLEX_TALK = "sim.voice.duplex_talk:talk"
TALKING_ENGINE = "sim.voice.talking_engine:main"
WRITE_EPISODES = "sim.episodes:write"
PLAY_EPISODES = "sim.episodes:play_all"
