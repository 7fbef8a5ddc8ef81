"""A window that shows pictures, with tkinter of Python's own library: the OpenCV of robots is built without windows."""

from __future__ import annotations

import numpy as np

from robot_runtime.cli import JobError
from robot_runtime.perceive.boxes import Bgr


class Window:
    """Open from the start until ``close``, or until the user closes it."""

    def __init__(self, title: str) -> None:
        """:raises JobError: there is no tkinter, or no display"""
        try:
            import tkinter  # a package of its own in Debian, which robots do not have
        except ImportError as error:
            raise JobError("--show needs tkinter: `sudo apt-get install python3-tk`; --json prints lines without a window") from error
        self._tkinter = tkinter
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise JobError(f"--show needs a display: {error}; --json prints lines without a window") from error
        self._root.title(title)
        self._root.protocol("WM_DELETE_WINDOW", self._on_closed)
        self._label = tkinter.Label(self._root)
        self._label.pack()
        self._photo: tkinter.PhotoImage | None = None  # kept, since Tk only refers to it
        self.is_open = True

    def show(self, picture: Bgr) -> None:
        """Show a picture in place of the one before it."""
        if self.is_open:
            self._photo = self._tkinter.PhotoImage(master=self._root, data=ppm(picture), format="PPM")
            self._label.configure(image=self._photo)

    def update(self) -> None:
        """Let the window react to its user; to be called many times a second."""
        if self.is_open:
            self._root.update()

    def close(self) -> None:
        """May be called again."""
        if self.is_open:
            self._on_closed()

    def _on_closed(self) -> None:
        self.is_open = False
        self._root.destroy()


def ppm(picture: Bgr) -> bytes:
    r"""The picture as a binary portable pixmap, the one format of whole colours that every Tk reads without packing.

    >>> ppm(np.array([[[1, 2, 3]]], np.uint8))
    b'P6 1 1 255\n\x03\x02\x01'
    """
    height_px, width_px = picture.shape[:2]
    return f"P6 {width_px} {height_px} 255\n".encode() + np.ascontiguousarray(picture[:, :, ::-1]).tobytes()
