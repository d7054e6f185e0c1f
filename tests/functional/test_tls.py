"""https://api.paymentprocessing.com/v1 as the sites for TLS give it, with the README's own clients.

SPDX-License-Identifier: MIT
"""

import os
import re
import subprocess

import pytest
from harness.apache import ApacheSite
from harness.client import PAYMENT
from harness.servers import Nginx, free_port
from test_readme import block

NAME = "api.paymentprocessing.com"
CERTIFICATE = f"/etc/letsencrypt/live/{NAME}/fullchain.pem"
KEY = f"/etc/letsencrypt/live/{NAME}/privkey.pem"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for the name that is its own authority: (certificate, key)."""
    folder = tmp_path_factory.mktemp("tls")
    folder.chmod(0o755)
    files = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )
    return files


def make_nginx(stack, certificate, tls, clear):
    nginx = Nginx(stack.folder, stack.workers.socket, site="conf/nginx/payment-api-tls.conf", name="nginx-tls",
                  edits={"listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2;", "listen [::]:443 ssl http2;": "",
                         "listen 80;": f"listen 127.0.0.1:{clear};", "listen [::]:80;": "",
                         f"{CERTIFICATE};": f"{certificate[0]};", f"{KEY};": f"{certificate[1]};"})
    nginx.port = tls
    return nginx


def make_apache(stack, certificate, _, clear):
    os.chmod(stack.folder, 0o711)
    os.chmod(stack.workers.socket, 0o666)
    folder = os.path.join(stack.folder, "apache-tls")
    apache = ApacheSite(
        folder, "conf/apache/payment-api-tls.conf",
        {CERTIFICATE: f"{folder}/cert.pem", KEY: f"{folder}/key.pem",
         "unix:/run/payment-api/payment-api.sock|": f"unix:{stack.workers.socket}|",
         "<VirtualHost *:80>": f"Listen 127.0.0.1:{clear}\n<VirtualHost *:{clear}>",
         "<VirtualHost *:443>": "Listen 127.0.0.1:PORT\n<VirtualHost *:PORT>"})
    for name, path in zip(("cert.pem", "key.pem"), certificate):
        apache.write(name, path.read_text(encoding="ascii"), 0o600)
    return apache


@pytest.fixture(scope="module", params=[make_nginx, make_apache], ids=["nginx", "apache"])
def site(request, stack, certificate):
    """A web server for the name; with the port for requests in clear."""
    clear = free_port()
    server = request.param(stack, certificate, free_port(), clear).start()
    server.clear = clear
    yield server
    server.stop()


@pytest.fixture
def env(stack, site, certificate):
    """What a client's environment says."""
    return {**os.environ, "BASE_URL": f"https://{NAME}:{site.port}/v1", "API_KEY": stack.key,
            "REQUESTS_CA_BUNDLE": str(certificate[0]), "NODE_EXTRA_CA_CERTS": str(certificate[0])}


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """A file hosts that knows the name, for one process only."""
    path = tmp_path_factory.mktemp("hosts") / "hosts"
    path.write_text(f"127.0.0.1 localhost {NAME}\n")
    return path


def run(hosts, env, command, program):
    """Runs a README block where the name means this machine: in a mount namespace of its own."""
    result = subprocess.run(
        ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c",
         'mount --bind "$1" /etc/hosts && shift && exec "$@"', "sh", hosts, *command],
        input=program, env=env, capture_output=True, text=True, timeout=60, check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_python(hosts, env):
    payment, refund, read = run(hosts, env, ["/usr/bin/python3", "-"], block("python", "requests")).splitlines()
    assert payment == read
    assert "'status': 'succeeded'" in refund


def test_javascript(hosts, env):
    output = run(hosts, env, ["node", "-"], block("javascript", "fetch"))
    assert output.count("status: 'succeeded'") == 3


def test_curl(hosts, env, certificate):
    command = block("sh", "curl -X POST")
    assert '"status":"succeeded"' in run(hosts, {**env, "CURL_CA_BUNDLE": str(certificate[0])}, ["sh"], command)


def curl(site, certificate, *arguments, scheme="https"):
    port = site.port if scheme == "https" else site.clear
    path = arguments[-1]
    result = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--cacert", certificate[0], "--resolve", f"{NAME}:{port}:127.0.0.1",
         *arguments[:-1], f"{scheme}://{NAME}:{port}{path}"], capture_output=True, text=True, timeout=30, check=True)
    return result.stdout


@pytest.mark.parametrize("version, expected", [("--http2", "2"), ("--http1.1", "1.1")])
def test_http_versions(stack, site, certificate, version, expected):
    output = curl(site, certificate, version, "-w", "\n%{http_version} %{http_code}", "-H",
                  f"Authorization: Bearer {stack.key}", "--json", '{"amount":1,"currency":"USD","source":"tok_visa"}',
                  "-D", "-", "/v1/payments")
    assert output.endswith(f"\n{expected} 201")
    assert re.search("(?mi)^location: /v1/payments/pay_", output)
    assert re.search("(?mi)^content-length: [0-9]", output)


TOO_LARGE = '{"error":"Request body too large"} 413'


@pytest.mark.parametrize("version", ["--http2", "--http1.1"])
@pytest.mark.parametrize("size", [65_537, 200_000, 3_000_000])
def test_large_body(stack, site, certificate, tmp_path, version, size):
    body = tmp_path / "body"
    body.write_bytes(b"{" * size)
    arguments = (version, "-w", " %{http_code}", "-H", f"Authorization: Bearer {stack.key}", "--json", f"@{body}")
    try:
        assert curl(site, certificate, *arguments, "/v1/payments") == TOO_LARGE
    except subprocess.CalledProcessError as error:
        # mod_http2 resets the stream of a client that still sends when the answer is complete, and
        # curl takes that for an error (92).
        assert (site.name, version, error.returncode) == ("apache", "--http2", 92) and size > 65_537


def test_a_key_in_clear_is_refused(stack, site, certificate):
    """No redirect: a client that follows it would go on to send its key in clear, unnoticed."""
    before = stack.database.sql("SELECT COUNT(*) FROM payments")
    output = curl(site, certificate, "-D", "-", "-w", " %{http_code}", "-H", f"Authorization: Bearer {stack.key}",
                  "--json", str(PAYMENT).replace("'", '"'), "/v1/payments", scheme="http")
    assert output.endswith('{"error":"HTTPS required"} 403')
    assert "location" not in output.lower()
    assert re.search(r"(?mi)^content-type: application/json\b", output)
    assert stack.database.sql("SELECT COUNT(*) FROM payments") == before


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_old_tls_is_refused(site, certificate, version):
    result = subprocess.run(
        ["curl", "-sS", "--cacert", certificate[0], "--resolve", f"{NAME}:{site.port}:127.0.0.1", "--ciphers",
         "DEFAULT:@SECLEVEL=0", "--tlsv1.0", "--tls-max", version, f"https://{NAME}:{site.port}/v1/healthz"],
        capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 35, result.stderr
