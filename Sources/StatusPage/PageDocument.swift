// SPDX-License-Identifier: MIT
import MetricModel
package import Snapshot

/// Whole pages.
package enum PageDocument {
  /// Which page.
  package enum Kind: String, CaseIterable, Sendable {
    /// For a desk or a phone.
    case page
    /// For a screen on a wall.
    case wall
  }

  /// The page of a snapshot as HTML.
  package static func html(_ kind: Kind, _ snapshot: ClusterSnapshot) -> String {
    let level = level(snapshot)
    return document(title: title(snapshot), level: level, script: "/assets/page.js") { head in
      head.raw("<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>")
    } body: { html in
      html.element("body", ("class", kind.rawValue)) { body in
        body.raw(
          "<p id=\"stale\" role=\"alert\" hidden>STALE: nothing has arrived for <b></b>. What stands below may be over.</p>"
        )
        body.element("header") { header in
          header.raw("<strong>hvsmon</strong> ")
          header.outside(snapshot.cluster)
          header.raw(" <span id=\"beat\" aria-hidden=\"true\"></span> <span id=\"clock\"></span>")
        }
        // The script replaces what is inside, and finds here what it needs to know of the time.
        body.element(
          "main",
          ("id", "main"),
          ("data-kind", kind.rawValue),
          ("data-time", String(snapshot.time?.unixMilliseconds ?? 0)),
          ("data-title", title(snapshot)),
          ("data-level", level.styleClass)
        ) { main in
          main.append(PageBody(snapshot: snapshot).markup(kind))
        }
      }
    }
  }

  /// A page of which the script replaces nothing.
  static func html(
    title: String,
    heading: String,
    script: StaticString?,
    main: (inout Markup) -> Void
  ) -> String {
    document(title: "\(title) - hvsmon", level: .info, script: script) { _ in
    } body: { html in
      html.element("body", ("class", "page")) { body in
        body.raw("<header><a href=\"/\"><strong>hvsmon</strong></a></header>")
        body.element("main") { inside in
          inside.element("h1") { $0.outside(heading) }
          main(&inside)
        }
      }
    }
  }

  private static func document(
    title: String,
    level: Level,
    script: StaticString?,
    head: (inout Markup) -> Void,
    body: (inout Markup) -> Void
  ) -> String {
    var markup = Markup()
    markup.raw("<!DOCTYPE html>")
    markup.element("html", ("lang", "en")) { html in
      html.element("head") { part in
        part.raw("<meta charset=\"utf-8\">")
        part.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        part.raw("<meta name=\"color-scheme\" content=\"light dark\">")
        part.element("title", text: title)
        part.void(
          "link",
          ("rel", "icon"),
          ("id", "icon"),
          ("href", "/assets/\(level.styleClass).svg")
        )
        part.raw("<link rel=\"stylesheet\" href=\"/assets/page.css\">")
        if let script {
          part.element("script", ("src", "\(script)"), ("defer", "")) { _ in }
        }
        head(&part)
      }
      body(&html)
    }
    return markup.html
  }

  /// What is inside of a page's `main`.
  package static func body(_ kind: Kind, _ snapshot: ClusterSnapshot) -> String {
    PageBody(snapshot: snapshot).markup(kind).html
  }

  static func level(_ snapshot: ClusterSnapshot) -> Level { snapshot.verdict?.level ?? .unknown }

  /// `(2!) hvsmon cluster`.
  static func title(_ snapshot: ClusterSnapshot) -> String {
    let counts = snapshot.alertCounts ?? AlertCounts()
    let bad = counts.critical + counts.warning
    let mark =
      bad > 0 ? "(\(bad)!) " : level(snapshot) == .unknown ? "(?) " : ""
    return "\(mark)hvsmon \(snapshot.cluster)"
  }

  /// A small icon that changes its shape with the level.
  static func icon(_ level: Level) -> String {
    let (colour, shape): (String, String) =
      switch level {
      case .ok: ("#009e73", "<circle cx=\"8\" cy=\"8\" r=\"6\"/>")
      case .info: ("#0072b2", "<circle cx=\"8\" cy=\"8\" r=\"6\"/>")
      case .warning: ("#e69f00", "<path d=\"M8 1 15 15H1z\"/>")
      case .critical: ("#d55e00", "<path d=\"M1 1h14v14H1z\"/>")
      case .unknown: ("#cc79a7", "<path d=\"M8 0 16 8 8 16 0 8z\"/>")
      case .held, .maintenance: ("#0072b2", "<path d=\"M1 5h14v6H1z\"/>")
      }
    return
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\" fill=\"\(colour)\">\(shape)</svg>"
  }
}
