"""The planner that asks a vision-language model, on a server of the robot or in a process of its own."""
