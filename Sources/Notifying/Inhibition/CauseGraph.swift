// SPDX-License-Identifier: MIT
package import MetricModel
package import Topology

/// What stands on what, as the planner asks it: which failure explains which alert.
package protocol CauseGraph: Sendable {
  /// What an alert with these labels is about; nil when it is about no part of the cluster.
  func component(of labels: LabelSet) -> Component?

  /// Everything of which the failure alone explains a failure of `component`, nearest first.
  func foundations(of component: Component) -> [Component]

  /// Everything that stands on `component`, in the order of components.
  func dependents(of component: Component) -> [Component]

  /// The declared members of the tier.
  func members(of tier: String) -> [String]

  /// The declared members of the tier that do not work.
  func missingMembers(of tier: String) -> [String]

  /// The tier's replica set has no primary now, or lost it just before; it may elect one within
  /// seconds.
  func lacksPrimary(_ tier: String) -> Bool

  /// The nodes that failed.
  var offlineNodes: [String] { get }

  /// The name by which people know `component`.
  func name(of component: Component) -> String

  /// Whether `component` is known to work.
  func isWorking(_ component: Component) -> Bool

  /// How it is known that `component` fails, in a few words; empty when there is nothing to add.
  func evidence(of component: Component) -> String

  /// How the cluster stands, in a few sentences; empty when nothing is known.
  var situation: String { get }

  /// What Proxmox itself works on now, each with what it does in words: a guest that is copied or
  /// moved, a node in maintenance.
  var underWork: [Component: String] { get }

  /// Nodes are known, whose answers tell whether it is hvsmon that is cut off.
  var hasNodes: Bool { get }
}

extension CauseGraph {
  /// Nothing.
  package var underWork: [Component: String] { [:] }
  /// They are.
  package var hasNodes: Bool { true }
}

/// What the planner knows of the cluster at one step.
package struct ClusterKnowledge: Sendable {
  /// What stands on what.
  package let graph: any CauseGraph
  /// Whether everything that can be asked about the component was asked, and has answered, in polls
  /// that began at this time or later; the rules have seen those answers.
  package let hasAnswered: @Sendable (Component, Timestamp) -> Bool

  /// Puts together what is known.
  package init(
    graph: any CauseGraph,
    hasAnswered: @escaping @Sendable (Component, Timestamp) -> Bool
  ) {
    self.graph = graph
    self.hasAnswered = hasAnswered
  }
}
