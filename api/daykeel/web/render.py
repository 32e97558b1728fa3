"""From a template to a page: what every page carries, and nothing unescaped."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from daykeel.web import words
from daykeel.web.freshness import current
from daykeel.web.needs import Account
from daykeel.web.services import services
from daykeel.web.session import form_token, session_token

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    return environment


ENVIRONMENT = _environment()


def page(
    request: Request,
    template: str,
    *,
    account: Account | None,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """Return a page drawn from `template`, with the marks every page bears."""
    told = services(request)
    text = ENVIRONMENT.get_template(template).render(
        account=account,
        csrf=form_token(session_token(request, told)),
        freshness=current(told)[0],
        is_stepped=told.clock.stepped,
        now=told.clock.now(),
        path=request.url.path,
        **context,
    )
    return HTMLResponse(text, status_code=status)
