// SPDX-License-Identifier: MIT
import HTTPAPI
import MetricModel
import Topology

extension TopologyKeeper {
  /// The cluster as JSON; nil until something was found.
  func json(at now: Timestamp) -> [UInt8]? { lookedAt(now)?.json }

  /// Whether what is called so may be stopped.
  func stopAnswer(_ name: String, at now: Timestamp) -> ClusterPorts.StopAnswer {
    guard let assessment = lookedAt(now) else { return .notYet }
    let components = assessment.components(named: name)
    guard let component = components.first else { return .noSuchComponent }
    guard components.count == 1 else {
      return .ambiguous(components.compactMap(assessment.id(of:)))
    }
    return .verdict(assessment.json(of: assessment.verdict(stopping: component)))
  }

  /// The keeper looks again only when something has changed.
  private func lookedAt(_ now: Timestamp) -> ClusterAssessment? {
    let assessment = assessment
    return assessment.observed.isEmpty ? nil : assessment.told(at: now)
  }
}

extension ClusterAssessment {
  /// What tells a guest from others of its name.
  fileprivate func id(of component: Component) -> String? {
    guard case .guest(let number) = component else { return nil }
    return observed.guests[number]?.resourceID ?? String(number)
  }
}
