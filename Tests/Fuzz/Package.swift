// swift-tools-version: 6.2
import PackageDescription

/// As in the package of the service; a stand-in must not be easier to compile than what it stands in for.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A program that libFuzzer drives; its name is that of its corpus.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + ["Fuzzing"], swiftSettings: house)
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
        .target(name: "JSON", swiftSettings: house),
        .target(name: "Cryptography", dependencies: ["COpenSSL"], swiftSettings: house),
        .target(name: "Billing", dependencies: ["JSON"], swiftSettings: house),
        .target(name: "Webhooks", dependencies: ["Billing", "Cryptography"], swiftSettings: house),
        .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: house),
        .target(
            name: "Traces",
            dependencies: [.product(name: "Logging", package: "swift-log")],
            swiftSettings: house
        ),
        .target(
            name: "StripeAPI",
            dependencies: [
                "Billing", "HTTPClient", "JSON", "Traces",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(name: "Database", swiftSettings: house),
        .target(
            name: "Storage",
            dependencies: [
                "Billing", "Database", "JSON", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: house
        ),
        .target(name: "Upkeep", dependencies: ["Billing", "JSON", "StripeAPI"], swiftSettings: house),
        .target(name: "Hummingbird", swiftSettings: house),
        .target(
            name: "Web",
            dependencies: ["Billing", "JSON", "Storage", "Hummingbird"],
            swiftSettings: house
        ),
        .target(name: "ConsoleBilling", dependencies: ["JSON", "Storage"], swiftSettings: house),

        .target(name: "Fuzzing", swiftSettings: house),
        .target(name: "Laws", dependencies: ["Billing", "Fuzzing"], swiftSettings: house),
        fuzzer("FuzzSignatureHeader", ["Billing", "Webhooks"]),
        fuzzer("FuzzJSON", ["JSON"]),
        fuzzer("FuzzEvent", ["Billing", "Laws", "Webhooks"]),
        fuzzer("FuzzPayment", ["Billing", "Laws", "Webhooks"]),
        fuzzer("FuzzEventFile", ["ConsoleBilling"]),
        fuzzer("FuzzQuery", ["Billing", "Storage", "Hummingbird", "Web"]),
        fuzzer("FuzzCSV", ["Billing", "Web"]),
        fuzzer("FuzzReceiptURL", ["Billing", "HTTPClient"]),
        fuzzer("FuzzUsage", ["Billing", "JSON", "Web"]),
        fuzzer("FuzzStripeAnswer", ["Billing", "HTTPClient", "StripeAPI", "Upkeep"]),
    ]
)
