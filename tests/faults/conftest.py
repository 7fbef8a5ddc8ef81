"""What the tests share, each on a ROS domain of its own: a running graph for a module, a guard on its test stand for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig
from tests.faults.stand import Stand
from tests.ros.conftest import free_domain


@pytest.fixture(scope="module")
def graph_domain() -> Iterator[int]:
    """The ROS domain of this test's process and of those that it starts."""
    with free_domain() as number, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(number))
        yield number


@pytest.fixture(scope="module")
def running(graph_domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(graph_domain, tmp_path_factory.mktemp("run"))
    try:
        yield rig
    finally:
        rig.close()


@pytest.fixture
def rig(running: Rig) -> Iterator[Rig]:
    """The running graph, whole; what a test leaves under way is called off."""
    assert running.supervisor.all_ready, "the test before has left it broken"
    yield running
    if running.supervisor.all_ready and running.probe.mode == "running":
        running.halt()


@pytest.fixture(scope="session")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stands]:
    """One test stand for the tests of all modules."""
    with free_domain() as number:
        stands = Stands(number, tmp_path_factory)
        yield stands
        stands.close()


@pytest.fixture
def stand(stands: Stands) -> Iterator[Stand]:
    """The guard on its test stand, whole; what a test has spoiled is put right, or there is a new one for the next test."""
    stand = stands.get()
    yield stand
    try:
        stand.whole()
    except BaseException:
        stands.close()
        raise


class Stands:
    """At most one at a time: started when it is asked for, kept while it is sound."""

    def __init__(self, domain: int, folders: pytest.TempPathFactory) -> None:
        self._domain, self._folders = domain, folders
        self._stand: Stand | None = None

    def get(self) -> Stand:
        if self._stand is None:
            self._stand = Stand(self._domain, self._folders.mktemp("stand"))
        return self._stand

    def close(self) -> None:
        if self._stand is not None:
            self._stand.close()
        self._stand = None
