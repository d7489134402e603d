// SPDX-License-Identifier: MIT
import MetricModel

/// What facts.sh keeps of `nginx -T`.
extension HostFace {
  /// The burst of every load balancer, and that of one that was changed.
  static let burst = 100
  static let driftedBurst = 50

  var nginxConfiguration: String {
    let isDrifted = world.has(.configurationDrifted(guest.vmID), at: now)
    let servers = world.plan.apps.map {
      "server \($0.address):\(ClusterPlan.appPort) max_fails=2 fail_timeout=5s;"
    }
    let zone = ClusterPlan.limitZone
    return """
      # newest \(configurationChange.wholeSeconds)
      # configuration file /etc/nginx/nginx.conf:
      user www-data;
      worker_processes 2;
      pid /run/nginx.pid;
      error_log \(ErrorLog.path) warn;
      events {
      worker_connections 1024;
      }
      http {
      keepalive_timeout 65;
      limit_req_zone $binary_remote_addr zone=\(zone):10m rate=20r/s;
      limit_req_status 429;
      }
      # configuration file /etc/nginx/conf.d/shop.conf:
      upstream app {
      ip_hash;
      \(servers.joined(separator: "\n"))
      }
      server {
      listen \(guest.address):80;
      listen \(guest.address):443 ssl;
      server_name shop.example;
      ssl_certificate \(Self.certificatePath);
      location / {
      limit_req zone=\(zone) burst=\(isDrifted ? Self.driftedBurst : Self.burst) nodelay;
      proxy_pass http://app;
      proxy_connect_timeout 2s;
      proxy_read_timeout 10s;
      proxy_next_upstream error timeout;
      }
      location = /nginx_status {
      stub_status;
      }
      }

      """
  }
}
