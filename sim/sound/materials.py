"""How much sound surfaces swallow, and how much walls let through, by octave band from 125 Hz to 4 kHz.

Absorption: the tables of R. F. Barron, Industrial Noise Control and Acoustics (2003), appendix D, and of G. Ballou (ed.),
Handbook for Sound Engineers, chapter on acoustics, which agree within a few hundredths.  Insulation: that of a
plasterboard partition on studs and of a closed door, about 42 and 27 dB weighted (ISO 717-1).  The 8 kHz band, which
tables leave out, takes the 4 kHz value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bands = NDArray[np.float64]


def _bands(*values: float) -> Bands:
    return np.array([*values, values[-1]])


ABSORPTION: dict[str, Bands] = {
    "plaster": _bands(0.14, 0.10, 0.06, 0.04, 0.04, 0.03),  # smooth, on lath
    "oak": _bands(0.04, 0.04, 0.07, 0.06, 0.06, 0.07),  # parquet on concrete
    "tiles": _bands(0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
    "slate": _bands(0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
    "carpet": _bands(0.02, 0.06, 0.14, 0.37, 0.60, 0.65),  # heavy, on concrete
    "rug": _bands(0.02, 0.06, 0.14, 0.37, 0.60, 0.65),
    "window": _bands(0.35, 0.25, 0.18, 0.12, 0.07, 0.04),  # ordinary panes
    "wood": _bands(0.10, 0.07, 0.05, 0.04, 0.04, 0.04),  # panels of a door or cupboard
    "cloth": _bands(0.49, 0.66, 0.80, 0.88, 0.82, 0.70),  # upholstered seats, empty
    "shelves": _bands(0.15, 0.25, 0.30, 0.35, 0.35, 0.35),  # filled with books, on the careful side of published open shelves
    "open": _bands(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}
SOFT = {"sofa", "armchair", "bed"}
FLAT = {"rug", "picture", "mirror"}
WALL_INSULATION_DB = _bands(20, 30, 38, 43, 45, 42)
DOOR_INSULATION_DB = _bands(18, 21, 25, 28, 29, 28)

AIR_PER_M = np.array([0.1, 0.3, 0.6, 1.0, 1.9, 5.8, 20.3]) * 1e-3
"""Energy that air takes per metre, for each of the seven bands: 20 °C, 50 % humidity (ISO 9613-1; H. Kuttruff, Room Acoustics)."""
