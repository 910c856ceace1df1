"""/ns: a JSON-LD context for programs, a page with the meaning of every term for people, under one address."""

from __future__ import annotations

import pytest

from fediverse_ai.activitypub import vocabulary
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("accept", ["application/ld+json", "application/json", "application/activity+json", "*/*", ""])
async def test_programs_get_the_context(site: Site, accept: str) -> None:
    answer = await site.browser().client.get("/ns", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("application/ld+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    terms = answer.json()["@context"]
    assert terms.keys() >= vocabulary.OUR_TERMS.keys()
    assert terms["isBasedOn"] == {"@id": "https://schema.org/isBasedOn", "@type": "@id"}


async def test_people_get_the_meaning_of_every_term(site: Site) -> None:
    page = await site.browser().get("/ns")
    assert page.status == 200
    assert "Accept" in page.response.headers["vary"]
    assert vocabulary.OUR_MEANINGS.keys() == vocabulary.OUR_TERMS.keys()
    for term, meaning in vocabulary.OUR_MEANINGS.items():
        assert page.one("dt", id=term)
        assert meaning in page.text()
