"""A password that everybody would try first is refused, in Spanish and in Portuguese."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from trays import entry_links
from trays.models import hire


@pytest.mark.parametrize(
    "password",
    [
        "contraseña", "Contraseña2026!", "contrasenia123", "C0ntr4seña", "bocajuniors12", "Peñarol1891", "river-plate",
        "teamomucho", "TeQuieroMucho1", "diosesamor", "holamundo1", "princesa2010", "12345argentina", "Juan.Carlos.77",
        "buenosaires", "qwertyuiop1", "asdfghjklñ", "!!!estrella!!!", "m1am0r2020", "wittyagent1",
        "minhasenha1", "Senha@2026", "flamengo10", "corinthians", "vascodagama1", "meuamor123", "saudades99",
        "deusefiel7", "Cachorro123", "coração2020", "anapaula90", "vermelho2024",
    ],
)  # fmt: skip
def test_what_is_common_here_is_refused_in_words(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "Es de las más usadas" in str(refused.value) or "muy común" in str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        "mate-amargo-17",
        "una-clave-larga-1",
        "Xk29 vbq 77",
        "tortuga camina lenta",
        "el zorro salta 3 veces",
        "ñandú-gris-04",
    ],
)
def test_what_nobody_would_try_first_is_taken(password):
    validate_password(password)


def test_whoever_is_invited_reads_why(db):
    client = Client()
    client.get(reverse("enter_by_link", args=[entry_links.make_link(hire(username="dario"), None)]))
    refused = client.post("/entrar/", {"new_password1": "bocajuniors12", "new_password2": "bocajuniors12"})
    assert refused.status_code == 422
    assert "se prueban primero" in refused.content.decode()
