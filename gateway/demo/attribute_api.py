"""A school's attribute API (domain facts 5.7): who the person with this eduID is here."""

from hmac import compare_digest

from flask import Flask, Response, jsonify, request

from gateway.demo.people import ADULT, DemoSchool, aimed
from gateway.demo.user_held import USER


def install(app: Flask, school: DemoSchool, password: str) -> None:
    """Serve it, to whoever knows the password."""
    known = {aimed(holder, school.id): person for holder, person in school.known_by_eduid().items()}

    @app.get("/api/attributes/<uuid:eduid>")
    def attributes(eduid: object) -> tuple[Response, int] | Response:
        who = request.authorization
        if who is None or not compare_digest(f"{who.username}:{who.password}", f"{USER}:{password}"):
            return jsonify(error="who are you?"), 401
        person = known.get(str(eduid))
        if person is None:
            return jsonify(error="not known here"), 404
        return jsonify(
            eckid=[person.eck_id()],
            given_name=[person.given_name],
            eduperson_scoped_affiliation=[f"{person.role}@{school.domain}"],
            schac_home_organization=[school.domain],
            eduperson_entitlement=[ADULT] if person.adult else [],
        )
