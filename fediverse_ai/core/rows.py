"""Row: the base of every table's class, which costs little to make and to change."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from sqlalchemy.orm.attributes import set_attribute
from sqlmodel import SQLModel


class Row(SQLModel):
    """An SQLModel whose values go straight to SQLAlchemy.

    SQLModel inspects the signature of every default factory each time an object is made, and asks each assignment
    which kind of class it is on: 2 ms for a post, most of what handling an activity would cost. Rows are not
    validated by SQLModel either; what has no column is no error there and is one here.
    """

    def __init__(self, **values: Any) -> None:
        for name, make in _defaults(type(self)):
            if name not in values:
                set_attribute(self, name, make())
        for name, value in values.items():
            set_attribute(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).__pydantic_fields__:
            set_attribute(self, name, value)
        else:
            super().__setattr__(name, value)


@cache
def _defaults(kind: type[SQLModel]) -> list[tuple[str, Callable[[], Any]]]:
    """(column, what makes its default) of every column that has one."""
    return [
        (name, field.default_factory or partial(_same, field.default))  # type: ignore[misc]
        for name, field in kind.__pydantic_fields__.items()
        if not field.is_required()
    ]


def _same(value: Any) -> Any:
    return value
