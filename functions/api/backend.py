"""What does a route reach beyond its request?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from docsnap.admission import Quotas
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.settings import ApiSettings, Stage
from docsnap.table import Table

if TYPE_CHECKING:
    from docsnap.auth import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Everything outside the function, as arguments."""

    settings: ApiSettings
    table: Table
    verifier: Callable[[], "Verifier"]
    queue: Callable[[], Queue]
    """Asked for when needed, like the others: they take time to load and to make."""
    results: Callable[[], Results]
    clock: Callable[[], datetime]
    wait: Callable[[float], object]
    """Let so many seconds pass."""

    @property
    def is_local(self) -> bool:
        """Whether this is the development stack."""
        return self.settings.stage is Stage.LOCAL

    @property
    def mode(self) -> Literal["aws", "local"]:
        """The same, in the word of the contract."""
        return "local" if self.is_local else "aws"

    @property
    def quotas(self) -> Quotas:
        """How much one user may ask for."""
        return Quotas(
            submissions_per_minute=self.settings.submissions_per_minute,
            unfinished_jobs=self.settings.unfinished_jobs_limit,
            max_attempts=self.settings.max_attempts,
        )
