"""Names, the documents under /.well-known, and the digest of follower synchronisation."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from fediverse_ai.activitypub import synchronization, webfinger
from fediverse_ai.activitypub.webfinger import Handle, parse_handle, parse_resource
from fediverse_ai.core.errors import Malformed


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("acct:ann@home.test", ("ann", "home.test")),
        ("ACCT:Ann@Home.Test", ("Ann", "home.test")),
        ("acct:@ann@home.test", ("ann", "home.test")),
        ("@ann@home.test", ("ann", "home.test")),
        ("ann@home.test.", ("ann", "home.test")),
        ("acct:ann@127.0.0.1:8000", ("ann", "127.0.0.1:8000")),
        ("acct:home.test@home.test", ("home.test", "home.test")),
        ("acct:127.0.0.1:8000@127.0.0.1:8000", ("127.0.0.1:8000", "127.0.0.1:8000")),
        ("acct:a-b.c_d@bücher.test", ("a-b.c_d", "xn--bcher-kva.test")),
    ],
)
def test_names(text: str, handle: tuple[str, str]) -> None:
    assert parse_handle(text) == Handle(*handle)
    assert parse_resource(text) == Handle(*handle)


@pytest.mark.parametrize(
    "text",
    ["", "ann", "acct:ann", "@ann", "acct:@home.test", "acct:ann@", "ann@home@evil.test", "ann@home.test/x",
     "ann@home.test\n", "аnn@home.test", "an n@home.test", "ann@127.1", "ann@home.test:0", "ann@home.test:99999",
     ".ann@home.test", "ann.@home.test", "a" * 200 + "@home.test", "ann@" + "a" * 300 + ".test", "ftp://home.test/",
     "mailto:ann@home.test", "ann@[::1", "ann@home_x.test", "ann@-home.test", "ann%40home.test"],
)  # fmt: skip
def test_no_names(text: str) -> None:
    with pytest.raises(Malformed):
        parse_resource(text)


def test_resources_that_are_addresses() -> None:
    for url in (
        "https://home.test/users/ann",
        "https://home.test/@ann",
        "HTTPS://home.test/",
        "http://127.0.0.1:8000/",
    ):
        assert parse_resource(url) == url
    for url in ("https://home.test/\n", "https://home.test/" + "x" * 2_100):
        with pytest.raises(Malformed):
            parse_resource(url)


def test_our_answer() -> None:
    document = webfinger.jrd(
        subject=Handle("ann", "home.test"),
        actor_uri="https://home.test/users/ann",
        profile_url="https://home.test/@ann",
        avatar=("https://home.test/media/a.png", "image/png"),
    )
    assert document["subject"] == "acct:ann@home.test"
    assert document["aliases"] == ["https://home.test/@ann", "https://home.test/users/ann"]
    selves = [link for link in document["links"] if link["rel"] == "self"]
    assert selves == [{"rel": "self", "type": "application/activity+json", "href": "https://home.test/users/ann"}]
    assert {link["rel"] for link in document["links"]} == {
        "self",
        "http://webfinger.net/rel/profile-page",
        "http://webfinger.net/rel/avatar",
    }


def test_buttons_of_other_servers_lead_to_our_pages() -> None:
    """FEP-3b86, and the template that everybody knows; each names the one thing that it takes."""
    document = webfinger.jrd(
        subject=Handle("ann", "home.test"), actor_uri="https://home.test/users/ann", pages="https://home.test"
    )
    templates = {link["rel"]: link["template"] for link in document["links"] if "template" in link}
    fep = "https://w3id.org/fep/3b86/"
    expected = dict.fromkeys((fep + name for name in ("Object", "Follow", "Like", "Announce")), "{object}")
    expected |= {fep + "Create": "{inReplyTo}", "http://ostatus.org/schema/1.0/subscribe": "{uri}"}
    assert templates.keys() == expected.keys()
    for rel, place in expected.items():
        assert templates[rel].startswith("https://home.test/")
        assert place in templates[rel]


def test_host_meta() -> None:
    template = "https://home.test/.well-known/webfinger?resource={uri}"
    root = ElementTree.fromstring(webfinger.host_meta_xml("https://home.test/"))
    link = root.find("{http://docs.oasis-open.org/ns/xri/xrd-1.0}Link")
    assert link is not None
    assert (link.get("rel"), link.get("template")) == ("lrdd", template)
    assert webfinger.host_meta_json("https://home.test")["links"][0]["template"] == template


FOLLOWERS = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
DIGEST = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"


def test_the_digest_of_fep_8fcf() -> None:
    assert synchronization.digest(FOLLOWERS) == DIGEST
    assert synchronization.digest(reversed([*FOLLOWERS, FOLLOWERS[0]])) == DIGEST
    assert synchronization.digest([]) == "0" * 64


def test_the_header_of_fep_8fcf() -> None:
    actor = "https://home.test/users/ann"
    value = synchronization.header(f"{actor}/followers", f"{actor}/followers_synchronization", FOLLOWERS)
    parsed = synchronization.parse_header(value, actor)
    assert parsed == synchronization.Synchronization(f"{actor}/followers", f"{actor}/followers_synchronization", DIGEST)
    assert synchronization.parse_header(value.replace(", ", ","), actor) == parsed
    for wrong in (
        "",
        value.replace("home.test", "evil.test"),
        value.replace("https://home.test/users/ann/followers_s", "https://evil.test/s"),
        value.replace(DIGEST, DIGEST.upper()),
        value.replace(DIGEST, DIGEST[1:]),
        value + ', digest="' + DIGEST + '"',
        value.replace('"', ""),
        value.partition(", digest")[0],
        value + " " * 9_000,
        value + "x",
    ):
        with pytest.raises(Malformed):
            synchronization.parse_header(wrong, actor)
