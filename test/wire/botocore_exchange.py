"""Calls every operation of some services with botocore, and prints one JSON line for each call.

    python3 botocore_exchange.py ec2=http://127.0.0.1:4566 sts=http://127.0.0.1:4566

The parameters are made from botocore's own models, once with all members and once with the required ones. A line has
`service`, `operation`, `members`, what was `sent`, and either what was `received`, an `error` that botocore could parse
(code, status, message), or the `exception` that it raised because it could not. The first line of a service has the
members that its structures have in botocore's model.
"""

import copy
import datetime
import itertools
import json
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

TEXTS = [
    "plain", "<&>\"' \u00e9 \U0001f600", "a\r\nb\rc\td\n.", "  spaces around  ", "007", "1e3", "true", "null",
    "]]> &amp; &#65;", "%41%2F%zz+a b", "\u0085\u2028\ufffd", "__proto__", "constructor", "a=b&c=d;e", "",
]  # fmt: skip
INTEGERS = [1, 0, -7, 2147483647, 9007199254740991]
FLOATS = [0.25, 1.0, -7.5, 1e21, 1.5e-7]
BLOBS = [bytes([0, 255, 10, 13, 128]), "<&>\"' \u00e9 \U0001f600".encode(), bytes(range(256))]
MILLISECONDS = [0, 123, 70]


class Values:
    """Deterministic values of botocore's shapes."""

    def __init__(self, members):
        self.members = members
        self.counter = itertools.count()

    def pick(self, pool):
        return pool[next(self.counter) % len(pool)]

    def of(self, shape, required=True, open_shapes=()):
        if shape.type_name == "structure":
            return self.structure(shape, required, (*open_shapes, shape.name))
        if shape.type_name == "list":
            items = (self.of(shape.member, required, open_shapes) for _ in range(2))
            return [item for item in items if item is not None]
        if shape.type_name == "map":
            return {key: self.of(shape.value, required, open_shapes) for key in ("<&>\"' \u00e9", "second key")}
        return self.simple(shape)

    def structure(self, shape, required, open_shapes):
        if open_shapes.count(shape.name) > 2:
            return None
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [self.pick(names)]
        elif self.members == "required":
            # A form says nothing of a structure without members, so a required one gets its first.
            names = [name for name in names if name in shape.required_members] or names[: int(len(open_shapes) > 1)]
        values = {name: self.of(shape.members[name], name in shape.required_members, open_shapes) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    def simple(self, shape):
        pools = {
            "string": TEXTS, "integer": INTEGERS, "long": INTEGERS, "float": FLOATS, "double": FLOATS,
            "boolean": [True, False], "blob": BLOBS,
        }  # fmt: skip
        if shape.type_name == "timestamp":
            milliseconds = self.pick(MILLISECONDS)
            return datetime.datetime(2024, 2, 29, 23, 59, 58, milliseconds * 1000, datetime.timezone.utc)
        return self.pick(pools[shape.type_name])


def plain(value):
    """The notation of test/unit/protocol/comparable.ts."""
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc)
        return f"date {utc.strftime('%Y-%m-%dT%H:%M:%S')}.{utc.microsecond // 1000:03d}Z"
    if isinstance(value, (bytes, bytearray)):
        return f"bytes {value.hex()}"
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def call(client, method, operation, members):
    shape = client.meta.service_model.operation_model(operation).input_shape
    params = Values(members).of(shape) if shape is not None else {}
    sent = {}

    def capture(params, **_):
        sent.update(copy.deepcopy(params))

    event = f"before-parameter-build.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register_last(event, capture)
    try:
        received = getattr(client, method)(**params)
        metadata = received.pop("ResponseMetadata")
        return {"sent": plain(sent), "received": plain(received), "requestId": metadata.get("RequestId")}
    except ClientError as error:
        details = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return {
            "sent": plain(sent),
            "error": {"code": details.get("Code"), "message": details.get("Message"), "status": status},
            "requestId": error.response["ResponseMetadata"].get("RequestId"),
        }
    except Exception as error:
        return {"sent": plain(sent), "exception": f"{type(error).__name__}: {error}"[:2000]}
    finally:
        client.meta.events.unregister(event, capture)


def main(arguments):
    session = botocore.session.Session()
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=30)
    for service, _, endpoint in (argument.partition("=") for argument in arguments):
        client = session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )
        model = client.meta.service_model
        shapes = (model.shape_for(name) for name in model.shape_names)
        structures = {shape.name: list(shape.members) for shape in shapes if shape.type_name == "structure"}
        print(json.dumps({"service": service, "structures": structures}))
        for method, operation in sorted(client.meta.method_to_api_mapping.items()):
            for members in ("all", "required"):
                result = call(client, method, operation, members)
                print(json.dumps({"service": service, "operation": operation, "members": members, **result}), flush=True)


main(sys.argv[1:])
