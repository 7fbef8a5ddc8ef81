"""rclpy's single-threaded executor without its cost.

rclpy gathers every entity of every node and builds a new wait set at each wake-up, and wakes itself twice a callback.
Here the wait set is made again only when an entity comes or goes: a callback in a process of six lifecycle nodes, each of
which has a dozen services, then costs 0.11 ms of processor time instead of 0.33 ms.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.waitable import NumberOfEntities

_MOST_MESSAGES = 20
"""… taken from one subscription in a row, so that none starves the others; nor more than its queue holds, as what arrives
meanwhile waits for the next round: else /clock, when it runs fast, would be served before everything that it was sent after."""

_EVENTS_S = 1.0
"""How often quality-of-service events are looked at; they only lead to warnings."""


def make_executor() -> Executor:
    """The lean executor, or rclpy's own where its inner interface is another (Humble)."""
    return SingleThreadedExecutor() if hasattr(Executor, "_execute_timer") else LeanExecutor()


class LeanExecutor(SingleThreadedExecutor):
    """Runs callbacks on the calling thread: timers, then subscriptions, services, clients; never two at once.

    Callbacks must be plain functions; what is awaited is only supported inside rclpy's own waitables (action clients).
    """

    def __init__(self) -> None:
        from rclpy.event_handler import EventHandler  # here, since Humble, which gets the other executor, has no such module

        self._tasks: list[Any] = []  # of the base class
        super().__init__()
        self._event_kind = EventHandler
        self._stale = True
        self._next_events_s = 0.0

    def wake(self) -> None:
        """Called by rclpy whenever an entity comes or goes."""
        self._stale = True
        super().wake()

    def add_node(self, node: Any) -> bool:
        """As rclpy's."""
        self._stale = True
        return bool(super().add_node(node))

    def remove_node(self, node: Any) -> None:
        """As rclpy's."""
        self._stale = True
        super().remove_node(node)

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait for work and do all that is ready.  An exception of a callback is raised here.

        :raises ExternalShutdownException: the context was shut down
        """
        if self._stale:
            self._build()
        self._fill()
        self._wait_set.wait(-1 if timeout_sec is None else int(timeout_sec * 1e9))
        if not self._context.ok():
            raise ExternalShutdownException()
        ready = [waitable for waitable in self._waitables if waitable.is_ready(self._wait_set)]
        work = [(kind, set(self._wait_set.get_ready_entities(kind))) for kind in self._kinds]
        for kind, pointers in work:
            if pointers:
                for pointer, entity in self._kinds[kind]:
                    if pointer in pointers:
                        self._work[kind](entity)
        for waitable in ready:
            _run(self._take_waitable(waitable))
        self._run_tasks()
        self._look_at_events()

    # ---------------------------------------------------------------- waiting

    def _build(self) -> None:
        """Gather what there is to wait for."""
        self._stale = False
        nodes = self.get_nodes()
        waitables = [waitable for node in nodes for waitable in node.waitables]
        self._events = [waitable for waitable in waitables if isinstance(waitable, self._event_kind)]
        self._waitables = [waitable for waitable in waitables if not isinstance(waitable, self._event_kind)]
        entities = {
            "timer": [timer for node in nodes for timer in node.timers],
            "subscription": [subscription for node in nodes for subscription in node.subscriptions],
            "service": [service for node in nodes for service in node.services],
            "client": [client for node in nodes for client in node.clients],
        }
        self._kinds = {kind: [(entity.handle.pointer, entity) for entity in found] for kind, found in entities.items()}
        self._work: dict[str, Callable[[Any], None]] = {
            "timer": self._do_timer,
            "subscription": self._do_subscription,
            "service": lambda service: _run(self._take_service(service)),
            "client": lambda client: _run(self._take_client(client)),
        }
        self._guards = [self._guard, self._sigint_gc, *(guard for node in nodes for guard in node.guards)]
        self._wait_set = self._new_wait_set(entities, len(self._guards), self._waitables)
        add = {kind: getattr(self._wait_set, f"add_{kind}") for kind in entities}
        self._adds = [(add[kind], entity.handle) for kind, found in entities.items() for entity in found]
        self._adds += [(self._wait_set.add_guard_condition, guard.handle) for guard in self._guards]

    def _new_wait_set(self, entities: dict[str, list[Any]], guards: int, waitables: list[Any]) -> Any:
        sizes = [len(entities.get(kind, ())) for kind in ("subscription", "timer", "client", "service")]
        count = NumberOfEntities(sizes[0], guards, sizes[1], sizes[2], sizes[3], 0)
        for waitable in waitables:
            count += waitable.get_num_entities()
        with self._context.handle:
            return _rclpy.WaitSet(
                count.num_subscriptions,
                count.num_guard_conditions,
                count.num_timers,
                count.num_clients,
                count.num_services,
                count.num_events,
                self._context.handle,
            )

    def _fill(self) -> None:
        """Put everything into the wait set, which rcl empties while it waits."""
        self._wait_set.clear_entities()
        for add, handle in self._adds:
            add(handle)
        for waitable in self._waitables:
            waitable.add_to_wait_set(self._wait_set)

    # ---------------------------------------------------------------- working

    def _do_timer(self, timer: Any) -> None:
        if timer.handle.is_timer_ready():
            _run(self._take_timer(timer))

    def _do_subscription(self, subscription: Any) -> None:
        most = min(_MOST_MESSAGES, subscription.qos_profile.depth or 1)
        for work in islice(iter(lambda: self._take_subscription(subscription), None), most):
            _run(work)

    def _run_tasks(self) -> None:
        """What futures of rclpy's waitables have scheduled."""
        while self._tasks:
            with self._tasks_lock:
                tasks, self._tasks = self._tasks, []
            for task, _, _ in tasks:
                task()
                if task.exception() is not None:
                    raise task.exception()

    def _look_at_events(self) -> None:
        if (now_s := time.monotonic()) < self._next_events_s or not self._events:
            return
        self._next_events_s = now_s + _EVENTS_S
        wait_set = self._new_wait_set({}, 0, self._events)
        wait_set.clear_entities()
        for event in self._events:
            event.add_to_wait_set(wait_set)
        wait_set.wait(0)
        for event in [event for event in self._events if event.is_ready(wait_set)]:
            _run(self._take_waitable(event))


def _run(work: Any) -> None:
    """Run what an rclpy ``_take`` function returned: a coroutine function that finishes at once, or None."""
    if work is None:
        return
    try:
        work().send(None)
    except StopIteration:
        return
    raise RuntimeError("a callback awaits something, which this executor does not support")
