"""The way of one launch, the same for each library: see flow.mjs in the folder beside this one."""

import json
import sys
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import requests

# In this order. Each is a method of an application, with `_` for spaces.
STEPS = ["launch", "id token", "read", "introspect", "refresh", "launch again", "revoke", "standalone", "backend"]
WITHOUT_LAUNCH = ["launch", "backend"]


class Unsupported(Exception):
    """What an application raises for what the library has not."""


def follow(name, application_of):
    """Does what each line of standard input says with an application of its own, written with this package."""
    for line in sys.stdin:
        steps = steps_of(application_of, json.loads(line))
        print(json.dumps({"version": version(name), "steps": steps}), flush=True)


def steps_of(application_of, run):
    steps = {}
    application = None
    for step in STEPS:
        if "ok" not in steps.get("launch", {}) and step not in WITHOUT_LAUNCH:
            continue
        try:
            application = application or application_of(run)
            steps[step] = {"ok": getattr(application, step.replace(" ", "_"))()}
        except Unsupported as error:
            steps[step] = {"unsupported": str(error)}
        except Exception as error:  # whatever a library makes of a refusal
            steps[step] = {"refused": text_of(error)}
    return steps


def text_of(error):
    answer = getattr(error, "response", None)
    body = answer.text if answer is not None else ""
    return f"{type(error).__name__}: {error} {body}".strip()


def browse(url):
    """Goes where the application sends the person, and gives back the address that the EHR sends the person to."""
    answer = requests.get(url, allow_redirects=False)
    location = answer.headers.get("location")
    if location is None:
        raise RuntimeError(f"{answer.status_code}: {answer.text}")
    return location


def launch_of(url):
    """`iss` and `launch` of the address that an EHR opens; without `launch` it is a standalone launch."""
    query = parse_qs(urlsplit(url).query)
    return query["iss"][0], query.get("launch", [None])[0]


def parameters_of(url, run):
    """What the authorization request of a launch has."""
    iss, launch = launch_of(url)
    context = {"launch": launch} if launch else {}
    return {"aud": iss, "scope": f"{'launch' if launch else 'launch/patient'} {run['scope']}", **context}


def json_of(answer):
    """What is in an answer, if it is a good one."""
    answer.raise_for_status()
    return answer.json()


def smart_configuration(iss):
    """For libraries that do not look for the endpoints of a server themselves."""
    return json_of(requests.get(f"{iss}/.well-known/smart-configuration"))
