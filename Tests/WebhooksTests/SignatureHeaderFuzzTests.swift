import Billing
import Testing
import Webhooks

/// Headers put together at random from the pieces that matter, each read a second way, slowly.
@Suite struct SignatureHeaderFuzzTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `agrees with a plain reading of the rules`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let pieces = [
            "t", "v1", "v0", "=", "=", ",", ",", " ", "\t", "0", "1", "17", "1750000000", "999999999999",
            "t=1", "t=1750000000", ",v1=", ",t=", "\0", "é", "-",
            String(repeating: "a", count: 64), String(repeating: "0", count: 63), "potato",
        ]
        for _ in 0..<4_000 {
            let text = (0..<Int.random(in: 0...9, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
            #expect(Self.reading(of: text) == Self.plainReading(of: text), "\(text.debugDescription)")
        }
    }

    private enum Reading: Equatable {
        case header(t: Int64, v1: [String])
        case missing
        case malformed
    }

    private static func reading(of text: String) -> Reading {
        do {
            let header = try SignatureHeader(parsing: text)
            return .header(t: header.signedAt.unixSeconds, v1: header.candidates.map(\.hex))
        } catch .missingHeader {
            return .missing
        } catch {
            return .malformed
        }
    }

    private static func plainReading(of text: String) -> Reading {
        func trimmed(_ text: String) -> String {
            var scalars = text.unicodeScalars[...]
            while scalars.first == " " || scalars.first == "\t" { scalars.removeFirst() }
            while scalars.last == " " || scalars.last == "\t" { scalars.removeLast() }
            return String(scalars)
        }
        guard !trimmed(text).isEmpty else { return .missing }
        let elements = text.unicodeScalars.split(separator: ",", omittingEmptySubsequences: false)
            .map { trimmed(String($0)) }
            .filter { $0.unicodeScalars.contains("=") }
        func values(of name: String) -> [String] {
            elements.filter { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        let times = values(of: "t")
        guard times.count == 1, times[0].wholeMatch(of: /0|[1-9][0-9]{0,11}/) != nil, let t = Int64(times[0])
        else { return .malformed }
        let signatures = values(of: "v1")
        guard !signatures.isEmpty else { return .malformed }
        let candidates = signatures.filter { $0.wholeMatch(of: /[0-9a-f]{64}/) != nil }
        return .header(t: t, v1: Array(candidates.prefix(16)))
    }
}

/// The same numbers on every machine for the same seed.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
