"""Files of events, in each form that producers and people write them."""

from codecs import BOM_UTF8
from io import BytesIO

import pytest

from hub.app.ingesting import events_of

ONE, OTHER = b'{"a": 1}', b'{"b": 2}'


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (b"\n".join((ONE, b"", OTHER)), [ONE, OTHER]),
        (b"\n\n[" + ONE + b",\n" + OTHER + b"]", [ONE, OTHER]),
        (b'{\n"a": 1\n}\n', [b'{\n"a": 1\n}\n']),
        (b'{"a":\n1}', [b'{"a":\n1}']),
        (BOM_UTF8 + ONE + b"\r\n" + OTHER, [ONE, OTHER]),
        (b"garbage\n" + ONE + b"\n" + OTHER, [b"garbage", ONE, OTHER]),
        (b"", []),
        (b"\n \n", []),
    ],
)
def test_a_file_is_a_document_an_array_or_an_event_a_line(text: bytes, events: list[bytes]) -> None:
    assert list(events_of(BytesIO(text), "it")) == events
