#!/usr/bin/env python3
"""Sends what schemathesis derives from api/openapi.json to a running server, as nobody and as every role.

    run.py --boomgate target/debug/boomgate --st PATH/st [--full]

The server is `boomgate demo`. Without --full the run is deterministic and short: the examples, the edges of every
parameter, and a few more. It ends with status 1 where a server error, a status that the document does not name, an answer in
another form or a success without a session was seen.
"""

import argparse
import http.client
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import uuid
from urllib.parse import urlsplit

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "api" / "openapi.json"
PASSWORD = "seven wet lorries under the loop"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"
# They end the session that asks, or take long on purpose.
EXCLUDED = ["/api/v1/logout", "/api/v1/me/password", "/api/v1/me/sessions/{id}", "/api/v1/live"]
# Of other listeners.
FOREIGN = ["/device/v1/health", "/device/v1/evidence/{sha256}", "/device/v1/previews/{command}", "/metrics"]
START_SECONDS = 180


class Demo:
    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory(prefix="boomgate-schema-")
        command = [program, "demo", "--lanes", "2", "--listen", "127.0.0.1:0", "--data", f"{self.folder.name}/data"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        log = ""
        for line in self.process.stdout:
            log += line
            if "Ctrl-C stops it" in line:
                break
        else:
            raise SystemExit(f"the demo does not run:\n{log}")
        word = lambda label: re.search(rf"^\s+{label}\s+(\S+)", log, re.M).group(1)
        self.address, self.name, self.password = word("page"), word("name"), word("password")

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=60)
        self.folder.cleanup()


def call(demo, method, path, body, headers=()):
    """The answer's status, headers and JSON."""
    connection = http.client.HTTPConnection(urlsplit(demo.address).netloc, timeout=30)
    sent = {"content-type": "application/json", "idempotency-key": str(uuid.uuid4()), **dict(headers)}
    connection.request(method, path, json.dumps(body) if body is not None else None, sent)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 400:
        raise SystemExit(f"{method} {path}: {answer.status} {text.decode()}")
    return answer, json.loads(text) if text else None


def browser(demo, name, password):
    """Headers of a browser's session that has just proved again who it is."""
    origin = {"origin": demo.address.rstrip("/")}
    answer, _ = call(demo, "POST", "/api/v1/login", {"name": name, "password": password}, origin.items())
    cookie = next(value for key, value in answer.getheaders() if key == "set-cookie" and value.startswith("boomgate="))
    headers = {"cookie": cookie.split(";")[0], **origin}
    call(demo, "POST", "/api/v1/me/step-up", {"password": password}, headers.items())
    return headers


def people(demo):
    """For nobody, every role and an admin in a browser: the headers of their requests."""
    admin = browser(demo, demo.name, demo.password)
    found = {"nobody": {}}
    for role in ["resident", "guard", "operator", "admin"]:
        sites = [] if role == "admin" else ["demo"]
        name = f"schema {role}"
        _, added = call(demo, "POST", "/api/v1/users", {"name": name, "role": role, "sites": sites}, admin.items())
        token = added["link"]["url"].split("#")[1]
        call(demo, "POST", "/api/v1/links/redeem", {"token": token, "password": PASSWORD})
        _, session = call(demo, "POST", "/api/v1/login", {"name": name, "password": PASSWORD})
        found[role] = {"authorization": f"Bearer {session['token']}"}
    found["admin in a browser"] = browser(demo, "schema admin", PASSWORD)
    return found


def run(demo, who, headers, options):
    phases, examples = ("examples,coverage,fuzzing,stateful", "1000") if options.full else ("examples,coverage,fuzzing", "8")
    # Who has no session succeeds nowhere it is needed; a header of ours stays with every other request.
    checks = CHECKS if headers else f"{CHECKS},ignored_auth"
    command = [options.st, "run", str(DOCUMENT), "--url", demo.address.rstrip("/"), "--checks", checks, "--phases", phases]
    command += ["--max-examples", examples, "--continue-on-failure", "--no-color", "--warnings", "off"]
    command += ["--request-timeout", "30", "--suppress-health-check", "all", "--no-shrink"]
    if not options.full:
        command += ["--generation-deterministic"]
    for path in EXCLUDED + FOREIGN:
        command += ["--exclude-path", path]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    done = subprocess.run(command, cwd=demo.folder.name, capture_output=True, text=True)
    well = done.returncode == 0
    print(f"{who}: {'nothing found' if well else 'see below'}; {totals(done.stdout)}", flush=True)
    if not well:
        print(done.stdout[-20_000:], done.stderr[-4_000:], flush=True)
    return well


def totals(text):
    found = re.findall(r"^\s+(\d+ (?:generated|passed|selected).*)$|^.*(\d+ generated.*)$", text, re.M)
    return "; ".join(part for pair in found for part in pair if part)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boomgate", required=True, help="the built program")
    parser.add_argument("--st", required=True, help="schemathesis' command")
    parser.add_argument("--full", action="store_true", help="all phases, 1,000 cases for each operation, not deterministic")
    parser.add_argument("--only", help="one of: nobody, resident, guard, operator, admin, 'admin in a browser'")
    options = parser.parse_args()
    # What ends this ends the server, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    demo = Demo(options.boomgate)
    try:
        chosen = {who: headers for who, headers in people(demo).items() if options.only in (None, who)}
        return 0 if all([run(demo, who, headers, options) for who, headers in chosen.items()]) else 1
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
