"""The pages of quality: what is found and missed, bars by what people decided, and how people decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import AfterValidator

from claims.policy.policy import Policy
from review.accounts.types import Person, Role
from review.analytics.figures import PERIODS
from review.analytics.people import Tally
from review.policies.folders import in_force_folder
from review.policies.raising import with_bar
from review.replays.types import Scope
from review.server.auth.guard import EVERYBODY, SENIORS, allow
from review.server.language import page_answer
from review.server.pages.desk import Desk, Seeing, Viewer, case_url
from review.server.pages.replays import PolicyDesk
from review.server.routers import new_router
from review.stores import Stores

READERS = [Depends(allow(*EVERYBODY))]
OVERSEERS = [Depends(allow(Role.SENIOR, Role.ADMIN, Role.AUDITOR))]
Senior = Annotated[Person, Depends(allow(*SENIORS))]
_SHOWN_BARS = 40
_SHOWN_CASES = 100


def _offered(days: int) -> int:
    if days not in PERIODS:
        raise ValueError(f"must be one of {', '.join(map(str, PERIODS))}")
    return days


Days = Annotated[int, Query(), AfterValidator(_offered)]
Name = Annotated[str, Query(min_length=1, max_length=120)]
Bar = Annotated[float, Query(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A person's figures as they are shown; `name`: whose they are."""

    name: str
    tally: Tally


def quality_router(stores: Stores, desk: Desk, policies: PolicyDesk) -> APIRouter:
    """The routes of quality."""
    router = new_router(default_response_class=HTMLResponse, include_in_schema=False)

    def page(request: Request, template: str, viewer: Viewer, days: int, **values: object) -> Response:
        shown = {"days": days, "periods": PERIODS, "fewest": stores.quality.fewest, "case_url": case_url}
        return page_answer(request, desk.fill(f"analytics/{template}", viewer, **shown, **values))

    def in_force() -> Policy | None:
        folder = policies.policy_dir or in_force_folder(policies.data_dir) or policies.packaged
        return None if folder is None else Policy(folder)

    @router.get("/quality", dependencies=READERS)
    def get_quality(request: Request, viewer: Seeing, days: Days = 30) -> Response:
        own = viewer.person.tenants
        tables = stores.quality.tables(days, owner=own)
        bars = stores.quality.bars(days, own)[:_SHOWN_BARS]
        return page(request, "quality.html", viewer, days, tables=tables, bars=bars)

    @router.get("/quality/bar", dependencies=READERS)
    def get_bar(request: Request, viewer: Seeing, name: Name, bar: Bar, days: Days = 30) -> Response:
        """What raising a bar would lose and save, with the cases behind it, and the precision week by week."""
        own = viewer.person.tenants
        weeks, what = stores.quality.weekly(days, name, own), stores.quality.raise_of(days, name, bar, own)
        # A candidate judges every customer's broadcasts, and its replay goes over all of them.
        may = viewer.person.role in SENIORS and own is None and policies.packaged is not None
        behind = stores.quality.behind([*what.lost[:_SHOWN_CASES], *what.saved[:_SHOWN_CASES]])
        return page(
            request, "threshold.html", viewer, days, name=name, what=what, weeks=weeks, behind=behind, may_raise=may
        )

    @router.post("/quality/bar")
    def raise_bar(
        person: Senior,
        name: Annotated[str, Form(min_length=1, max_length=120)],
        bar: Annotated[float, Form(ge=0, le=1)],
    ) -> Response:
        """A candidate policy with this bar, and a replay of it over what is stored; two people put it in force."""
        policy = in_force()
        known = policy is not None and (
            name in policy.class_files or any(rule.name == name for rule in policy.rules) or name.endswith(".semantic")
        )
        if policy is None or not known:
            raise HTTPException(422, f"{name!r} is no class or detector of the policy in force")
        with TemporaryDirectory() as beside:
            version = stores.policies.add_version(with_bar(policy, name, bar, Path(beside) / "policy"), person.id)
        replay_id = stores.replays.ask(version.digest, Scope(), person.id)
        return RedirectResponse(f"/replays/{replay_id}", status_code=303)

    @router.get("/quality/people", dependencies=OVERSEERS)
    def get_people(request: Request, viewer: Seeing, days: Days = 30) -> Response:
        people, names = stores.quality.people(days, viewer.person.tenants), stores.people.names()
        shown = _named(people.by_person, names)
        return page(
            request, "people.html", viewer, days, people=shown, classes=people.by_class, all=people.agreement, own=False
        )

    @router.get("/quality/me", dependencies=READERS)
    def get_own(request: Request, viewer: Seeing, days: Days = 30) -> Response:
        """A person's own figures, and nobody else's."""
        tally = stores.quality.people(days, viewer.person.tenants).by_person.get(viewer.person.id, Tally())
        shown = [Shown(name=viewer.person.name, tally=tally)]
        return page(request, "people.html", viewer, days, people=shown, classes={}, all=None, own=True)

    return router


def _named(tallies: Mapping[str, Tally], names: Mapping[str, str]) -> list[Shown]:
    shown = [Shown(name=names.get(person_id, person_id), tally=tally) for person_id, tally in tallies.items()]
    return sorted(shown, key=lambda one: (-one.tally.decided, one.name))
