# SPDX-License-Identifier: Apache-2.0
"""docs/reference/json.md as data, and what an object of the program lacks or has beyond it."""
import functools
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "json.md"
RECORD = PAGE.with_name("record.md")
ROW = re.compile(r"^\| `([^`]+)`(\??) \| ([^|]+) \|", re.M)
TYPES = {"string": str, "number": int, "boolean": bool, "array": list, "object": dict, "null": type(None)}
STEP = "The step object"


def rows(text):
    """field -> (may be absent, type as written)"""
    return {name: (optional == "?", kind.strip()) for name, optional, kind in ROW.findall(text)}


@functools.cache
def page():
    """event -> its rows; the step object's fields are in each event that says it has them."""
    sections = re.split(r"^### ", PAGE.read_text(), flags=re.M)[1:]
    named = {section.split("\n", 1)[0].strip("`"): section for section in sections}
    step = rows(named.pop(STEP))
    events = {}
    for name, text in named.items():
        events[name] = rows(text)
        if text.split("\n", 1)[1].lstrip().startswith("The step object"):
            events[name] = {**step, **events[name]}
        for field, (optional, kind) in list(events[name].items()):
            if "step object" in kind:
                prefix = field + ("[]" if kind.startswith("array") else "")
                events[name][field] = (optional, "array" if kind.startswith("array") else "object")
                for inner, (inner_optional, inner_kind) in step.items():
                    events[name][f"{prefix}.{inner}"] = (inner_optional, inner_kind)
    return events


def walk(value, prefix=""):
    """(path, value) for every field of an object, arrays as `name[]`."""
    for name, inner in value.items():
        path = prefix + name
        yield path, inner
        if isinstance(inner, dict):
            yield from walk(inner, path + ".")
        elif isinstance(inner, list):
            for item in inner:
                if isinstance(item, dict):
                    yield from walk(item, path + "[].")


@functools.cache
def types_of(kind):
    return [TYPES[word] for word in re.findall(r"\b(string|number|boolean|array|object|null)\b", kind)]


def is_of(value, kind):
    allowed = types_of(kind)
    if kind.startswith("array of strings"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return any(isinstance(value, one) and not (one is int and isinstance(value, bool)) for one in allowed)


# Objects whose fields are names of the data sheet, or on a page of their own: the page describes them as a whole.
OPEN = re.compile(r"^(fields|slots\[\]\.bits|entry)\.")


def complaints(item):
    """What the page does not say of this object, or says otherwise."""
    event = item["event"]
    if event in ("evidence", "run"):
        return []  # docs/reference/record.md has their fields
    if event not in page():
        return [f"no section for event {event}"]
    known, seen, found = page()[event], set(), []
    for path, value in walk(item):
        if path == "event" or OPEN.match(path):
            continue
        seen.add(path)
        if path not in known:
            found.append(f"{event}: field {path} is not on the page")
        elif not is_of(value, known[path][1]):
            found.append(f"{event}: field {path} is {value!r}, the page says {known[path][1]}")
    for path, (optional, _) in known.items():
        above, _, name = path.rpartition(".")
        if not optional and any(name not in holder for holder in holders(item, above)):
            found.append(f"{event}: field {path} is missing")
    return found


def holders(item, above):
    """The objects in which a field of path `above`.name must be: for `keys[]` each item of the array."""
    found = [item]
    for part in above.split(".") if above else []:
        inner = [holder.get(part.removesuffix("[]")) for holder in found]
        found = [one for value in inner for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
    return found
