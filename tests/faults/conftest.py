"""One running graph for the tests of a module, on a ROS domain of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig
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
