// SPDX-License-Identifier: MIT

extension Panel {
  /// The panel as Grafana has it.
  func grafanaJSON(at place: GrafanaJSON, number: Int) -> GrafanaJSON {
    var members: [String: GrafanaJSON] = [
      "datasource": .chosenSource,
      "description": .text(description),
      "fieldConfig": ["defaults": defaults, "overrides": .list(overrides)],
      "gridPos": place,
      "id": .whole(number),
      "options": options,
      "targets": .list(queries.enumerated().map { $1.grafanaJSON(index: $0, of: self) }),
      "title": .text(title),
      "type": .text(grafanaType),
    ]
    if let opens {
      let address = "/d/hvsmon-\(opens)?${__url_time_range}&${datasource:queryparam}"
      members["links"] = [
        ["title": "Details", "url": .text("\(address)&${cluster:queryparam}")]
      ]
    }
    if kind == .table { members["transformations"] = transformations }
    return .object(members)
  }

  private var description: String {
    let rules = (limits + queries.flatMap(\.limits)).map { "\($0.rule) (\($0.severity.rawValue))" }
    let alerts = rules.isEmpty ? "" : "\n\n**Alerts:** \(rules.joined(separator: ", "))."
    return "**What it is:** \(explanation.what)\n\n**What is bad:** \(explanation.bad)\n\n"
      + "**What to do:** \(explanation.remedy)\(alerts)"
  }

  private var grafanaType: String {
    switch kind {
    case .stat, .verdict: "stat"
    case .graph: "timeseries"
    case .bars: "bargauge"
    case .table: "table"
    case .states: "state-timeline"
    }
  }

  /// Only what has a graph needs values of the past.
  var isInstant: Bool {
    switch kind {
    case .verdict, .bars, .table: true
    case .stat, .graph, .states: false
    }
  }

  private var defaults: GrafanaJSON {
    var members: [String: GrafanaJSON] = [
      "color": kind == .graph ? Self.oneHue : ["mode": "thresholds"],
      "custom": custom,
      "mappings": words?.grafanaJSON ?? [],
      "noValue": "no data",
      "thresholds": limits.grafanaJSON(calm: limits.isEmpty ? .plain : .fine),
      "unit": .text(unit.rawValue),
    ]
    let range = scale ?? (unit == .ratio ? 0...1 : nil)
    if let range {
      members["min"] = .number(range.lowerBound)
      members["max"] = .number(range.upperBound)
    } else if [.requestsPerSecond, .bytesPerSecond, .perSecond, .bytes].contains(unit) {
      members["min"] = 0
    }
    return .object(members)
  }

  /// Shades of one hue: what is bad is the line of the limit, not a colour of the rainbow.
  private static let oneHue: GrafanaJSON = [
    "fixedColor": .text(Colour.maintenance.rawValue), "mode": "shades",
  ]

  private var custom: GrafanaJSON {
    switch kind {
    case .graph:
      [
        "drawStyle": "line", "fillOpacity": 8, "lineWidth": 2, "showPoints": "auto",
        "pointSize": 3, "spanNulls": false,
        "thresholdsStyle": ["mode": limits.isEmpty ? "off" : "line"],
      ]
    case .states: ["fillOpacity": 75, "lineWidth": 0, "spanNulls": false]
    case .table: ["align": "auto", "cellOptions": ["type": "auto"], "filterable": true]
    case .stat, .verdict, .bars: [:]
    }
  }

  private var options: GrafanaJSON {
    switch kind {
    case .stat, .verdict:
      [
        "colorMode": kind == .verdict ? "background_solid" : "value",
        "graphMode": kind == .verdict ? "none" : "area",
        "justifyMode": "auto", "orientation": "auto", "reduceOptions": Self.newest,
        "showPercentChange": false, "textMode": "value_and_name", "wideLayout": true,
      ]
    case .graph:
      [
        "legend": [
          "calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom",
          "showLegend": true,
        ],
        "tooltip": ["mode": "multi", "sort": "desc"],
      ]
    case .bars:
      [
        "displayMode": "basic", "minVizHeight": 16, "minVizWidth": 8, "namePlacement": "auto",
        "orientation": "horizontal", "reduceOptions": Self.newest, "showUnfilled": true,
        "sizing": "auto", "valueMode": "color",
      ]
    case .table:
      [
        "cellHeight": "sm",
        "footer": ["countRows": false, "fields": "", "reducer": ["sum"], "show": false],
        "showHeader": true,
      ]
    case .states:
      [
        "alignValue": "left",
        "legend": ["displayMode": "list", "placement": "bottom", "showLegend": false],
        "mergeValues": true, "rowHeight": 0.85, "showValue": "auto",
        "tooltip": ["mode": "single", "sort": "none"],
      ]
    }
  }

  private static let newest: GrafanaJSON = [
    "calcs": ["lastNotNull"], "fields": "", "values": false,
  ]
}

/// Tables: a row for each label set that the queries share, a column for each query.
extension Panel {
  /// What Grafana calls the values of a query before they are renamed.
  private func fieldName(_ index: Int) -> String {
    queries.count == 1 ? "Value" : "Value #\(Query.letter(index))"
  }

  private var transformations: GrafanaJSON {
    var names: [String: GrafanaJSON] = [:]
    for (index, query) in queries.enumerated() {
      names[fieldName(index)] = .text(query.legend)
    }
    return [
      ["id": "merge", "options": [:]],
      [
        "id": "organize",
        "options": [
          "excludeByName": ["Time": true, "__name__": true, "alertstate": true],
          "indexByName": [:], "renameByName": .object(names),
        ],
      ],
    ]
  }

  private var overrides: [GrafanaJSON] {
    queries.enumerated().compactMap { index, query in
      var properties: [GrafanaJSON] = []
      if let colour = query.colour {
        properties.append([
          "id": "color", "value": ["fixedColor": .text(colour.rawValue), "mode": "fixed"],
        ])
      }
      if kind == .table { properties += query.columnProperties }
      guard !properties.isEmpty else { return nil }
      let matcher: GrafanaJSON =
        kind == .table
        ? ["id": "byName", "options": .text(query.legend)]
        : ["id": "byFrameRefID", "options": .text(Query.letter(index))]
      return ["matcher": matcher, "properties": .list(properties)]
    }
  }
}

extension Query {
  /// Grafana's name of the query with this number.
  fileprivate static func letter(_ index: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "A") + UInt8(clamping: index)))
  }

  fileprivate func grafanaJSON(index: Int, of panel: Panel) -> GrafanaJSON {
    [
      "datasource": .chosenSource,
      "editorMode": "code",
      "expr": .text(grafanaExpression),
      "format": panel.kind == .table ? "table" : "time_series",
      "instant": .flag(panel.isInstant),
      "legendFormat": .text(legend),
      "range": .flag(!panel.isInstant),
      "refId": .text(Self.letter(index)),
    ]
  }

  fileprivate var columnProperties: [GrafanaJSON] {
    var properties: [GrafanaJSON] = []
    if let unit {
      properties.append(["id": "unit", "value": .text(unit.rawValue)])
      if unit == .ratio {
        properties.append(["id": "min", "value": 0])
        properties.append(["id": "max", "value": 1])
        properties.append([
          "id": "custom.cellOptions",
          "value": ["mode": "basic", "type": "gauge", "valueDisplayMode": "text"],
        ])
      }
    }
    if let words { properties.append(["id": "mappings", "value": words.grafanaJSON]) }
    if !limits.isEmpty {
      properties.append(["id": "thresholds", "value": limits.grafanaJSON(calm: .fine)])
    }
    if words != nil || !limits.isEmpty && unit != .ratio {
      properties.append(["id": "custom.cellOptions", "value": ["type": "color-text"]])
    }
    return properties
  }
}

extension StateWords {
  fileprivate var grafanaJSON: GrafanaJSON {
    var options: [String: GrafanaJSON] = [:]
    for (index, word) in words.enumerated() {
      options[String(word.value)] = [
        "color": .text(word.colour.rawValue), "index": .whole(index), "text": .text(word.text),
      ]
    }
    return [["options": .object(options), "type": "value"]]
  }
}

extension [Limit] {
  fileprivate func grafanaJSON(calm: Colour) -> GrafanaJSON {
    let steps = steps(calm: calm).map { step -> GrafanaJSON in
      ["color": .text(step.colour.rawValue), "value": step.from.map { .number($0) } ?? .null]
    }
    return ["mode": "absolute", "steps": .list(steps)]
  }
}
