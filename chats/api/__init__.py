"""The API for bots and integrations, /api/v1/ (docs/bots/api.md).

`door` is what every request passes; `bearer` says who asks; `once` keeps the Idempotency-Key's promise;
`given` and `bodies` are what comes in and goes out; `conversations` and `directory` are the operations, put together in
`operations`; `document` describes them and `docs` shows that; `urls` says where all of it is.
"""
