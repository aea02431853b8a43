import Scenarios
import TestSupport
import Testing

@testable import Billing

/// Decimal numbers as text, held against the same by characters.
struct FixedDecimalTests {
    /// The digits of a number with a point in them, without what a reader does not need.
    private static func text(_ digits: String, places: Int) -> String {
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        var (whole, fraction) = (String(padded.dropLast(places)), String(padded.suffix(places)))
        while fraction.last == "0" { fraction.removeLast() }
        while whole.count > 1, whole.first == "0" { whole.removeFirst() }
        return fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }

    private static let numbers: [Int128] = {
        var random = SeededRandom(seed: 7)
        let powers = sequence(first: Int128(1)) { $0 > .max / 10 ? nil : $0 &* 10 }
        let small = (0..<1000).map { _ in Int128.random(in: 0...1_000_000, using: &random) }
        let large = (0..<1000).map { _ in Int128.random(in: 0...Int128.max, using: &random) }
        return powers.flatMap { [$0 &- 1, $0, $0 &+ 1] } + small + large
            + [.max, Int128(UInt64.max), Int128(UInt64.max) &+ 1]
    }()

    @Test(arguments: [1, 2, 18, 24]) func `a number is written with its point`(places: Int) {
        for number in Self.numbers {
            let text = FixedDecimal.text(number, places: places)
            #expect(text == Self.text(String(number), places: places))
            #expect(FixedDecimal.read(text, places: places, digits: 39) == number)
        }
    }

    @Test func `a number is written with the digits that follow`() {
        for (number, fine) in zip(Self.numbers, Self.numbers.reversed()) {
            let fine = fine % 1_000_000_000_000_000_000
            let following = String(String(fine &+ 1_000_000_000_000_000_000).dropFirst())
            let text = FixedDecimal.text(number, followedBy: Int64(clamping: fine), places: 42)
            #expect(text == Self.text(String(number) + following, places: 42))
        }
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "1.2.3", "-1", "+1", " 1", "1 ", "1e3", "1,5", "1_000", "0x1", "1.2345",
        "1234567", "1.000a", "é",
    ]) func `anything else is refused`(text: String) {
        #expect(FixedDecimal.read(text, places: 3, digits: 6) == nil)
    }

    @Test(arguments: [
        ("0", 0), ("000123", 123_000), ("1.5", 1500), ("0.001000", 1), ("999999.999", 999_999_999),
    ])
    func `a plain number is read`(text: String, number: Int128) {
        #expect(FixedDecimal.read(text, places: 3, digits: 6) == number)
    }

    @Test func `a number that does not fit is the largest`() {
        let text = String(repeating: "9", count: 60)
        #expect(FixedDecimal.read(text, places: 18, digits: 60) == .max)
        #expect(FixedDecimal.read("17014118346046923173168730371588410572.8", places: 1, digits: 60) == .max)
    }
}
