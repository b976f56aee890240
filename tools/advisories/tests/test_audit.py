"""What the command prints, and its exit status."""

import pytest
from advisories.__main__ import Audit, main
from advisories.known import Advisory, NoAnswerError

ADVISORY = Advisory(
    names=("GHSA-1", "CVE-1"), package="a", version="1.0", remedy="fixed in no version", taken_by="uv.lock"
)
LINE = "  a 1.0 in uv.lock: GHSA-1, CVE-1, fixed in no version"


def knows_one() -> list[Advisory]:
    return [ADVISORY, ADVISORY]


def refuses() -> list[Advisory]:
    msg = "no way there"
    raise NoAnswerError(msg)


@pytest.mark.parametrize(
    ("audits", "accepted", "status", "lines"),
    [
        pytest.param({"A": list}, {}, 0, ["A: nothing is known"], id="nothing"),
        pytest.param({"A": knows_one, "B": list}, {}, 1, ["A: known are", LINE, "B: nothing is known"], id="something"),
        pytest.param(
            {"A": knows_one},
            {"CVE-1": "not called"},
            0,
            ["A: known are", f"{LINE}; accepted: not called"],
            id="accepted",
        ),
        pytest.param(
            {"A": refuses, "B": list}, {}, 2, ["A: NOT CHECKED: no way there", "B: nothing is known"], id="refused"
        ),
        pytest.param(
            {"A": refuses, "B": knows_one}, {}, 1, ["A: NOT CHECKED: no way there", "B: known are", LINE], id="both"
        ),
    ],
)
def test_an_audit(
    audits: dict[str, Audit],
    accepted: dict[str, str],
    status: int,
    lines: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(audits, accepted) == status
    assert capsys.readouterr().out.splitlines() == lines
