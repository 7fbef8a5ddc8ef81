"""Instructions in homes that the planners have never met, judged by what became of the simulated world."""
