"""Everything that people say in the shipped scenarios is understood by a real recogniser, at a distance and over the noise."""

from __future__ import annotations

from functools import cache

import numpy as np
import pocketsphinx
import pytest

from robot_runtime.paths import ROOT
from sim.acoustics import Acoustics
from sim.description import load_home
from sim.scenario import load_scenario
from sim.voices import render

HOME = load_home("sim/homes/family_home")
SAID = sorted(
    {
        (step.do.say.who, step.do.say.text)
        for path in (ROOT / "sim" / "scenarios").glob("*.yaml")
        for step in load_scenario(path).steps
        if step.do.say is not None and step.do.say.text
    }
)

# Not the robot's own grammar, which grows with its skills: a stable yardstick of near-sounding sentences with different meanings.
GRAMMAR = """#JSGF V1.0;
grammar yardstick;
public <sentence> = ( bring | give ) ( me | leo | anna ) <thing> | <thing> | come ( here | back | over ) | follow ( me | anna )
  | go to the <place> | stop | resume | continue | yes | no | what can you see | ( find | look for ) <thing> | i need <thing>
  | can i have <thing> | where is <thing> | what is on the ( sofa | bed | kitchen table ) | what has changed | is the front door open
  | tidy up the yellow cup | ( remember | forget ) that i like apples | remind me in ten seconds to take a break
  | speak more slowly | why do you speak so slowly
  | dance for us | wave to me | how are you | go to your dock | take me to the <place> | ( greet | look for ) ( anna | leo | rose );
<thing> = ( the | a ) [<colour>] ( pills | cup | knife | book | apple | bottle | phone | ball | plate | bowl | spoon | glass )
  | the <colour> one;
<colour> = red | blue | green | yellow | white;
<place> = kitchen | bedroom | hall | living room;
"""


@cache
def decoder() -> pocketsphinx.Decoder:
    made = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    made.add_jsgf_string("yardstick", GRAMMAR)
    made.activate_search("yardstick")
    return made


def recognised(who: str, text: str, distance_m: float) -> str:
    acoustics = Acoustics(HOME, seed=1)
    acoustics.mix(0.0, (0.0, 0.0, 0.0), {})
    frames = [acoustics.mix(i / 50, (0.0, 0.0, 0.0), {})[0] for i in range(1, 15)]
    acoustics.person_says(who, render(text, HOME.people[who]))
    speaking, i = True, 15
    while speaking:
        samples, ids = acoustics.mix(i / 50, (0.0, 0.0, 0.0), {who: (distance_m, 0.0)})
        frames.append(samples)
        speaking, i = bool(ids), i + 1
    frames += [acoustics.mix(j / 50, (0.0, 0.0, 0.0), {})[0] for j in range(i, i + 15)]
    decoder().start_utt()
    decoder().process_raw(np.concatenate(frames).tobytes(), full_utt=True)
    decoder().end_utt()
    best = decoder().hyp()
    return best.hypstr if best else ""


@pytest.mark.parametrize(("who", "text"), SAID)
@pytest.mark.parametrize("distance_m", [1.0, 3.0])
def test_sentence_is_recognised(who: str, text: str, distance_m: float) -> None:
    assert recognised(who, text, distance_m) == text
