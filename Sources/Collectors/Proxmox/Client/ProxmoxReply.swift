// SPDX-License-Identifier: MIT
package import MetricModel
import Net

/// One good answer of Proxmox.
package struct ProxmoxReply: Sendable {
  /// The largest body that is read: 1,000 guests make about half a megabyte.
  static let bytesMax = 32 << 20

  /// What stands below `data`; null where Proxmox has nothing to say.
  package let data: JSONTree
  /// How many items there are where `data` is one page of a list; nil elsewhere.
  package let total: Int?
  /// The declared name of the node that answered, not of the one asked about.
  package let answeredBy: String

  /// Reads the body of a reply with status 200.
  package init(parsing body: [UInt8], answeredBy: String) throws(ProxmoxError) {
    let tree: JSONTree
    do throws(JSONError) {
      tree = try JSONReader.read(body)
    } catch {
      throw .malformed(path: "byte \(error.offset)", reason: error.reason)
    }
    guard case .object(let members) = tree, let data = members.first(where: { $0.name == "data" })
    else { throw .malformed(path: "body", reason: "no object with the member data") }
    self.data = data.value
    total = tree["total"]?.int.flatMap { Int(exactly: $0) }
    self.answeredBy = answeredBy
  }

  /// What a status other than 200 means; the body may be empty.
  static func error(status: Int, body: [UInt8]) -> ProxmoxError {
    switch status {
    case 401: .unauthorized
    case 403: .forbidden(reason: reason(body))
    case 501: .unsupported
    case 595...599: .nodeUnreachable(status: status)
    default: .refused(status: status, reason: reason(body))
    }
  }

  /// Proxmox' own sentence, in one line of bounded length; empty when there is none.
  private static func reason(_ body: [UInt8]) -> String {
    guard !body.isEmpty, body.count <= 65_536, let tree = try? JSONReader.read(body) else {
      return ""
    }
    let line = (tree["message"]?.string ?? "").split(whereSeparator: \.isNewline).first ?? ""
    return String(line.prefix(200))
  }
}
