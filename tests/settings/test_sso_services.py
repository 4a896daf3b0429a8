"""Whose sites may ask and say: written as `https://host`, and nothing wider by accident."""

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings.models.sso import WebHost

SITE = TypeAdapter(WebHost)


@pytest.mark.parametrize("value", ["https://a.example", "https://*.a.example", "http://127.0.0.1", "http://localhost"])
def test_a_site(value):
    assert SITE.validate_python(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a.example",
        "*",
        "https://*",
        "https://a.*",
        "https://a.example/",
        "https://a.example:8443",
        "http://a.example",
        "https://A.example",
        "https://*a.example",
        "https://a@b.example",
        "ftp://a.example",
    ],
)
def test_what_is_none(value):
    with pytest.raises(ValidationError):
        SITE.validate_python(value)
