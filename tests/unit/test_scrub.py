import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.scrub import mask, scrub

SECRET = "hunter2Zq9"


def in_facet(text: str) -> bytes:
    return json.dumps({"run": {"facets": {"custom": {"text": text}}}}).encode()


def in_member(name: str) -> bytes:
    return json.dumps({"conf": {name: SECRET, "retries": 3}}).encode()


@pytest.mark.parametrize(
    "text",
    [
        f"postgres://etl:{SECRET}@db:5432/shop",
        f"jdbc:postgresql://db/shop?user=etl&password={SECRET}&ssl=true",
        f"redis://:{SECRET}@cache:6379",
        f"mongodb+srv://etl:p@ss:{SECRET}@cluster/x",
        f"jdbc:oracle:thin:etl/{SECRET}@//db:1521/ORCL",
        f"https://acc.blob.core.windows.net/c?sv=2024&sig={SECRET}%3D",
        f"spark-submit --password {SECRET} job.py",
        f"run --api-key={SECRET}",
        f"run --db-token '{SECRET}' --verbose",
        f"DB_PASSWORD={SECRET} python job.py",
        f'export AWS_SECRET_ACCESS_KEY="{SECRET}"',
        f"Password: {SECRET}",
        f"Server=db;Uid=etl;Pwd={SECRET};",
        f"AccountName=x;AccountKey={SECRET}==;EndpointSuffix=core",
        f"Authorization: Bearer {SECRET}.abc.def",
        f"curl -H 'authorization: Basic {SECRET}=='",
        f"CREATE USER etl WITH PASSWORD '{SECRET}'",
        f"CREATE USER etl IDENTIFIED BY '{SECRET}'",
        f"COPY t FROM 's3://b' CREDENTIALS 'aws_access_key_id=A;aws_secret_access_key={SECRET}'",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"{{'password': '{SECRET}', 'user': 'etl'}}",
        json.dumps({"password": SECRET, "user": "etl"}),
        json.dumps({"text": json.dumps({"client_secret": SECRET})}),
        f"the token ghp_{SECRET}{SECRET}{SECRET} was revoked",
        f"a token eyJ{SECRET}{SECRET}.eyJ{SECRET}.{SECRET} in a log",
        f"fs.azure.account.key.acc.dfs.core.windows.net={SECRET}",
        f"password={SECRET}\\{SECRET}",
    ],
)
def test_a_secret_in_a_text_is_masked(text: str) -> None:
    scrubbed = scrub(in_facet(text))
    assert SECRET.encode() not in scrubbed
    assert b"***" in scrubbed
    json.loads(scrubbed)


def test_a_key_of_several_lines_is_masked_in_a_plain_text() -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"
    assert mask(f"is {key} mine?") == (
        "is -----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY----- mine?"
    )


def test_a_token_is_masked_wherever_in_a_run_of_letters_it_begins() -> None:
    token = f"eyJ{SECRET}.eyJ{SECRET}.{SECRET}"
    assert mask(f"--token-{token}, token") == "--token-***, token"
    assert mask(f"eyJ-abc-{token} token") == "*** token"
    assert mask(f"abcdefghijkl.{token} token") == "abcdefghijkl.*** token"


@pytest.mark.parametrize(
    "name",
    [
        "password", "db_password", "dbPassword", "PASSWD", "pwd", "client_secret", "clientSecret",
        "secret", "token", "access_token", "refreshToken", "x-api-key", "apiKey",
        "AWS_SECRET_ACCESS_KEY",
        "aws_access_key_id", "private_key", "Authorization", "credential", "passphrase",
        "spark.hadoop.fs.s3a.secret.key", "fs.azure.account.key.acc", "SharedAccessKey",
    ],
)  # fmt: skip
def test_the_value_of_a_member_with_a_secret_name_is_masked(name: str) -> None:
    assert json.loads(scrub(in_member(name))) == {"conf": {name: "***", "retries": 3}}


@pytest.mark.parametrize("order", [("name", "value"), ("value", "name"), ("key", "value")])
def test_the_value_beside_a_secret_name_is_masked(order: tuple[str, str]) -> None:
    pair = {"name": "DB_PASSWORD", "key": "DB_PASSWORD", "value": SECRET}
    variables = [{part: pair[part] for part in order}, {"name": "HOME", "value": "/root"}]
    scrubbed = json.loads(scrub(json.dumps(variables).encode()))
    assert [variable["value"] for variable in scrubbed] == ["***", "/root"]


def test_a_number_may_be_a_secret_but_a_number_of_tokens_is_none() -> None:
    body = b'{"password": -1.5e3 , "secret":42, "tokens": 1523, "max_tokens": 8}'
    assert scrub(body) == b'{"password": "***" , "secret":"***", "tokens": 1523, "max_tokens": 8}'


@pytest.mark.parametrize(
    "document",
    [
        {"name": "password", "type": "string"},
        {"fields": {"password": {"inputFields": [{"field": "token"}]}}},
        {"name": "refresh_tokens", "namespace": "abfss://lake@account.dfs.core.windows.net"},
        {"type": "struct<token:string,password: varchar(20),n:int>"},
        {"owner": "team-sales@example.com", "url": "https://git@github.com/x/y.git"},
        {"query": "SELECT * FROM a JOIN b ON a.token = b.token"},
        {"token_url": "https://login/oauth", "tokenizer": "bert", "password_policy": "strong"},
        {"columns": {"password": "VARCHAR", "api_key": "text"}},
        {"unique_key": "order_id", "primary-key": "id", "key": "value", "bypass": "no"},
        {"secret": None, "token": "", "password": "null"},
        {"message": "basic authentication failed, bearer of bad news"},
    ],
)
def test_what_is_no_secret_stays_as_it_was(document: object) -> None:
    body = json.dumps(document).encode()
    assert scrub(body) == body


def test_the_bytes_around_a_secret_stay_as_they_were() -> None:
    body = b'{ "a":1e999, "password" :"x\\"y", "a": "\\ud800", "z":"caf\xc3\xa9" }'
    assert scrub(body) == b'{ "a":1e999, "password" :"***", "a": "\\ud800", "z":"caf\xc3\xa9" }'


def test_escaped_slashes_hide_no_credentials() -> None:
    assert SECRET.encode() not in scrub(b'"postgres:\\/\\/etl:' + SECRET.encode() + b'@db\\/shop"')


PLANTS: list[Callable[[str], object]] = [
    lambda secret: {"password": secret},
    lambda secret: {"name": "API_TOKEN", "value": secret},
    lambda secret: f"postgres://u:{secret}@h/d",
    lambda secret: f"x --token {secret} y",
    lambda secret: json.dumps({"secret": secret}),
]
texts = st.text(max_size=20) | st.sampled_from(
    ["password", "token=", "secret: ", "://u:", "@", "\\", '"', "'", "key=\\", "--pwd ", "{", "}"]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(documents, st.booleans())
def test_scrubbed_json_is_json_of_the_same_shape(document: object, ascii_only: bool) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    scrubbed = scrub(body)
    assert shape(json.loads(scrubbed)) == shape(json.loads(body))
    assert scrub(scrubbed) == scrubbed


@given(documents, st.sampled_from(PLANTS), st.from_regex(r"[a-zA-Z0-9+/]{6,20}", fullmatch=True))
def test_a_planted_secret_never_survives(
    document: object, plant: Callable[[str], object], secret: str
) -> None:
    secret = f"Zq9{secret.replace('/', '-')}"
    body = json.dumps([document, {"inner": plant(secret)}, document]).encode()
    assert secret.encode() not in scrub(body)


def shape(document: object) -> object:
    """The document without its texts and numbers, either of which may become a mask."""
    if isinstance(document, dict):
        return {name: shape(value) for name, value in document.items()}
    if isinstance(document, list):
        return [shape(value) for value in document]
    return document if document is None or isinstance(document, bool) else "leaf"
