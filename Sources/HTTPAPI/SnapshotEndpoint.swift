// SPDX-License-Identifier: MIT
import Net

/// How the cluster stands at this moment, for views; `Snapshot/Overview.swift` tells the fields.
///
/// With `since` the answer has a mark, and holds only what changed since the snapshot of the mark
/// that was given, when this daemon knows it.
enum SnapshotEndpoint {
  static func route(over ports: ClusterPorts) -> HTTPRoute {
    HTTPRoute(["GET"], .exact("/api/hvsmon/v1/snapshot")) { request in
      // A mark that is not known, or none, is answered by the whole.
      .json(await ports.snapshot(request.query.first { $0.name == "since" }?.value))
    }
  }
}
