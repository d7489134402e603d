// SPDX-License-Identifier: MIT
package import MetricModel
package import Snapshot

/// What a person has chosen to see.
package struct ViewState: Equatable, Sendable {
  /// What the keys go to.
  package enum Mode: Equatable, Sendable {
    case table
    /// The filter is being written.
    case filter
    /// A jump is being written.
    case jump(String)
    case help
    /// One thing by itself, by its key.
    case detail(String)
  }

  /// How a column orders the rows.
  struct Sorting: Equatable, Sendable {
    var column: Int
    var isDescending: Bool
  }

  /// How colours are chosen.
  package enum Colours: CaseIterable, Sendable {
    case auto
    case sixteen
    case none
  }

  /// How often the daemon may be asked, in seconds.
  package static let paces = [1, 2, 5, 10]
  /// The order of rows is found anew at most this often.
  static let orderMin = Duration.seconds(5)
  /// After the selection moved, the order stays so long at least.
  static let moveRest = Duration.seconds(2)

  /// The view.
  package var tab = Tab.nodes
  /// What the keys go to.
  package internal(set) var mode = Mode.table
  /// Only rows that this picks are shown.
  package internal(set) var filter = ""
  /// Only what needs somebody is shown.
  package internal(set) var isProblemsOnly = false
  /// Rows hang below what they run on.
  package internal(set) var isTree = false
  /// What is shown although newer is known.
  package internal(set) var frozen: ClusterSnapshot?
  /// How often the daemon is asked, an index of ``paces``.
  package var pace = 0
  /// How colours are chosen.
  package var colours = Colours.auto
  /// How far back the graphs of details go.
  package internal(set) var lookback = Lookback.minutes
  /// What is said of an alert and is being written; keys go there.
  var prompt: Prompt?
  /// Said until the next key.
  package internal(set) var message: String?

  var folding = Folding()
  var sortings: [Tab: Sorting] = [:]
  var selected: [Tab: String] = [:]
  var scrolls: [Tab: Int] = [:]
  /// The details that were left for one that they led to.
  var trail: [String] = []
  var detailScroll = 0
  /// The keys of the rows as they were ordered last, and for what.
  var order: [String] = []
  var orderedFor: OrderKind?
  var orderedAt: Timestamp?
  var movedAt: Timestamp?

  struct OrderKind: Equatable, Sendable {
    let tab: Tab
    let sorting: Sorting?
    let isTree: Bool
  }

  /// The first thing a person sees.
  package init() {}

  /// How long to wait between two questions.
  package var interval: Duration { .seconds(Self.paces[pace]) }
}

/// How the view is connected to the daemon.
package struct Link: Equatable, Sendable {
  /// Where the daemon is.
  package var place: String
  /// Why the last question was not answered; nil when it was.
  package var trouble: String?
  /// Since when no question was answered.
  package var lostFor: Duration?

  /// Describes a link.
  package init(place: String, trouble: String? = nil, lostFor: Duration? = nil) {
    self.place = place
    self.trouble = trouble
    self.lostFor = lostFor
  }
}

/// All that a frame is made of, besides the state of the view.
package struct Sight: Sendable {
  /// What is known; nil before the first answer.
  package var snapshot: ClusterSnapshot?
  /// The present, on the daemon's clock.
  package var now: Timestamp
  /// How the view is connected.
  package var link: Link
  /// Rows of the terminal.
  package var rows: Int
  /// Columns of the terminal.
  package var columns: Int
  /// How the terminal is drawn for.
  package var look: Look
  /// The answer to the view's last wish for the past.
  package var history: History?

  /// Describes what there is to see.
  package init(
    snapshot: ClusterSnapshot?,
    now: Timestamp,
    link: Link,
    rows: Int,
    columns: Int,
    look: Look = Look(),
    history: History? = nil
  ) {
    self.snapshot = snapshot
    self.now = now
    self.link = link
    self.rows = rows
    self.columns = columns
    self.look = look
    self.history = history
  }
}
