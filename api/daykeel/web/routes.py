"""All pages."""

from fastapi import APIRouter

from daykeel.web import (
    account_page,
    alert_page,
    caseload_page,
    client_page,
    letter_page,
    login_page,
    me_page,
    notices_page,
    quality_page,
    session_page,
    silences_page,
    status_page,
    therapy_page,
)

PAGES = (
    caseload_page,
    client_page,
    therapy_page,
    session_page,
    alert_page,
    me_page,
    login_page,
    account_page,
    notices_page,
    letter_page,
    silences_page,
    quality_page,
    status_page,
)

router = APIRouter()
for _page in PAGES:
    router.include_router(_page.router)
