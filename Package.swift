// swift-tools-version: 6.2
// SPDX-License-Identifier: MIT
import PackageDescription

/// The settings of every Swift target; `make lint` and CI add warnings as errors, so that a newer
/// compiler never breaks a user's build.
let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of a module; files in `fixtures` are read where they lie.
func tests(
  _ name: String,
  _ dependencies: [Target.Dependency] = [],
  fixtures: [String] = []
) -> Target {
  .testTarget(
    name: name,
    dependencies: ["TestSupport"] + dependencies,
    exclude: fixtures,
    swiftSettings: swiftSettings
  )
}

func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

let systemLibraries: [Target] = [
  system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
  system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
  system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
  system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
  system("CSnappy", pkgConfig: "snappy", apt: "libsnappy-dev"),
  system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
  system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
  // RE2 speaks C++ only: this target is its C door.
  .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
  // What Swift's Glibc module leaves out of posix_spawn.
  .target(name: "CSpawn"),
  // ncurses' wide functions are macros in part: this target is a typed door.
  .target(
    name: "CNcurses",
    linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
  ),
  // What Swift's Glibc module leaves out of malloc.h.
  .systemLibrary(name: "CMalloc"),
  // epoll, which Swift's Glibc module leaves out.
  .target(name: "CEpoll"),
]

/// Inner to outer: a dependency only ever points to a module further up.
let modules: [Target] = [
  // Rounding is a libm call, and nothing here imports Glibc, which would link it.
  .target(
    name: "MetricModel",
    swiftSettings: swiftSettings,
    linkerSettings: [.linkedLibrary("m")]
  ),
  library("Exposition", ["MetricModel"]),
  library("Dashboards", ["MetricModel"]),
  library("Architecture", ["MetricModel"]),
  library("Logging"),
  library("YAML", ["CYAML"]),
  library("Patterns", ["CRE2", "MetricModel"]),
  library("Configuration", ["MetricModel", "Architecture", "YAML"]),
  library("ChunkCodec"),
  library("PromQL", ["MetricModel", "Patterns"]),
  library("Rules", ["MetricModel", "YAML", "Patterns", "Configuration", "PromQL"]),
  library(
    "RuleTesting",
    ["MetricModel", "YAML", "Patterns", "Configuration", "PromQL", "Rules"]
  ),
  library("Topology", ["MetricModel", "Architecture"]),
  library("Survey", ["MetricModel", "Architecture"]),
  library("Snapshot", ["MetricModel"]),
  library("TopView", ["MetricModel", "Snapshot"]),
  library("Incidents", ["MetricModel", "Snapshot"]),
  library(
    "Notifying",
    [
      "MetricModel", "Architecture", "Logging", "YAML", "Patterns", "Configuration", "Rules",
      "Topology",
    ]
  ),
  library("Net", ["CCurl", "CMicroHTTPD", "CCrypto", "CZlib", "CSnappy", "CEpoll"]),
  .target(
    name: "RemoteShell",
    dependencies: ["CSpawn", "Net"],
    // Sent to accounts that are not locked.
    resources: [.embedInCode("facts.sh")],
    swiftSettings: swiftSettings
  ),
  .target(
    name: "StatusPage",
    dependencies: ["MetricModel", "Snapshot", "Net"],
    // Pages are served by the binary alone.
    resources: ["page.css", "page.js", "graph.js", "login.js"].map { .embedInCode("Assets/\($0)") },
    swiftSettings: swiftSettings
  ),
  library("MongoWire", ["ChunkCodec", "Net"]),
  library("SQLite", ["CSQLite"]),
  library("SeriesStore", ["MetricModel", "Logging", "Patterns", "ChunkCodec", "SQLite"]),
  library("StateStore", ["MetricModel", "Logging", "Rules", "Notifying", "SQLite"]),
  library(
    "Polling",
    [
      "MetricModel", "Exposition", "Logging", "Configuration", "Topology", "Net", "RemoteShell",
    ]
  ),
  library(
    "Collectors",
    [
      "MetricModel", "Exposition", "Architecture", "Logging", "Patterns", "Configuration",
      "Topology", "Net", "RemoteShell", "MongoWire", "Polling",
    ]
  ),
  library("Receivers", ["MetricModel", "Configuration", "Rules", "Notifying", "Net"]),
  library(
    "HTTPAPI",
    [
      "MetricModel", "Patterns", "PromQL", "Rules", "Snapshot", "Incidents", "Notifying", "Net",
    ]
  ),
  library("Simulator", ["MetricModel", "Net"]),
  library(
    "Daemon",
    [
      "MetricModel", "Architecture", "Logging", "Patterns", "Configuration", "PromQL", "Rules",
      "Topology", "Snapshot", "Notifying", "Net", "StatusPage", "SQLite", "SeriesStore",
      "StateStore", "Polling", "HTTPAPI",
    ]
  ),
  .executableTarget(
    name: "hvsmon",
    dependencies: [
      "CNcurses", "CMalloc", "MetricModel", "Exposition", "Architecture", "Logging", "YAML",
      "Configuration",
      "PromQL", "Rules", "RuleTesting", "Survey", "Snapshot", "TopView", "Incidents", "Dashboards",
      "Notifying", "Net", "Polling", "Collectors", "Receivers", "Simulator", "Daemon",
    ],
    // The demo runs from the binary alone: the shipped rules are compiled in.
    resources: [.embedInCode("alerts.yml")],
    swiftSettings: swiftSettings
  ),
]

let testTargets: [Target] = [
  .target(
    name: "TestSupport",
    dependencies: ["MetricModel", "Net", "RemoteShell"],
    path: "Tests/TestSupport",
    swiftSettings: swiftSettings
  ),
  tests("HouseRulesTests"),
  tests("MetricModelTests", ["MetricModel"]),
  tests("ExpositionTests", ["Exposition", "MetricModel"]),
  tests("YAMLTests", ["YAML"]),
  tests("PatternsTests", ["Patterns", "MetricModel"]),
  tests("ArchitectureTests", ["Architecture", "MetricModel"]),
  tests(
    "ConfigurationTests",
    ["Configuration", "Architecture", "YAML", "MetricModel"],
    fixtures: ["Fixtures"]
  ),
  tests("ChunkCodecTests", ["ChunkCodec"]),
  // Runs PromQL scripts, for PromQLTests and for `make conformance`.
  .target(
    name: "PromQLScripts",
    dependencies: ["PromQL", "MetricModel", "Patterns"],
    path: "Tests/PromQLScripts",
    swiftSettings: swiftSettings
  ),
  .executableTarget(
    name: "PromQLConformance",
    dependencies: ["PromQLScripts"],
    path: "Tests/PromQLConformance",
    swiftSettings: swiftSettings
  ),
  tests(
    "PromQLTests",
    ["PromQLScripts", "PromQL", "MetricModel", "Patterns"],
    fixtures: ["Scripts"]
  ),
  tests("RulesTests", ["Rules", "PromQL", "Patterns", "MetricModel", "YAML", "Configuration"]),
  tests(
    "RuleTestingTests",
    ["RuleTesting", "Rules", "PromQL", "MetricModel", "Configuration"]
  ),
  tests("TopologyTests", ["Topology", "MetricModel", "Architecture"]),
  tests("SnapshotTests", ["Snapshot", "MetricModel"]),
  tests("IncidentsTests", ["Incidents", "Snapshot", "MetricModel"], fixtures: ["Golden"]),
  tests("TopViewTests", ["TopView", "Snapshot", "MetricModel"], fixtures: ["Golden"]),
  tests("StatusPageTests", ["StatusPage", "Snapshot", "MetricModel", "Net"]),
  tests(
    "DashboardsTests",
    ["Dashboards", "MetricModel", "PromQL", "Rules", "Collectors", "Daemon", "Net", "hvsmon"]
  ),
  tests("SurveyTests", ["Survey", "MetricModel", "Architecture", "Configuration"]),
  tests(
    "NotifyingTests",
    [
      "Notifying", "Rules", "MetricModel", "Architecture", "Configuration", "Patterns", "Logging",
      "Topology",
    ]
  ),
  tests("NetTests", ["Net"]),
  tests("RemoteShellTests", ["RemoteShell"]),
  tests("MongoWireTests", ["MongoWire", "Net"]),
  tests("SQLiteTests", ["SQLite"]),
  // Killed by SeriesStoreTests while it writes.
  .executableTarget(
    name: "CrashWriter",
    dependencies: ["SeriesStore", "MetricModel", "TestSupport"],
    path: "Tests/CrashWriter",
    swiftSettings: swiftSettings
  ),
  tests("SeriesStoreTests", ["CrashWriter", "SeriesStore", "SQLite", "MetricModel", "PromQL"]),
  // Killed by StateStoreTests while it queues and delivers.
  .executableTarget(
    name: "CrashQueue",
    dependencies: ["StateStore", "Notifying", "Rules", "MetricModel", "Logging"],
    path: "Tests/CrashQueue",
    swiftSettings: swiftSettings
  ),
  tests(
    "StateStoreTests",
    ["CrashQueue", "StateStore", "SQLite", "Notifying", "Rules", "MetricModel", "Logging"]
  ),
  tests("PollingTests", ["Polling", "MetricModel", "Configuration", "Logging", "Net"]),
  tests(
    "CollectorsTests",
    [
      "Collectors", "Polling", "MetricModel", "Architecture", "Configuration", "Logging", "Net",
      "RemoteShell", "MongoWire", "Simulator",
    ],
    fixtures: ["Nginx/Fixtures"]
  ),
  tests(
    "ReceiversTests",
    ["Receivers", "Notifying", "Rules", "MetricModel", "Configuration", "Net", "Simulator"]
  ),
  tests(
    "HTTPAPITests",
    ["HTTPAPI", "PromQL", "MetricModel", "Net", "Notifying", "Patterns", "Rules"]
  ),
  tests("SimulatorTests", ["Simulator", "MetricModel", "Net"]),
  tests(
    "DaemonTests",
    [
      "Daemon", "MetricModel", "Architecture", "Configuration", "Net", "Polling", "Collectors",
      "Receivers", "Notifying", "Rules", "Logging", "HTTPAPI", "SeriesStore", "SQLite", "PromQL",
      "StateStore", "Simulator", "Topology", "Snapshot",
    ]
  ),
  // A simulated cluster in a process of its own, for `make bench`.
  .executableTarget(
    name: "BenchCluster",
    dependencies: ["Simulator", "Polling", "MetricModel", "Net"],
    path: "Tests/Bench/BenchCluster",
    swiftSettings: swiftSettings
  ),
  // The store by itself, for `make bench`.
  .executableTarget(
    name: "BenchStore",
    dependencies: ["SeriesStore", "PromQL", "MetricModel"],
    path: "Tests/Bench/BenchStore",
    swiftSettings: swiftSettings
  ),
  // The program itself is built with the tests that start it.
  tests(
    "CommandLineTests",
    ["hvsmon", "Simulator", "MetricModel", "Net", "Polling"],
    fixtures: ["Fixtures"]
  ),
  tests("SurvivalTests", ["Net", "hvsmon"]),
  // Skipped where there is no lab; `make lab` makes one.
  tests("LabTests", ["Net", "hvsmon"]),
  tests(
    "PeerTests",
    [
      "Net", "MongoWire", "Configuration", "MetricModel", "Simulator", "hvsmon", "Notifying",
      "Patterns", "Receivers", "Rules",
    ]
  ),
]

let package = Package(
  name: "hvsmon",
  products: [.executable(name: "hvsmon", targets: ["hvsmon"])],
  targets: systemLibraries + modules + testTargets,
  swiftLanguageModes: [.v6]
)
