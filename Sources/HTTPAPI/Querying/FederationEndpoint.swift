// SPDX-License-Identifier: MIT
import MetricModel
import Net
import Patterns
import PromQL

/// `/federate`: the newest samples of the series that any selector finds, as a page for another
/// Prometheus to scrape.
///
/// Live series are found in memory; the store is asked only for those that others wrote.
struct FederationEndpoint: Sendable {
  let ports: APIPorts
  let threads: QueryThreads

  var routes: [HTTPRoute] {
    [
      HTTPRoute(.exact("/federate")) { request in
        await threads.answer { _ throws(APIFailure) in try answer(request.query) }
      }
    ]
  }

  func answer(_ form: APIParameter.Form) throws(APIFailure) -> ServerResponse {
    let selectors = try APIParameter.selectors(form)
    var tests: [SelectorTest] = []
    for selector in selectors {
      do throws(PatternError) {
        tests.append(try SelectorTest(selector))
      } catch {
        throw .invalid("match[]", error.description)
      }
    }
    var page = FederationPage(externalLabels: ports.latest.externalLabels)
    let now = ports.store.clock.now
    // As in a query, the oldest moment of the window itself is outside of it.
    let oldest = now - ports.store.engine.lookback + .milliseconds(1)
    for name in ports.latest.names() where tests.contains(where: { $0.mayAccept(name: name) }) {
      guard let family = ports.latest.family(name) else { continue }
      let found = family.series.filter { series in
        series.sample.timestamp >= oldest && tests.contains { $0.accepts(series.labels) }
      }
      page.add(found, of: name, definedAs: family.definition)
    }
    if ports.remoteWrite != nil {
      try addWritten(selectors, in: oldest...max(oldest, now), to: &page)
    }
    return .data(try page.text(), type: ExpositionFormat.text.contentType)
  }

  /// Adds the series that others wrote: they are in the store only.
  private func addWritten(
    _ selectors: [[LabelMatcher]],
    in range: ClosedRange<Timestamp>,
    to page: inout FederationPage
  ) throws(APIFailure) {
    do throws(StoreError) {
      var run = SampleRun()
      for selector in selectors {
        let selection = SeriesSelection(matching: selector, in: range)
        for var cursor in try ports.store.reading.cursors(selection) {
          guard let name = cursor.labels.metricName, !page.contains(cursor.labels, of: name) else {
            continue
          }
          var newest: Sample?
          while try cursor.next(into: &run) {
            guard let time = run.unixMilliseconds.last, let value = run.values.last else {
              continue
            }
            newest = Sample(Timestamp(unixMilliseconds: time), value)
          }
          guard let newest, !newest.isStalenessMarker else { continue }
          page.add([(cursor.labels, newest)], of: name, definedAs: nil)
        }
      }
    } catch {
      throw APIFailure(error)
    }
  }
}

/// A selector ready to be tried on label sets.
struct SelectorTest {
  private let name: [CompiledMatcher]
  private let others: [CompiledMatcher]

  init(_ selector: [LabelMatcher]) throws(PatternError) {
    var name: [CompiledMatcher] = []
    var others: [CompiledMatcher] = []
    for matcher in selector {
      let compiled = try CompiledMatcher(matcher)
      if matcher.name == LabelSet.metricNameLabel {
        name.append(compiled)
      } else {
        others.append(compiled)
      }
    }
    self.name = name
    self.others = others
  }

  /// Series of this name may satisfy it.
  func mayAccept(name text: String) -> Bool { name.allSatisfy { $0.matches(text) } }

  func accepts(_ labels: LabelSet) -> Bool {
    name.allSatisfy { $0.matches(labels) } && others.allSatisfy { $0.matches(labels) }
  }
}
