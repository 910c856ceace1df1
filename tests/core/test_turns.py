"""Turns are taken in order of arrival, by tasks and threads alike, and never get lost."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fediverse_ai.core.turns import Turns


async def test_in_order_of_arrival_and_one_at_a_time() -> None:
    turns, order = Turns(), []
    inside = 0

    async def task(name: str) -> None:
        nonlocal inside
        await turns.take()
        inside += 1
        assert inside == 1
        await asyncio.sleep(0)
        order.append(name)
        inside -= 1
        turns.leave()

    await turns.take()
    waiting = []
    for number in range(5):
        waiting.append(asyncio.create_task(task(f"task {number}")))
        await asyncio.sleep(0)
    turns.leave()
    await asyncio.gather(*waiting)
    assert order == [f"task {number}" for number in range(5)]


async def test_threads_and_tasks_wait_in_one_line() -> None:
    turns = Turns()
    counter = {"value": 0, "inside": 0}

    def step() -> None:
        counter["inside"] += 1
        assert counter["inside"] == 1
        counter["value"] += 1
        counter["inside"] -= 1

    def in_thread() -> None:
        for _ in range(200):
            assert turns.take_blocking(5)
            step()
            turns.leave()

    async def in_task() -> None:
        for _ in range(200):
            await turns.take()
            step()
            turns.leave()

    threads = [threading.Thread(target=in_thread) for _ in range(3)]
    for thread in threads:
        thread.start()
    async with asyncio.timeout(20):
        await asyncio.gather(*(in_task() for _ in range(3)))
        while any(thread.is_alive() for thread in threads):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert counter["value"] == 1200


async def test_a_thread_gives_up_after_its_time_and_the_line_goes_on() -> None:
    turns = Turns()
    await turns.take()
    assert await asyncio.to_thread(turns.take_blocking, 0.05) is False
    turns.leave()
    assert await asyncio.to_thread(turns.take_blocking, 0.05) is True
    turns.leave()
    async with asyncio.timeout(1):
        await turns.take()


@pytest.mark.parametrize("handed_over", [False, True])
async def test_a_cancelled_task_does_not_keep_the_turn(handed_over: bool) -> None:
    turns = Turns()
    await turns.take()
    waiting = asyncio.create_task(turns.take())
    await asyncio.sleep(0)
    if handed_over:
        turns.leave()  # the turn is on its way to a task that ends before it arrives
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    if not handed_over:
        turns.leave()
    async with asyncio.timeout(1):
        await turns.take()
