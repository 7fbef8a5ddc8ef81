"""From an utterance to a plan, and from a plan to finished actions."""
