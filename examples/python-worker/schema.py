"""Reads a frame of a manager, and says what is wrong with it: by schema/v1.json, and the rules that it cannot say."""

import base64
import binascii
import json
import pathlib
import re

MAX_JSON_DEPTH = 32
TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")


def load_text(path):
    return json.loads(pathlib.Path(path).read_text())


class Validator:
    def __init__(self, schema):
        definitions = schema["$defs"]
        names = [one["$ref"].rpartition("/")[2] for one in definitions["managerMessage"]["oneOf"]]
        self.messages = {name: definitions[name] for name in names}

    def decode(self, text):
        """(refusal, message): one of the two is None. A refusal is (code, message, taskId, path)."""
        if depth(text) > MAX_JSON_DEPTH:
            return ("invalid_json", f"expected JSON that nests at most {MAX_JSON_DEPTH} deep", None, None), None
        try:
            value = json.loads(text, parse_constant=no_constant)
        except (ValueError, RecursionError):
            return ("invalid_json", "expected JSON", None, None), None
        if not isinstance(value, dict):
            return ("invalid_message", "expected an object", None, ""), None
        task_id = value.get("taskId")
        if not (isinstance(task_id, str) and TASK_ID.match(task_id)):
            task_id = None
        kind = value.get("type")
        if not isinstance(kind, str):
            return ("invalid_message", "expected type to be a string", task_id, "/type"), None
        if kind not in self.messages:
            return ("unknown_type", "expected the type of a message that a manager sends", task_id, "/type"), None
        fault = find_fault("", self.messages[kind], value)
        if fault is None and kind == "send_input" and value.get("encoding") == "base64" and not is_base64(value["input"]):
            fault = "/input", "expected base64, padded"
        if fault is not None:
            return ("invalid_message", fault[1], task_id, fault[0]), None
        return None, pick(self.messages[kind], value)


def no_constant(name):
    raise ValueError(name)


def depth(text):
    """How deep arrays and objects nest, strings left out."""
    deepest = level = 0
    for bracket in re.sub(r'"(?:[^"\\]|\\.)*"?', "", text, flags=re.S):
        if bracket in "[{":
            level += 1
            deepest = max(deepest, level)
        elif bracket in "]}":
            level -= 1
    return deepest


def is_base64(text):
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)) == text.encode()
    except (binascii.Error, ValueError):
        return False


def find_fault(path, rules, value):
    """The first fault in the order of the schema's fields: (JSON Pointer, sentence), or None."""
    if "anyOf" in rules:
        faults = [find_fault(path, branch, value) for branch in rules["anyOf"]]
        if None in faults:
            return None
        for branch, fault in zip(rules["anyOf"], faults):
            if branch.get("type") in ("object", "array") and is_kind(branch, value):
                return fault
        return path, "expected another value"
    if not is_kind(rules, value):
        return path, f"expected {rules.get('const', rules.get('type'))} as the schema has it"
    if isinstance(value, list):
        faults = (find_fault(f"{path}/{index}", rules["items"], item) for index, item in enumerate(value))
        return next((fault for fault in faults if fault is not None), None)
    if isinstance(value, dict):
        return find_fault_in_fields(path, rules, value)
    return None


def find_fault_in_fields(path, rules, value):
    for key, field in rules.get("properties", {}).items():
        if key in value:
            fault = find_fault(f"{path}/{key}", field, value[key])
            if fault is not None:
                return fault
        elif key in rules.get("required", []):
            return f"{path}/{key}", "expected it to be there"
    more = rules.get("additionalProperties")
    if isinstance(more, dict):
        for key, item in value.items():
            shown = path if len(key) > 64 else f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            fault = find_fault(shown, more, item)
            if fault is not None:
                return fault
    return None


def is_kind(rules, value):
    if "const" in rules:
        return type(value) is type(rules["const"]) and value == rules["const"]
    kind = rules.get("type")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
    if kind == "integer":
        return is_number and float(value).is_integer() and is_within(rules, value)
    if kind == "number":
        return is_number and is_within(rules, value)
    if kind == "string":
        return isinstance(value, str) and is_text(rules, value)
    if kind == "array":
        return isinstance(value, list) and rules.get("minItems", 0) <= len(value) <= rules.get("maxItems", len(value))
    return isinstance(value, {"object": dict, "boolean": bool, "null": type(None)}[kind])


def is_within(rules, number):
    if "exclusiveMinimum" in rules and number <= rules["exclusiveMinimum"]:
        return False
    return rules.get("minimum", number) <= number <= rules.get("maximum", number)


def is_text(rules, text):
    # `$` of ECMA-262 is the end of the text; Python's would let a newline pass.
    if "pattern" in rules and not re.match(rules["pattern"].replace("$", r"\Z"), text):
        return False
    return rules.get("minLength", 0) <= len(text) <= rules.get("maxLength", len(text))


def pick(rules, value):
    """A valid value without what is not declared; whole numbers as such; lone surrogates as U+FFFD."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [pick(rules.get("items", {}), item) for item in value]
    if not isinstance(value, dict):
        return value
    branches = [rules] + rules.get("anyOf", [])
    shape = next((branch for branch in branches if branch.get("type") == "object"), {})
    if isinstance(shape.get("additionalProperties"), dict):
        return {clean(key): pick(shape["additionalProperties"], item) for key, item in value.items()}
    fields = shape.get("properties", {})
    return {key: pick(fields[key], item) for key, item in value.items() if key in fields}


def clean(text):
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
