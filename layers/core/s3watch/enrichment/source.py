"""One source of enrichment: its answers count for a minute, and one that fails is left alone for a while.

There is no clock here: `now` is that of a batch, by which its calls are counted. Each of them ends within two
seconds, as aws.clients has it, a look-up in the event history within eight (two of four). A source
that is away costs a batch one call, and a slow one as many as it may make; all together cost it 16 seconds at
worst (MOST_WAITED of patience, and a look-up that began just before), for which the functions leave time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Literal, NamedTuple

from s3watch.enrichment.patience import Patience
from s3watch.errors import CrowdedError, RefusedError, ThrottledError, UnavailableError, describe

KEPT = 60.0  # seconds that an answer counts: a storm about a bucket asks once, and what is told is not old
REFUSED = 900.0  # seconds that a refusal counts, which is told each time
REST, BUSY = 60.0, 5.0  # seconds in which a source that did not answer, or was busy, is not asked again
MOST_ASKED = 5  # calls in one batch
MOST_KEPT = 1000  # answers
_NO_TIME = "the sources took all the time of the batch"

# Why there is none; busy: with others' calls; decoys: it is behind many that somebody made to look like it.
Reason = Literal["", "refused", "no answer", "not understood", "busy", "decoys", "too many"]


class Answer[Found](NamedTuple):
    """What a source said, or the reason why it is not known."""

    found: Found | None = None
    reason: Reason = ""


class Source[Found, About: Hashable = str]:
    """Asks for one thing, such as the versioning of buckets; never raises."""

    def __init__(
        self,
        name: str,
        read: Callable[[About], Found | None],
        tell: Callable[[str, str], None],
        *,
        note: Callable[[str, str], None] | None = None,
        patience: Patience | None = None,
        kept: float = KEPT,
        most: int = MOST_ASKED,
    ) -> None:
        """Prepare it. `read` raises RefusedError, UnavailableError, ThrottledError or CrowdedError.

        `tell` is told of each, but `note`, if there is one, of ThrottledError: others made too many calls.
        What was found counts for `kept` seconds, that nothing was for KEPT; a batch asks `most` times,
        as long as `patience` lasts, which sources can share.
        """
        self._name, self._read, self._tell, self._note = name, read, tell, note or tell
        self._kept, self._most, self._patience = kept, most, patience or Patience()
        self._known: dict[About, tuple[float, Answer[Found]]] = {}
        self._rests_until, self._rests = 0.0, Answer[Found]()
        self._batch, self._asked = 0.0, 0

    def ask(self, about: About, now: float) -> Answer[Found]:
        """Return what is known about a bucket, or whatever it is, asking for it if that is due."""
        until, known = self._known.get(about, (0.0, Answer[Found]()))
        if now < until:
            return known
        if now < self._rests_until:
            return self._rests
        if now != self._batch:
            self._batch, self._asked = now, 0
        if self._asked == self._most:
            return Answer(reason="too many")
        if self._patience.is_over(now):
            return self._rest(now + BUSY, self._failed("no answer", about, UnavailableError(_NO_TIME)))
        self._asked += 1
        with self._patience.waiting():
            answer = self._call(about)
        if answer.reason in ("no answer", "busy"):
            return self._rest(now + (BUSY if answer.reason == "busy" else REST), answer)
        if len(self._known) == MOST_KEPT:
            self._known.clear()
        counts = REFUSED if answer.reason else KEPT if answer.found is None else self._kept
        self._known[about] = now + counts, answer
        return answer

    def _rest(self, until: float, answer: Answer[Found]) -> Answer[Found]:
        self._rests_until, self._rests = until, answer
        return answer

    def _call(self, about: About) -> Answer[Found]:
        try:
            return Answer(self._read(about))
        except ThrottledError as error:
            return self._failed("busy", about, error)
        except UnavailableError as error:
            return self._failed("no answer", about, error)
        except RefusedError as error:
            return self._failed("refused", about, error)
        except CrowdedError as error:
            return self._failed("decoys", about, error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the alert is told without it
            return self._failed("not understood", about, error)

    def _failed(self, reason: Reason, about: About, error: Exception) -> Answer[Found]:
        tell = self._note if reason == "busy" else self._tell
        tell(self._name, f"{about}: {describe(error)}")
        return Answer(reason=reason)
