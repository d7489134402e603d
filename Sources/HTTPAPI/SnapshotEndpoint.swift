// SPDX-License-Identifier: MIT
import Net

/// How the cluster stands at this moment, for views; `Snapshot/Overview.swift` tells the fields.
enum SnapshotEndpoint {
  static func route(over ports: ClusterPorts) -> HTTPRoute {
    HTTPRoute(["GET"], .exact("/api/hvsmon/v1/snapshot")) { _ in
      .json(await ports.snapshot())
    }
  }
}
