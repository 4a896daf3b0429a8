"""What a form that was sent ended in: a page with an address of its own, so that the browser's Back and reload find it."""

from collections import OrderedDict

from flask import Flask, Response

from gateway.domain.randomness import Randomness

_AT_MOST = 500


class Results:
    """The last pages that forms of one party ended in, at `/result/<token>`."""

    def __init__(self, *, randomness: Randomness) -> None:
        self._randomness = randomness
        self._pages: OrderedDict[str, tuple[bytes, int]] = OrderedDict()

    def install(self, app: Flask) -> None:
        """Serve them."""

        @app.get("/result/<token>")
        def result(token: str) -> Response:
            body, status = self._pages.get(token, (b"Begin again at the service.", 404))
            return Response(body, status=status)

    def led_to(self, page: Response) -> Response:
        """The answer to a form: go and look at the page there. Cookies of the page come with the answer."""
        token = self._randomness.token()
        self._pages[token] = (page.get_data(), page.status_code)
        if len(self._pages) > _AT_MOST:
            self._pages.popitem(last=False)
        answer = Response(status=303, headers={"Location": f"/result/{token}"})
        for cookie in page.headers.getlist("Set-Cookie"):
            answer.headers.add("Set-Cookie", cookie)
        return answer
