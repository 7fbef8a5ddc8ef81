"""The motors' end of the gate: the only code that opens the port of the base.

``base.py`` is the stage behind the gate, ``driver.py`` what a driver has to be, ``serial_base.py`` the driver of a base
controller on a serial line.  The wire is described in ``docs/motor_protocol.md``.
"""
