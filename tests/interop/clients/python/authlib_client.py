"""Authlib: its session for `requests`, the metadata of RFC 8414 as it checks it, and id tokens by its `CodeIDToken`."""

import os
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the sandbox is on this machine

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.jwk import KeySet, import_key

from flow import Unsupported, browse, follow, json_of, parameters_of

METHODS = {
    "public": "none",
    "secret in the header": "client_secret_basic",
    "secret in the body": "client_secret_post",
    "ES384": "private_key_jwt",
    "RS384": "private_key_jwt",
}


class Application:
    def __init__(self, run):
        self.run = run
        method = METHODS[run["kind"]]
        secret = None if method == "none" else run["secret"]
        if method == "private_key_jwt":
            secret = import_key(run["key"], "EC" if run["alg"] == "ES384" else "RSA")
        self.session = OAuth2Session(
            client_id=run["clientId"],
            client_secret=secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            redirect_uri=run["redirectUri"],
            code_challenge_method="S256",
        )
        iss = run["fhirBase"]
        self.server = AuthorizationServerMetadata(self.get(get_well_known_url(iss, external=True)))
        self.server.validate()
        openid = OpenIDProviderMetadata(self.get(f"{iss}/.well-known/openid-configuration"))
        openid.validate()

    def get(self, url):
        return json_of(self.session.get(url, withhold_token=True))

    def endpoint(self, name):
        """The address of a request that the client authenticates. Left alone, an assertion lives for an hour, and one with claims of its
        own is signed with the same `jti` again; so there is one for each request.
        """
        if "key" in self.run and self.run["key"]:
            claims = {"exp": int(time.time()) + 120}
            headers = {"kid": self.run["keyId"]}
            signs = PrivateKeyJWT(self.server["token_endpoint"], claims=claims, headers=headers, alg=self.run["alg"])
            self.session.register_client_auth_method(signs)
        return self.server[name]

    def begin(self, url):
        self.nonce = generate_token(32)
        verifier = generate_token(48)
        address, state = self.session.create_authorization_url(
            self.server["authorization_endpoint"],
            code_verifier=verifier,
            nonce=self.nonce,
            **parameters_of(url, self.run),
        )
        callback = browse(address)
        self.tokens = self.session.fetch_token(
            self.endpoint("token_endpoint"), authorization_response=callback, state=state, code_verifier=verifier
        )
        return {"patient": self.tokens["patient"], "scope": self.tokens["scope"]}

    def launch(self):
        return self.begin(self.run["launchUrls"][0])

    def launch_again(self):
        return self.begin(self.run["launchUrls"][1])

    def standalone(self):
        return self.begin(self.run["launchUrls"][2])

    def id_token(self):
        keys = KeySet.import_key_set(self.get(self.server["jwks_uri"]))
        token = jwt.decode(self.tokens["id_token"], keys, algorithms=["RS256"])
        options = {"iss": {"values": [self.server["issuer"]]}, "aud": {"values": [self.run["clientId"]]}}
        params = {"nonce": self.nonce, "client_id": self.run["clientId"], "access_token": self.tokens["access_token"]}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate()
        return {"sub": claims["sub"], "fhirUser": claims["fhirUser"], "signature": "checked"}

    def read(self):
        patient = json_of(self.session.get(f"{self.run['fhirBase']}/Patient/{self.tokens['patient']}"))
        return {"resourceType": patient["resourceType"], "id": patient["id"]}

    def introspect(self):
        answer = json_of(self.session.introspect_token(self.endpoint("introspection_endpoint"), self.session.token["access_token"]))
        return {"active": answer["active"], "client_id": answer["client_id"]}

    def refresh(self):
        before = self.session.token["access_token"]
        self.session.refresh_token(self.endpoint("token_endpoint"), self.session.token["refresh_token"])
        return {"isNew": self.session.token["access_token"] != before}

    def backend(self):
        if self.run["kind"] == "public":
            raise Unsupported("a public client has no tokens for itself")
        self.session.fetch_token(
            self.endpoint("token_endpoint"), grant_type="client_credentials", scope=self.run["backendScope"]
        )
        return {"patients": json_of(self.session.get(f"{self.run['fhirBase']}/Patient?_summary=count"))["total"]}

    def revoke(self):
        answer = self.session.revoke_token(self.endpoint("revocation_endpoint"), self.session.token["refresh_token"])
        answer.raise_for_status()


follow("authlib", Application)
