"""requests-oauthlib: its session, and what oauthlib below it prepares for a revocation."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # the sandbox is on this machine

from oauthlib.common import generate_token as generate_nonce
from oauthlib.oauth2 import BackendApplicationClient, WebApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from flow import Unsupported, browse, follow, json_of, parameters_of, smart_configuration


class Application:
    def __init__(self, run):
        if run["kind"] in ("ES384", "RS384"):
            raise Unsupported("it signs no assertions")
        self.run = run
        self.client = WebApplicationClient(run["clientId"])
        self.session = OAuth2Session(client=self.client, redirect_uri=run["redirectUri"], pkce="S256")
        self.server = smart_configuration(run["fhirBase"])

    def header(self):
        is_there = self.run["kind"] == "secret in the header"
        return HTTPBasicAuth(self.run["clientId"], self.run["secret"]) if is_there else None

    def body(self):
        """What tells in the body who the client is, where no header does."""
        if self.run["kind"] == "secret in the header":
            return {}
        secret = {"client_secret": self.run["secret"]} if self.run["kind"] == "secret in the body" else {}
        return {"client_id": self.run["clientId"], **secret}

    def begin(self, url):
        parameters = parameters_of(url, self.run)
        self.session.scope = parameters.pop("scope").split()
        nonce = {"nonce": generate_nonce()} if self.run["careful"] else {}
        address, _ = self.session.authorization_url(
            self.server["authorization_endpoint"], **parameters, **nonce
        )
        # Without this a public client gets a header with an empty secret.
        is_in_the_body = True if self.run["kind"] != "secret in the header" else None
        tokens = self.session.fetch_token(
            self.server["token_endpoint"],
            authorization_response=browse(address),
            auth=self.header(),
            include_client_id=is_in_the_body,
            client_secret=self.body().get("client_secret"),
        )
        return {"patient": tokens["patient"], "scope": " ".join(tokens["scope"])}

    def launch(self):
        return self.begin(self.run["launchUrls"][0])

    def launch_again(self):
        return self.begin(self.run["launchUrls"][1])

    def standalone(self):
        return self.begin(self.run["launchUrls"][2])

    def id_token(self):
        raise Unsupported("it hands the text over and does not read it")

    def read(self):
        patient = json_of(self.session.get(f"{self.run['fhirBase']}/Patient/{self.session.token['patient']}"))
        return {"resourceType": patient["resourceType"], "id": patient["id"]}

    def introspect(self):
        raise Unsupported("it does not introspect")

    def refresh(self):
        before = self.session.token["access_token"]
        self.session.refresh_token(self.server["token_endpoint"], auth=self.header(), **self.body())
        return {"isNew": self.session.token["access_token"] != before}

    def backend(self):
        if self.run["kind"] == "public":
            raise Unsupported("a public client has no tokens for itself")
        scope = self.run["backendScope"].split()
        session = OAuth2Session(client=BackendApplicationClient(self.run["clientId"], scope=scope))
        session.fetch_token(
            self.server["token_endpoint"],
            auth=self.header(),
            include_client_id=self.header() is None or None,
            client_secret=self.body().get("client_secret"),
        )
        return {"patients": json_of(session.get(f"{self.run['fhirBase']}/Patient?_summary=count"))["total"]}

    def revoke(self):
        url, headers, body = self.client.prepare_token_revocation_request(
            self.server["revocation_endpoint"], self.session.token["refresh_token"], "refresh_token", **self.body()
        )
        answer = self.session.post(url, headers=headers, data=body, auth=self.header(), withhold_token=True)
        answer.raise_for_status()


follow("requests-oauthlib", Application)
