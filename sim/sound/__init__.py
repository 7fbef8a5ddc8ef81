"""The sound of the simulated home: rooms that reverberate, the robot's own noises, television, dishes, and the microphones."""
