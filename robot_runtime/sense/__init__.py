"""Drivers of sensors: camera and microphone, real and simulated behind one interface."""
