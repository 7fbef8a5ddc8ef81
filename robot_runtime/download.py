"""Fetching one file whose hash is known: goes on where it was interrupted, and puts nothing into place that is not whole."""

from __future__ import annotations

import fcntl
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30.0
PARTIAL = 206  # Partial Content: the server goes on where it was asked to (RFC 9110)
RANGE_REFUSED = 416

Progress = Callable[[int], None]
"""Called with how many bytes there are so far."""


class DownloadError(OSError):
    """The file is not there; the text is one line that says why and what to do."""


def download(url: str, file: Path, sha256: str, size_bytes: int, progress: Progress = lambda have: None) -> None:
    """Fetch ``url`` to ``file``.  What has come so far stands in ``file.part``, which the next call goes on with.

    :raises DownloadError: no network, a refusal, another fetch of the same file under way, no room, or other bytes than expected
    """
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _alone(part) as out:
            _complete(url, out, size_bytes, progress)
            _check(out, part, sha256, size_bytes)
            os.fsync(out.fileno())
            part.replace(file)
    except urllib.error.HTTPError as error:
        raise DownloadError(f"{url}: the server says {error.code} {error.reason}") from error
    except DownloadError:
        raise
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise DownloadError(f"{url}: {_why(error)}; what has come so far is kept, run it again to go on") from error
    except OSError as error:
        raise DownloadError(f"{part}: {error.strerror or error}") from error


@contextmanager
def _alone(part: Path) -> Iterator[BinaryIO]:
    """The unfinished file, held by nobody else: two writers would mix their bytes."""
    with part.open("a+b") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DownloadError(f"{part}: another fetch of this file is under way") from error
        yield out


def _complete(url: str, out: BinaryIO, size_bytes: int, progress: Progress) -> None:
    have = out.seek(0, os.SEEK_END)
    if have == size_bytes:
        return
    if have > size_bytes:
        out.truncate(have := 0)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        if have and answer.status != PARTIAL:  # it sends the whole again
            out.truncate(have := 0)
        while chunk := answer.read(CHUNK_BYTES):
            out.write(chunk)
            have += len(chunk)
            progress(have)
            if have > size_bytes:
                break
    if have < size_bytes:
        raise ConnectionError("the connection broke")


def _check(out: BinaryIO, part: Path, sha256: str, size_bytes: int) -> None:
    out.flush()
    out.seek(0)
    found, have = hashlib.sha256(), 0
    while chunk := out.read(CHUNK_BYTES):
        found.update(chunk)
        have += len(chunk)
    if found.hexdigest() != sha256:
        part.unlink()
        raise DownloadError(
            f"{part.with_suffix('')}: {have} of {size_bytes} bytes with SHA-256 {found.hexdigest()} came, "
            f"not the file with {sha256}; nothing was kept"
        )


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error)
