// SPDX-License-Identifier: MIT
import FoundationEssentials
import Glibc

/// Why a file could not be written, in words.
enum FileFault {
  /// What the system says, such as `Permission denied`; what Foundation says where it hides that.
  static func reason(_ error: any Error) -> String {
    guard let fault = error as? CocoaError, let system = fault.underlying as? POSIXError else {
      return "\(error)"
    }
    return String(cString: strerror(system.code.rawValue))
  }
}
