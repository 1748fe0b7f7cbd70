"""Reaching a target, and recording what went over the wire."""
