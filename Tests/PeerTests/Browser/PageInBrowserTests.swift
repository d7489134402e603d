// SPDX-License-Identifier: MIT
import Foundation
import MetricModel
import Net
import TestSupport
import Testing

/// The pages in a real browser, against a demo.
@Suite(.enabled(if: Browser.isThere), .serialized)
struct PageInBrowserTests {
  private static let failing = ["--scenario", "node-dies", "--speed", "2"]
  /// Holds once the demo's node has died and is told of.
  private static let nodeIsDown =
    "document.querySelector('.problems').innerText.includes('CoolerHostname2 is down')"

  private struct Size {
    let name: String
    let path: String
    let width: Int
    let height: Int
    let isDark: Bool
  }

  private static let sizes = [
    Size(name: "phone", path: "/", width: 320, height: 640, isDark: false),
    Size(name: "desk", path: "/", width: 1_280, height: 900, isDark: false),
    Size(name: "desk-dark", path: "/", width: 1_280, height: 900, isDark: true),
    Size(name: "wall", path: "/wall", width: 1_920, height: 1_080, isDark: true),
    Size(name: "wall-4k", path: "/wall", width: 3_840, height: 2_160, isDark: true),
  ]

  @Test func `a node that dies shows without loading again, at every size and in both colours`()
    async throws
  {
    let demo = try await RunningDemo(Self.failing)
    let browser = try Browser()
    let page = try await browser.open(demo.url + "/")
    // Gone when the page is loaded again.
    _ = try await page.value(of: "window.isFirstLoad = true")
    #expect(try await page.waits(for: Self.nodeIsDown, within: .seconds(60)))
    #expect(try await page.value(of: "document.title").string?.hasPrefix("(") == true)
    for size in Self.sizes {
      let page = try await browser.open(
        demo.url + size.path,
        width: size.width,
        height: size.height,
        isDark: size.isDark
      )
      try await judge(page, size)
    }
    let late = try await lateness(of: page, at: demo)
    #expect(late < .seconds(2), "the page lags by \(late)")
    #expect(try await page.value(of: "window.isFirstLoad === true").bool == true)
    #expect(page.faults.isEmpty, "\(page.faults)")
    try await browser.close()
    try await demo.stop()
  }

  /// How long after the daemon knows it a page tells the latest change of the cluster's verdict.
  private func lateness(of page: BrowserPage, at demo: RunningDemo) async throws -> Duration {
    let client = HTTPClient(userAgent: "test")
    defer { Task { await client.close() } }
    let clock = ContinuousClock()
    let words = {
      let answer = try await client.send(HTTPRequest(url: demo.url + "/api/hvsmon/v1/snapshot"))
      return try JSONReader.read(answer.body)["verdict"]?["words"]?.string ?? ""
    }
    let first = try await words()
    // The node comes back, or dies again: the demo goes round.
    let hasChanged = try await eventually(within: .seconds(90)) { try await words() != first }
    try #require(hasChanged, "the verdict stays: \(first)")
    let began = clock.now
    let shown = "document.querySelector('h1').innerText.includes("
    let now = try await words()
    var json = JSONText()
    json.string(now)
    let isShown = try await page.waits(
      for: shown + String(decoding: json.bytes, as: UTF8.self) + ")",
      within: .seconds(10)
    )
    #expect(isShown, "the page does not say: \(now)")
    return clock.now - began
  }

  private func judge(_ page: BrowserPage, _ size: Size) async throws {
    let place = "\(size.name)"
    #expect(try await page.waits(for: "document.querySelector('h1')"), "\(place)")
    let overflow = try await page.value(
      of: "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    #expect(overflow.int ?? 1 <= 0, "\(place) is \(overflow) px too wide")
    if size.path == "/wall" {
      let rest = try await page.value(of: "document.body.scrollHeight - innerHeight")
      #expect(rest.int ?? 1 <= 0, "\(place) is \(rest) px too high")
    }
    let faint = try await page.faintTexts()
    #expect(faint.isEmpty, "\(place): \(faint)")
    let nameless = try await page.namelessElements()
    #expect(nameless.isEmpty, "\(place): \(nameless)")
    if size.width < 600 {
      let small = try await page.value(
        of: """
          [...document.querySelectorAll('a, button, summary')].filter((e) => e.checkVisibility())
            .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.innerText)
          """
      )
      #expect(small.items.isEmpty, "too small to touch: \(small)")
    }
    #expect(page.faults.isEmpty, "\(place): \(page.faults)")
    try await keep(page, size.name)
  }

  /// Keeps a picture in the folder that a variable names, to be looked at by people.
  private func keep(_ page: BrowserPage, _ name: String) async throws {
    guard let folder = ProcessInfo.processInfo.environment["HVSMON_SCREENSHOTS"] else { return }
    let data = try #require(Data(base64Encoded: try await page.screenshot()))
    try data.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
  }

  @Test func `without scripts the page is whole and loads itself anew`() async throws {
    let demo = try await RunningDemo(Self.failing)
    let browser = try Browser()
    let page = try await browser.open(demo.url + "/", hasScript: false)
    #expect(try await page.text().contains("Redundancy"))
    #expect(try await page.value(of: "document.getElementById('stale').hidden").bool == true)
    #expect(try await page.waits(for: Self.nodeIsDown, within: .seconds(60)))
    #expect(page.faults.isEmpty, "\(page.faults)")
    try await browser.close()
    try await demo.stop()
  }

  @Test func `a page whose daemon is gone says that it is stale`() async throws {
    let demo = try await RunningDemo([])
    let browser = try Browser()
    let page = try await browser.open(demo.url + "/")
    #expect(try await page.waits(for: "document.getElementById('beat').className === 'on'"))
    #expect(try await page.value(of: "document.getElementById('stale').hidden").bool == true)
    try await demo.stop()
    #expect(
      try await page.waits(for: "!document.getElementById('stale').hidden", within: .seconds(60))
    )
    #expect(try await page.text().contains("STALE: nothing has arrived for"))
    try await browser.close()
  }

  @Test func `an alert is acknowledged and silenced on its page`() async throws {
    let demo = try await RunningDemo(Self.failing)
    let browser = try Browser()
    let page = try await browser.open(demo.url + "/", width: 320, height: 640)
    #expect(try await page.waits(for: Self.nodeIsDown, within: .seconds(60)))
    let link = "document.querySelector('.problems a[href^=\"/alert\"]')"
    _ = try await page.value(of: "\(link).click()")
    #expect(try await page.waits(for: "document.querySelector('form[action=\"/alert/ack\"]')"))
    try await keep(page, "alert")
    #expect(try await page.faintTexts().isEmpty)
    #expect(try await page.namelessElements().isEmpty)
    _ = try await page.value(
      of: """
        document.getElementById('ack-comment').value = 'on <b>my</b> way';
        document.querySelector('form[action="/alert/ack"] button').click()
        """
    )
    #expect(try await page.waits(for: "document.body.innerText.includes('Acknowledged: nobody')"))
    #expect(try await page.text().contains("on <b>my</b> way"))
    _ = try await page.value(
      of: """
        document.getElementById('why').value = 'new disks';
        document.querySelector('form[action="/alert/silence"] button').click()
        """
    )
    #expect(try await page.waits(for: "document.body.innerText.includes('Silenced: nobody')"))
    #expect(page.faults.isEmpty, "\(page.faults)")
    try await browser.close()
    try await demo.stop()
  }

  @Test func `an expression is completed, drawn and explained when it is none`() async throws {
    let demo = try await RunningDemo([])
    let browser = try Browser()
    let page = try await browser.open(demo.url + "/graph")
    _ = try await page.value(
      of: """
        document.getElementById('query').value = 'sum by (job) (hvsmon_target_polls';
        document.getElementById('query').dispatchEvent(new Event('input'))
        """
    )
    #expect(
      try await page.waits(
        for: """
          [...document.querySelectorAll('#completions option')]
            .some((o) => o.value === 'sum by (job) (hvsmon_target_polls_total')
          """
      )
    )
    let draw = URLText.encoded("sum by (job) (up)")
    #expect(
      try await eventually(within: .seconds(20)) {
        try await page.go(to: demo.url + "/graph?span=15m&query=\(draw)")
        return try await page.value(of: "document.querySelectorAll('polyline').length > 2").bool
          == true
      }
    )
    try await keep(page, "graph")
    #expect(try await page.faintTexts().isEmpty)
    #expect(try await page.namelessElements().isEmpty)
    try await page.go(to: demo.url + "/graph?query=sum(")
    #expect(try await page.waits(for: "document.querySelector('[role=alert]')"))
    #expect(page.faults.isEmpty, "\(page.faults)")
    try await browser.close()
    try await demo.stop()
  }

  @Test func `who shows a token once is let in until logging out`() async throws {
    let client = HTTPClient(userAgent: "test")
    let token = "browser-token-0123456789"
    let monitor = try await RunningMonitor(
      sections: "cluster: {name: c1}",
      http: "auth: {tokens: [{name: anna, role: operate, token: \"\(token)\"}]}",
      token: token,
      client: client
    )
    #expect(await eventually { (try? await monitor.metrics().status) == 200 })
    let url = "http://127.0.0.1:\(monitor.port)"
    let browser = try Browser()
    let page = try await browser.open(url + "/graph?query=up")
    #expect(try await page.value(of: "location.pathname").string == "/login")
    let type = { (text: String) in
      _ = try await page.value(
        of: """
          document.getElementById('token').value = '\(text)';
          document.querySelector('form.login button').click()
          """
      )
    }
    try await type("wrong")
    #expect(try await page.waits(for: "document.querySelector('.fault')"))
    try await type(token)
    #expect(try await page.waits(for: "location.pathname === '/graph'"))
    // No script may read the cookie.
    #expect(try await page.waits(for: "document.readyState === 'complete' && !document.cookie"))
    try await page.go(to: url + "/login")
    #expect(try await page.waits(for: "document.body?.innerText.includes('You are in as anna')"))
    let logOut = "document.querySelector('form[action=\"/logout\"] button')"
    _ = try await page.value(of: logOut + ".click()")
    #expect(
      try await page.waits(
        for: """
          location.pathname === '/login' && document.readyState === 'complete' &&
            !document.body.innerText.includes('anna')
          """
      )
    )
    // A screen on a wall has its token behind the number sign.
    let wall = try await browser.open(url + "/wall#token=\(token)")
    #expect(try await wall.waits(for: "location.pathname === '/wall'"))
    let address = try await wall.value(of: "location.href").string
    #expect(address == url + "/wall")
    #expect(try await monitor.stop() < .seconds(10))
    try await browser.close()
    await client.close()
  }
}
