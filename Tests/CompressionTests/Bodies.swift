import Foundation
import TestSupport

/// The bodies of `testdata/`, byte for byte.
enum Bodies {
    static let events: [[UInt8]] = {
        let folder = Testdata.url("events")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { try? Testdata.bytes("events/\($0)") }
    }()

    static let all: [[UInt8]] = events + Scenario.all.flatMap(\.payloads)

    static let charge: [UInt8] = (try? Testdata.bytes("events/charge.succeeded.json")) ?? []
}

extension [UInt8] {
    static func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }
}
