// SPDX-License-Identifier: MIT

/// One picture of a dashboard.
struct Panel: Sendable {
  /// How values are shown.
  enum Kind: String, Sendable {
    /// The newest value, large; with a small graph behind it.
    case stat
    /// The newest state in words, large and coloured.
    case verdict
    case graph
    /// The newest values as bars that fill up.
    case bars
    case table
    /// States in words along the time.
    case states
  }

  /// What every panel says of itself.
  struct Explanation: Sendable {
    let what: String
    let bad: String
    let remedy: String
  }

  let title: String
  let kind: Kind
  let unit: Unit
  let explanation: Explanation
  let queries: [Query]
  let limits: [Limit]
  let words: StateWords?
  let scale: ClosedRange<Double>?
  /// Of 24 that are side by side.
  let width: Int
  /// The dashboard with the details.
  let opens: String?

  init(
    _ title: String,
    _ kind: Kind,
    _ unit: Unit,
    what: String,
    bad: String,
    remedy: String,
    queries: [Query],
    limits: [Limit] = [],
    words: StateWords? = nil,
    scale: ClosedRange<Double>? = nil,
    width: Int = 8,
    opens: String? = nil
  ) {
    self.title = title
    self.kind = kind
    self.unit = unit
    explanation = Explanation(what: what, bad: bad, remedy: remedy)
    self.queries = queries
    self.limits = limits
    self.words = words
    self.scale = scale
    self.width = width
    self.opens = opens
  }

  /// Grafana's rows of 36 pixels.
  var height: Int {
    switch kind {
    case .stat, .verdict: 4
    case .graph, .bars, .states: 8
    case .table: 9
    }
  }
}

/// One question to the data source.
struct Query: Sendable {
  /// With `@cluster`, `@node`, `@tier`, `@instance` and `@guest` for the matchers of the choices.
  let expression: String
  /// How a series is called, with `{{label}}`; in a table the column's name.
  let legend: String
  /// Of a table's column; nil for the panel's.
  let unit: Unit?
  /// Of a table's column.
  let limits: [Limit]
  /// Of a table's column.
  let words: StateWords?
  /// Nil for the panel's.
  let colour: Colour?

  init(
    _ expression: String,
    _ legend: String,
    unit: Unit? = nil,
    limits: [Limit] = [],
    words: StateWords? = nil,
    colour: Colour? = nil
  ) {
    self.expression = expression
    self.legend = legend
    self.unit = unit
    self.limits = limits
    self.words = words
    self.colour = colour
  }

  /// The expression as Grafana takes it.
  var grafanaExpression: String { Self.expanded(expression) }

  /// Writes the matchers of the choices out.
  static func expanded(_ text: String) -> String {
    var text = text
    for (short, matcher) in matchers { text = text.replacing(short, with: matcher) }
    return text
  }

  private static let matchers = [
    ("@cluster", "cluster=~\"$cluster\""),
    ("@node", "node=~\"$node\""),
    ("@tier", "tier=~\"$tier\""),
    ("@instance", "instance=~\"$instance\""),
    ("@entry", "instance=~\"$entry\""),
    ("@guest", "name=~\"$guest\""),
  ]
}

/// Grafana's names of units.
enum Unit: String, Sendable {
  /// A plain number, or a state that is shown in words.
  case none
  /// A count, with k and M when it is large.
  case count = "short"
  case ratio = "percentunit"
  case bytes
  case mebibytes = "mbytes"
  case bytesPerSecond = "Bps"
  case requestsPerSecond = "reqps"
  case perSecond = "cps"
  case seconds = "s"
  case milliseconds = "ms"
  case minutes = "m"
  /// Unix milliseconds, shown as "in 3 hours".
  case moment = "dateTimeFromNow"
}
