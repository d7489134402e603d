// SPDX-License-Identifier: MIT
@testable import RemoteShell

extension SSHConnections {
  /// Connections whose limits a test changes.
  static func limited(_ change: (inout ShellLimits) -> Void) throws -> SSHConnections {
    var limits = ShellLimits()
    change(&limits)
    guard let connections = SSHConnections(limits: limits) else { throw NoDescriptors() }
    return connections
  }

  struct NoDescriptors: Error {}
}

/// The error that a question ends with; nil when it is answered.
func failure(
  of host: RemoteHost,
  _ commands: [RemoteCommand] = [.addresses],
  timeout: Duration = .seconds(5)
) async -> RemoteShellError? {
  do throws(RemoteShellError) {
    _ = try await host.ask(commands, timeout: timeout)
    return nil
  } catch {
    return error
  }
}
