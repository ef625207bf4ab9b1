"""A pydantic model that takes keys, bounds and defaults from a dataclass, so that they are declared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, create_model

Model = TypeVar("Model", bound=BaseModel)


def also_fields_of(values: type) -> Callable[[type[Model]], type[Model]]:
    """Class decorator: a model of the same name that also has every field of the dataclass `values`.

    A field that the class declares itself stays as it is there.
    """

    def extended(model: type[Model]) -> type[Model]:
        hints = get_type_hints(values, include_extras=True)
        taken: dict[str, Any] = {
            each.name: (hints[each.name], ... if each.default is MISSING else each.default)
            for each in fields(values)
            if each.name not in model.model_fields
        }
        return create_model(model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **taken)

    return extended
