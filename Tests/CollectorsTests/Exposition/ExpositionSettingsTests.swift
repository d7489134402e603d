// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Polling
import Testing

@testable import Collectors

@Suite struct ExpositionSettingsTests {
  private func faults(_ items: String) -> [String] {
    let http = HTTPClient(userAgent: "test")
    return DeclaredTargets(ExpositionCollector.self, "exposition: [\(items)]", http: http).faults
  }

  @Test func `what is left out has the values of Prometheus or hvsmon's limits`() {
    let settings = ScrapedPage().settings
    #expect(!settings.honorsLabels && settings.honorsTimes)
    #expect(settings.rules.isEmpty && settings.authorization == nil)
    #expect(settings.limits == ScrapeLimits())
    #expect(settings.limits.samples == 50_000 && settings.limits.bodyBytes == 16 << 20)
    #expect(ScrapedPage("metric_relabel_configs: []").faults == [])
  }

  @Test(arguments: [
    ("http://192.0.2.1:9100/metrics", "192.0.2.1:9100"), ("http://host", "host:80"),
    ("https://host/m?a=b", "host:443"), ("http://[fd00::1]/m", "[fd00::1]:80"),
    ("https://[fd00::1]:9100", "[fd00::1]:9100"), ("ftp://host", nil), ("http:///m", nil),
  ])
  func `the instance is host and port`(url: String, instance: String?) {
    #expect(ExpositionSettings.instance(of: url) == instance)
  }

  @Test(arguments: [
    ("{urls: [\"http://h/\"]}", "exposition[0].name: is required here"),
    ("{name: a}", "exposition[0].urls: is required here"),
    ("{name: a, urls: []}", "must list at least one URL"),
    ("{name: a, urls: [h]}", "must be a URL"),
    ("{name: a, urls: [\"http://u:p@h/\"]}", "must hold no user and password"),
    ("{name: a, urls: [\"http://h/a\", \"http://h:80/b\"]}", "h:80 stands here twice"),
    ("{name: nginx, urls: [\"http://h/\"]}", "is the job of other targets"),
    ("{name: hvsmon, urls: [\"http://h/\"]}", "is the job of other targets"),
    (
      "{name: a, urls: [\"http://h/\"]}, {name: a, urls: [\"http://i/\"]}",
      "exposition[1].name: \"a\" is the job of other targets"
    ),
    ("{name: a, urls: [\"http://h/\"], labels: {job: b}}", "job is set by hvsmon itself"),
    ("{name: a, urls: [\"http://h/\"], labels: {\"a-b\": c}}", "no name that a label may have"),
    (
      "{name: a, urls: [\"http://h/\"], sample_limit: 0}", "must be a whole number from 1 to 200000"
    ),
    ("{name: a, urls: [\"http://h/\"], label_limit: 65}", "must be a whole number from 1 to 64"),
    ("{name: a, urls: [\"http://h/\"], body_size_limit: 1GiB}", "must be 1KiB to 128MiB"),
    ("{name: a, urls: [\"http://h/\"], authorization: {}}", "credentials: is required here"),
    (
      "{name: a, urls: [\"http://h/\"], authorization: {credentials: b}, basic_auth: {password: c}}",
      "excludes authorization"
    ),
    ("{name: a, urls: [\"http://h/\"], honour_labels: true}", "did you mean \"honor_labels\"?"),
    ("{name: a, urls: [\"http://h/\"], interval: 1s, timeout: 2s}", "must not be longer"),
  ])
  func `a fault is told with its place`(items: String, text: String) {
    let faults = faults(items)
    #expect(faults.count == 1 && faults[0].contains(text), "\(faults)")
  }

  @Test func `a secret is not told`() {
    let page = ScrapedPage("authorization: {credentials: \"a\\nb\"}")
    #expect(page.faults.count == 1 && !page.faults[0].contains("a\nb"))
    #expect("\(page.settings)".contains("<secret>"))
  }
}
