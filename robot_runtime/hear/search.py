"""The best path through a graph of phones for the sound so far: Viterbi's algorithm, frame by frame.

Only blocks of the graph in which some path comes near the best one are walked; within them all paths are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.phone_graph import SILENT, Block, PhoneGraph

Floats = NDArray[np.float32]
NEVER = np.float32(-1e30)
BEAM = 80.0
"""How far below the best path, in natural logarithms, another may lie and still be followed."""


@dataclass(frozen=True)
class Spoken:
    """A word on a path, between which frames it was spoken, and how well its sound fits (a logarithm)."""

    block: int
    word: int
    begin: int
    end: int
    score: float = field(default=0.0, compare=False)


class _Walker:
    """The paths within one block."""

    def __init__(self, block: Block) -> None:
        size = block.layout.size
        self.block = block
        self.scores = np.full((3, size), NEVER, np.float32)
        self.tokens = np.zeros((3, size), np.int64)  # frame at which the word began, and the phone by which it was entered
        self.left = np.full(size, NEVER, np.float32)

    def take(self, frame: int, scores: Floats, junctions: Floats) -> float:
        """Walk on by one frame; the best score in the block."""
        layout, old, tokens = self.block.layout, self.scores, self.tokens
        first, middle = layout.first, layout.first + layout.inner
        entry, entered = np.empty_like(self.left), np.empty_like(tokens[0])
        entry[:first] = np.maximum.reduceat(junctions[self.block.junctions][layout.entry_from] + self.block.gains, layout.entry_begin[:-1])
        entered[:first] = np.arange(frame * layout.size, frame * layout.size + first)
        entry[first:middle] = self.left[layout.before_inner]
        entered[first:middle] = tokens[2][layout.before_inner]
        if len(layout.before_several):
            candidates = self.left[layout.before_several]
            rows, best = np.arange(len(candidates)), candidates.argmax(axis=1)
            entry[middle:] = candidates[rows, best]
            entered[middle:] = tokens[2][layout.before_several[rows, best]]
        come = np.concatenate([entry[None], old[:2] + layout.step])
        stay = old + layout.stay
        brought = np.concatenate([entered[None], tokens[:2]])
        self.tokens = np.where(come > stay, brought, tokens)
        self.scores = np.maximum(stay, come) + scores[self.block.states]
        self.left = self.scores[2] + layout.leave
        return float(self.scores.max())


class Search:
    """Takes in frames of state scores, and tells at any time what was said so far."""

    def __init__(self, graph: PhoneGraph) -> None:
        self.graph = graph
        self.reset()

    def reset(self) -> None:
        start = np.full(self.graph.junctions, NEVER, np.float32)
        start[self.graph.starts] = 0.0
        self._junctions: list[Floats] = [start]  # one more than frames
        self._ends: list[dict[int, tuple[Floats, NDArray[np.int64]]]] = []  # of each frame, for each block: scores and tokens of leavers
        self._walkers: dict[int, _Walker] = {}
        self._words: dict[tuple[int, int], tuple[Spoken, int, int]] = {}
        self._threshold = -BEAM

    @property
    def frames(self) -> int:
        return len(self._ends)

    def take(self, scores: Floats) -> None:
        """Take in frames: (frames, states of the graph)."""
        for frame in scores:
            self._take(frame)

    def _take(self, frame: Floats) -> None:
        junctions = self._junctions[-1]
        entered = np.flatnonzero(np.maximum.reduceat(junctions, self.graph.begins[:-1]) > self._threshold)
        for number in entered.tolist():
            if number not in self._walkers:
                self._walkers[number] = _Walker(self.graph.blocks[number])
        best = {number: walker.take(self.frames, frame, junctions) for number, walker in self._walkers.items()}
        self._threshold = max(best.values()) - BEAM
        self._walkers = {number: walker for number, walker in self._walkers.items() if best[number] > self._threshold}
        following = np.full(self.graph.junctions, NEVER, np.float32)
        ends = {}
        for number, walker in self._walkers.items():
            leavers = walker.block.layout.leavers
            leaving = walker.left[leavers]
            ends[number] = (leaving, walker.tokens[2][leavers])
            for way in walker.block.ways:
                arriving = np.maximum.reduceat(leaving[way.leavers], way.begins)
                following[way.junctions] = np.maximum(following[way.junctions], arriving)
        self._junctions.append(following)
        self._ends.append(ends)

    # ------------------------------------------------------------ results

    def best(self) -> tuple[float, list[Spoken]]:
        """Score and words of the best whole sentence; no words when there is none."""
        ends = self._junctions[-1][self.graph.ends] + self.graph.end_gains
        best = int(ends.argmax()) if len(ends) else 0
        if not self.frames or ends[best] <= NEVER / 2:
            return float(NEVER), []
        return float(ends[best]), self._path(int(self.graph.ends[best]), self.frames)

    def beginning(self) -> tuple[float, list[Spoken]]:
        """Score and words of the best path so far, whether a sentence could end here or not."""
        best, path = float(NEVER), []
        for number, walker in self._walkers.items():
            place = int(walker.scores.argmax())
            score = float(walker.scores.flat[place])
            if score > best:
                best = score
                started, phone = divmod(int(walker.tokens.flat[place]), walker.block.layout.size)
                word = int(walker.block.layout.word[phone])
                path = [(number, word, started, phone)]
        if not path:
            return best, []
        ((number, word, started, phone),) = path
        words = self._before(number, phone, started)
        return best, words if word == SILENT else [*words, Spoken(number, word, started, self.frames)]

    def _path(self, junction: int, frame: int) -> list[Spoken]:
        """The words that led to a junction after so many frames."""
        path: list[Spoken] = []
        while frame > 0:
            spoken, junction, frame = self._last(junction, frame)
            if spoken.word != SILENT:
                path.append(spoken)
        return path[::-1]

    def _last(self, junction: int, frame: int) -> tuple[Spoken, int, int]:
        """The word that led to a junction, and from which junction and frame it came; sentences have most of theirs in common."""
        known = self._words.get((junction, frame))
        if known is None:
            number, leaver = self._arrived(junction, frame)
            layout = self.graph.blocks[number].layout
            leaving, tokens = self._ends[frame - 1][number]
            started, phone = divmod(int(tokens[leaver]), layout.size)
            places, values = self.entries(number, phone, started)
            spoken = Spoken(number, int(layout.word[phone]), started, frame, float(leaving[leaver] - values.max()))
            known = self._words[junction, frame] = spoken, int(places[values.argmax()]), started
        return known

    def _before(self, number: int, phone: int, started: int) -> list[Spoken]:
        return self._path(self._entered(number, phone, started), started)

    def _entered(self, number: int, phone: int, frame: int) -> int:
        """The junction from which a first phone was best entered after so many frames."""
        places, values = self.entries(number, phone, frame)
        return int(places[values.argmax()])

    def entries(self, number: int, phone: int, frame: int) -> tuple[NDArray[np.int64], Floats]:
        """Junctions from which a first phone can be entered, and the score of doing so after so many frames."""
        block = self.graph.blocks[number]
        edges = slice(int(block.layout.entry_begin[phone]), int(block.layout.entry_begin[phone + 1]))
        places = block.layout.entry_from[edges] + block.junctions.start
        return places, self._junctions[frame][places] + block.gains[edges]

    def reached(self, frame: int) -> Floats:
        """Score of each junction after so many frames."""
        return self._junctions[frame]

    def ends(self, frame: int) -> dict[int, tuple[Floats, NDArray[np.int64]]]:
        """For each block that was walked: score and token of what ended with this frame."""
        return self._ends[frame - 1]

    def through(self, number: int, leaver: int, frame: int) -> list[Spoken]:
        """The best words up to one that ended here, itself included."""
        layout = self.graph.blocks[number].layout
        started, phone = divmod(int(self.ends(frame)[number][1][leaver]), layout.size)
        return [*self._before(number, phone, started), Spoken(number, int(layout.word[phone]), started, frame)]

    def _arrived(self, junction: int, frame: int) -> tuple[int, int]:
        """Block and leaver by which a junction was best reached."""
        best, found, ends = float(NEVER), (-1, -1), self._ends[frame - 1]
        for number, leavers in self.graph.sources(junction):
            if number in ends:
                leaving = ends[number][0][leavers]
                at = int(leaving.argmax())
                if leaving[at] > best:
                    best, found = float(leaving[at]), (number, int(leavers[at]))
        return found

    def text(self, path: list[Spoken]) -> str:
        return " ".join(self.graph.blocks[spoken.block].words[spoken.word][0] for spoken in path)


@dataclass(frozen=True)
class Rival:
    """Another sentence, with how its best path scores."""

    score: float
    path: tuple[Spoken, ...]


def rivals(search: Search, within: float) -> list[Rival]:
    """The best sentence through each word that was nearly heard, best first; the very best one is among them.

    :param within: how much worse a path may be than the best one
    """
    return _Lattice(search, within).sentences()


class _Lattice:
    """Walks back over the ends of words, and so knows for each how well a sentence can go on from there."""

    def __init__(self, search: Search, within: float) -> None:
        self._search, self._graph = search, search.graph
        self._frames = search.frames
        best, _ = search.best()
        self._least = best - within
        self._onwards = {self._frames: np.full(self._graph.junctions, NEVER, np.float32)}
        self._onwards[self._frames][self._graph.ends] = self._graph.end_gains
        self._next: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._found: dict[tuple[int, int], tuple[float, int, int]] = {}
        if best > NEVER / 2:
            for frame in range(self._frames, 0, -1):
                if frame in self._onwards:
                    self._walk_back(frame)

    def sentences(self) -> list[Rival]:
        best: dict[tuple[tuple[int, int], ...], Rival] = {}
        for (number, _), (score, frame, leaver) in sorted(self._found.items(), key=lambda item: -item[1][0]):
            path = (*self._search.through(number, leaver, frame), *self._onward(number, leaver, frame))
            best.setdefault(tuple((spoken.block, spoken.word) for spoken in path), Rival(score, path))
        return list(best.values())

    def _walk_back(self, frame: int) -> None:
        onwards = self._onwards[frame]
        for number, (leaving, tokens) in self._search.ends(frame).items():
            block = self._graph.blocks[number]
            after = np.full(len(leaving), NEVER, np.float32)
            for way in block.ways:
                np.maximum.at(after, way.leavers, onwards[way.into])
            totals = leaving + after
            for leaver in np.flatnonzero(totals >= self._least).tolist():
                started, phone = divmod(int(tokens[leaver]), block.layout.size)
                self._enter(number, phone, started, float(leaving[leaver]), float(after[leaver]), (frame, number, leaver))
                key = (number, int(block.layout.word[phone]))
                if key[1] != SILENT and totals[leaver] > self._found.get(key, (NEVER, 0, 0))[0]:
                    self._found[key] = (float(totals[leaver]), frame, leaver)

    def _enter(self, number: int, phone: int, started: int, leaving: float, after: float, end: tuple[int, int, int]) -> None:
        """What was said before the word may also have ended in another sound: the first one's share in the score is small."""
        block = self._graph.blocks[number]
        _, values = self._search.entries(number, phone, started)
        gain = float(block.gains[block.layout.entry_begin[phone]])
        onwards = self._onwards.setdefault(started, np.full(self._graph.junctions, NEVER, np.float32))
        candidate = leaving - float(values.max()) + gain + after
        places = block.layout.families[phone] + block.junctions.start
        for place in places[onwards[places] < candidate].tolist():
            onwards[place] = candidate
            self._next[started, place] = end

    def _onward(self, number: int, leaver: int, frame: int) -> list[Spoken]:
        """The words that best follow the one that ended here."""
        path: list[Spoken] = []
        while frame < self._frames:
            junction = max(
                (int(junction) for way in self._graph.blocks[number].ways for junction in way.reached_from(leaver)),
                key=lambda junction: self._onwards[frame][junction],
            )
            frame, number, leaver = self._next[frame, junction]
            layout = self._graph.blocks[number].layout
            started, phone = divmod(int(self._search.ends(frame)[number][1][leaver]), layout.size)
            if layout.word[phone] != SILENT:
                path.append(Spoken(number, int(layout.word[phone]), started, frame))
        return path
