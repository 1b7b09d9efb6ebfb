"""What an operation cannot be asked for."""


class OperationRefused(Exception):
    """What was asked cannot be done; ``str()`` is one sentence, ``field`` the form field it is about or ""."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
