// SPDX-License-Identifier: MIT
import TestSupport

/// Makes queries at random from PromQL's grammar, over the series of ``QueryData``.
///
/// It knows only what Prometheus 2.42 knows as well.
struct QueryGenerator {
  private var random: SeededRandom
  private let startMilliseconds: Int64

  init(seed: UInt64, startMilliseconds: Int64) {
    random = SeededRandom(seed: seed)
    self.startMilliseconds = startMilliseconds
  }

  /// The next query.
  mutating func next() -> String {
    switch int(0...19) {
    case 0: faulty()
    case 1: scalar(2)
    case 2: "\(pick(["sort", "sort_desc"]))(\(selector(pick(["temperature", "requests_total"]))))"
    default: vector(int(1...4))
    }
  }

  /// A time between the samples, half a second off the seconds.
  mutating func timeMilliseconds() -> Int64 {
    startMilliseconds + Int64(int(300...3_290)) * 1_000 + 500
  }

  // MARK: Choices

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  private mutating func pick(_ choices: [String]) -> String {
    choices.randomElement(using: &random) ?? ""
  }

  private mutating func chance(_ percent: Int) -> Bool { int(1...100) <= percent }

  private mutating func number() -> String {
    pick(["0", "1", "2", "3", "10", "0.5", "100", "-1", "1e3", "NaN", "Inf", "-0.25", "7"])
  }

  private mutating func duration() -> String {
    pick(["40s", "1m", "90s", "2m", "5m", "10m", "17m", "1h"])
  }

  // MARK: Selectors

  private static let gauges = ["temperature", "flags", "sparse", "limits"]
  private static let counters = ["requests_total", "latency_bucket"]

  private mutating func selector(_ metric: String) -> String {
    var matchers: [String] = []
    if chance(40) {
      matchers.append(
        pick([
          "job=\"api\"", "job!=\"db\"", "job=~\"api|web\"", "job!~\"w.*\"", "instance=\"1\"",
          "instance!=\"\"", "code=~\"[45]..\"", "code!~\"4.*|\"", "nosuch=\"\"", "nosuch=\"x\"",
          "le=\"+Inf\"", "le!=\"1\"",
        ])
      )
    }
    if chance(10) { matchers.append(pick(["job=~\".+\"", "instance=~\".*\"", "job!=\"nosuch\""])) }
    let body = matchers.isEmpty ? metric : "\(metric){\(matchers.joined(separator: ","))}"
    return chance(3) ? body.replacing(metric, with: "nothing_here") : body
  }

  private mutating func shift() -> String {
    var text = ""
    if chance(15) { text += " offset \(pick(["30s", "1m", "7m", "-1m", "-5m"]))" }
    if chance(8) {
      let milliseconds = timeMilliseconds()
      let seconds = "\(milliseconds / 1_000).5"
      text += " @ \(pick([seconds, seconds, "start()", "end()"]))"
    }
    return text
  }

  private mutating func instant() -> String {
    selector(pick(Self.gauges + Self.counters)) + shift()
  }

  private mutating func range(_ metrics: [String]) -> String {
    "\(selector(pick(metrics)))[\(duration())]\(shift())"
  }

  /// A range vector of values that may fall as well as rise.
  private mutating func gaugeRange(_ depth: Int) -> String {
    guard depth > 0, chance(25) else { return range(Self.gauges + Self.counters) }
    let inner = vector(depth - 1)
    // Of two steps one within the other, points may lie on the edge of the inner window.
    guard !inner.contains(":") else { return range(Self.gauges) }
    return "(\(inner))[\(pick(["3m", "5m", "10m"])):\(pick(["", "20s", "30s", "45s"]))]\(shift())"
  }

  /// A range vector of something that only rises.
  private mutating func counterRange() -> String {
    guard chance(15) else { return range(Self.counters) }
    let sum = "sum by (job) (\(selector("latency_bucket")))"
    return "\(sum)[\(pick(["3m", "5m", "10m"])):\(pick(["20s", "30s", "1m"]))]"
  }

  // MARK: Expressions

  private mutating func scalar(_ depth: Int) -> String {
    switch int(0...7) {
    case 0: "scalar(limits{job=\"api\"})"
    case 1 where depth > 0: "scalar(\(vector(depth - 1)))"
    case 2: "time()"
    case 3 where depth > 0:
      "(\(scalar(depth - 1)) \(pick(["+", "-", "*", "/", "%", "^", "atan2"])) \(scalar(depth - 1)))"
    case 4 where depth > 0:
      "(\(scalar(depth - 1)) \(pick(["==", "!=", "<", "<=", ">", ">="])) bool \(scalar(0)))"
    case 5: "pi()"
    case 6 where depth > 0: "-\(scalar(depth - 1))"
    default: number()
    }
  }

  private mutating func vector(_ depth: Int) -> String {
    guard depth > 0 else { return instant() }
    switch int(0...15) {
    case 0: return instant()
    case 1, 2: return withScalar(depth)
    case 3, 4, 5: return joined(depth)
    case 6, 7, 8: return aggregated(depth)
    case 9: return elementwise(depth)
    case 10, 11, 12: return rolling(depth)
    case 13: return labelled(depth)
    case 14:
      return "histogram_quantile(\(pick(["0.5", "0.9", "0", "1", "-1", "2", "NaN"])), "
        + pick([
          "latency_bucket", "rate(latency_bucket[5m])", "increase(latency_bucket[3m])",
          "sum by (le) (rate(latency_bucket[2m]))", "sum by (le, job) (latency_bucket)",
          "temperature",
        ])
        + ")"
    default: return other(depth)
    }
  }

  private mutating func withScalar(_ depth: Int) -> String {
    let arithmetic = ["+", "-", "*", "/", "%", "^", "atan2"]
    let comparison = ["==", "!=", "<", "<=", ">", ">="]
    let (left, right) = (vector(depth - 1), chance(70) ? number() : scalar(1))
    var operation = pick(arithmetic)
    if chance(50) { operation = pick(comparison) + (chance(40) ? " bool" : "") }
    return chance(70) ? "(\(left) \(operation) \(right))" : "(\(right) \(operation) \(left))"
  }

  private mutating func joined(_ depth: Int) -> String {
    let (left, right) = (vector(depth - 1), vector(depth - 1))
    let one = pick(["limits", "sum by (job) (requests_total)", "max by (job) (temperature)"])
    let comparison = pick(["==", "!=", "<", "<=", ">", ">="]) + (chance(50) ? " bool" : "")
    let operation = chance(60) ? pick(["+", "-", "*", "/", "%", "^", "atan2"]) : comparison
    switch int(0...7) {
    case 0:
      let on = pick(["", "on (job)", "ignoring (code)", "on ()", "on (job, instance)"])
      return "(\(left) \(pick(["and", "or", "unless"])) \(on) \(right))"
    case 1: return "(\(left) \(pick(["and", "or", "unless"])) \(right))"
    case 2: return "(\(left) \(operation) \(left))"
    case 3:
      let many = pick(["requests_total", "temperature", "sparse", "flags"])
      return "(\(selector(many)) \(operation) on (job) group_left () \(one))"
    case 4:
      let many = pick(["requests_total", "temperature", "sparse", "flags"])
      return
        "(\(one) \(operation) on (job) group_right (\(pick(["", "nosuch"]))) \(selector(many)))"
    case 5:
      let (first, second) = (pick(["temperature", "sparse"]), pick(["flags", "temperature"]))
      return
        "(\(selector(first)) \(operation) \(pick(["", "on (job, instance)", "ignoring (code)"]))"
        + " \(selector(second)))"
    case 6:
      return "(requests_total \(operation) ignoring (code) group_left "
        + "sum without (code) (\(selector("requests_total"))))"
    default:
      let on = pick(["", "on (job)", "ignoring (instance)", "on ()", "ignoring (job, code)"])
      return "(\(left) \(operation) \(on) \(right))"
    }
  }

  private mutating func aggregated(_ depth: Int) -> String {
    let clause = pick([
      "", "", "by (job) ", "by (job, instance) ", "without (instance) ", "without (job, code) ",
      "by () ", "without () ", "by (nosuch) ", "by (le) ",
    ])
    switch int(0...9) {
    case 0:
      // Only values that are all different: which of equal ones is taken is nowhere said.
      let metric = pick(["temperature", "requests_total"])
      return
        "\(pick(["topk", "bottomk"])) \(clause)(\(pick(["1", "2", "3", "0", "-1", "100", "2.7"]))"
        + ", \(selector(metric)))"
    case 1:
      let quantile = chance(80) ? pick(["0.5", "0", "1", "0.9", "-0.5", "1.5", "NaN"]) : scalar(1)
      return "quantile \(clause)(\(quantile), \(vector(depth - 1)))"
    case 2:
      // Text shows the last bit of a value, which the two versions compute in different ways.
      let values = pick(["flags", "round(\(vector(depth - 1)))", "count_over_time(sparse[5m])"])
      return "count_values \(clause)(\"value\", \(values))"
    default:
      let name = pick(["sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"])
      return "\(name) \(clause)(\(vector(depth - 1)))"
    }
  }

  private mutating func elementwise(_ depth: Int) -> String {
    let inner = vector(depth - 1)
    switch int(0...8) {
    case 0: return "clamp(\(inner), \(number()), \(number()))"
    case 1: return "\(pick(["clamp_min", "clamp_max"]))(\(inner), \(scalar(1)))"
    case 2: return "round(\(inner)\(pick(["", ", 5", ", 0.1", ", 0.25", ", -1", ", 0"])))"
    case 3:
      let part = pick([
        "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "month",
        "year", "days_in_month",
      ])
      return chance(30)
        ? "\(part)()" : "\(part)(\(pick(["requests_total", "timestamp(flags)"])) * 90)"
    case 4: return "timestamp(\(fixesTime(inner) ? "temperature" : inner))"
    default:
      let name = pick([
        "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos", "tan",
        "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad",
      ])
      return "\(name)(\(inner))"
    }
  }

  private mutating func rolling(_ depth: Int) -> String {
    switch int(0...9) {
    case 0, 1, 2: return "\(pick(["rate", "increase"]))(\(counterRange()))"
    case 3:
      return "\(pick(["irate", "idelta", "delta", "deriv"]))(\(range(Self.gauges + Self.counters)))"
    case 4:
      let window = range(Self.counters + ["temperature"])
      let plain = fixesTime(window) ? "temperature[5m]" : window
      return "predict_linear(\(plain), \(pick(["0", "600", "-60"])))"
    case 5:
      let quantile = pick(["0.5", "0", "1", "0.9", "-0.5", "1.5", "NaN"])
      return "quantile_over_time(\(quantile), \(gaugeRange(depth)))"
    case 6:
      let factors = pick(["0.5, 0.5", "0.1, 0.9", "0.9, 0.1", "0, 0.5", "0.5, 1"])
      return "holt_winters(\(range(["temperature", "requests_total", "nothing_here"])), \(factors))"
    default:
      let name = pick([
        "avg_over_time", "sum_over_time", "count_over_time", "min_over_time", "max_over_time",
        "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time", "changes",
        "resets", "absent_over_time",
      ])
      return "\(name)(\(gaugeRange(depth)))"
    }
  }

  /// 2.42 moves a time that `@` fixes along with the steps within `predict_linear` and `timestamp`.
  private func fixesTime(_ text: String) -> Bool { text.contains("@") }

  private mutating func labelled(_ depth: Int) -> String {
    let inner = vector(depth - 1)
    if chance(30) {
      return "label_join(\(inner), \"\(pick(["new", "job"]))\", \"-\", \"job\", \"instance\")"
    }
    let expansion = pick(["$1", "x-${1}-y", "", "$2", "fixed", "$1$1", "$$"])
    let expression = pick(["(.*)", "(a).*", "([a-z])(.*)", "nomatch", "", "(.+)", "(?:a|d)(.*)"])
    return "label_replace(\(inner), \"\(pick(["new", "instance", "job"]))\", \"\(expansion)\", "
      + "\"\(pick(["job", "instance", "nosuch"]))\", \"\(expression)\")"
  }

  private mutating func other(_ depth: Int) -> String {
    switch int(0...4) {
    case 0: return "absent(\(chance(50) ? vector(depth - 1) : selector("nothing_here")))"
    case 1:
      let matchers = pick([
        "job=\"x\",a=\"b\"", "job=\"x\",job!=\"y\"", "a!=\"b\",a=\"c\"", "a=\"b\",a=\"b\"",
        "a=~\"b\",c=\"d\"",
      ])
      return "absent({\(matchers)})"
    case 2: return "vector(\(scalar(depth)))"
    case 3: return "-\(vector(depth - 1))"
    default:
      return "{__name__=~\"\(pick(["temp.*|limits", "flags|sparse", "requests_.+"]))\"}\(shift())"
    }
  }

  /// Something that has to be refused, by the parser or on the way.
  private mutating func faulty() -> String {
    pick([
      "sum(", "rate(temperature)", "sum(1)", "temperature[5m] + 1", "1 == 1", "nosuch(1)",
      "temperature{job=~\"(\"}", "{job=\"\"}", "temperature offset 1m offset 1m", "abs(1)",
      "temperature and 1", "temperature + bool 1", "topk(temperature)", "\"text\" + 1",
      "requests_total / on (job) temperature", "requests_total * on (job) limits",
      "label_replace(temperature, \"job\", \"x\", \"job\", \"(\")",
      "label_replace(temperature, \"instance\", \"x\", \"job\", \".*\")",
      "temperature == on (job) temperature", "topk(NaN, temperature)",
      "holt_winters(temperature[5m], 2, 0.5)", "temperature @ NaN", "(temperature)[5m]",
      "limits * on () group_left () temperature", "temperature[1d:",
    ])
  }
}
