# SPDX-License-Identifier: MIT
"""What store.sh cannot measure by itself: how long a store takes to its first right answer, what a
program costs, and whether every sample is there."""

import json
import os
import re
import resource
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TOKEN = os.environ.get("STORE_TOKEN", "")


def ask(url, expression, at, timeout=300):
    """The result of an instant query; None when there is no good answer."""
    query = urllib.parse.urlencode({"query": expression, "time": at, "timeout": "120s"})
    request = urllib.request.Request(f"{url}/api/v1/query?{query}")
    if TOKEN:
        request.add_header("Authorization", f"Bearer {TOKEN}")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)["data"]["result"]
    except (OSError, ValueError, KeyError):
        return None


def first_answer(url, expression, at, value, command):
    """Starts a server in the background; prints its process and the seconds to the first answer."""
    began = time.monotonic()
    log = open(os.environ.get("STORE_LOG", os.devnull), "ab")
    process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    while time.monotonic() - began < 120:
        if process.poll() is not None:
            sys.exit(f"{command[0]} ended with {process.returncode}")
        result = ask(url, expression, at, timeout=5)
        if result and abs(float(result[0]["value"][1]) - float(value)) <= 1e-9 * abs(float(value)):
            print(process.pid, f"{time.monotonic() - began:.4f}")
            return
        time.sleep(0.002)
    process.kill()
    sys.exit(f"{command[0]} gave no right answer within 120 s")


def scan(url, at, *expressions):
    """Prints the seconds that the queries take together, and the sum of their values."""
    began = time.monotonic()
    total = 0.0
    for expression in expressions:
        result = ask(url, expression, at)
        if not result:
            sys.exit(f"{url} does not answer {expression}")
        total += float(result[0]["value"][1])
    print(f"{time.monotonic() - began:.4f}", f"{total:.0f}")


def run(command):
    """Runs a program on standard input; prints seconds, CPU-seconds and peak bytes in memory."""
    began = time.monotonic()
    status = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    took = time.monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{took:.3f} {usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss * 1024}")
    sys.exit(status)


LINE = re.compile(r"^(\w+)\{(.*)\} (\S+) (\d+)$")


def check(url, span):
    """Compares text with timestamps on standard input with what the store has, sample by sample."""
    wanted = {}
    for line in sys.stdin:
        name, labels, value, stamp = LINE.match(line).groups()
        pairs = dict(re.findall(r'(\w+)="([^"]*)"', labels), __name__=name)
        wanted[(tuple(sorted(pairs.items())), int(stamp))] = float(value)
    if not wanted:
        print("0 0 0")
        return
    last = max(stamp for _, stamp in wanted)
    found = {}
    answer = ask(url, '{__name__=~"hv_.*"}[%s]' % span, last / 1000)
    if answer is None:
        sys.exit(f"{url} does not answer")
    for series in answer:
        labels = tuple(sorted(series["metric"].items()))
        for stamp, value in series["values"]:
            found[(labels, round(stamp * 1000))] = float(value)
    missing = sum(key not in found for key in wanted)
    wrong = sum(key in found and found[key] != value for key, value in wanted.items())
    print(len(wanted), missing, wrong)


if __name__ == "__main__":
    verb, words = sys.argv[1], sys.argv[2:]
    if verb == "start":
        first_answer(*words[:4], words[4:])
    elif verb == "scan":
        scan(*words)
    elif verb == "run":
        run(words)
    elif verb == "check":
        check(*words)
    else:
        sys.exit(f"there is no {verb}")
