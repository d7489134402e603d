// SPDX-License-Identifier: MIT

extension ClusterPlan {
  /// The account whose PM2 runs the apps.
  package static let appUser = "app"
  /// The name under which PM2 runs the app.
  package static let appProcess = "webapp"
  /// The port that the apps have in nginx's configuration.
  static let appPort = 3_000
  /// The `limit_req_zone` of the load balancers.
  package static let limitZone = "mein_limit"

  /// The guest that has the address.
  package func guest(at address: String) -> Guest? { guests.first { $0.address == address } }
}
