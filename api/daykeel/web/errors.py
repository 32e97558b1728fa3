"""What can be wrong with a request, in words of the domain; `daykeel.api.app` translates them.

* WebError
  - SignInNeeded     nobody is signed in, or no longer
  - NotFound         there is no such thing, or it is another's
  - Forged           the request does not come from our own page
  - TooManyAttempts  wrong passwords, again and again
  - BadForm          a form was filled in wrongly; its text is for the person
  - NoConsent        the client has not agreed to this stream
  - NotReady         a part that is needed does not answer
"""

from sqlite3 import DatabaseError

from daykeel.records.errors import RecordsError
from daykeel.scores.errors import ScoresError

UNANSWERED = (OSError, DatabaseError, RecordsError, ScoresError)
"""What a store raises that does not answer."""


class WebError(Exception):
    """Base of every error this package raises on purpose."""


class SignInNeeded(WebError):  # noqa: N818  a state, not a fault
    """The request needs a session that has not ended."""


class NotFound(WebError):  # noqa: N818  also the answer for what is another's
    """There is no such thing for this person."""


class Forged(WebError):  # noqa: N818  a suspicion
    """Origin or form token do not belong to this session's pages."""


class TooManyAttempts(WebError):  # noqa: N818  a limit
    """Signing in failed too often; wait."""


class BadForm(WebError):  # noqa: N818  not a fault of ours
    """The form cannot be read; the text says what to do."""


class NoConsent(WebError):  # noqa: N818  the client's right
    """The client has not agreed to this stream, or no longer does."""


class NotReady(WebError):  # noqa: N818  passes by itself
    """A part that is needed does not answer; nothing was kept."""
