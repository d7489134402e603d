// SPDX-License-Identifier: MIT
package import Polling

/// Every collector; add yours here.
package let allCollectors: [any Collector.Type] = [
  NginxCollector.self,
  NginxHostCollector.self,
  NginxStickyCollector.self,
  PM2Collector.self,
  HTTPProbeCollector.self,
  ProxmoxCollector.self,
  ProxmoxNodeCollector.self,
  ProxmoxBackupCollector.self,
  MongoDBCollector.self,
  ReplicaSetCollector.self,
  VRRPCollector.self,
  VRRPGuestCollector.self,
  VRRPHostCollector.self,
  ExpositionCollector.self,
  MonitorCollector.self,
]
