"""The look of the demo's parties, so that nobody takes them for the gateway."""

from flask import Response, render_template_string

_LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1d1d1d; background: #fffdf5 }
h1 { border-bottom: .4rem solid {{ colour }}; padding-bottom: .5rem }
button, .button { font: inherit; padding: .6rem 1rem; margin: .2rem 0; cursor: pointer; background: #fff; color: #1d1d1d; border: 2px solid #555; border-radius: .4rem; text-decoration: none; display: inline-block }
table { border-collapse: collapse; width: 100% } th, td { text-align: start; padding: .4rem; border-bottom: 1px solid #999; vertical-align: top; overflow-wrap: anywhere }
</style></head>
<body><main><h1>{{ title }}</h1>{{ body | safe }}</main></body></html>"""


def page(title: str, colour: str, template: str, *, status: int = 200, **values: object) -> Response:
    """A page of a party: a small Jinja template in the common layout."""
    body = render_template_string(template, **values)
    return Response(render_template_string(_LAYOUT, title=title, colour=colour, body=body), status=status)
