"""Say that a broker cannot be had on this machine."""


class BrokerUnavailable(Exception):  # noqa: N818 - it is a finding about the machine, not a mistake
    """A broker cannot be had here; ``command`` is what a person would run to change that."""

    def __init__(self, reason: str, command: str) -> None:
        super().__init__(f"{reason}. To change that: {command}")
        self.reason = reason
        self.command = command
