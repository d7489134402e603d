# SPDX-License-Identifier: MIT
"""Asks a simulated replica set what a monitor asks, with MongoDB's own driver.

Arguments: the address of one member, the port, and the password of the user hvsmon. Prints what it
found, one thing a line; after "ready" it waits until another member is the primary.
"""
import sys
import time

from pymongo import MongoClient, ReadPreference
from pymongo.errors import OperationFailure

seed, port, password = sys.argv[1], int(sys.argv[2]), sys.argv[3]
COMMON = {"serverSelectionTimeoutMS": 20000, "heartbeatFrequencyMS": 500}


def say(*words):
    print(*words, flush=True)


def client(address=seed, word=password, **options):
    return MongoClient(
        address, port, username="hvsmon", password=word, **COMMON, **options
    )


for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1", "DEFAULT"]:
    options = {} if mechanism == "DEFAULT" else {"authMechanism": mechanism}
    with client(directConnection=True, **options) as one:
        say("state", mechanism, one.admin.command("replSetGetStatus")["myState"])
    try:
        with client(word="wrong", directConnection=True, **options) as one:
            one.admin.command("serverStatus")
    except OperationFailure as error:
        say("wrong", mechanism, error.code)

with MongoClient(seed, port, directConnection=True, **COMMON) as one:
    for command in ["replSetGetStatus", "nonsense", "insert"]:
        try:
            one.admin.command(command)
        except OperationFailure as error:
            say("stranger", command, error.code)
    say("stranger", "ping", one.admin.command("ping")["ok"])

with client(replicaSet="rs0") as whole:
    whole.admin.command("ping")
    first = whole.primary
    while len(whole.nodes) < 3:
        time.sleep(0.05)
    for address, _ in sorted(whole.nodes):
        say("member", address)
    say("primary", first[0])
    for address, _ in sorted(whole.nodes):
        with client(address, directConnection=True) as one:
            status = one.admin.command("replSetGetStatus")
            views = [(m["state"], m["health"]) for m in status["members"]]
            say("view", address, *[f"{state}/{health:.0f}" for state, health in views])
            server = one.admin.command("serverStatus", metrics=0)
            say("server", address, server["version"], server["repl"]["me"] == f"{address}:{port}")
            assert "metrics" not in server
    log = whole.get_database("local", read_preference=ReadPreference.SECONDARY)["oplog.rs"]
    oldest = log.find({}, {"ts": 1}).sort("$natural", 1).limit(-1).next()
    newest = log.find({}, {"ts": 1}).sort("$natural", -1).limit(-1).next()
    say("oplog", newest["ts"].time - oldest["ts"].time)
    config = whole.admin.command("replSetGetConfig")["config"]
    say("config", config["_id"], len(config["members"]))
    try:
        whole.shop.orders.insert_one({"a": 1})
    except OperationFailure as error:
        say("write", error.code)
    say("ready")
    while whole.primary in (None, first):
        time.sleep(0.05)
    say("elected", whole.primary[0], whole.admin.command("hello")["isWritablePrimary"])
