"""What schemathesis cannot draw from the description: ids of sessions, names of channels, units, alarms and runs.

A request that the description allows gets names that exist, and is to be accepted; one of four keeps what was drawn, and may
be refused with 422 where the description cannot say which names there are. What a request changes, it changes in a fork of
its own, which is stopped afterwards, so that one request does not decide what the next one finds.
"""

import json
import os
import random
import urllib.error
import urllib.request
import zlib

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import RejectedPositiveData

SCENARIO = "artemis-30d"
# Sessions that requests made and that are left at a time.
LEFT_MOST = 20
# Share of requests that keep the names that were drawn.
WILD = 0.25
# Requests that are refused for a name, or for values that do not go together, which the description cannot say.
BY_NAME = (
    "/sessions", "/commands", "/faults", "/controller", "/override", "/acknowledge", "/shelve", "/unshelve",
    "/rows", "/stream", "/what-if", "/counterfactual",
)
# Requests that leave a session as it is, or that need the proposal at hand.
IN_PLACE = ("/accept", "/override", "/what-if", "/snapshot")


class Habitat:
    """A session with alarms and a proposal, a recorded run, and the names in them."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        # Sessions that are left; those of one request; ids that were stopped; requests that may be refused.
        self.left, self.own, self.stopped, self.wild = [], {}, set(), set()
        self.id, self.run = self.make(), self.make()
        self.does(f"{self.id}/faults", {"unit": "living.cdra", "mode": "failed"})
        for _ in range(4):
            self.does(f"{self.id}/step", {"steps": 500})
        self.does(f"{self.run}/step", {"steps": 60})
        self.does(f"{self.run}/snapshot")
        channels, alarms = self.asks(f"{self.id}/channels"), self.asks(f"{self.id}/alarms")
        self.channels = [one["id"] for one in channels]
        self.commanded = [one["id"] for one in channels if one["actuator"]]
        self.units = [(one["unit"], one["modes"]) for one in self.asks(f"{self.id}/units") if one["modes"]]
        self.open = [one["id"] for one in alarms if one["state"] == "unacknowledged"]
        self.shelvable = [one["id"] for one in alarms if one["priority"] != "critical"]

    def http(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {os.environ['API_TOKEN']}"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def asks(self, path):
        return self.http("GET", f"/api/sessions/{path}")

    def does(self, path, body=None):
        return self.http("POST", f"/api/sessions/{path}", {} if body is None else body)

    def tries(self, method, path, body=None):
        """As `http`, where the session may be gone or its mission over."""
        try:
            return self.http(method, path, body)
        except urllib.error.HTTPError:
            return None

    def make(self):
        return self.http("POST", "/api/sessions", {"scenario": SCENARIO, "seed": 1, "advisory": True})["id"]

    def is_there(self, session):
        return session.isalnum() and session.isascii() and self.tries("GET", f"/api/sessions/{session}") is not None

    def leaves(self, session):
        self.left.append(session)
        while len(self.left) > LEFT_MOST:
            self.tries("DELETE", f"/api/sessions/{self.left.pop(0)}")


HABITAT = None


def is_valid(case, location):
    part = case.meta.components.get(location)
    return part is None or part.mode.is_positive


def is_sequence(case):
    return case.meta.phase.name.value == "stateful"


@schemathesis.hook
def before_call(context, case, kwargs):
    global HABITAT
    if case.meta is None:
        return
    if HABITAT is None:
        HABITAT = Habitat(case.operation.base_url)
    here = HABITAT
    has_body = isinstance(case.body, (dict, list, str, int, float, bool))
    told = f"{case.method}{case.path}{case.query}{case.body if has_body else ''}"
    draw = random.Random(zlib.crc32(told.encode("utf8", "replace")))
    is_by_name = case.path.endswith(BY_NAME)
    is_wild = is_by_name and draw.random() < WILD
    # Sequences go on with sessions of any scenario, which has other names.
    if is_wild or (is_by_name and is_sequence(case)):
        here.wild.add(case.id)
    if is_valid(case, ParameterLocation.PATH):
        place(here, case)
    if is_valid(case, ParameterLocation.QUERY) and case.query and not is_wild:
        case.query = query(here, dict(case.query), draw)
    if is_valid(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        case.body = body(here, case, draw, is_wild)


def place(here, case):
    """A session or a run that is there, unless a sequence of requests says which."""
    if "name" in case.path_parameters:
        run = str(case.path_parameters["name"])
        if not (is_sequence(case) and run.startswith("session-")):
            case.path_parameters = {"name": f"session-{here.run}"}
    if "id" in case.path_parameters:
        session = str(case.path_parameters["id"])
        is_told = session not in (here.id, here.run) and (session in here.stopped or here.is_there(session))
        if is_sequence(case) and is_told:
            return
        session = here.id
        if case.method != "GET" and not case.path.endswith(IN_PLACE):
            session = here.does(f"{here.id}/fork")["id"]
            if is_sequence(case):
                here.leaves(session)
            else:
                here.own[case.id] = session
        case.path_parameters = {"id": session}


def query(here, query, draw):
    if "channels" in query:
        query["channels"] = ",".join(draw.sample(here.channels, draw.randint(1, 8)))
    if "stream" in query:
        query["stream"] = "telemetry"
    if "from_s" in query and "to_s" in query:
        query["from_s"], query["to_s"] = sorted((query["from_s"], query["to_s"]), key=float)
    return query


def body(here, case, draw, is_wild):
    body, path, session = dict(case.body), case.path, case.path_parameters.get("id")
    # What would take seconds or minutes, whatever its names.
    if path.endswith("/what-if") and {"futures", "hours", "controllers"} <= body.keys():
        body["futures"], body["hours"] = min(body["futures"], 8), max(min(body["hours"], 24), 0.1)
        body["controllers"] = [name for name in body["controllers"] if name != "mpc"] or ["current"]
    if body.get("controller") == "mpc" and (path.endswith("/counterfactual") or body.get("rate")):
        body["controller"] = "rules"
    if is_wild:
        return body
    if path == "/api/sessions":
        if body.get("days") is not None:
            body["days"] = min(max(round(body["days"]), 1), 30)
        if body.get("days") is not None or body.get("difficulty") not in (None, "nominal"):
            # Not every scenario has every difficulty and every length.
            body["scenario"] = SCENARIO
    elif path.endswith("/commands"):
        body["channel"] = draw.choice(here.commanded)
    elif path.endswith("/faults"):
        body["unit"], modes = draw.choice(here.units)
        body["mode"], body["amount"] = draw.choice(modes), None
    elif path.endswith("/controller") and "policy" in body:
        body = {"name": "hold"}
    elif path.endswith(("/accept", "/override")):
        if session == here.id:
            here.does(f"{session}/step", {"steps": 10})
            advice = here.asks(f"{session}/advice")
            body["number"] = advice["number"] if advice else body["number"]
        if "commands" in body:
            body["commands"] = [{**one, "channel": draw.choice(here.commanded)} for one in body["commands"]]
    elif "/alarms/" in path:
        body["id"] = draw.choice(here.open if path.endswith("/acknowledge") else here.shelvable)
        until_s = (here.tries("GET", f"/api/sessions/{session}") or {"t_s": 0.0})["t_s"] + 600.0
        if path.endswith("/shelve"):
            body["until_s"] = until_s
        elif path.endswith("/unshelve"):
            shelving = {"id": body["id"], "until_s": until_s, "why": "to be taken back"}
            here.tries("POST", f"/api/sessions/{session}/alarms/shelve", shelving)
    elif path.endswith("/what-if"):
        body["channels"] = draw.sample(here.channels, min(len(body["channels"]), 64))
        if "commands" in body:
            values = list(body["commands"].values())[:3]
            body["commands"] = dict(zip(draw.sample(here.commanded, len(values)), values))
    elif path.endswith("/counterfactual"):
        body["channels"] = draw.sample(here.channels, min(len(body["channels"]), 64))
    return body


@schemathesis.hook
def after_call(context, case, response):
    here = HABITAT
    if here is None or case.meta is None:
        return
    if case.id in here.own:
        here.tries("DELETE", f"/api/sessions/{here.own.pop(case.id)}")
    if not case.path.startswith("/api/sessions") or response.status_code not in (200, 201) or case.method == "GET":
        return
    answer = json.loads(response.content)
    if case.method == "DELETE":
        here.stopped.add(answer["id"])
    elif answer.get("status") == "running":
        # Habitats that run take the time of the requests.
        here.tries("POST", f"/api/sessions/{answer['id']}/pause")
    if response.status_code == 201:
        here.leaves(answer["id"])


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Names that were left as drawn may be refused."""
    is_refused = isinstance(failure, RejectedPositiveData) and response.status_code == 422
    return not (is_refused and HABITAT is not None and case.id in HABITAT.wild)
