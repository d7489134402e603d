// SPDX-License-Identifier: MIT
import MetricModel
import PromQL

/// Writes Prometheus' JSON envelope.
enum APIEnvelope {
  static func failure(_ type: String, _ message: String) -> [UInt8] {
    var json = JSONText()
    json.raw("{\"status\":\"error\",\"errorType\":")
    json.string(type)
    json.raw(",\"error\":")
    json.string(message)
    json.raw("}")
    return json.bytes
  }

  static func success(_ result: QueryResult, at time: Timestamp) -> [UInt8] {
    var json = JSONText()
    json.raw("{\"status\":\"success\",\"data\":{\"resultType\":")
    write(result.value, at: time, to: &json)
    json.raw("}")
    write(result.warnings, named: "warnings", to: &json)
    write(result.infos, named: "infos", to: &json)
    json.raw("}")
    return json.bytes
  }

  private static func write(_ value: QueryValue, at time: Timestamp, to json: inout JSONText) {
    switch value {
    case .scalar(let value):
      json.raw("\"scalar\",\"result\":")
      write(time, value, to: &json)
    case .string(let text):
      json.raw("\"string\",\"result\":[\(time.secondsText),")
      json.string(text)
      json.raw("]")
    case .vector(let samples):
      json.raw("\"vector\",\"result\":[")
      for (index, sample) in samples.enumerated() {
        json.raw(index == 0 ? "{\"metric\":" : ",{\"metric\":")
        json.object(sample.labels)
        json.raw(",\"value\":")
        write(sample.timestamp, sample.value, to: &json)
        json.raw("}")
      }
      json.raw("]")
    case .matrix(let series):
      json.raw("\"matrix\",\"result\":[")
      for (index, one) in series.enumerated() {
        json.raw(index == 0 ? "{\"metric\":" : ",{\"metric\":")
        json.object(one.labels)
        json.raw(",\"values\":[")
        for (position, sample) in one.samples.enumerated() {
          if position > 0 { json.raw(",") }
          write(sample.timestamp, sample.value, to: &json)
        }
        json.raw("]}")
      }
      json.raw("]")
    }
  }

  private static func write(_ time: Timestamp, _ value: Double, to json: inout JSONText) {
    json.point(time, value)
  }

  private static func write(_ texts: [String], named name: String, to json: inout JSONText) {
    guard !texts.isEmpty else { return }
    json.raw(",\"\(name)\":[")
    for (index, text) in texts.enumerated() {
      if index > 0 { json.raw(",") }
      json.string(text)
    }
    json.raw("]")
  }
}
