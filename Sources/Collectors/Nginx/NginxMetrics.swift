// SPDX-License-Identifier: MIT
import MetricModel

/// What the nginx collector emits: the names of nginx-prometheus-exporter, and its own.
enum NginxMetrics {
  static let up = MetricDefinition(
    "nginx_up",
    .gauge,
    help: "1 when nginx answered the last settled poll with its stub status, else 0."
  )
  static let active = MetricDefinition(
    "nginx_connections_active",
    .gauge,
    help: "Open client connections, idle ones included."
  )
  // The exporter calls the next two counters, but their names lack the suffix of one.
  static let accepted = MetricDefinition(
    "nginx_connections_accepted",
    .unknown,
    help: "Client connections taken from the kernel since nginx started."
  )
  static let handled = MetricDefinition(
    "nginx_connections_handled",
    .unknown,
    help: "Client connections given to a worker since nginx started; fewer than accepted: dropped."
  )
  static let reading = MetricDefinition(
    "nginx_connections_reading",
    .gauge,
    help: "Connections of which nginx is reading the request header."
  )
  static let writing = MetricDefinition(
    "nginx_connections_writing",
    .gauge,
    help: "Connections whose answer is not finished, the wait for an upstream included."
  )
  static let waiting = MetricDefinition(
    "nginx_connections_waiting",
    .gauge,
    help: "Idle connections that wait for a request."
  )
  static let requests = MetricDefinition(
    "nginx_http_requests_total",
    .counter,
    help: "Requests since nginx started, refused ones included."
  )
  static let restarts = MetricDefinition(
    "hvsmon_nginx_restarts_total",
    .counter,
    help: "Restarts of nginx seen since hvsmon started: its counters fell; a reload keeps them."
  )

  static let all = [
    up, active, accepted, handled, reading, writing, waiting, requests, restarts,
  ]
}
