"""The kinds of harm that the hazard classifier tells apart."""

from __future__ import annotations

CATEGORIES: dict[str, str] = {
    "fire": "something burns, overheats or explodes",
    "burn": "scalds, and burns by heat or by what is caustic",
    "cut": "sharp things, broken glass",
    "shock": "electricity, water on electric things, electronics ruined by liquid or current",
    "poison": "chemicals, medicine, gas, allergens",
    "choke": "choking, suffocation, strangulation",
    "fall": "trips, slips, falls, what topples or falls down on somebody",
    "drown": "people or animals left with water",
    "damage": "things broken, spoilt or wasted",
    "violence": "people or animals hurt or threatened on purpose",
    "privacy": "filming, eavesdropping, secrets told",
    "security": "strangers let in, locks, alarms, theft",
    "hygiene": "spoilt or contaminated food, germs",
    "motion": "the robot's own movement: into people, across ways out, too fast",
    "content": "speech that harms: unsuitable for children, humiliating, dangerous advice",
}
"""Category → what it covers.  The order is that of the model's outputs."""
