"""The cursor of a list: the last entry's place in its order, so that a schema can say exactly what a cursor is."""

from uuid import UUID


def written(value: UUID | int) -> str:
    return str(value)
