"""How scripts fail."""


class ScriptError(Exception):
    """A script failed; the message is the engine's, in the service's words where it has any."""


class ScriptTakesTimeError(Exception):
    """A script has not ended yet. Asked for again, it goes on where it was."""
