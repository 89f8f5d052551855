"""Tests of an application against the sandbox EHR, with Python's standard library.

    cargo install actix-smart-auth --features sandbox-program
    python3 -m unittest discover examples/sandbox_python

`launched` stands for your application: in a test of yours, open the URL of the launch in it instead.
"""

import base64
import hashlib
import json
import os
import secrets
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

PROGRAM = os.environ.get("SANDBOX", "actix-smart-sandbox")
CLIENT, CALLBACK, LAUNCH = "my-app", "http://127.0.0.1:8080/auth/callback", "http://127.0.0.1:8080/auth/launch"
FLAGS = ["--port", "0", "--control", "0", "--client-id", CLIENT, "--redirect-uri", CALLBACK, "--launch-url", LAUNCH]


class Sandbox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = subprocess.Popen([PROGRAM, *FLAGS], stdout=subprocess.PIPE, text=True)
        ready = json.loads(cls.program.stdout.readline().removeprefix("ready "))
        cls.ehr = ready["control"] + "/ehrs/ehr"

    @classmethod
    def tearDownClass(cls):
        cls.program.terminate()
        cls.program.wait()
        cls.program.stdout.close()

    def setUp(self):
        call("POST", f"{self.ehr}/reset")

    def launch(self, patient):
        return call("POST", f"{self.ehr}/launches", {"launch-url": LAUNCH, "patient": patient})["url"]

    def test_the_application_reads_the_patient_for_whom_it_was_launched(self):
        status, tokens, base = launched(self.launch("bruno-fixture"))
        self.assertEqual((status, tokens["patient"]), (200, "bruno-fixture"))
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        patient = json.load(urllib.request.urlopen(urllib.request.Request(f"{base}/Patient/bruno-fixture", headers=bearer)))
        self.assertEqual(patient["name"][0]["family"], "Fixture")

    def test_the_application_asks_once_when_the_ehr_is_down(self):
        call("POST", f"{self.ehr}/faults", {"on": "exchange", "fault": {"unavailable": {"retry-after": "5"}}})
        status, _, _ = launched(self.launch("bruno-fixture"))
        self.assertEqual(status, 503)
        seen = call("GET", f"{self.ehr}/requests?endpoint=token&at-least=1&timeout=10")["requests"]
        self.assertEqual([request["status"] for request in seen], [503])
        self.assertEqual(dict(seen[0]["form"])["client_id"], CLIENT)


def call(method, url, body=None):
    request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, method=method)
    return json.loads(urllib.request.urlopen(request).read() or "null")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def launched(url):
    """What a small SMART application does: the status and the answer of the exchange, and the FHIR base URL."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    base = query["iss"][0]
    metadata = json.load(urllib.request.urlopen(f"{base}/.well-known/smart-configuration"))
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code", "client_id": CLIENT, "redirect_uri": CALLBACK, "scope": "launch patient/*.rs",
        "state": secrets.token_urlsafe(32), "aud": base, "launch": query["launch"][0],
        "code_challenge": challenge, "code_challenge_method": "S256",
    }
    try:
        urllib.request.build_opener(NoRedirect).open(f"{metadata['authorization_endpoint']}?{urllib.parse.urlencode(asked)}")
    except urllib.error.HTTPError as redirect:
        answer = urllib.parse.parse_qs(urllib.parse.urlsplit(redirect.headers["location"]).query)
        redirect.close()
    form = {
        "grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": CALLBACK,
        "client_id": CLIENT, "code_verifier": verifier,
    }
    try:
        with urllib.request.urlopen(metadata["token_endpoint"], urllib.parse.urlencode(form).encode()) as tokens:
            return tokens.status, json.load(tokens), base
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code, None, base


if __name__ == "__main__":
    unittest.main()
