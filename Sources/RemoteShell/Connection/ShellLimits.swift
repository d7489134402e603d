// SPDX-License-Identifier: MIT

/// What connections may use.
package struct ShellLimits: Sendable {
  /// Connections made at the same time: each costs a tenth of a second of CPU here.
  package var startsMax = 8
  /// Hosts that are kept connected.
  package var hostsMax = 1_024
  /// Questions that wait for one host.
  package var questionsMax = 16
  /// Bytes of one answer, markers included.
  package var answerBytesMax = 4 << 20
  /// Bytes of ssh's error output during one question.
  package var errorBytesMax = 64 << 10
  /// How long the far side may take to greet; ssh's own limit for connecting is shorter.
  package var greetingTime = Duration.seconds(10)
  /// Between SIGTERM and SIGKILL.
  package var graceTime = Duration.milliseconds(500)
  /// After it, give or take a tenth, a connection is renewed: only then is a changed host key or a
  /// removed authorised key noticed.
  package var lifetime = Duration.seconds(3_600)

  /// The limits a daemon uses.
  package init() {}
}
