"""The wire: what was sent is read back, what was damaged is not, and the documented bytes are the code's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_runtime.paths import ROOT
from safety.motors import messages as m
from safety.motors.framing import MOST_BYTES, FramingError, Splitter, cobs, crc16, uncobs
from safety.motors.protocol import VERSION, Frame, Reader, VersionError, ahead, decode, encode

PAGE = (ROOT / "docs" / "motor_protocol.md").read_text(encoding="utf-8")

RANGES = {"b": (-(2**7), 2**7 - 1), "B": (0, 2**8 - 1), "h": (-(2**15), 2**15 - 1), "H": (0, 2**16 - 1)}
RANGES |= {"i": (-(2**31), 2**31 - 1), "I": (0, 2**32 - 1)}
EXAMPLES = (
    Frame(0, 1, m.Hello(0xC0FFEE)),
    Frame(7, 2, m.Heartbeat()),
    Frame(7, 3, m.Drive(250, -100, 12345)),
    Frame(7, 9, m.Telemetry(12_300, 4, 3, 1000, -1000, 1234, -56, 785_398, 248, -99, 1, 0, 0)),
    Frame(7, 10, m.Battery(25_200, -1500, 870, 1)),
)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    kind, layout = draw(st.sampled_from(list(m.LAYOUTS.values())))
    values = [draw(st.integers(*RANGES[code])) for code in layout.format.lstrip("<")]
    return Frame(draw(st.integers(0, 0xFFFF)), draw(st.integers(0, 0xFFFF_FFFF)), kind(*values))


@given(frames())
def test_what_is_encoded_is_decoded(frame: Frame) -> None:
    data = encode(frame)
    assert data[-1] == 0 and 0 not in data[:-1]
    assert len(data) <= MOST_BYTES
    assert decode(data[:-1]) == frame


@given(st.lists(frames(), max_size=5), st.integers(1, 9), st.binary(max_size=20))
def test_a_stream_in_pieces_gives_the_same_frames(sent: list[Frame], size: int, before: bytes) -> None:
    """Whatever a reader that joins late finds first, the zero after it puts it in step."""
    data = before.replace(b"\0", b"") + b"\0" + b"".join(map(encode, sent))
    reader = Reader()
    read = [frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])]
    assert read == sent
    assert reader.damaged <= 1


@given(frames(), st.data())
def test_a_wrong_byte_before_stuffing_is_always_found(frame: Frame, data: st.DataObject) -> None:
    raw = bytearray(uncobs(encode(frame)[:-1]))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FramingError, match="CRC"):
        decode(cobs(bytes(raw)))


@pytest.mark.parametrize("frame", EXAMPLES, ids=lambda frame: type(frame.message).__name__)
def test_no_single_wrong_byte_on_the_wire_gives_a_frame(frame: Frame) -> None:
    """All of them: every place, every other value, the stuffing's own bytes and the end included."""
    good = encode(frame)
    for at in range(len(good)):
        for value in set(range(256)) - {good[at]}:
            bad = good[:at] + bytes([value]) + good[at + 1 :]
            assert Reader().feed(bad + encode(Frame(1, 1, m.Disable()))) in ([], [Frame(1, 1, m.Disable())])


@settings(derandomize=True)  # two damaged places get past a CRC of 16 bits once in 65,536 times: the same cases each run
@given(frames(), st.binary(min_size=1, max_size=80))
def test_garbage_among_frames_costs_at_most_its_neighbour(frame: Frame, garbage: bytes) -> None:
    read = Reader().feed(garbage + encode(frame) + encode(frame))
    assert read[-1] == frame
    assert set(read) == {frame}


@given(st.binary(max_size=MOST_BYTES))
def test_stuffing_is_undone(data: bytes) -> None:
    assert uncobs(cobs(data)) == data
    assert 0 not in cobs(data)


@pytest.mark.parametrize("stuffed", [b"", b"\x05ab", b"\x00", b"\x03a\x00"])
def test_what_stuffing_cannot_have_made_is_refused(stuffed: bytes) -> None:
    with pytest.raises(FramingError):
        uncobs(stuffed)


def test_as_many_bytes_as_a_frame_may_have_are_stuffed() -> None:
    assert len(cobs(bytes(range(1, 65)))) == 65


def test_an_empty_stretch_between_two_ends_is_no_damage() -> None:
    reader = Reader()
    assert reader.feed(b"\0\0\0" + encode(EXAMPLES[0])) == [EXAMPLES[0]]
    assert reader.damaged == 0


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(FramingError, match="65 bytes, at most 64"):
        cobs(bytes(65))


def test_a_stream_without_an_end_fills_no_memory() -> None:
    splitter = Splitter()
    for _ in range(1000):
        assert splitter.feed(b"x" * 1000) == []
    (piece,) = splitter.feed(b"\0")
    assert len(piece) == MOST_BYTES + 2


def test_the_check_value_of_the_catalogue() -> None:
    assert crc16(b"123456789") == 0x29B1
    assert crc16(b"") == 0xFFFF


@pytest.mark.parametrize(("count", "says"), [(3, "3 bytes are too few"), (9, "9 bytes are too few"), (10, "CRC is wrong")])
def test_too_few_bytes_are_no_frame(count: int, says: str) -> None:
    with pytest.raises(FramingError, match=says):
        decode(cobs(b"x" * count))


def _signed(body: bytes) -> bytes:
    return cobs(body + crc16(body).to_bytes(2, "little"))


def test_another_version_is_told_apart_from_damage() -> None:
    body = bytes([VERSION + 1, 0x02, 7, 0, 1, 0, 0, 0])
    with pytest.raises(VersionError, match="version 2 of the protocol, this driver version 1"):
        decode(_signed(body))
    with pytest.raises(VersionError):
        Reader().feed(_signed(body) + b"\0")


@pytest.mark.parametrize(("code", "payload", "says"), [(0x77, b"", "unknown type 0x77"), (0x03, b"abc", "Drive with 3 bytes instead of 8")])
def test_a_whole_frame_that_makes_no_sense_is_damaged(code: int, payload: bytes, says: str) -> None:
    piece = _signed(bytes([VERSION, code, 7, 0, 1, 0, 0, 0]) + payload)
    with pytest.raises(ValueError, match=says):
        decode(piece)
    reader = Reader()
    assert reader.feed(piece + b"\0") == []
    assert reader.damaged == 1


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Drive"):
        encode(Frame(1, 1, m.Drive(40_000, 0, 0)))


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31) + 1, 2**31 - 1))
def test_counters_wrap(old: int, by: int) -> None:
    assert ahead((old + by) % 2**32, old) == by


# ---------------------------------------------------------------- the page


def test_the_worked_examples_of_the_page_are_the_bytes_of_the_code() -> None:
    listed = re.findall(r"^`(Frame\(.+\))`\n+```\n(.+)\n```", PAGE, re.MULTILINE)
    shown = dict(listed)
    assert set(shown) == {f"Frame({f.session}, {f.sequence}, {f.message!r})" for f in EXAMPLES}
    for frame in EXAMPLES:
        assert shown[f"Frame({frame.session}, {frame.sequence}, {frame.message!r})"] == encode(frame).hex(" ")


def test_the_table_of_the_page_lists_every_message_with_its_layout() -> None:
    rows = re.findall(r"^\| 0x([0-9a-f]{2}) \| (\w+) \| `(.*?)` \|", PAGE, re.MULTILINE)
    listed = {int(code, 16): (name, layout) for code, name, layout in rows}
    types = {"b": "i8", "B": "u8", "h": "i16", "H": "u16", "i": "i32", "I": "u32"}
    for code, (kind, layout) in m.LAYOUTS.items():
        fields = list(kind.__dataclass_fields__)
        wanted = ", ".join(f"{types[letter]} {name}" for letter, name in zip(layout.format.lstrip("<"), fields, strict=True))
        assert listed[code] == (kind.__name__, wanted or "-")
    assert set(listed) == set(m.LAYOUTS)


@pytest.mark.parametrize("flags", [m.State, m.Fault, m.Reason])
def test_the_page_lists_every_bit(flags: type[m.State]) -> None:
    for flag in flags:
        assert re.search(rf"^\| {int(flag)} \| {flag.name} \|", PAGE, re.MULTILINE), flag


def test_each_fault_has_a_bit_of_its_own_in_the_documented_order() -> None:
    assert [fault.value for fault in m.Fault] == [1 << bit for bit in range(len(m.Fault))]
