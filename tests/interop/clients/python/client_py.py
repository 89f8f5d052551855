"""fhirclient (client-py): it finds the endpoints in the CapabilityStatement, and reads FHIR with models of its own."""

import logging
import time
from uuid import uuid4

from fhirclient.client import FHIRClient
from fhirclient.models.patient import Patient
from joserfc import jwt
from joserfc.jwk import import_key

from flow import Unsupported, browse, follow, launch_of

# It warns of each id token, which it does not read.
logging.getLogger("fhirclient").setLevel(logging.ERROR)


class Application:
    def __init__(self, run):
        self.run = run
        self.client = None

    def begin(self, url):
        if self.run["kind"] not in ("public", "secret in the header"):
            raise Unsupported("a launch has no other credentials than a secret in the header")
        iss, launch = launch_of(url)
        if self.client is None or self.run["careful"]:
            settings = {
                "app_id": self.run["clientId"],
                "app_secret": self.run["secret"] if self.run["kind"] != "public" else None,
                "api_base": iss,
                "redirect_uri": self.run["redirectUri"],
                # It adds `launch` or `launch/patient` itself.
                "scope": self.run["scope"],
            }
            self.client = FHIRClient(settings=settings)
            self.client.launch_token = launch
            self.client.prepare()
        else:
            self.client.reset_patient()
            self.client.launch_token = launch
        self.client.handle_callback(browse(self.client.authorize_url))
        return {"patient": self.client.patient_id, "scope": self.client.launch_context["scope"]}

    def launch(self):
        return self.begin(self.run["launchUrls"][0])

    def launch_again(self):
        return self.begin(self.run["launchUrls"][1])

    def standalone(self):
        return self.begin(self.run["launchUrls"][2])

    def id_token(self):
        raise Unsupported("it does not read id tokens")

    def read(self):
        patient = Patient.read(self.client.patient_id, self.client.server)
        return {"resourceType": patient.resource_type, "id": patient.id}

    def introspect(self):
        raise Unsupported("it does not introspect")

    def refresh(self):
        before = self.client.server.auth.access_token
        self.client.reauthorize()
        return {"isNew": self.client.server.auth.access_token != before}

    def backend(self):
        if self.run["kind"] not in ("ES384", "RS384"):
            raise Unsupported("it has tokens without a launch by an assertion alone, which the application signs")
        now = int(time.time())
        client_id = self.run["clientId"]
        claims = {"iss": client_id, "sub": client_id, "aud": self.run["tokenEndpoint"], "exp": now + 120, "jti": str(uuid4())}
        header = {"alg": self.run["alg"], "kid": self.run["keyId"], "typ": "JWT"}
        key = import_key(self.run["key"], "EC" if self.run["alg"] == "ES384" else "RSA")
        settings = {
            "app_id": client_id,
            "api_base": self.run["fhirBase"],
            "scope": self.run["backendScope"],
            "jwt_token": jwt.encode(header, claims, key, algorithms=[self.run["alg"]]),
        }
        client = FHIRClient(settings=settings)
        # Or it adds `launch/patient`, which is for launches.
        client.wants_patient = False
        client.prepare()
        client.authorize()
        return {"patients": Patient.where({"_summary": "count"}).perform(client.server).total}

    def revoke(self):
        raise Unsupported("it does not revoke")


follow("fhirclient", Application)
