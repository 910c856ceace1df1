"""What the live journeys ask of our server's database, each until it is so."""

from __future__ import annotations

from typing import Any

from tests.support.processes import eventually
from tests.support.server import Server


async def becomes(server: Server, wanted: list[tuple[Any, ...]], sql: str, *values: Any, seconds: float = 20.0) -> None:
    """Wait until a query answers exactly this."""

    async def look() -> bool:
        return server.query(sql, *values) == wanted

    try:
        await eventually(look, f"{sql} {values} is {wanted}", seconds)
    except AssertionError as error:
        refused = server.query("select type, state, detail from received where state != 'done'")
        raise AssertionError(f"{error}; it is {server.query(sql, *values)}; not done: {refused}") from None


async def counted(server: Server, uri: str, **counts: int) -> None:
    """Wait until a post's counters (likes, boosts, replies) are these."""
    names = ", ".join(counts)
    await becomes(server, [tuple(counts.values())], f"select {names} from post where uri = ?", uri)


async def alt_texts(server: Server, uri: str, *wanted: str) -> None:
    """Wait until a published post shows pictures with these descriptions, in this order."""
    await becomes(
        server,
        [(text,) for text in wanted],
        "select alt from attachment join post on post.id = attachment.post_id "
        "where post.uri = ? and post.state = 'published' order by position",
        uri,
    )


async def nothing_failed(server: Server) -> None:
    """Every delivery arrives, and everything that came is handled; the last answers may still be on their way."""
    await becomes(server, [], "select state, last_error from delivery where state != 'delivered'")
    await becomes(server, [], "select type, state, detail from received where state != 'done'")
