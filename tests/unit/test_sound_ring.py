"""The ring between an audio callback and a step."""

from __future__ import annotations

import sys
import threading

import numpy as np

from robot_runtime.sense.ring import Ring


def test_what_was_written_is_read_once_and_in_order() -> None:
    ring = Ring(8)
    ring.write(np.arange(5.0))
    first, rows = ring.read()
    assert (first, rows.tolist(), ring.waiting) == (0, [0, 1, 2, 3, 4], 0)
    ring.write(np.arange(5.0, 11.0))
    first, rows = ring.read()
    assert (first, rows.tolist()) == (5, [5, 6, 7, 8, 9, 10])
    assert ring.lost == 0
    first, rows = ring.read()
    assert (first, len(rows)) == (11, 0)


def test_the_oldest_is_lost_and_counted() -> None:
    ring = Ring(4, 2)
    for number in range(3):
        ring.write(np.full((3, 2), float(number)))
    first, rows = ring.read()
    assert (first, rows[:, 0].tolist(), ring.lost) == (5, [1, 2, 2, 2], 5)
    ring.write(np.arange(20.0).reshape(10, 2))
    assert ring.read()[1].tolist() == np.arange(12.0, 20.0).reshape(4, 2).tolist()
    assert ring.lost == 11


def test_a_speaker_takes_what_it_needs_and_gets_less_when_there_is_less() -> None:
    ring = Ring(6, dtype=np.float32)
    block = np.zeros(4, np.float32)
    assert (ring.space, ring.read_into(block)) == (6, 0)
    for start in range(0, 40, 5):
        ring.write(np.arange(start, start + 5, dtype=np.float32))
        assert ring.read_into(block) == 4 and block.tolist() == [start, start + 1, start + 2, start + 3]
        assert ring.read_into(block) == 1 and block[0] == start + 4
    assert (ring.waiting, ring.space) == (0, 6)


def test_two_threads_at_full_speed_never_see_torn_or_repeated_rows() -> None:
    ring, count = Ring(5_000), 400_000
    done = threading.Event()

    def write() -> None:
        for start in range(0, count, 700):
            ring.write(np.arange(start, min(start + 700, count), dtype=np.float64))
        done.set()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        writer = threading.Thread(target=write)
        writer.start()
        read = 0
        while True:
            last = done.is_set()
            first, rows = ring.read()
            assert np.array_equal(rows, np.arange(first, first + len(rows))), "each row is its own number"
            read += len(rows)
            if last:
                break
        writer.join()
    finally:
        sys.setswitchinterval(before)
    assert read + ring.lost == count
