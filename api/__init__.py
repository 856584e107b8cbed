"""The API for bots and integrations, /api/v1/ (docs/bots/api.md).

`guard` is what every request passes; `auth` says who asks; `idempotency` keeps the Idempotency-Key's promise;
`request_schemas` and `response_schemas` are what comes in and goes out; `conversations` and `directory` are the
operations, put together in `app`; `openapi` describes them and `docs` shows that; `urls` says where all of it is.
"""
