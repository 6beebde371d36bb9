"""Which language a request asks for, and the cookie that remembers it."""

from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from review.presentation.catalogues import LANGUAGES, Language

_COOKIE = "lang"
_YEAR_S = 365 * 86_400


def language_of(request: Request) -> Language:
    """The language that the address asks for, or else the browser's last choice, or else Chinese."""
    for wanted in (request.query_params.get(_COOKIE), request.cookies.get(_COOKIE)):
        for language in LANGUAGES:
            if language == wanted:
                return language
    return "zh"


def keep_language(request: Request, response: Response) -> None:
    """Remembers the language in the browser, if the address asked for one."""
    if request.query_params.get(_COOKIE) in LANGUAGES:
        response.set_cookie(_COOKIE, language_of(request), max_age=_YEAR_S, samesite="lax", httponly=True)


def page_answer(
    request: Request, page: str, *, status_code: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """The page as an answer, which remembers the language in the browser, if the address asked for one."""
    answer = HTMLResponse(page, status_code=status_code, headers=headers)
    keep_language(request, answer)
    return answer
