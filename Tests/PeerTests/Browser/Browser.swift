// SPDX-License-Identifier: MIT
import Glibc
import MetricModel
import Synchronization
import TestSupport

/// A headless Chromium that is told what to do over pipes (Chrome DevTools Protocol 1.3).
final class Browser: Sendable {
  private static let unpacked = "\(Peers.root)/.peers/usr/bin/chromium-headless"
  private static let installed = "/usr/bin/chromium"

  /// The program: the unpacked one, or else the system's.
  static let program = access(unpacked, X_OK) == 0 ? unpacked : installed

  static var isThere: Bool { Peers.has(program) }

  /// What a command led to, or an event.
  struct Fault: Error {
    let reason: String
  }

  private struct State {
    var nextID = 1
    var waiting: [Int: CheckedContinuation<JSONTree, any Error>] = [:]
    var faults: [String: [String]] = [:]
  }

  private let folder: TemporaryFolder
  private let process: ChildProcess
  private let commands: Int32
  private let state = Mutex(State())

  init() throws {
    folder = try TemporaryFolder()
    let pipe = folder.file("commands")
    guard mkfifo(pipe, 0o600) == 0 else { throw Fault(reason: "no pipe at \(pipe)") }
    // For reading too, so that opening does not wait for the browser.
    commands = Glibc.open(pipe, O_RDWR | O_CLOEXEC)
    let words = [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-extensions", "--disable-background-networking", "--disable-component-update",
      "--hide-scrollbars", "--user-data-dir=\(folder.file("profile"))", "--remote-debugging-pipe",
    ]
    // Messages end with a zero byte, which becomes the end of a line.
    process = try ChildProcess(
      "/bin/sh",
      [
        "-c",
        "\"$0\" \"$@\" 3<\(pipe) 4>&1 >/dev/null 2>&1 | stdbuf -o0 tr '\\000' '\\n'", Self.program,
      ] + words,
      captureMax: 512 << 20
    )
    Task { [weak self, lines = process.outputLines] in
      for await line in lines { self?.take(line) }
      self?.end()
    }
  }

  deinit { Glibc.close(commands) }

  func close() async throws {
    process.send(.kill)
    try await process.waitForExit()
  }

  private func take(_ line: String) {
    guard let tree = try? JSONReader.read(Array(line.utf8)) else { return }
    guard let id = tree["id"]?.int else { return note(tree) }
    let waiting = state.withLock { $0.waiting.removeValue(forKey: Int(id)) }
    if let error = tree["error"]?["message"]?.string {
      waiting?.resume(throwing: Fault(reason: error))
    } else {
      waiting?.resume(returning: tree["result"] ?? .null)
    }
  }

  private func end() {
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      return state.waiting.values
    }
    for one in waiting { one.resume(throwing: Fault(reason: "the browser is gone")) }
  }

  /// Keeps what a page should not have: errors on its console, exceptions, resources that were
  /// blocked or failed.
  private func note(_ event: JSONTree) {
    let parameters = event["params"]
    let fault: String? =
      switch event["method"]?.string {
      case "Runtime.exceptionThrown":
        "exception: \(parameters?["exceptionDetails"]?["text"]?.string ?? "")"
      case "Log.entryAdded" where parameters?["entry"]?["level"]?.string == "error":
        "\(parameters?["entry"]?["text"]?.string ?? "") \(parameters?["entry"]?["url"]?.string ?? "")"
      case "Runtime.consoleAPICalled" where parameters?["type"]?.string == "error":
        "console: \(parameters?["args"]?.items.first?["value"]?.string ?? "")"
      default: nil
      }
    guard let fault, let session = event["sessionId"]?.string else { return }
    state.withLock { $0.faults[session, default: []].append(fault) }
  }

  func faults(of session: String) -> [String] { state.withLock { $0.faults[session] ?? [] } }

  /// Sends a command; its parameters are JSON.
  @discardableResult
  func send(
    _ method: String,
    _ parameters: String = "{}",
    session: String? = nil
  ) async throws -> JSONTree {
    try await withCheckedThrowingContinuation { continuation in
      let id = state.withLock { state in
        state.nextID += 1
        state.waiting[state.nextID] = continuation
        return state.nextID
      }
      let place = session.map { ",\"sessionId\":\"\($0)\"" } ?? ""
      let text = "{\"id\":\(id),\"method\":\"\(method)\",\"params\":\(parameters)\(place)}\u{0}"
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(commands, $0.baseAddress, $0.count) }
        guard count > 0 else { return end() }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Opens a page of a size, and waits until it was loaded.
  func open(
    _ url: String,
    width: Int = 1_280,
    height: Int = 900,
    isDark: Bool = false,
    hasScript: Bool = true
  ) async throws -> BrowserPage {
    let target = try await send("Target.createTarget", "{\"url\":\"about:blank\"}")
    let attached = try await send(
      "Target.attachToTarget",
      "{\"targetId\":\"\(target["targetId"]?.string ?? "")\",\"flatten\":true}"
    )
    let page = BrowserPage(browser: self, session: attached["sessionId"]?.string ?? "")
    for domain in ["Page", "Runtime", "Log", "Accessibility"] {
      try await page.send("\(domain).enable")
    }
    try await page.resize(width: width, height: height)
    try await page.send(
      "Emulation.setEmulatedMedia",
      """
      {"features":[{"name":"prefers-color-scheme","value":"\(isDark ? "dark" : "light")"}]}
      """
    )
    if !hasScript {
      try await page.send("Emulation.setScriptExecutionDisabled", "{\"value\":true}")
    }
    try await page.go(to: url)
    return page
  }
}

/// One open page.
struct BrowserPage {
  let browser: Browser
  let session: String

  /// What went wrong on it so far.
  var faults: [String] { browser.faults(of: session) }

  @discardableResult
  func send(_ method: String, _ parameters: String = "{}") async throws -> JSONTree {
    try await browser.send(method, parameters, session: session)
  }

  func resize(width: Int, height: Int) async throws {
    try await send(
      "Emulation.setDeviceMetricsOverride",
      "{\"width\":\(width),\"height\":\(height),\"deviceScaleFactor\":1,\"mobile\":false}"
    )
  }

  func go(to url: String) async throws {
    try await send("Page.navigate", "{\"url\":\"\(url)\"}")
    let isLoaded = await eventually(within: .seconds(20)) {
      let state = try? await self.value(of: "document.readyState + ' ' + location.href")
      return state?.string?.hasPrefix("complete http") == true
    }
    guard isLoaded else { throw Browser.Fault(reason: "\(url) was not loaded") }
  }

  /// The value of an expression of JavaScript; works where the page's own scripts are off too.
  func value(of expression: String) async throws -> JSONTree {
    var json = JSONText()
    json.raw("{\"returnByValue\":true,\"awaitPromise\":true,\"expression\":")
    json.string(expression)
    json.raw("}")
    let answer = try await send("Runtime.evaluate", String(decoding: json.bytes, as: UTF8.self))
    if let text = answer["exceptionDetails"]?["exception"]?["description"]?.string {
      throw Browser.Fault(reason: text)
    }
    return answer["result"]?["value"] ?? .null
  }

  /// Waits until an expression of JavaScript holds.
  func waits(for expression: String, within limit: Duration = .seconds(20)) async throws -> Bool {
    // While one page gives way to the next, it has no body.
    await eventually(within: limit) {
      (try? await self.value(of: "Boolean(\(expression))"))?.bool == true
    }
  }

  /// The words that stand on it.
  func text() async throws -> String {
    try await value(of: "document.body.innerText").string ?? ""
  }

  /// What stands on it as PNG.
  func screenshot() async throws -> String {
    try await send("Page.captureScreenshot", "{\"format\":\"png\"}")["data"]?.string ?? ""
  }

  /// Buttons, links, boxes and pictures without a name for those who do not see them.
  func namelessElements() async throws -> [String] {
    let tree = try await send("Accessibility.getFullAXTree")
    let roles: Set = ["button", "link", "textbox", "combobox", "image", "img", "heading"]
    return (tree["nodes"]?.items ?? []).compactMap { node in
      guard let role = node["role"]?["value"]?.string, roles.contains(role),
        node["ignored"]?.bool != true, node["name"]?["value"]?.string?.isEmpty != false
      else { return nil }
      return role
    }
  }

  /// Texts whose colour stands out too little from what is behind them (WCAG 2.2, 1.4.3).
  func faintTexts() async throws -> [String] {
    try await value(of: Self.contrastScript).items.compactMap(\.string)
  }

  private static let contrastScript = """
    (() => {
      const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
      const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map((c) => {
          c /= 255;
          return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
      };
      const ground = (element) => {
        for (let e = element; e; e = e.parentElement) {
          const colour = channels(getComputedStyle(e).backgroundColor);
          if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
      };
      const faint = new Set();
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const element = node.parentElement;
        if (!node.data.trim() || !element.checkVisibility()) continue;
        if (element.closest('script, noscript, title, option, datalist')) continue;
        const style = getComputedStyle(element);
        const isDrawn = element.closest('svg') !== null;
        const [a, b] = [light(channels(isDrawn ? style.fill : style.color)), light(ground(element))]
          .sort((x, y) => y - x);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < (isLarge ? 3 : 4.5)) {
          faint.add(`${ratio.toFixed(2)} ${element.tagName}.${element.className}: ` +
            node.data.trim().slice(0, 40));
        }
      }
      return [...faint];
    })()
    """
}
