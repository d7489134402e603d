// SPDX-License-Identifier: MIT
import FoundationEssentials
package import MetricModel

/// The folder `dashboards` as it is committed.
package enum DashboardFolder {
  /// Its path.
  package static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "dashboards").path

  /// The text of a file in it.
  package static func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  /// The paths of all files in it, sorted.
  package static func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
      return !isFolder
    }
    .sorted()
  }

  /// Every dashboard with its file's name.
  package static func dashboards() throws -> [(file: String, tree: JSONTree)] {
    try files().filter { $0.hasSuffix(".json") }.map { file in
      (file, try JSONReader.read(Array(try text(file).utf8)))
    }
  }

  /// The panels of a dashboard that show something, those of folded rows included.
  package static func panels(of dashboard: JSONTree) -> [JSONTree] {
    let panels = dashboard["panels"]?.items ?? []
    return (panels + panels.flatMap { $0["panels"]?.items ?? [] })
      .filter { $0["type"]?.string != "row" }
  }

  /// Every question that the dashboards put to a data source.
  package static func queries() throws -> [DashboardQuery] {
    try dashboards().flatMap { file, tree in
      let asked = panels(of: tree).flatMap { panel in
        (panel["targets"]?.items ?? []).map { target in
          DashboardQuery(file, panel["title"]?.string, target["expr"]?.string)
        }
      }
      let marked = (tree["annotations"]?["list"]?.items ?? []).map { mark in
        DashboardQuery(file, mark["name"]?.string, mark["expr"]?.string)
      }
      return asked + marked
    }
  }

  /// Every variable whose values are those of a label.
  package static func choices() throws -> [DashboardChoice] {
    try dashboards().flatMap { file, tree in
      (tree["templating"]?["list"]?.items ?? []).compactMap { choice in
        choice["definition"]?.string.map { DashboardChoice(file, $0) }
      }
    }
  }
}

/// One question of a dashboard.
package struct DashboardQuery: Sendable {
  /// The dashboard's file.
  package let file: String
  /// The panel, or the mark on graphs.
  package let title: String
  /// As the file has it.
  package let text: String

  init(_ file: String, _ title: String?, _ text: String?) {
    self.file = file
    self.title = title ?? ""
    self.text = text ?? ""
  }

  /// With all variables set to "All" and the windows that Grafana would take.
  package var filled: String { Self.filled(text) }

  /// As ``filled``, for a monitor that is seconds old and worlds in which little happens: subqueries
  /// look back a minute by seconds, marks are there although nothing happened, and the ten largest
  /// are all, as equal ones have no order.
  package var asked: String {
    filled
      .replacing(#/\[\w+:\w+\]/#, with: "[1m:1s]")
      .replacing("topk(10, ", with: "topk(1000, ")
      .replacing(#/ > 0$/#, with: " >= 0")
  }

  /// Sets all variables to "All".
  static func filled(_ text: String) -> String {
    var text = text.replacing("$__rate_interval", with: "1m")
    for name in ["cluster", "node", "tier", "instance", "guest", "entry"] {
      text = text.replacing("$\(name)", with: ".+")
    }
    return text
  }
}

/// One variable of a dashboard.
package struct DashboardChoice: Sendable {
  /// The dashboard's file.
  package let file: String
  /// Which series, with all variables set to "All".
  package let series: String
  /// Which of their labels.
  package let label: String

  init(_ file: String, _ definition: String) {
    self.file = file
    let inner = definition.dropFirst("label_values(".count).dropLast()
    let comma = inner.lastIndex(of: ",") ?? inner.endIndex
    series = DashboardQuery.filled(String(inner[..<comma]))
    label = inner[comma...].dropFirst().filter { $0 != " " }
  }
}
