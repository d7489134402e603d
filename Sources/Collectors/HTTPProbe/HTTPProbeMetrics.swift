// SPDX-License-Identifier: MIT
import MetricModel

/// What the HTTP probe emits: the names of blackbox_exporter.
enum HTTPProbeMetrics {
  static let success = MetricDefinition(
    "probe_success",
    .gauge,
    help: "1 when the last settled probe was answered as expected, else 0."
  )
  static let duration = MetricDefinition(
    "probe_duration_seconds",
    .gauge,
    unit: "seconds",
    help: "How long the whole probe took."
  )
  static let nameLookup = MetricDefinition(
    "probe_dns_lookup_time_seconds",
    .gauge,
    unit: "seconds",
    help: "How long the probe waited for the address of the name."
  )
  static let phase = MetricDefinition(
    "probe_http_duration_seconds",
    .gauge,
    unit: "seconds",
    labels: ["phase"],
    help: "How long each phase took: resolve, connect, tls, processing (first byte), transfer."
  )
  static let status = MetricDefinition(
    "probe_http_status_code",
    .gauge,
    help: "The HTTP status of the answer, 0 when there was none."
  )
  static let redirects = MetricDefinition(
    "probe_http_redirects",
    .gauge,
    help: "How many redirects were followed."
  )
  static let contentLength = MetricDefinition(
    "probe_http_content_length",
    .gauge,
    help: "Bytes of the answer's body, decompressed."
  )
  static let isTLS = MetricDefinition(
    "probe_http_ssl",
    .gauge,
    help: "1 when the answer came over TLS, else 0."
  )
  static let certificateExpiry = MetricDefinition(
    "probe_ssl_earliest_cert_expiry",
    .gauge,
    help: "When the server's certificate expires, in Unix seconds."
  )

  static let all = [
    success, duration, nameLookup, phase, status, redirects, contentLength, isTLS,
    certificateExpiry,
  ]
}
