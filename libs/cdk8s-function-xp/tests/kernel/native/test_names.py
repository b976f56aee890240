"""Names and addresses of constructs are cdk8s's: `Names`, `Chart.generateObjectName` and `Node.addr`."""

from typing import Any

import cdk8s
import constructs
import pytest
import tables
from tables import Case, Raised, Table

LONG = "a" * 70


def place(ids: Any) -> constructs.Construct:
    scope: constructs.Construct = cdk8s.App()
    for id in ids:
        scope = constructs.Construct(scope, id)
    return scope


def names(given: Any) -> Any:
    """A construct's address, DNS label and label value."""
    made = place(given)
    return [made.node.addr, cdk8s.Names.to_dns_label(made), cdk8s.Names.to_label_value(made)]


def dns_label(given: Any) -> Any:
    ids, options = given
    return cdk8s.Names.to_dns_label(place(ids), **options)


def label_value(given: Any) -> Any:
    ids, options = given
    return cdk8s.Names.to_label_value(place(ids), **options)


def object_names(given: Any) -> Any:
    """The name of an object of a kind, with and without hashes."""
    found: list[Any] = []
    for unhashed in (False, True):
        chart = cdk8s.Chart(cdk8s.App(), "chart", disable_resource_name_hashes=unhashed)
        scope: constructs.Construct = chart
        for id in given[1:-1]:
            scope = constructs.Construct(scope, id)
        found.append(cdk8s.ApiObject(scope, given[-1], api_version="v1", kind=given[0]).name)
    return found


TABLES = (
    Table(
        names,
        (
            Case([], ["c8adc83b19e793491b1c6ea0fd8b46cd9f32e592fc", "c8adc83b", ""]),
            Case(["a"], ["c8482f21a3d01fb7a8babca88a5d1621d2cc9fd2cb", "a", "a"]),
            Case(
                ["web", "api"], ["c8d2ea31ad95afb1419bbb8906b31b6cf09b495c0f", "web-api-c8d2ea31", "web-api-c8d2ea31"]
            ),
            Case(
                ["Web", "API"], ["c87375e8fdd45514d4da6e5c6fdddf69b5f13f3592", "web-api-c87375e8", "Web-API-c87375e8"]
            ),
            Case(["a", "a", "b"], ["c8ef01cb75351354dea0298e94cb1b57305e9ede30", "a-b-c8ef01cb", "a-b-c8ef01cb"]),
            Case(
                ["same", "Same", "SAME"],
                ["c8a57f259a379f71618df5ffb210e4cc41ef6d5948", "same-c8a57f25", "same-Same-SAME-c8a57f25"],
            ),
            Case(["a", "Default", "b"], ["c8a98c775ac4c4b746a4bc9f4b6317726c57fc0ab8", "a-b-c8a98c77", "a-b-c8a98c77"]),
            Case(["Default"], ["c8adc83b19e793491b1c6ea0fd8b46cd9f32e592fc", "c8adc83b", "Default"]),
            Case(["a", "Resource"], ["c8c61a8234596c55f6b08fc86461b465e7b408541f", "a-c8c61a82", "a-c8c61a82"]),
            Case(["resource"], ["c8fd58e5c6b982654e30492854a079b846d6d087fd", "resource", "resource"]),
            Case(["default-x", "b"], ["c82f76f01d0a2ae08888a41f8516b1105429b21742", "x-b-c82f76f0", "x-b-c82f76f0"]),
            Case(
                ["a-resource-b", "c"],
                ["c8cfda3a5cd54a7f9983700427b3518f33ed951287", "a-b-c-c8cfda3a", "a-b-c-c8cfda3a"],
            ),
            Case(["-"], ["c8e5a42c7618284291eecbc63958cc12329e5700a1", "-", "c8e5a42c"]),
            Case(["--", "a"], ["c891a9f98eff5515db65945aa411af7f204d2cb6bb", "a-c891a9f9", "a-c891a9f9"]),
            Case(["-a-", "b"], ["c8f9474313111984f35808e7aa582946abad2f96b9", "a-b-c8f94743", "a-b-c8f94743"]),
            Case(["a", "b."], ["c89d8295f64736516b81d8e6d4198ac33f41d2ed41", "a-b.-c89d8295", "a-b.-c89d8295"]),
            Case([".a", "b"], ["c8453b65f6041c7dec178e9dc23dcee0ba3cb65f16", ".a-b-c8453b65", "a-b-c8453b65"]),
            Case(["_x_"], ["c8584dddde58b15e3fa79169b278d268fb98172e03", "_x_-c8584ddd", "x_-c8584ddd"]),
            Case(
                ["a_b", "c.d"], ["c8bed744cd0d935019e63bbd7ec8865286d4a4e5d7", "a_b-c.d-c8bed744", "a_b-c.d-c8bed744"]
            ),
            Case(["\u00fc"], ["c8f191a2d747c89a293e9e63c94320dc41b370e7bb", "c8f191a2", "c8f191a2"]),
            Case(["\u00fc", "a"], ["c8bc4b0446335b1e090e8abc2a0f053b74a367258d", "a-c8bc4b04", "a-c8bc4b04"]),
            Case(
                ["\u65e5\u672c", "\u65e5\u672c"], ["c81654f657cc399930855731d97dd5a731bead7b83", "c81654f6", "c81654f6"]
            ),
            Case(["\U0001f600" * 40, "b"], ["c823bc2f33f0cf305e475194051df7df81aca87898", "b-c823bc2f", "b-c823bc2f"]),
            Case(
                ["\u0130stanbul", "x"],
                ["c85aee86b7152e8c26dcea4cbf2545ec1727ef018d", "istanbul-x-c85aee86", "stanbul-x-c85aee86"],
            ),
            Case(
                ["\u212aelvin", "x"],
                ["c803e005e167786cf8955eaf7a3409a833f7f54368", "kelvin-x-c803e005", "elvin-x-c803e005"],
            ),
            Case(
                ["a" * 63],
                [
                    "c89ec3a7d8bf83e1e33fab37355377f1c0a8be705f",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ],
            ),
            Case(
                ["a" * 64],
                [
                    "c8924eea3c2a1ca7338e7c0c1facc259c30e945cad",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8924eea",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8924eea",
                ],
            ),
            Case(
                [LONG, "b"],
                [
                    "c8a8cd2023449aa5e17318bfabcb08013826c891ef",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b-c8a8cd20",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b-c8a8cd20",
                ],
            ),
            Case(
                ["b", LONG],
                [
                    "c882978722b25857439129da1785620ffed70b699b",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8829787",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8829787",
                ],
            ),
            Case(
                ["a" * 30, "b" * 30, "c" * 30],
                [
                    "c83bfba0498792c2186af37a0d1fc357e06d8fc378",
                    "bbbbbbbbbbbbbbbbbbbbbbb-cccccccccccccccccccccccccccccc-c83bfba0",
                    "bbbbbbbbbbbbbbbbbbbbbbb-cccccccccccccccccccccccccccccc-c83bfba0",
                ],
            ),
            Case(
                ["a" * 54, "b"],
                [
                    "c892a921f7ad1e62588b2a6a156f034459f02f23b3",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b-c892a921",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-b-c892a921",
                ],
            ),
            Case(
                ["a/b", "c\nd"], ["c8c24ca1ecd0500f1b7ba8ad0eba3fb58e8d8867b5", "a-b-c-d-c8c24ca1", "a-b-c-d-c8c24ca1"]
            ),
            Case(["a b", "c"], ["c8ad937d0a80656c1ad3ae90d9906ced16013ddd49", "ab-c-c8ad937d", "ab-c-c8ad937d"]),
            Case(["10", "2"], ["c8926a1c9bc22497d73b1868301bb42187b030bdba", "10-2-c8926a1c", "10-2-c8926a1c"]),
            Case(["a\x00b"], ["c87c59318e8494322cdf069f2ead9cbaac824bb64f", "ab-c87c5931", "ab-c87c5931"]),
            Case(["x$"], ["c8f0ec0bc2c338f360027f49adbfe7495c5cb3c7ca", "x-c8f0ec0b", "x-c8f0ec0b"]),
            Case(["x\t"], ["c83fe7e0970696a3873612df59cf5e72f7ed9f5fba", "x-c83fe7e0", "x-c83fe7e0"]),
            Case(
                ["\ud800", "a"],
                ["c8d829acfc34ce5fa5679785034d347ee17c6ffa64", "a-c8d829ac", "a-c8d829ac"],
                "a lone surrogate",
            ),
            Case(
                ["constructor"],
                Raised("There is already a Construct with name 'constructor' in App"),
                "a key 'constructor'",
            ),
            Case(
                ["a", "__proto__"],
                Raised("There is already a Construct with name '__proto__' in Construct [a]"),
                "a key '__proto__'",
            ),
            Case(["a", ""], Raised("Only root constructs may have an empty ID"), "an empty id"),
        ),
    ),
    Table(
        dns_label,
        (
            Case((["web", "api"], {"include_hash": False}), "web-api"),
            Case((["\u00fc"], {"include_hash": False}), ""),
            Case((["resource"], {"include_hash": False}), "resource"),
            Case(([], {"include_hash": False}), ""),
            Case((["web", "api"], {"max_len": 8}), "c8d2ea31"),
            Case((["web", "api"], {"max_len": 9}), "c8d2ea31"),
            Case((["web", "api"], {"max_len": 12}), "api-c8d2ea31"),
            Case(
                (["web", "api"], {"max_len": 7}),
                Raised("Error: minimum max length for object names is 8 (required for hash)"),
                "a name too short for its hash",
            ),
            Case((["web", "api"], {"max_len": 3, "include_hash": False}), "api"),
            Case((["web", "api"], {"max_len": 0, "include_hash": False}), ""),
            Case((["web", "api"], {"max_len": -1, "include_hash": False}), "", "a name too short for its hash"),
            Case((["web", "api"], {"max_len": 10.0}), "a-c8d2ea31", "a length that is no integer"),
            Case(
                ([LONG, LONG + "b"], {"max_len": 253}),
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab-c840965d",
            ),
            Case(([LONG], {"max_len": 70}), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            Case(([LONG], {"max_len": 69}), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c882cf5e"),
            Case((["web", "api"], {"delimiter": ""}), "webapic8d2ea31"),
            Case((["web", "api"], {"delimiter": "."}), "web.api.c8d2ea31"),
            Case((["web", "api"], {"delimiter": "--"}), "web--api--c8d2ea31"),
            Case((["web", "api"], {"delimiter": "e"}), "webeapiec8d2ea31"),
            Case((["web", "api"], {"delimiter": "/"}), "web/api/c8d2ea31"),
            Case((["web", "api"], {"delimiter": "\u00fc"}), "web\xfcapi\xfcc8d2ea31"),
            Case((["web", "api"], {"delimiter": "\U0001f600"}), "web\U0001f600api\U0001f600c8d2ea31"),
            Case((["web", "resource"], {"delimiter": ""}), "webresourcec8387e38"),
            Case((["web"], {"extra": ["x", "x"]}), "web-x-c82f2580"),
            Case((["web"], {"extra": [""]}), "web-c82f2580"),
            Case((["web"], {"extra": ["a/b"]}), "web-ab-c82f2580"),
            Case((["web"], {"extra": ["\u00fc"], "include_hash": False}), "web"),
            Case((["web"], {"extra": ["Resource", "DEFAULT"]}), "web-c82f2580"),
            Case((["web"], {"extra": ["X" * 80], "max_len": 20}), "xxxxxxxxxxx-c82f2580"),
        ),
    ),
    Table(
        label_value,
        (
            Case((["Web"], {}), "Web"),
            Case((["Web", "API"], {"include_hash": False}), "Web-API"),
            Case((["-x", "y"], {"include_hash": False}), "x-y"),
            Case((["x", "y-"], {"include_hash": False}), "x-y"),
            Case((["_"], {"include_hash": False}), ""),
            Case((["web", "api"], {"max_len": 8}), "c8d2ea31"),
            Case(
                (["web", "api"], {"max_len": 7}),
                Raised("Error: minimum max length for label is 8 (required for hash)"),
                "a name too short for its hash",
            ),
            Case(([LONG, "b"], {"max_len": 20}), "aaaaaaaaa-b-c8a8cd20"),
            Case(
                ([LONG, LONG + "b"], {"max_len": 253}),
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab-c840965d",
            ),
            Case((["web", "api"], {"delimiter": ""}), "webapic8d2ea31"),
            Case((["web", "api"], {"delimiter": "_"}), "web_api_c8d2ea31"),
            Case(
                (["web", "api"], {"delimiter": "/"}),
                Raised('Error: delim should not contain "[^0-9a-zA-Z-_.]"'),
                "a delimiter that labels lack",
            ),
            Case(
                (["web", "api"], {"delimiter": "\u00fc"}),
                Raised('Error: delim should not contain "[^0-9a-zA-Z-_.]"'),
                "a delimiter that labels lack",
            ),
            Case((["web"], {"extra": ["\U0001f600"]}), "web-c82f2580"),
            Case((["web"], {"extra": ["a\n"]}), "web-a-c82f2580"),
            Case((["web"], {"extra": ["A_b", "A_b"], "delimiter": "."}), "web.A_b.c82f2580"),
        ),
    ),
    Table(
        object_names,
        (
            Case(["ConfigMap", "a"], ["chart-a-c882e114", "chart-a"]),
            Case(["ConfigMap", "chart"], ["chart-c81e26e5", "chart"]),
            Case(["ConfigMap", "group", "Default"], ["chart-group-c83380ea", "chart-group"]),
            Case(
                ["ConfigMap", LONG],
                [
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8ef6948",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ],
            ),
            Case(
                ["CronJob", LONG],
                [
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8ef6948",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ],
            ),
            Case(
                ["cronjob", LONG],
                [
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c8ef6948",
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ],
            ),
            Case(
                ["CronJob", "a" * 40, "b" * 40],
                [
                    "aa-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-c81fe578",
                    "aaaaaaaaaaa-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                ],
            ),
            Case(["ConfigMap", "\U0001f600"], ["chart-c8caa3c0", "chart"]),
            Case(["ConfigMap", "UPPER_case.x"], ["chart-upper_case.x-c8c64b89", "chart-upper_case.x"]),
        ),
    ),
)


@pytest.mark.parametrize("table", tables.parameters(TABLES))
def test_a_name_is_cdk8ss(table: Table) -> None:
    assert tables.natively(table) == tables.expected(table)
