// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Net
import Rules

/// What the section `notifications` says besides routes and receivers.
struct OutletSettings: Sendable {
  let alertmanagers: [AlertmanagerSettings]
  let deadMansSwitch: DeadMansSwitchSettings?
  let externalURL: String

  /// Reads the section; what is wrong is reported to it.
  init(_ section: SettingsSection?) {
    alertmanagers = AlertmanagerSettings.list(section)
    deadMansSwitch = DeadMansSwitchSettings(section?.section("dead_mans_switch"))
    externalURL = section?.httpURL("external_url") ?? ""
  }
}

/// The ways by which others hear of alerts, or of hvsmon's silence, without a message of its own.
struct AlertOutlets: Sendable {
  let forwarder: AlertForwarder
  let deadMansSwitch: DeadMansSwitch

  /// Goes on with these settings.
  func adopt(_ loaded: LoadedSettings) async {
    let outlets = loaded.outlets
    await forwarder.adopt(outlets.alertmanagers, externalURL: outlets.externalURL)
    let intervals = loaded.rules.groups.map { $0.interval ?? RuleRunner.intervalStandard }
    await deadMansSwitch.adopt(
      outlets.deadMansSwitch,
      bounds: ChainProgress.Bounds(
        pollInterval: loaded.settings.poll.interval,
        pollTimeout: loaded.settings.poll.timeout,
        ruleInterval: intervals.min()
      )
    )
  }

  /// Ends pings and requests.
  func stop() async {
    await deadMansSwitch.stop()
    await forwarder.stop()
  }

  /// What there is to tell.
  func samples() async -> [CollectedSample] {
    await forwarder.samples() + deadMansSwitch.samples()
  }
}

extension HTTPClient {
  /// Asks for the address of the switch; why that did not work.
  func ping(_ settings: DeadMansSwitchSettings) async -> String? {
    let request = HTTPRequest(
      url: settings.url.reveal(),
      timeout: settings.timeout,
      maxBodyBytes: 64 << 10,
      maxRedirects: 3
    )
    do throws(HTTPClientError) {
      let response = try await send(request)
      return (200...299).contains(response.status) ? nil : "status \(response.status)"
    } catch {
      // Its description holds host and port, no path.
      return error.description
    }
  }
}
