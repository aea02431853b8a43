import Billing
import JSON
import Testing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite struct InstantTests {
    @Test(
        arguments: [
            (0, 0, 0), (300, 0, 300), (0, 300, -300), (.max, 0, .max), (0, .max, -.max), (.max, .max, 0),
            (.min, .min, 0), (.min, 0, .min), (0, .min + 1, .max), (0, .min, .max), (.max, .min, .max),
            (.min, .max, .min), (-1, .max, .min), (-2, .max, .min),
        ] as [(Int64, Int64, Int64)]
    )
    func `the distance of two instants saturates`(later: Int64, earlier: Int64, seconds: Int64) {
        #expect(Instant(unixSeconds: later).seconds(since: Instant(unixSeconds: earlier)) == seconds)
    }

    @Test(
        arguments: [
            (0, 0, 0), (100, 20, 120), (100, -120, -20), (.max, 0, .max), (.max, 1, .max), (.max, .max, .max),
            (.max - 1, 1, .max), (.min, -1, .min), (.min + 1, -1, .min), (.min, .min, .min), (.max, .min, -1),
        ] as [(Int64, Int64, Int64)]
    )
    func `adding saturates`(start: Int64, seconds: Int64, sum: Int64) {
        #expect(Instant(unixSeconds: start).adding(seconds: seconds) == Instant(unixSeconds: sum))
    }

    @Test func `earlier is less`() {
        #expect(Instant(unixSeconds: -1) < Instant(unixSeconds: 0))
        #expect(!(Instant(unixSeconds: 0) < Instant(unixSeconds: 0)))
    }

    @Test(arguments: [Int64.min, 0, 1_750_000_000, .max])
    func `is coded as a bare integer`(seconds: Int64) throws {
        let coded = JSONWriter.bytes(of: [Instant(unixSeconds: seconds)])
        #expect(String(decoding: coded, as: UTF8.self) == "[\(seconds)]")
        #expect(try [Instant](json: coded) == [Instant(unixSeconds: seconds)])
    }

    @Test(arguments: ["[\"1750000000\"]", "[1.5]", "[null]", "[9223372036854775808]", "[{}]"])
    func `is read from nothing but an integer`(text: String) {
        #expect(throws: (any Error).self) { try [Instant](json: Array(text.utf8)) }
    }
}
