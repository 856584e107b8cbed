"""The probes of liveness and readiness."""


def test_readyz_names_what_is_wrong(db, client, settings):
    from live import feed

    assert client.get("/readyz").status_code == 200
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    feed._feed = None
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert set(answer.json()["wrong"]) == {"redis"}
