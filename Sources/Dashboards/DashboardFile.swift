// SPDX-License-Identifier: MIT

/// One file of the folder `dashboards`.
package struct DashboardFile: Sendable {
  /// Below the folder.
  package let path: String
  /// Its text.
  package let text: String

  /// Every file.
  package static var all: [DashboardFile] {
    Dashboard.all.map { DashboardFile(path: "\($0.uid).json", text: $0.grafanaText) }
      + [
        DashboardFile(path: "provisioning/dashboards.yaml", text: providers),
        DashboardFile(path: "provisioning/datasource.yaml", text: dataSource),
        DashboardFile(path: "README.md", text: readme),
      ]
  }

  private static let providers = """
    # SPDX-License-Identifier: MIT
    # For /etc/grafana/provisioning/dashboards: all dashboards of hvsmon in a folder of that name.
    apiVersion: 1
    providers:
      - name: hvsmon
        folder: hvsmon
        type: file
        updateIntervalSeconds: 30
        disableDeletion: true
        allowUiUpdates: false
        options:
          path: /var/lib/grafana/dashboards/hvsmon

    """

  private static let dataSource = """
    # SPDX-License-Identifier: MIT
    # For /etc/grafana/provisioning/datasources: hvsmon as a Prometheus. HVSMON_URL is an environment
    # variable of Grafana such as http://127.0.0.1:9820, HVSMON_TOKEN a token of the role read where
    # hvsmon asks for one.
    apiVersion: 1
    datasources:
      - name: hvsmon
        uid: hvsmon-prom
        type: prometheus
        access: proxy
        url: ${HVSMON_URL}
        jsonData:
          httpMethod: POST
          timeInterval: 15s
          httpHeaderName1: Authorization
        secureJsonData:
          httpHeaderValue1: Bearer ${HVSMON_TOKEN}

    """

  private static var readme: String {
    let rows = Dashboard.all.map { "| [\($0.uid).json](\($0.uid).json) | \($0.question) |" }
    return """
      # Dashboards for Grafana

      Made by `hvsmon dashboards export`; what is changed here is lost with the next version.

      | file | its question |
      | --- | --- |
      \(rows.joined(separator: "\n"))

      ## Install

      1. Write the files that match the running version:
         `hvsmon dashboards export --grafana /var/lib/grafana/dashboards/hvsmon`
      2. Copy [provisioning/dashboards.yaml](provisioning/dashboards.yaml) to
         `/etc/grafana/provisioning/dashboards/hvsmon.yaml`, and for hvsmon itself as data source
         [provisioning/datasource.yaml](provisioning/datasource.yaml) to
         `/etc/grafana/provisioning/datasources/hvsmon.yaml`, with `HVSMON_URL` and `HVSMON_TOKEN` in
         Grafana's environment.
      3. Restart Grafana and open the folder hvsmon. To change a dashboard, save it as a copy first:
         provisioned ones are read-only.

      ## With Prometheus

      Every query is answered as well by a Prometheus that scrapes hvsmon, when it keeps the labels:

      ```yaml
      scrape_configs:
        - {job_name: hvsmon, honor_labels: true, static_configs: [{targets: ["127.0.0.1:9820"]}]}
      ```

      Choose it above as the data source. [alerts.yml](../alerts.yml) is valid for Prometheus as it
      stands: name it in `rule_files`. There is no second copy of it here that could differ.

      ## What was tested

      Each query is put to hvsmon and to a Prometheus 2.42 that scrapes it, and both give the same series.
      The files have the shape of Grafana's classic JSON, schema version 39 (10.4 and later). No Grafana
      is part of the tests.

      """
  }
}
