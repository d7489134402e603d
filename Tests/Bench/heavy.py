# SPDX-License-Identifier: MIT
"""Sends ten heavy queries at once to a daemon and prints what that does to its polls and memory."""

import concurrent.futures
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

QUERIES = [
    "sum by (group) (rate(heavy_total[5m]))",
    "topk(10, rate(heavy_total[5m]))",
    "quantile_over_time(0.9, heavy_total[10m])",
    "heavy_total * on (n, group) rate(heavy_total[5m])",
    "max_over_time(rate(heavy_total[2m])[10m:30s])",
]


def ask(url, path, **parameters):
    """Status and body of an answer; status 0 when there is none."""
    query = urllib.parse.urlencode(parameters)
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{query}", timeout=150) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def memory(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0


def distances(url, span):
    """By how much the distances of polls differ from a second, in milliseconds, at most."""
    _, body = ask(url, "query", query=f'up{{job="hvsmon"}}[{span}s]')
    result = json.loads(body)["data"]["result"]
    times = [stamp for stamp, _ in result[0]["values"]] if result else []
    return len(times), max((abs(b - a - 1) * 1000 for a, b in zip(times, times[1:])), default=0)


def main(url, pid, now, span):
    while ask(url, "query", query="up")[0] != 200:
        time.sleep(0.1)
    quiet = 20
    time.sleep(quiet)
    polls, late = distances(url, quiet)
    print(f"idle: {polls} polls, distances off by at most {late:.0f} ms, "
          f"{memory(pid, 'VmRSS'):.0f} MiB in memory")
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        wishes = [
            pool.submit(ask, url, "query_range", query=QUERIES[number % len(QUERIES)],
                        start=now - span, end=now, step=max(1, span // 1800), timeout="100s")
            for number in range(10)
        ]
        answers = [wish.result() for wish in wishes]
    took = time.monotonic() - began
    time.sleep(2)
    polls, late = distances(url, int(took) + 2)
    print(f"ten heavy queries: {took:.1f} s, {polls} polls meanwhile, "
          f"distances off by at most {late:.0f} ms")
    print(f"memory: {memory(pid, 'VmHWM'):.0f} MiB at most, {memory(pid, 'VmRSS'):.0f} MiB after")
    for number, (status, body) in enumerate(answers):
        said = f"{len(body)} bytes" if status == 200 else body[:160].decode(errors="replace")
        print(f"  {status} {said}: {QUERIES[number % len(QUERIES)]}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
