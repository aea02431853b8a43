// swift-tools-version: 6.2
import PackageDescription

/// Strict settings of every target here; dependencies keep their own settings.
let strictSettings: [SwiftSetting] = [
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
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // One reader and one writer of JSON, and the cryptography, which cannot be called Crypto: that is a
        // module of swift-crypto, which is resolved as a dependency of dependencies.
        .target(name: "JSON", swiftSettings: strictSettings),
        .target(name: "Cryptography", dependencies: ["COpenSSL"], swiftSettings: strictSettings),

        // Bodies of events and snapshots of objects made small, with dictionaries that are part of the program.
        .target(
            name: "Compression",
            dependencies: ["CZstd"],
            resources: [
                .embedInCode("Resources/body.dictionary"), .embedInCode("Resources/snapshot.dictionary"),
            ],
            swiftSettings: strictSettings
        ),

        // The vocabulary and the decisions: pure.
        .target(name: "Billing", dependencies: ["JSON"], swiftSettings: strictSettings),

        // The trace context that accompanies a piece of work through every module.
        .target(
            name: "Traces",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: strictSettings
        ),

        // Effects, from the inside out.
        .target(name: "Webhooks", dependencies: ["Billing", "Cryptography"], swiftSettings: strictSettings),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: strictSettings),
        .target(
            name: "StripeAPI",
            dependencies: [
                "Billing", "HTTPClient", "JSON", "Traces",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strictSettings
        ),
        // SQL and the decoding of rows, the same for each database; the drivers are in the stores' modules.
        .target(name: "Database", swiftSettings: strictSettings),
        .target(
            name: "Storage",
            dependencies: [
                "Billing", "Compression", "Database", "JSON",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strictSettings
        ),
        // Measurements through swift-metrics, in Prometheus' text format.
        .target(
            name: "PrometheusMetrics",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strictSettings
        ),
        .target(
            name: "SQLiteStorage",
            dependencies: [
                "Billing", "Database", "JSON", "Storage", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strictSettings
        ),
        .target(
            name: "PostgresClient",
            dependencies: ["CPostgres", "Database"],
            swiftSettings: strictSettings
        ),
        .target(
            name: "PostgresStorage",
            dependencies: ["Billing", "Database", "Storage", "PostgresClient"],
            swiftSettings: strictSettings
        ),
        // Who knows a chain's leases and days: Console's indexer and Akash's nodes.
        .target(
            name: "UsageSources",
            dependencies: ["Billing", "Database", "HTTPClient", "JSON", "PostgresClient", "Storage"],
            swiftSettings: strictSettings
        ),
        .target(
            name: "BackgroundJobs",
            dependencies: [
                "Billing", "Cryptography", "HTTPClient", "JSON", "Webhooks", "Storage", "StripeAPI", "Traces",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strictSettings
        ),
        .target(
            name: "Web",
            dependencies: [
                "Billing", "Cryptography", "JSON", "Webhooks", "Storage", "Traces", "PrometheusMetrics",
                "CZlib", .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            resources: [
                .embedInCode("Pages/Templates"), .embedInCode("Pages/Assets"), .embedInCode("OpenAPI"),
            ],
            swiftSettings: strictSettings
        ),
        // Consistent made-up stories of a payment: what `trigger` posts and the tests shuffle.
        .target(name: "Scenarios", dependencies: ["Billing", "JSON"], swiftSettings: strictSettings),
        .executableTarget(
            name: "ConsoleBilling",
            dependencies: [
                "Billing", "Cryptography", "JSON", "Webhooks", "HTTPClient", "StripeAPI", "Storage",
                "SQLiteStorage", "PostgresClient", "PostgresStorage", "PrometheusMetrics", "Traces",
                "UsageSources", "BackgroundJobs", "Web", "Scenarios",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strictSettings
        ),

        // Support for tests.
        .target(
            name: "TestSupport",
            dependencies: ["Billing", "Scenarios", "Storage", "Webhooks"],
            path: "Tests/TestSupport",
            swiftSettings: strictSettings
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
            swiftSettings: strictSettings
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
            swiftSettings: strictSettings
        ),
        .executableTarget(
            name: "StripeStandInServer",
            dependencies: [
                "StripeStandIn", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/StripeStandInServer",
            swiftSettings: strictSettings
        ),
        .executableTarget(
            name: "SignaturePeer",
            dependencies: ["Billing", "Cryptography", "Webhooks"],
            path: "Tests/SignaturePeer",
            swiftSettings: strictSettings
        ),
        .target(
            name: "StorageConformance",
            dependencies: ["Billing", "Database", "JSON", "Storage", "Webhooks", "Scenarios", "TestSupport"],
            path: "Tests/StorageConformance",
            swiftSettings: strictSettings
        ),

        .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: strictSettings),
        .testTarget(
            name: "CryptographyTests",
            dependencies: ["Cryptography", "TestSupport"],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "CompressionTests",
            dependencies: ["Compression", "TestSupport"],
            swiftSettings: strictSettings
        ),
        .testTarget(name: "TracesTests", dependencies: ["Traces"], swiftSettings: strictSettings),
        .testTarget(
            name: "BillingTests",
            dependencies: ["Billing", "JSON", "Webhooks", "Scenarios", "TestSupport"],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "WebhooksTests",
            dependencies: ["Billing", "Webhooks", "TestSupport"],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "StripeAPITests",
            dependencies: ["HTTPClient", "StripeAPI", "StripeStandIn", "TestSupport"],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "SQLiteStorageTests",
            dependencies: [
                "Database", "JSON", "SQLiteStorage", "StorageConformance", "Scenarios", "TestSupport",
            ],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "PostgresStorageTests",
            dependencies: [
                "Billing", "Compression", "Database", "JSON", "PostgresClient", "PostgresStorage",
                "SQLiteStorage",
                "Storage", "StorageConformance", "Scenarios", "TestSupport",
            ],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "UsageSourcesTests",
            dependencies: [
                "AkashNodeStandIn", "Billing", "HTTPClient", "PostgresClient", "SQLiteStorage", "Storage",
                "StorageConformance", "Scenarios", "TestSupport", "BackgroundJobs", "UsageSources",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "BackgroundJobsTests",
            dependencies: [
                "Billing", "HTTPClient", "JSON", "BackgroundJobs", "SQLiteStorage", "StripeStandIn",
                "TestSupport",
                "Webhooks",
            ],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "Billing", "Cryptography", "HTTPClient", "JSON", "SQLiteStorage", "Storage", "Scenarios",
                "StripeAPI", "StripeStandIn", "TestSupport", "Traces", "BackgroundJobs", "Web", "Webhooks",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            exclude: ["Snapshots"],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Billing", "ConsoleBilling", "Cryptography", "HTTPClient", "JSON", "Scenarios", "StripeAPI",
                "StripeStandIn", "TestSupport", "Web", "Webhooks",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: [
                "PrometheusMetrics", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strictSettings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Billing", "HTTPClient", "SQLiteStorage", "Storage", "Scenarios", "StripeAPI", "TestSupport",
                "BackgroundJobs", "Webhooks",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strictSettings
        ),
    ]
)
