#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies a token with PyJWT as a cloud would: verify_token.py ISSUER AUDIENCE <TOKEN. Prints its claims, or the name of what is wrong."""
import json
import sys
import urllib.request

import jwt

issuer, audience = sys.argv[1:]
token = sys.stdin.read().strip()
with urllib.request.urlopen(issuer + "/.well-known/openid-configuration") as answer:
    description = json.load(answer)
assert description["issuer"] == issuer
assert description["response_types_supported"] == ["id_token"]
assert description["subject_types_supported"] == ["public"]
algorithms = description["id_token_signing_alg_values_supported"]
try:
    key = jwt.PyJWKClient(description["jwks_uri"]).get_signing_key_from_jwt(token)
    print(json.dumps(jwt.decode(token, key.key, algorithms=algorithms, audience=audience, issuer=issuer,
                                options={"require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]})))
except jwt.PyJWTError as error:
    print(json.dumps({"error": type(error).__name__}))
