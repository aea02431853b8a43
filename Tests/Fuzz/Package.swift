// swift-tools-version: 6.2
import PackageDescription

/// As in the package of the service; a stand-in must not be easier to compile than what it stands in for.
let strictSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A program that libFuzzer drives; its name is that of its corpus.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + ["Fuzzing"], swiftSettings: strictSettings)
}

// Only two small external packages, for metrics and logs: the fuzzers compile the pure files of
// the service, by symbolic links, so that a build takes a minute. `run` adds the sanitizer and `-enable-testing`.
let package = Package(
    name: "console-billing-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .target(
            name: "Compression",
            dependencies: ["CZstd"],
            resources: [
                .embedInCode("Resources/body.dictionary"), .embedInCode("Resources/snapshot.dictionary"),
            ],
            swiftSettings: strictSettings
        ),
        .target(name: "JSON", swiftSettings: strictSettings),
        .target(name: "Cryptography", dependencies: ["COpenSSL"], swiftSettings: strictSettings),
        .target(name: "Billing", dependencies: ["JSON"], swiftSettings: strictSettings),
        .target(name: "Webhooks", dependencies: ["Billing", "Cryptography"], swiftSettings: strictSettings),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: strictSettings),
        .target(
            name: "Traces",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: strictSettings
        ),
        .target(
            name: "StripeAPI",
            dependencies: [
                "Billing", "HTTPClient", "JSON", "Traces",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strictSettings
        ),
        .target(name: "Database", swiftSettings: strictSettings),
        .target(
            name: "Storage",
            dependencies: [
                "Billing", "Compression", "Database", "JSON",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strictSettings
        ),
        .target(
            name: "BackgroundJobs",
            dependencies: ["Billing", "JSON", "StripeAPI"],
            swiftSettings: strictSettings
        ),
        .target(name: "Hummingbird", swiftSettings: strictSettings),
        .target(
            name: "Web",
            dependencies: ["Billing", "JSON", "Storage", "Hummingbird"],
            swiftSettings: strictSettings
        ),
        .target(name: "ConsoleBilling", dependencies: ["JSON", "Storage"], swiftSettings: strictSettings),

        .target(name: "Fuzzing", swiftSettings: strictSettings),
        .target(name: "Laws", dependencies: ["Billing", "Fuzzing"], swiftSettings: strictSettings),
        fuzzer("FuzzSignatureHeader", ["Billing", "Webhooks"]),
        fuzzer("FuzzJSON", ["JSON"]),
        fuzzer("FuzzEvent", ["Billing", "Laws", "Webhooks"]),
        fuzzer("FuzzPayment", ["Billing", "Laws", "Webhooks"]),
        fuzzer("FuzzEventFile", ["ConsoleBilling"]),
        fuzzer("FuzzQuery", ["Billing", "Storage", "Hummingbird", "Web"]),
        fuzzer("FuzzCSV", ["Billing", "Web"]),
        fuzzer("FuzzReceiptURL", ["Billing", "HTTPClient"]),
        fuzzer("FuzzUsage", ["Billing", "JSON", "Web"]),
        fuzzer("FuzzStripeAnswer", ["Billing", "HTTPClient", "StripeAPI", "BackgroundJobs"]),
    ]
)
