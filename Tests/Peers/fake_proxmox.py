# SPDX-License-Identifier: MIT
"""A Proxmox API of three nodes and nine containers, made of the package fakepve.

Arguments: port, certificate, key. Says "ready" when it listens; the first SIGHUP takes the last
node away.
"""
import asyncio
import signal
import sys

from fakepve import FakePve

NODES = ["CoolerHostname", "CoolerHostname2", "CoolerHostname3"]


async def main():
    port, certificate, key = sys.argv[1:]
    pve = FakePve(host="127.0.0.1", port=int(port))
    pve.nodes.clear()
    for node in NODES:
        pve.add_node(node)
    pve.cluster_name = "cooler"
    for number in range(9):
        pve.add_ct(
            100 + number,
            f"guest{number}",
            node=NODES[number % 3],
            status="stopped" if number == 4 else "running",
            config={"cores": 2, "memory": 1024, "onboot": 1},
        )
    pve.apitokens["hvsmon@pve!monitor"] = "secret-of-the-test"
    pve.grant("hvsmon@pve!monitor", "/", "Sys.Audit", "VM.Audit", "Datastore.Audit")
    await pve.start(certificate, key)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, pve.set_node_offline, NODES[-1])
    print("ready", flush=True)
    while True:
        await asyncio.sleep(3600)


asyncio.run(main())
