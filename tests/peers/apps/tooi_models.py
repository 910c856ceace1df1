"""tooi's entities as a strict reader: lines {"entity", "body"} in; a line for each that cannot be read, then `done`."""

import json
import sys

import tooi.entities
from pydantic import TypeAdapter, ValidationError

for line in sys.stdin:
    asked = json.loads(line)
    model = getattr(tooi.entities, asked["entity"])
    try:
        TypeAdapter(list[model] if isinstance(asked["body"], list) else model).validate_python(asked["body"])
    except ValidationError as error:
        print(asked["entity"], asked.get("path"), str(error)[:600].replace("\n", " "))
print("done")
