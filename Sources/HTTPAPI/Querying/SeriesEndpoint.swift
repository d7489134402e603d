// SPDX-License-Identifier: MIT
import MetricModel
import Net
import PromQL

/// `/api/v1/series`, `labels` and `label/NAME/values`: which series there are, and their labels.
struct SeriesEndpoint: Sendable {
  private static let namePrefix = "/api/v1/label/"
  private static let nameSuffix = "/values"

  let ports: StorePorts
  let threads: QueryThreads

  var routes: [HTTPRoute] {
    [
      HTTPRoute(["GET", "POST"], .exact("/api/v1/series")) { request in
        await threads.answer { abandonment throws(APIFailure) in
          try series(request.form, abandonment)
        }
      },
      HTTPRoute(["GET", "POST"], .exact("/api/v1/labels")) { request in
        await threads.answer { abandonment throws(APIFailure) in
          try labelNames(request.form, abandonment)
        }
      },
      HTTPRoute(["GET"], .prefix(Self.namePrefix)) { request in
        await threads.answer { abandonment throws(APIFailure) in
          try labelValues(request.path, request.query, abandonment)
        }
      },
    ]
  }

  func series(
    _ form: APIParameter.Form,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> ServerResponse {
    let selectors = try APIParameter.selectors(form)
    guard !selectors.isEmpty else { throw APIFailure(.badData, "no match[] parameter provided") }
    let found = try labelSets(selectors, form, abandonment)
    return try answer(found, form) { json, labels in json.object(labels) }
  }

  func labelNames(
    _ form: APIParameter.Form,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> ServerResponse {
    let selectors = try APIParameter.selectors(form)
    var names: Set<String> = []
    for labels in try labelSets(selectors, form, abandonment) {
      for label in labels { names.insert(label.name) }
    }
    return try answer(names.sortedByBytes, form) { json, name in json.string(name) }
  }

  func labelValues(
    _ path: String,
    _ form: APIParameter.Form,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> ServerResponse {
    guard path.hasPrefix(Self.namePrefix), path.hasSuffix(Self.nameSuffix),
      path.utf8.count >= Self.namePrefix.utf8.count + Self.nameSuffix.utf8.count
    else { throw APIFailure(.notFound, "there is no \(path)") }
    let written = String(
      path.dropFirst(Self.namePrefix.count).dropLast(Self.nameSuffix.count)
    )
    // Bytes that are no UTF-8 have become the replacement character.
    guard !written.isEmpty, !written.unicodeScalars.contains("\u{fffd}") else {
      throw APIFailure(.badData, "invalid label name: \"\(written)\"")
    }
    let name = EscapedName.decoded(written)
    let selectors = try APIParameter.selectors(form)
    var values: Set<String> = []
    for labels in try labelSets(selectors, form, abandonment) {
      if let value = labels[name] { values.insert(value) }
    }
    return try answer(values.sortedByBytes, form) { json, value in json.string(value) }
  }

  /// The series that any of the selectors finds, in label-set order; all when there are none.
  private func labelSets(
    _ selectors: [[LabelMatcher]],
    _ form: APIParameter.Form,
    _ abandonment: Abandonment
  ) throws(APIFailure) -> [LabelSet] {
    guard let range = try APIParameter.range(form) else { return [] }
    let limit = ports.deadline(QueryEndpoint.timeoutStandard)
    var all: Set<LabelSet> = []
    for selector in selectors.isEmpty ? [[]] : selectors {
      guard !limit.isPast(), !abandonment.hasBegun else {
        throw APIFailure(.timeout, "the series were not found within the limit of \(limit.limit)")
      }
      let found: [LabelSet]
      do throws(StoreError) {
        found = try ports.reading.labelSets(matching: selector, in: range)
      } catch {
        throw APIFailure(error)
      }
      if selectors.count < 2 { return found }
      all.formUnion(found)
    }
    return all.sorted()
  }

  private func answer<Element>(
    _ elements: [Element],
    _ form: APIParameter.Form,
    _ write: (inout JSONText, Element) -> Void
  ) throws(APIFailure) -> ServerResponse {
    let limit = try APIParameter.limit(form) ?? elements.count
    return try APIEnvelope.success(
      warnings: limit < elements.count ? [APIEnvelope.truncated] : []
    ) { json throws(APIFailure) in
      try json.list(elements.prefix(limit)) { json, element throws(APIFailure) in
        write(&json, element)
        try json.checkLength()
      }
    }
  }
}

extension Set<String> {
  /// By the bytes of the UTF-8 text.
  fileprivate var sortedByBytes: [String] {
    sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
