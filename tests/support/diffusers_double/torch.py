"""A stand-in for torch: the few names that the worker of the diffusers backend touches."""

from __future__ import annotations

float32, float16, bfloat16 = "float32", "float16", "bfloat16"


class OutOfMemoryError(RuntimeError):
    """As torch raises it on a GPU."""


class _Absent:
    @staticmethod
    def is_available() -> bool:
        return False


class cuda(_Absent):
    pass


class backends:
    mps = _Absent


class Generator:
    def __init__(self, device: str) -> None:
        self.seed = 0

    def manual_seed(self, seed: int) -> Generator:
        self.seed = seed
        return self


def set_num_threads(threads: int) -> None:
    print("threads", threads)
