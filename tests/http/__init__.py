"""The web client against real servers on loopback."""
