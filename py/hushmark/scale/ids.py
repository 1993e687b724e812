"""What the pictures of a run are marked with: always the same for the same picture."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import MessageMissing
from ..message.kinds import Message, identifier

KEY_BYTES = 32


@dataclass(frozen=True)
class GivenIds:
    """Messages that were given before the run.

    `table`: location of the table that has them; `messages`: by location of the picture.
    """

    table: str
    messages: Mapping[str, Message] = field(repr=False)

    def message(self, location: str) -> Message:
        """The message of the picture at a location. Raises MessageMissing."""
        try:
            return self.messages[location]
        except KeyError as error:
            raise MessageMissing(location, self.table) from error


@dataclass(frozen=True)
class RunKey:
    """The key that ids of a run are made with: secret bytes, so that no id can be computed from another."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "RunKey":
        """A key from the operating system's random source."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def message(self, location: str) -> Message:
        """The id of the picture at a location, by HMAC-SHA-256.

        A task that is done again marks the same. The probability that two of a million pictures have the same
        id is 3e-8.
        """
        return identifier(self._digest("id", location)[:16])

    @property
    def name(self) -> str:
        """A name for the run, which reveals nothing about its ids."""
        return self._digest("name", "")[:16]

    def _digest(self, purpose: str, location: str) -> str:
        data = f"hushmark run 1: {purpose}: {location}".encode("utf-8", "surrogateescape")
        return hmac.digest(self.secret, data, "sha256").hex()
