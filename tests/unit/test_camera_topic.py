"""Pictures from another's ROS driver: every layout that is taken, and everything that is refused."""

from __future__ import annotations

import logging
import struct
import tracemalloc
import zlib
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_runtime.messages import CameraInfo, EncodedImage, Image, RawImage
from robot_runtime.perceive.pictures import PictureError
from robot_runtime.sense import raw_image
from robot_runtime.sense.camera import Camera

W, H = 64, 48
K = (60.0, 0.0, 31.5, 0.0, 60.0, 23.5, 0.0, 0.0, 1.0)
INFO = CameraInfo(1.0, "lens", W, H, "plumb_bob", (0.0,) * 5, K)
BGR = (10, 100, 200)


def coloured(height: int = H, width: int = W) -> np.ndarray:
    return np.full((height, width, 3), BGR, np.uint8)


def raw(pixels: np.ndarray, encoding: str, stamp_s: float = 1.0, padding: int = 0, big: int = 0, frame_id: str = "lens") -> RawImage:
    """As a driver makes it of rows with some bytes after each."""
    rows = np.ascontiguousarray(pixels).view(np.uint8).reshape(pixels.shape[0], -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=255)
    return RawImage(stamp_s, frame_id, pixels.shape[0], pixels.shape[1], encoding, big, padded.shape[1], padded.ravel())


def packed(pixels: np.ndarray, suffix: str = ".jpg", stamp_s: float = 1.0) -> EncodedImage:
    return EncodedImage(stamp_s, "lens", "bgr8; jpeg compressed bgr8", cv2.imencode(suffix, pixels)[1].tobytes())


# ---------------------------------------------------------------- colour


@pytest.mark.parametrize("padding", [0, 5])
@pytest.mark.parametrize(
    ("encoding", "pixels"),
    [
        ("bgr8", coloured()),
        ("8UC3", coloured()),
        ("rgb8", coloured()[:, :, ::-1]),
        ("bgra8", np.dstack([coloured(), np.zeros((H, W), np.uint8)])),
        ("rgba8", np.dstack([coloured()[:, :, ::-1], np.zeros((H, W), np.uint8)])),
    ],
)
def test_colour_encodings(encoding: str, pixels: np.ndarray, padding: int) -> None:
    assert np.array_equal(raw_image.colour(raw(pixels, encoding, padding=padding)), coloured())


@pytest.mark.parametrize("encoding", ["mono8", "8UC1"])
def test_grey_encodings(encoding: str) -> None:
    assert np.array_equal(raw_image.colour(raw(np.full((H, W), 77, np.uint8), encoding)), np.full((H, W, 3), 77))


SOUND = raw(coloured(), "rgb8")

WRONG = {
    "unknown encoding": (replace(SOUND, encoding="bayer_rggb8"), "encoding 'bayer_rggb8'; known are bgr8"),
    "encoding of depths": (replace(SOUND, encoding="16UC1"), "encoding '16UC1'"),
    "a long encoding": (replace(SOUND, encoding="x" * 10_000), "encoding 'x{40}';"),
    "no width": (replace(SOUND, width_px=0), "0 x 48 pixels"),
    "no height": (replace(SOUND, height_px=0), "64 x 0 pixels"),
    "nothing at all": (RawImage(1.0, "", 0, 0, "rgb8", 0, 0, np.empty(0, np.uint8)), "0 x 0 pixels"),
    "8k": (replace(SOUND, width_px=7680, height_px=4320), "7680 x 4320 pixels; 1 to 4096"),
    "too few bytes": (replace(SOUND, data=SOUND.data[:-1]), "9215 bytes in 48 rows of 192"),
    "too many bytes": (replace(SOUND, data=np.append(SOUND.data, np.uint8(0))), "9217 bytes"),
    "rows too short": (replace(SOUND, step_bytes=96, data=SOUND.data[: 96 * H]), "64 pixels of rgb8 need 192 a row"),
    "step of nothing": (replace(SOUND, step_bytes=0), "rows of 0"),
    "step that overflows": (replace(SOUND, step_bytes=2**32 - 1), "rows of 4294967295"),
    "colour depth of another": (replace(SOUND, encoding="rgba8"), "64 pixels of rgba8 need 256"),
    "no such byte order": (replace(SOUND, is_bigendian=7), "is_bigendian is 7"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_with_its_reason(name: str) -> None:
    picture, reason = WRONG[name]
    with pytest.raises(PictureError, match=reason):
        raw_image.colour(picture)


NUMBERS = st.integers(0, 2**32 - 1) | st.integers(0, 70)


@settings(max_examples=150, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from(["rgb8", "mono8", "16UC1", "32FC1", ""]), st.integers(0, 255), st.binary(max_size=400))
def test_no_header_makes_it_crash(height: int, width: int, step: int, encoding: str, big: int, data: bytes) -> None:
    picture = RawImage(1.0, "lens", height, width, encoding, big, step, np.frombuffer(data, np.uint8))
    for read in (raw_image.colour, raw_image.depth_m):
        try:
            made = read(picture)
        except PictureError:
            continue
        assert made.shape[:2] == (height, width) and made.size


# ---------------------------------------------------------------- depths


@pytest.mark.parametrize("big", [0, 1])
def test_depths_in_millimetres_and_metres(big: int) -> None:
    order = ">" if big else "<"
    millimetres = np.full((H, W), 1500, order + "u2")
    millimetres[0, 0] = 0
    metres = np.full((H, W), 1.5, order + "f4")
    metres[0, :4] = np.nan, np.inf, -1.0, 0.0
    for picture, unknown in ((raw(millimetres, "16UC1", big=big, padding=2), 1), (raw(metres, "32FC1", big=big), 4)):
        depth_m = raw_image.depth_m(picture)
        assert depth_m.dtype == np.float32 and np.isnan(depth_m[0, :unknown]).all()
        assert np.allclose(depth_m[1:], 1.5)


@pytest.mark.parametrize(
    ("kind", "encoding", "value"), [(">u2", "16UC1", 1500), (">u2", "16UC1", 700), (">f4", "32FC1", 1.5), ("<f4", "32FC1", 1500.0)]
)
def test_depths_in_the_wrong_byte_order_or_unit_are_refused(kind: str, encoding: str, value: float) -> None:
    with pytest.raises(PictureError, match=r"is their unit right, and is_bigendian \(0\)"):
        raw_image.depth_m(raw(np.full((H, W), value, kind), encoding))


# ---------------------------------------------------------------- packed


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_jpeg_and_png(suffix: str) -> None:
    assert np.abs(raw_image.unpacked(packed(coloured(), suffix)).astype(int) - coloured()).max() <= 3


def test_a_png_of_16_bits_keeps_the_upper_8() -> None:
    assert (raw_image.unpacked(packed(np.full((H, W), 77 << 8, np.uint16), ".png")) == 77).all()


def bomb() -> bytes:
    """A PNG of some bytes that says it is 60,000 pixels wide and high."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + b"\0\0\0\0IEND\xaeB\x60\x82"


JPEG = packed(coloured()).data
PNG = packed(coloured(), ".png").data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "neither a JPEG nor a PNG"),
        (b"\xff\xd8", "neither"),
        (b"\xff\xd8\xff", "cut off in its head"),
        (JPEG[:100], "cut off in its head"),
        (JPEG[:-30], "its end is missing"),
        (PNG[: len(PNG) // 2], "its end is missing|cut off"),
        (PNG[:20], "cut off in its head"),
        (b"\xff\xd8\xff\xd9", "without a size"),
        (b"GIF89a" + bytes(200), "neither a JPEG nor a PNG"),
        (cv2.imencode(".jpg", np.zeros((4320, 7680), np.uint8))[1].tobytes(), "7680 x 4320 pixels"),
        (bomb(), "60000 x 60000 pixels"),
        (JPEG[:160] + b"\xff\xc0\0\x11\x08\0\0\0\0" + JPEG[180:], "0 x 4360 pixels"),
    ],
)
def test_packed_pictures_that_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        raw_image.unpacked(EncodedImage(1.0, "lens", "jpeg", data))


@pytest.mark.parametrize("format", ["16UC1; compressedDepth", "32FC1; png compressed", "16UC1"])
def test_packed_depths_are_no_picture(format: str) -> None:
    with pytest.raises(PictureError, match="send them raw, on camera/depth_in"):
        raw_image.unpacked(EncodedImage(1.0, "lens", format, PNG))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([JPEG, PNG]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), st.integers(0, 3000))
def test_no_damage_makes_it_crash(whole: bytes, changes: list[tuple[int, int]], end: int) -> None:
    data = bytearray(whole)
    for place, value in changes:
        data[place % len(data)] = value
    try:
        picture = raw_image.unpacked(EncodedImage(1.0, "lens", "jpeg", bytes(data[:end])))
    except PictureError:
        return
    assert picture.ndim == 3 and max(picture.shape[:2]) <= raw_image.MOST_SIDE_PX


# ---------------------------------------------------------------- the source


def made(**more: Any) -> Camera:
    return Camera(Camera.Config(source="topic", width_px=W, height_px=H, **more))


def seen(camera: Camera, now_s: float, **inbox: Any) -> Image | None:
    """A step with messages by the last word of their topic."""
    news = {f"camera/{name}_in": value if isinstance(value, list) else [value] for name, value in inbox.items()}
    image: Image | None = dict(camera.step(news, now_s)).get("camera/image")
    return image


def test_a_raw_picture_is_handed_on_with_stamp_frame_depth_and_calibration() -> None:
    camera = made()
    image = seen(camera, 1.02, info=INFO, raw=raw(coloured(), "bgr8"), depth=raw(np.full((H, W), 2000, "<u2"), "16UC1"))
    assert image is not None and (image.stamp_s, image.frame_id, image.info) == (1.0, "lens", INFO)
    assert np.array_equal(image.bgr, coloured())
    assert image.depth_m is not None and np.allclose(image.depth_m, 2.0)


def test_pictures_and_depths_get_the_size_that_was_asked_for() -> None:
    camera = Camera(Camera.Config(source="topic", width_px=32, height_px=32))
    image = seen(camera, 1.0, raw=raw(coloured(), "bgr8"), depth=raw(np.full((H, W), 2000, "<u2"), "16UC1"))
    assert image is not None and image.depth_m is not None
    assert image.bgr.shape == (32, 32, 3) and image.depth_m.shape == (32, 32)


def test_a_compressed_picture_is_handed_on() -> None:
    image = seen(made(), 1.02, compressed=packed(coloured()))
    assert image is not None and image.stamp_s == 1.0 and image.info is None and image.depth_m is None


def test_the_newest_sound_picture_is_taken_and_none_twice() -> None:
    camera = made()
    pictures = [raw(np.full((H, W), level, np.uint8), "mono8", stamp_s) for level, stamp_s in ((30, 1.2), (10, 1.0), (20, 1.1))]
    image = seen(camera, 1.25, raw=[*pictures, replace(pictures[0], stamp_s=1.21, encoding="?")])
    assert image is not None and image.bgr[0, 0, 0] == 30
    assert camera.diagnose()[1]["refused because"].startswith("camera/raw_in: encoding '?'")
    assert seen(camera, 1.3, raw=pictures) is None


def test_a_picture_waits_for_nobody_but_one_with_depths_goes_first() -> None:
    depth = raw(np.full((H, W), 2000, "<u2"), "16UC1", 1.0)
    image = seen(made(), 1.1, raw=[raw(coloured(), "bgr8", 1.0), raw(coloured(), "bgr8", 1.1)], depth=depth)
    assert image is not None and image.stamp_s == 1.0 and image.depth_m is not None
    image = seen(made(), 1.1, raw=[raw(coloured(), "bgr8", 1.1)], depth=depth)
    assert image is not None and image.depth_m is None, "100 ms apart: of another moment"


@pytest.mark.parametrize(
    "depth",
    [
        raw(np.full((H, W // 2), 2000, "<u2"), "16UC1"),
        raw(np.full((H, W), 2000, "<u2"), "16UC1", frame_id="other lens"),
        raw(coloured(), "rgb8"),
    ],
    ids=["another size", "another lens", "no depths"],
)
def test_depths_that_are_of_no_use_are_left_out(depth: RawImage) -> None:
    camera = made()
    image = seen(camera, 1.0, raw=raw(coloured(), "bgr8"), depth=depth)
    assert image is not None and image.depth_m is None
    assert camera.diagnose()[1]["refused because"].startswith("camera/depth_in: ")


@pytest.mark.parametrize(("stamp_s", "says"), [(0.0, "stamped 100.00 s ago"), (98.9, "stamped 1.10 s ago"), (100.3, "stamped -0.30 s ago")])
def test_pictures_of_another_time_are_refused(stamp_s: float, says: str) -> None:
    camera = made()
    assert seen(camera, 100.0, raw=raw(coloured(), "bgr8", stamp_s)) is None
    assert says in camera.diagnose()[1]["refused because"]


@pytest.mark.parametrize(
    ("info", "says"),
    [
        (replace(INFO, k=(0.0,) * 9), "is it calibrated"),
        (replace(INFO, distortion_model="equidistant"), "only plumb_bob"),
        (replace(INFO, k=(float("nan"), *K[1:])), "is it calibrated"),
        (replace(INFO, width_px=0), "is it calibrated"),
    ],
)
def test_a_calibration_of_no_use_is_told_of_and_left_out(info: CameraInfo, says: str) -> None:
    camera = made()
    image = seen(camera, 1.0, info=info, raw=raw(coloured(), "bgr8"))
    assert image is not None and image.info is None
    assert says in camera.diagnose()[1]["refused because"]


def test_pictures_of_another_shape_than_the_calibration_are_refused() -> None:
    camera = made()
    assert seen(camera, 1.0, info=INFO, raw=raw(coloured(36), "bgr8")) is None
    assert "64 x 36 pixels; the calibration is for 64 x 48" in camera.diagnose()[1]["refused because"]
    assert seen(camera, 1.0, raw=raw(coloured(24, 32), "bgr8")) is not None, "half the size is the same shape"


def test_silence_is_told_once_and_ends_at_once(caplog: pytest.LogCaptureFixture) -> None:
    camera = made()
    for tick in range(50):
        assert seen(camera, 10.0 + 0.2 * tick) is None
    assert camera.problem == "no sound picture on camera/raw_in or camera/compressed_in for 2 s"
    assert camera.diagnose()[0].startswith("no pictures from topic: ")
    assert seen(camera, 20.1, raw=raw(coloured(), "bgr8", 20.1)) is not None, "without back-off: there is nothing to open"
    assert camera.problem == ""
    assert len(caplog.records) == 2


def test_warnings_are_few_and_all_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    camera = made()
    for tick in range(100):
        seen(camera, 1.0 + 0.1 * tick, raw=[replace(SOUND, stamp_s=1.0 + 0.1 * tick, encoding="?")] * 2)
    assert camera.diagnose()[1]["refused"] == "200"
    told = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(told) == 2 and told[1].startswith("camera: 100 pictures refused")


@pytest.mark.long
def test_ten_thousand_pictures_leave_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)  # pytest keeps what is logged
    camera = made()
    jpeg, depths = packed(coloured()), raw(np.full((H, W), 2000, "<u2"), "16UC1")
    kinds: list[RawImage | EncodedImage] = [raw(coloured(), "rgb8"), replace(SOUND, encoding="?"), jpeg, replace(jpeg, data=JPEG[:-30])]

    def play(first: int, count: int) -> int:
        for number in range(first, first + count):
            now_s = 0.2 * number
            kind = replace(kinds[number % 4], stamp_s=now_s)
            topic = "raw" if isinstance(kind, RawImage) else "compressed"
            seen(camera, now_s, **{topic: kind, "depth": replace(depths, stamp_s=now_s), "info": INFO})
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before, after = play(0, 1000), play(1000, 10_000)
    finally:
        tracemalloc.stop()
    assert after - before < 100_000, f"{after - before} bytes more"
    assert camera.diagnose()[1]["pictures"] == "5500"
