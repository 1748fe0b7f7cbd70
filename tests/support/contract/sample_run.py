"""Results as a run gives them, made up: all operations, some findings, and texts that mean harm."""

from __future__ import annotations

from collections import Counter

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.findings import Exchange, Finding
from treasure_workflow_contract.results.masking import masked
from treasure_workflow_contract.results.run_results import Results, Tally
from treasure_workflow_contract.transport.messages import RawExchange, RawRequest, RawResponse

KEY = "1/" + "5ec3e7" * 6 + "abcd"
SECRET = "correct horse battery staple"
ADDRESS = "https://workflow.example.com"
HOSTILE = (
    "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{ 7*7 }}{% raw %}"
    "[bold red]]]>\x00\x1b[2J\x1b]0;owned\x07\u202etxt.exe\u2028\ud800 --><!-- ${IFS} $(id) `id`\r\nSet-Cookie: a=b"
)


def exchange(
    operation: str = "getProject",
    method: str = "GET",
    target: str = "/api/projects/1",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    response: bytes = b'{"message":"no such project","status":404}',
    status: int = 404,
) -> Exchange:
    """An exchange that went through masking, with `headers` beside those that every request has."""
    common = (("host", "workflow.example.com"), ("accept", "*/*"), ("accept-encoding", "gzip"))
    request = RawRequest(method, target, (*common, ("authorization", f"TD1 {KEY}"), *headers), body)
    cookie = ("set-cookie", f"session={SECRET}")
    received = RawResponse(status, (("content-type", "application/json"), cookie), response)
    return masked(RawExchange(request, received, 0.0123), operation, KEY)


def findings() -> list[Finding]:
    """Four that nobody has accepted and two known ones; one of each kind did not reach the wire or means harm."""
    hostile = HOSTILE.encode(errors="surrogatepass")
    secret = exchange(
        "putProjectSecret",
        "PUT",
        "/api/projects/1/secrets/api_key",
        (("content-type", "application/json"), ("content-length", "40")),
        f'{{"value":"{SECRET}"}}'.encode(),
    )
    archive = exchange(
        "putProject",
        "PUT",
        "/api/projects?project=shop&revision=a%2Fb",
        (("content-type", "application/gzip"),),
        b"\x1f\x8b\x08\x00\xff",
        b"\xff\xfe" + hostile,
        500,
    )
    harmful = exchange(
        method="PUT", body=b"</pre><script>alert(3)</script>", response=f" {HOSTILE} ".replace("\ud800", "").encode()
    )
    return [
        Finding(
            "getAttempt",
            "client",
            "get_attempt.sync_detailed(id=7, client=client)",
            "body: /status 'finished' is not one of 'running', 'success' or 'error'",
            exchange("getAttempt", target="/api/attempts/7", response=b'{"id":"7","status":"finished"}', status=200),
        ),
        Finding(
            "putProject", "fuzzing", f"put_project.sync_detailed(project={HOSTILE!r}, client=client)", HOSTILE, archive
        ),
        Finding(
            "putProjectSecret", "stateful", "put_project_secret.sync_detailed(...)", "status 418 is no such", secret
        ),
        Finding(
            "getSessions", "invariants", "get_sessions.sync_detailed(last_id=5)", "the client raised ValueError('x')"
        ),
        Finding(HOSTILE, "invariants", HOSTILE, f"another {HOSTILE}", harmful, known=HOSTILE),
        Finding("getPools", "client", "get_pools.sync_detailed()", "status 520 is new", exchange(), known="as it goes"),
    ]


def sample_results() -> Results:
    """All operations but the pools', which are left out, and the findings above."""
    results = Results(ADDRESS, "digdag", 7, 125.4)
    for number, operation in enumerate(effective().operations.values()):
        if operation.tag == "Pool":
            results.skipped[operation.id] = "an open-source server has no pools"
            continue
        results.tallies[operation.id] = Tally(
            cases=Counter(
                {"client": 260 + number, "fuzzing": 200 - number, "stateful": number, "invariants": number % 3}
            ),
            statuses=Counter({200: 350, 404: 80 + number, 400: 12}),
            distinct=set(range(380 + number)),
            distinct_by_class={2: set(range(300 + number)), 4: set(range(300 + number, 380 + number))},
            slowest=[0.412, 0.131, 0.09, 0.0441, 0.04],
        )
    results.tally("getAttempt").violations = 3
    results.tally("putProject").statuses[418] = results.tally("putProject").undocumented[418] = 2
    results.skipped["stateful"] = HOSTILE
    results.findings = findings()
    results.chains = Counter(
        {("getProjects", "getProject"): 31, ("putProject", "getWorkflows", "startAttempt", "getAttempt"): 9}
    )
    results.gone = [f"getPool: ^status 404: {HOSTILE} (12 calls, none differed)"]
    return results
