"""Addresses of network cameras, and how not to tell their passwords."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from robot_runtime.paths import resolve
from safety.files import FileError, read_text

SCHEMES = ("rtsp", "rtsps", "http", "https")


def is_stream(source: str) -> bool:
    """Whether a source names a network camera.

    >>> is_stream("rtsp://10.0.0.7/main"), is_stream("device:0")
    (True, False)
    """
    return source.partition("://")[0].lower() in SCHEMES and "://" in source


def shown(source: str) -> str:
    """A source as it may be read by anybody: of an address only scheme, host and port.

    User and password stand before the host, but many cameras also take them in the path or the query.

    >>> shown("rtsp://me:secret@10.0.0.7:8554/user=me&password=secret"), shown("device:1")
    ('rtsp://10.0.0.7:8554/…', 'device:1')
    """
    if not is_stream(source):
        return source
    scheme, host = source.partition("://")[0], _host(source)
    return f"{scheme}://{host or '(no host)'}/…"


def checked(source: str) -> str:
    """The address.

    :raises FileError: it names no host, or a port that is none
    """
    try:
        parts = urlsplit(source)
        if parts.hostname and (parts.port is None or parts.port > 0) and not any(mark in source for mark in "\r\n\t \0"):
            return source
    except ValueError:  # its text would repeat the address
        pass
    raise FileError(f"camera: source: {shown(source)}: no address of a camera; expected such as rtsp://HOST:PORT/PATH")


def with_credentials(source: str, file: str) -> str:
    """The address with the user and the password that a file holds; as it is without a file.

    :raises FileError: the file cannot be read, or is not one line user:password
    """
    if not file:
        return source
    user, colon, password = read_text(resolve(file)).strip().partition(":")
    if not user or not colon or "\n" in password:
        raise FileError(f"{file}: expected one line user:password")
    parts = urlsplit(source)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{place}"))


def _host(source: str) -> str:
    """Host and port; "" where they cannot be told from the rest for certain."""
    try:
        parts = urlsplit(source)
        host = parts.hostname or ""
        return f"{host}:{parts.port}" if parts.port else host
    except ValueError:
        return ""
