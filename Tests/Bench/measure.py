# SPDX-License-Identifier: MIT
"""What store.sh and queries.sh cannot measure by themselves: how long a store takes to its first right
answer, what a program costs, whether every sample is there, and what answers to queries cost."""

import json
import os
import re
import resource
import socket
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


QUERIES = {
    "sum by of rate": "sum by (node) (rate(hv_requests_total[5m]))",
    "topk": "topk(5, rate(hv_net_bytes_total[5m]))",
    "quantile_over_time": 'quantile_over_time(0.95, hv_latency_seconds{q="0.99"}[10m])',
    "avg_over_time": "avg_over_time(hv_mem_bytes[1h])",
    "group_left": "hv_mem_bytes * on (instance) group_left (tier, kind) hv_info",
    "absent": 'absent(hv_missing{job="a"})',
    "count by": "count by (tier, node) (hv_info)",
    "histogram_quantile": "histogram_quantile(0.9, sum by (le) (label_replace(label_replace("
    'rate(hv_requests_total[5m]), "le", "$1", "code", "(.).*"), "le", "+Inf", "code", "5.*")))',
    "predict_linear": "predict_linear(hv_disk_used_bytes[1h], 14400)",
    "changes": "changes(hv_conns[1h])",
    "subquery": "max_over_time(sum by (node) (rate(hv_net_bytes_total[5m]))[30m:1m])",
    "regular expression": "sum by (instance) "
    '({__name__=~"hv_(requests|net_bytes)_total", instance=~"vm00[0-2].*"})',
}


def spent(pid):
    """The CPU-seconds that a process has used so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Asker:
    """One kept connection to a server, as Grafana has it. Does as little as it can, so that what is
    measured is the server and not this program."""

    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        name, port = self.host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def request(self, path, form):
        """The bytes of a request; VictoriaMetrics is told not to answer from its cache."""
        query = urllib.parse.urlencode({**form, "nocache": "1"})
        token = f"Authorization: Bearer {TOKEN}\r\n" if TOKEN else ""
        return f"GET {path}?{query} HTTP/1.1\r\nHost: {self.host}\r\n{token}\r\n".encode()

    def ask(self, request):
        """The parts of the body of the answer to a request."""
        self.socket.sendall(request)
        head = self.until(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"{self.host} answers {head.decode(errors='replace')}")
        fields = head.lower()
        mark = fields.find(b"\r\ncontent-length:")
        if mark >= 0:
            return [self.take(int(fields[mark + 17 :].split(b"\r\n", 1)[0]))]
        parts = []
        while size := int(self.until(b"\r\n"), 16):
            parts.append(self.take(size))
            self.take(2)
        self.take(2)
        return parts

    def until(self, end):
        """What comes up to and with some bytes."""
        while (mark := self.rest.find(end)) < 0:
            self.more()
        found, self.rest = self.rest[: mark + len(end)], self.rest[mark + len(end) :]
        return found

    def take(self, size):
        """The next bytes, as many as are asked for."""
        parts = [self.rest]
        missing = size - len(self.rest)
        while missing > 0:
            self.rest = b""
            self.more()
            parts.append(self.rest)
            missing -= len(self.rest)
        whole = b"".join(parts)
        self.rest = whole[size:]
        return whole[:size]

    def more(self):
        """Waits for more bytes."""
        part = self.socket.recv(1 << 18)
        if not part:
            sys.exit(f"{self.host} closes the connection in the middle of an answer")
        self.rest += part


def queries(url, pid, end, rounds, path):
    """Measures each query at one instant and over a day, and writes figures and answers to a file."""
    figures = {}
    asker = Asker(url)
    for name, text in QUERIES.items():
        forms = {
            "instant": ("/api/v1/query", {"query": text, "time": end}),
            "range": (
                "/api/v1/query_range",
                {"query": text, "start": int(end) - 86_400 + 120, "end": end, "step": 120},
            ),
        }
        for kind, (where, form) in forms.items():
            request = asker.request(where, form)
            body = b"".join(asker.ask(request))
            times = []
            before = spent(pid)
            began = time.monotonic()
            # CPU is counted in ticks of 10 ms: short queries are asked more often.
            while len(times) < int(rounds) or (
                time.monotonic() - began < 1 and len(times) < 50 * int(rounds)
            ):
                asked = time.perf_counter()
                asker.ask(request)
                times.append(time.perf_counter() - asked)
            cpu = (spent(pid) - before) / len(times)
            figures[f"{name}, {kind}"] = {
                "median": sorted(times)[len(times) // 2] * 1_000,
                "cpu": cpu * 1_000,
                "result": sorted(
                    [sorted(one["metric"].items()), float((one.get("values") or [one["value"]])[-1][1])]
                    for one in json.loads(body)["data"]["result"]
                ),
            }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(figures, file)


def exchange(url):
    """Prints the milliseconds that an exchange takes with a server that has nothing to do: what no
    answer can fall below here."""
    asker = Asker(url)
    request = asker.request("/", {})
    times = []
    while len(times) < 5_000:
        asked = time.perf_counter()
        asker.ask(request)
        times.append(time.perf_counter() - asked)
    print(f"{sorted(times)[len(times) // 2] * 1_000:.3f}")


def same(one, other):
    """Whether two answers have the same series, and the same values but for rounding."""
    if [row[0] for row in one] != [row[0] for row in other]:
        return "other series"
    far = sum(
        abs(a[1] - b[1]) > 1e-9 * max(abs(a[1]), abs(b[1]))
        for a, b in zip(one, other)
        if a[1] == a[1] or b[1] == b[1]
    )
    return f"{far} of {len(one)} differ" if far else "same"


def compare(*paths):
    """Prints what queries() wrote of several stores side by side."""
    stores = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            stores.append((os.path.basename(path)[:-5].replace("import", "hvsmon"), json.load(file)))
    print(f"{'':30}" + "".join(f"{name:>34}" for name, _ in stores))
    print(f"{'':30}" + "".join(f"{'median ms   CPU ms':>34}" for _ in stores))
    sums = {kind: [[0.0, 0.0] for _ in stores] for kind in ("instant", "range")}
    _, first = stores[0]
    for name, mine in first.items():
        line = f"{name:30}"
        for place, (_, figures) in enumerate(stores):
            his = figures[name]
            total = sums[name.rsplit(", ", 1)[1]][place]
            total[0] += his["median"]
            total[1] += his["cpu"]
            ratio = "" if place == 0 else f" (x{his['median'] / mine['median']:.1f})"
            note = "" if place == 0 else " " + same(mine["result"], his["result"])
            line += f"{his['median']:9.2f}{ratio}{his['cpu']:9.2f}{note}".rjust(34)
        print(line)
    for kind, totals in sums.items():
        line = f"{'all, ' + kind:30}"
        for place, total in enumerate(totals):
            ratio = "" if place == 0 else f" (x{total[0] / totals[0][0]:.1f})"
            line += f"{total[0]:9.2f}{ratio}{total[1]:9.2f}".rjust(34)
        print(line)


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
    elif verb == "queries":
        queries(*words)
    elif verb == "exchange":
        exchange(*words)
    elif verb == "compare":
        compare(*words)
    else:
        sys.exit(f"there is no {verb}")
