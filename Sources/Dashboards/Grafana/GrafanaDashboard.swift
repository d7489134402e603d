// SPDX-License-Identifier: MIT

extension GrafanaJSON {
  /// Whatever the person who looks has chosen.
  static let chosenSource: GrafanaJSON = ["type": "prometheus", "uid": "${datasource}"]
}

extension Dashboard {
  /// The text of its file.
  package var grafanaText: String { grafanaJSON.document }

  private var grafanaJSON: GrafanaJSON {
    [
      "annotations": ["list": .list(events.map(\.grafanaJSON))],
      "description": .text(question),
      "editable": true,
      "fiscalYearStartMonth": 0,
      "graphTooltip": 1,
      "id": nil,
      "links": [Self.links],
      "panels": .list(placedPanels),
      "refresh": "30s",
      "schemaVersion": 39,
      "tags": ["hvsmon"],
      "templating": ["list": .list([Self.sourceChoice] + allChoices.map(\.grafanaJSON))],
      "time": ["from": "now-6h", "to": "now"],
      "timepicker": [:],
      "timezone": "browser",
      "title": "hvsmon / \(title)",
      "uid": .text(uid),
      "weekStart": "",
    ]
  }

  private var allChoices: [Choice] { [.cluster] + choices }

  /// To all others, with what is chosen here.
  private static let links: GrafanaJSON = [
    "asDropdown": true, "icon": "external link", "includeVars": true, "keepTime": true,
    "tags": ["hvsmon"], "targetBlank": false, "title": "hvsmon", "tooltip": "",
    "type": "dashboards",
    "url": "",
  ]

  private static let sourceChoice: GrafanaJSON = [
    "current": [:], "hide": 0, "includeAll": false, "label": "Data source", "multi": false,
    "name": "datasource", "options": [], "query": "prometheus", "refresh": 1, "regex": "",
    "skipUrlSync": false, "type": "datasource",
  ]

  /// The panels from left to right and from top to bottom; those of a folded section lie in its row.
  private var placedPanels: [GrafanaJSON] {
    var placed: [GrafanaJSON] = []
    var grid = PanelGrid()
    for section in sections {
      guard let title = section.title else {
        placed += section.panels.map { $0.grafanaJSON(at: grid.place($0), number: grid.number) }
        continue
      }
      var row: [String: GrafanaJSON] = [
        "collapsed": .flag(section.isFolded),
        "gridPos": grid.placeRow(),
        "id": .whole(grid.number),
        "panels": [],
        "title": .text(section.repeated.map { "\(title) $\($0.name)" } ?? title),
        "type": "row",
      ]
      if let repeated = section.repeated { row["repeat"] = .text(repeated.name) }
      let panels = section.panels.map {
        $0.grafanaJSON(at: grid.place($0), number: grid.number)
      }
      if section.isFolded { row["panels"] = .list(panels) }
      placed.append(.object(row))
      if !section.isFolded { placed += panels }
    }
    return placed
  }
}

/// Finds places on a grid that is 24 wide.
private struct PanelGrid {
  private static let width = 24
  private var column = 0
  private var row = 0
  private var rowHeight = 0
  /// Of what was placed last, from 1.
  private(set) var number = 0

  mutating func place(_ panel: Panel) -> GrafanaJSON {
    if column + panel.width > Self.width { breakRow() }
    number += 1
    let place = Self.json(column, row, width: panel.width, height: panel.height)
    column += panel.width
    rowHeight = max(rowHeight, panel.height)
    return place
  }

  mutating func placeRow() -> GrafanaJSON {
    breakRow()
    number += 1
    row += 1
    return Self.json(0, row - 1, width: Self.width, height: 1)
  }

  private mutating func breakRow() {
    row += rowHeight
    column = 0
    rowHeight = 0
  }

  private static func json(_ x: Int, _ y: Int, width: Int, height: Int) -> GrafanaJSON {
    ["h": .whole(height), "w": .whole(width), "x": .whole(x), "y": .whole(y)]
  }
}

extension Choice {
  fileprivate var grafanaJSON: GrafanaJSON {
    let query = "label_values(\(Query.expanded(series)), \(label))"
    return [
      "allValue": ".+",
      "current": ["selected": true, "text": ["All"], "value": ["$__all"]],
      "datasource": .chosenSource,
      "definition": .text(query),
      "hide": 0,
      "includeAll": true,
      "label": .text(title),
      "multi": true,
      "name": .text(name),
      "options": [],
      "query": ["query": .text(query), "refId": .text("choice-\(name)")],
      "refresh": 2,
      "regex": "",
      "skipUrlSync": false,
      "sort": 1,
      "type": "query",
    ]
  }
}

extension EventMark {
  fileprivate var grafanaJSON: GrafanaJSON {
    [
      "datasource": .chosenSource,
      "enable": true,
      "expr": .text(Query.expanded(amount) + " > 0"),
      "hide": false,
      "iconColor": .text(colour.rawValue),
      "name": .text(name),
      "step": "30s",
      "titleFormat": .text(text),
      "useValueForTime": "off",
    ]
  }
}
