import threading

from bridge.off_loop import MUCH, off_loop


async def test_law_12_work_on_much_text_is_done_on_another_thread() -> None:
    assert await off_loop(MUCH + 1, threading.get_ident) != threading.get_ident()


async def test_little_work_is_done_at_once() -> None:
    assert await off_loop(MUCH, threading.get_ident) == threading.get_ident()
