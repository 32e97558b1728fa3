"""All pages."""

from fastapi import APIRouter

from daykeel.web import (
    account_page,
    alert_page,
    caseload_page,
    client_page,
    login_page,
    me_page,
    status_page,
)

PAGES = (
    caseload_page,
    client_page,
    alert_page,
    me_page,
    login_page,
    account_page,
    status_page,
)

router = APIRouter()
for _page in PAGES:
    router.include_router(_page.router)
