"""Ways in which requests repeat a secret: none is in what is recorded."""

import base64
import gzip
import html
import json
import quopri
import textwrap
import urllib.parse
from typing import Any

import crossplane.function.proto.v1.run_function_pb2 as fnv1
import pytest
from cdk8s_function.protocol import structs
from cdk8s_function.protocol.messages import Secrecy
from cdk8s_function.recording import spellings
from cdk8s_function.recording.placeholders import Placeholders
from cdk8s_function.recording.redaction import Redaction

PASSWORD = "p&ss/w<rd+7 %x'y"
PLAIN = "hunter2hunter2"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n"
LINE = "AQEFAASCBKcwggSjAgEAAoIB"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def mime(text: str) -> str:
    return "\n".join(textwrap.wrap(b64(text), 20))


LONG = "a-rather-long-token-of-the-api-9f8e7d"
ENV = f"# settings\nDB_USER=app\nexport DB_PASSWORD='{PLAIN}'\n"
INI = f"[db]\nuser = app\npassword = {PLAIN}\n"
DSN = f"postgres://app:{urllib.parse.quote(PASSWORD, safe='')}@db.example.org:5432/app"
DOCKER = json.dumps({"auths": {"ghcr.io": {"username": "me", "auth": b64(f"me:{PLAIN}")}}})

CASES = {
    "the value itself": (PLAIN, PLAIN, PLAIN),
    "the value in a sentence": (PLAIN, f"--password={PLAIN}!", PLAIN),
    "a newline at its end in the Secret": (f"{PLAIN}\n", PLAIN, PLAIN),
    "a newline at its end elsewhere": (PLAIN, f"{PLAIN}\n", PLAIN),
    "base64 of it with a newline": (PLAIN, b64(f"{PLAIN}\n"), b64(PLAIN)[:12]),
    "base64 of it without the newline it has": (f"{PLAIN}\n", b64(PLAIN), b64(PLAIN)[:12]),
    "URL-safe base64": (PASSWORD, base64.urlsafe_b64encode(PASSWORD.encode()).decode(), b64(PASSWORD)[:12]),
    "base64 in base64": (PLAIN, b64(b64(PLAIN)), b64(b64(PLAIN))[:12]),
    "base64 three deep": (PLAIN, b64(b64(b64(PLAIN))), b64(b64(b64(PLAIN)))[:12]),
    "base64 that MIME wraps": (LONG, mime(LONG), b64(LONG)[:16]),
    "base64 of more around it": (PLAIN, b64(f"user:{PLAIN}@x"), b64(f"user:{PLAIN}@x")[8:16]),
    "JSON": (PASSWORD, json.dumps({"p": PASSWORD}), PASSWORD[:8]),
    "JSON as Go escapes it": (
        PASSWORD,
        json.dumps({"p": PASSWORD}).replace("&", "\\u0026").replace("<", "\\u003c"),
        "p\\u0026ss/w\\u003crd",
    ),
    "JSON in JSON": (PASSWORD, json.dumps(json.dumps({"p": f'"{PASSWORD}"'})), PASSWORD[:8]),
    "JSON of ASCII": ("geheimnisträger", json.dumps("geheimnisträger"), "geheimnistr\\u00e4ger"),
    "percent encoding": (PASSWORD, urllib.parse.quote(PASSWORD, safe=""), "p%26ss%2Fw"),
    "percent encoding of a path": (PASSWORD, urllib.parse.quote(PASSWORD), "p%26ss/w%3C"),
    "percent encoding in lower case": (PASSWORD, urllib.parse.quote(PASSWORD, safe="").lower(), "p%26ss%2fw"),
    "a form's encoding, with + for a space": (PASSWORD, urllib.parse.quote_plus(PASSWORD), "p%26ss%2Fw"),
    "HTML": (PASSWORD, html.escape(PASSWORD), "p&amp;ss/w&lt;rd"),
    "a shell's quotes": (
        PASSWORD,
        f"'{PASSWORD.replace(chr(39), chr(39) + chr(92) + chr(39) + chr(39))}'",
        "p&ss/w<rd+7",
    ),
    "a shell's backslashes": ("pa$$ word!9", r"pa\$\$\ word\!9", r"pa\$\$"),
    "hexadecimal": (PLAIN, PLAIN.encode().hex(), PLAIN.encode().hex()[:16]),
    "hexadecimal in upper case": (PLAIN, PLAIN.encode().hex().upper(), PLAIN.encode().hex().upper()[:16]),
    "hexadecimal with colons": (PLAIN, PLAIN.encode().hex(":"), PLAIN.encode().hex(":")[:16]),
    "YAML's single quotes": (PASSWORD, PASSWORD.replace("'", "''"), "p&ss/w<rd"),
    "two hexadecimal digits": (PASSWORD, "".join(f"\\x{ord(sign):02x}" for sign in PASSWORD), r"\x70\x26"),
    "four in upper case": (PASSWORD, "".join(f"\\u{ord(sign):04X}" for sign in PASSWORD), r"\u0070\u0026"),
    "eight": (PASSWORD, "".join(f"\\U{ord(sign):08x}" for sign in PASSWORD), r"\U00000070"),
    "some in braces": (PASSWORD, "".join(f"\\u{{{ord(sign):x}}}" for sign in PASSWORD), r"\u{70}"),
    "octal digits": (PASSWORD, "".join(f"\\{ord(sign):03o}" for sign in PASSWORD), r"\160\046"),
    "a line that goes on": (LONG, f"{LONG[:9]}\\\n{LONG[9:]}", LONG[:9] + "\\\n"),
    "quoted-printable": ("key=of+the=api", quopri.encodestring(b"key=of+the=api").decode(), "key=3Dof"),
    "base64 of UTF-16, as PowerShell has it": (PLAIN, base64.b64encode(PLAIN.encode("utf-16-le")).decode(), "aAB1AG4A"),
    "base64 of gzip": (PLAIN, base64.b64encode(gzip.compress(PLAIN.encode(), mtime=0)).decode(), "H4sI"),
    "a release of Helm": (
        PLAIN,
        b64(base64.b64encode(gzip.compress(json.dumps({"p": PLAIN}).encode(), mtime=0)).decode()),
        "SDRzSU",
    ),
    "percent encoding twice": (PASSWORD, urllib.parse.quote(urllib.parse.quote(PASSWORD, safe="")), "p%2526ss"),
    "the value of an argument": (PLAIN, f"--set=db.password={PLAIN}", PLAIN),
    "lines that end as Windows ends them": (ENV, ENV.replace("\n", "\r\n"), PLAIN),
    "a line of a file of settings": (ENV, f"password is {PLAIN}", PLAIN),
    "a line of an ini file": (INI, PLAIN, PLAIN),
    "a file of settings, indented": (ENV, textwrap.indent(ENV, "    "), PLAIN),
    "a line of a key": (KEY, f"key: {LINE}", LINE),
    "a key, indented": (KEY, textwrap.indent(KEY, "      "), LINE),
    "a key on one line": (KEY, KEY.replace("\n", "\\n"), LINE),
    "the password of an address, decoded": (DSN, PASSWORD, PASSWORD[:8]),
    "the password of an address, as it is there": (DSN, urllib.parse.quote(PASSWORD, safe=""), "p%26ss%2Fw"),
    "the address, in HTML": (DSN, html.escape(DSN), "p%26ss%2Fw"),
    "a token after its scheme": (f"Bearer {LONG}", f"token {LONG}", LONG),
    "a token with another scheme": (LONG, f"Authorization: Token {LONG}", LONG),
    "a registry's auth, decoded": (DOCKER, f"login me {PLAIN}", PLAIN),
    "a registry's auth": (DOCKER, b64(f"me:{PLAIN}"), b64(f"me:{PLAIN}")[:12]),
    "what base64 in the Secret's own text holds": (b64(PLAIN), PLAIN, PLAIN),
    "a value in JSON": (json.dumps({"login": {"password": PLAIN}}), f"user:{PLAIN}", PLAIN),
    "the password of a pair": (f"admin:{PLAIN}", PLAIN, PLAIN),
}


def recorded(req: fnv1.RunFunctionRequest) -> fnv1.RunFunctionRequest:
    return Redaction(req, fnv1.RunFunctionResponse(), Secrecy(), Placeholders(b"key").of).request


@pytest.mark.parametrize(("secret", "elsewhere", "telling"), CASES.values(), ids=CASES)
def test_no_spelling_of_a_secret_is_recorded(secret: str, elsewhere: str, telling: str) -> None:
    assert telling in elsewhere, "the case shows nothing"
    req = fnv1.RunFunctionRequest()
    req.credentials["api"].credential_data.data["value"] = secret.encode()
    body: dict[str, Any] = {"data": {"copy": elsewhere, "deep": [[{"copy": elsewhere}]]}}
    req.observed.resources["config"].resource.update({"apiVersion": "v1", "kind": "ConfigMap", **body})

    data = structs.to_dict(recorded(req).observed.resources["config"].resource)["data"]

    copy, deep = data["copy"], data["deep"][0][0]["copy"]
    assert copy == deep
    assert telling not in copy
    assert not spellings.holds(copy, spellings.parts(secret.encode()))


@pytest.mark.parametrize("items", [[{"data": {"a": b64(PLAIN)}}], [{"kind": "Secret", "stringData": {"a": PLAIN}}]])
def test_the_items_of_a_list_of_secrets_are_secret_though_they_do_not_say_so(items: list[dict[str, Any]]) -> None:
    req = fnv1.RunFunctionRequest()
    req.required_resources["all"].items.add().resource.update(
        {"apiVersion": "v1", "kind": "SecretList", "items": items}
    )

    stored = recorded(req).SerializeToString()

    assert PLAIN.encode() not in stored
    assert b64(PLAIN).encode() not in stored


def test_a_text_without_a_secret_is_recorded_as_it_is() -> None:
    req = fnv1.RunFunctionRequest()
    req.credentials["api"].credential_data.data["value"] = DSN.encode()
    data = {"host": "db.example.org", "port": "5432", "query": "a%20b&amp;c", "code": b64("nothing of it here")}
    req.observed.resources["config"].resource.update({"apiVersion": "v1", "kind": "ConfigMap", "data": data})

    made = recorded(req).observed.resources["config"].resource

    assert structs.to_dict(made)["data"] == data


@pytest.mark.parametrize(
    "text",
    [
        "://" + "a." * 500_000,
        "-----BEGIN " * 100_000,
        "a=" * 500_000,
        "://a:" * 200_000,
        "%25" * 300_000,
        "\\" * 1_000_000,
        "{" * 1_000_000,
        "&amp;" * 200_000,
        "QUJD" * 250_000,
        "a b" * 300_000,
        "a=3D" * 250_000,
        "\\ud83d=3D" * 100_000,
        "\\x41" * 250_000,
        "41:" * 300_000,
        base64.b64encode(gzip.compress(b"a" * 100_000_000)).decode(),
        (base64.b64encode(gzip.compress(b"a" * 1_000_000)).decode() + " ") * 2_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_text_is_read_in_steps_that_grow_with_its_length_alone(text: str) -> None:
    # 1 MB: whatever took a step for each pair of signs would not come to an end.
    assert not spellings.holds(text, ["no such secret"])
    assert spellings.parts(text.encode()) is not None
    assert len(Placeholders(b"key").of(text.encode())) > 0
