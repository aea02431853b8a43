// swift-tools-version: 6.2
import PackageDescription

/// What every target of ours is held to; dependencies keep their own settings.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "console-billing",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "console-billing", targets: ["ConsoleBilling"]),
        .executable(name: "stripe-stand-in", targets: ["StripeStandInServer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        // The C libraries, each visible to one Swift module.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // The vocabulary and the decisions: pure.
        .target(name: "Billing", swiftSettings: house),

        // What goes with a piece of work through every room.
        .target(
            name: "Traces",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: house
        ),

        // Effects, from the inside out.
        .target(name: "Webhooks", dependencies: ["Billing", "COpenSSL"], swiftSettings: house),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: house),
        .target(
            name: "StripeAPI",
            dependencies: ["HTTPClient", "Traces", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: house
        ),
        // SQL and the decoding of rows, the same for each database; the drivers are in the stores' modules.
        .target(name: "Database", swiftSettings: house),
        .target(
            name: "Storage",
            dependencies: ["Billing", "Database", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: house
        ),
        // What is measured through swift-metrics, as Prometheus reads it.
        .target(
            name: "PrometheusMetrics",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: house
        ),
        .target(
            name: "SQLiteStorage",
            dependencies: [
                "Billing", "Database", "Storage", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: house
        ),
        .target(name: "PostgresClient", dependencies: ["CPostgres"], swiftSettings: house),
        .target(
            name: "PostgresStorage",
            dependencies: ["Billing", "Database", "Storage", "PostgresClient"],
            swiftSettings: house
        ),
        // Who knows a chain's leases and days: Console's indexer and Akash's nodes.
        .target(
            name: "UsageSources",
            dependencies: ["Billing", "HTTPClient", "PostgresClient", "Storage"],
            swiftSettings: house
        ),
        .target(
            name: "Upkeep",
            dependencies: [
                "Billing", "HTTPClient", "Webhooks", "Storage", "StripeAPI", "Traces",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: house
        ),
        .target(
            name: "Web",
            dependencies: [
                "Billing", "Webhooks", "Storage", "Traces", "PrometheusMetrics", "CZlib",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ],
            resources: [
                .embedInCode("Pages/Templates"), .embedInCode("Pages/Assets"), .embedInCode("OpenAPI"),
            ],
            swiftSettings: house
        ),
        // Consistent made-up stories of a payment: what `trigger` posts and the tests shuffle.
        .target(name: "Stories", dependencies: ["Billing"], swiftSettings: house),
        .executableTarget(
            name: "ConsoleBilling",
            dependencies: [
                "Billing", "Webhooks", "HTTPClient", "StripeAPI", "Storage", "SQLiteStorage",
                "PostgresClient", "PostgresStorage", "PrometheusMetrics", "Traces", "UsageSources", "Upkeep",
                "Web",
                "Stories", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: house
        ),

        // What the tests stand on.
        .target(
            name: "TestSupport",
            dependencies: ["Billing", "Stories", "Webhooks"],
            path: "Tests/TestSupport",
            swiftSettings: house
        ),
        .target(
            name: "StripeStandIn",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/StripeStandIn",
            swiftSettings: house
        ),
        .target(
            name: "AkashNodeStandIn",
            dependencies: [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/AkashNodeStandIn",
            swiftSettings: house
        ),
        .executableTarget(
            name: "StripeStandInServer",
            dependencies: [
                "StripeStandIn", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/StripeStandInServer",
            swiftSettings: house
        ),
        .executableTarget(
            name: "SignaturePeer",
            dependencies: ["Billing", "Webhooks"],
            path: "Tests/SignaturePeer",
            swiftSettings: house
        ),
        .target(
            name: "StorageConformance",
            dependencies: ["Billing", "Database", "Storage", "Webhooks", "Stories", "TestSupport"],
            path: "Tests/StorageConformance",
            swiftSettings: house
        ),

        .testTarget(name: "TracesTests", dependencies: ["Traces"], swiftSettings: house),
        .testTarget(
            name: "BillingTests",
            dependencies: ["Billing", "Webhooks", "Stories", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "WebhooksTests",
            dependencies: ["Billing", "Webhooks", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "StripeAPITests",
            dependencies: ["HTTPClient", "StripeAPI", "StripeStandIn", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "SQLiteStorageTests",
            dependencies: ["Database", "SQLiteStorage", "StorageConformance", "Stories", "TestSupport"],
            swiftSettings: house
        ),
        .testTarget(
            name: "PostgresStorageTests",
            dependencies: [
                "Billing", "Database", "PostgresClient", "PostgresStorage", "SQLiteStorage", "Storage",
                "StorageConformance", "Stories", "TestSupport",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "UsageSourcesTests",
            dependencies: [
                "AkashNodeStandIn", "Billing", "HTTPClient", "PostgresClient", "SQLiteStorage", "Storage",
                "StorageConformance", "Stories", "TestSupport", "Upkeep", "UsageSources",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "UpkeepTests",
            dependencies: [
                "HTTPClient", "Upkeep", "SQLiteStorage", "StripeStandIn", "TestSupport", "Webhooks",
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Billing", "HTTPClient", "SQLiteStorage", "Storage", "Stories", "StripeAPI", "StripeStandIn",
                "TestSupport", "Traces", "Upkeep", "Web", "Webhooks",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Snapshots"],
            swiftSettings: house
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Billing", "ConsoleBilling", "HTTPClient", "Stories", "StripeAPI", "StripeStandIn",
                "TestSupport", "Web", "Webhooks", .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: [
                "PrometheusMetrics", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Billing", "HTTPClient", "SQLiteStorage", "Storage", "Stories", "StripeAPI", "TestSupport",
                "Upkeep", "Webhooks",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house
        ),
    ]
)
