"""The ways out, each against the real thing."""
