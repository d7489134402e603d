# SPDX-License-Identifier: MIT
"""Two members that want a login, one plain and one with TLS, made of the package secantusdb.

Arguments: a folder to work in, then certificate, key and authority of the TLS member, then the
subject of the client certificate that may log in. Says "ready", the plain port and the TLS port.
"""
import sys
import time

from pymongo import MongoClient
from secantus.server import SecantusDBServer

folder, certificate, key, authority, subject = sys.argv[1:]
TLS = {"tls_cert_file": certificate, "tls_key_file": key, "tls_ca_file": authority}
ROLES = [{"role": "clusterMonitor", "db": "admin"}, {"role": "read", "db": "local"}]


def serve(name, **options):
    """Starts a member whose users were made before it wanted logins."""
    path = f"{folder}/{name}"
    common = {"port": 0, "storage_path": path, "cache_size": "64M"}
    server = SecantusDBServer(**common)
    server.start()
    with MongoClient("127.0.0.1", server.port, directConnection=True) as client:
        for user, mechanism in [("strong", "SCRAM-SHA-256"), ("old", "SCRAM-SHA-1")]:
            client.admin.command(
                "createUser", user, pwd="p\u2168=,\u00fc", roles=ROLES, mechanisms=[mechanism]
            )
        client["$external"].command(
            "createUser", subject, roles=ROLES, mechanisms=["MONGODB-X509"]
        )
        client.shop.things.insert_one({"name": "private"})
    server.stop()
    server = SecantusDBServer(**common, require_auth=True, **options)
    server.start()
    return server


plain = serve("plain")
protected = serve("protected", **TLS)
print("ready", plain.port, protected.port, flush=True)
while True:
    time.sleep(3600)
