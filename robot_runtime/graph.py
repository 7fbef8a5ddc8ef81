"""The picture of the two tables: which process runs which node, and which topics connect them."""

from __future__ import annotations

from collections import defaultdict

from robot_runtime.nodes import PROCESSES, Node, Settings, nodes
from robot_runtime.topics import TOPICS, Qos

BEGIN, END = "<!-- graph:begin -->", "<!-- graph:end -->"

OBSERVERS = ("watch",)
"""Processes that read nearly everything; drawing their arrows would hide the flow."""


def mermaid(settings: Settings) -> str:
    """A Mermaid flow chart: a box a process with its nodes, an arrow a pair of processes with the topics between them.

    A dotted arrow is the stop path, which bypasses the planner; a thick one leaves the gate.
    """
    rows = nodes(settings)
    lines = ["flowchart LR"]
    for process in PROCESSES:
        members = [node.name for node in rows if node.process == process]
        if members:
            lines.append(f'  {process}["<b>{process}</b><br>{" · ".join(members)}"]')
    lines += [_arrow(source, target, topics) for (source, target), topics in edges(rows).items() if target not in OBSERVERS]
    lines += [f"  guard -. everything recorded .-> {process}" for process in OBSERVERS]
    return "\n".join(lines) + "\n"


def edges(rows: tuple[Node, ...]) -> dict[tuple[str, str], list[str]]:
    """(from process, to process) → the topics that go this way, in table order; topics within one process are left out."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source in rows:
        for topic in source.outputs:
            for process in dict.fromkeys(node.process for node in rows if topic in node.inputs):
                if process != source.process and topic not in found[source.process, process]:
                    found[source.process, process].append(topic)
    return {pair: topics for pair, topics in found.items() if topics}


def _arrow(source: str, target: str, topics: list[str]) -> str:
    style = "==>" if source == "guard" else "-.->" if topics == ["safety/stop_request"] else "-->"
    return f'  {source} {style}|"{"<br>".join(topics)}"| {target}'


def text(settings: Settings) -> str:
    """A plain table: each node with its process and step, then each topic with who writes and reads it."""
    rows = nodes(settings)
    writers, readers = defaultdict(list), defaultdict(list)
    for node in rows:
        for topic in node.outputs:
            writers[topic].append(node.name)
        for topic in node.inputs:
            readers[topic].append(node.name)
    lines = [f"{'node':<12} {'process':<8} {'steps':<46} budget"]
    lines += [f"{node.name:<12} {node.process:<8} {_steps(node):<46} {node.budget_ms:g} ms" for node in rows]
    lines += ["", f"{'topic':<26} {'rate':>6} {'max age':>8}  writers → readers"]
    lines += [_topic_line(name, writers[name], readers[name]) for name in TOPICS if writers[name] or readers[name]]
    return "\n".join(lines) + "\n"


def _steps(node: Node) -> str:
    timer = [f"{node.rate_hz:g} Hz"] if node.rate_hz else []
    return " + ".join(timer + [f"on {topic}" for topic in node.trigger]) or "its own"


def _topic_line(name: str, writers: list[str], readers: list[str]) -> str:
    topic = TOPICS[name]
    rate = f"{topic.rate_hz:g} Hz" if topic.rate_hz else "event"
    age = f"{topic.max_age_s:g} s" if topic.max_age_s else "-"
    local = " (within the process)" if topic.qos is Qos.LOCAL else ""
    return f"{name:<26} {rate:>6} {age:>8}  {', '.join(writers) or 'outside'} → {', '.join(readers) or 'outside'}{local}"


def document_block(settings: Settings) -> str:
    """What stands between the markers of a document."""
    return f"{BEGIN}\n```mermaid\n{mermaid(settings)}```\n{END}"


def with_graph(document: str, settings: Settings) -> str:
    """The document with the block between its markers renewed.

    :raises ValueError: it lacks the markers
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no lines {BEGIN} and {END}")
    return before + document_block(settings) + after
