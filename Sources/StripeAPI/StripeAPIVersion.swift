/// The version of Stripe's API that answers are shaped by, such as `2026-09-30.endive`.
package struct StripeAPIVersion: Sendable, Equatable, CustomStringConvertible {
    /// What this code was written against.
    ///
    /// Changing it changes the shape of what is read.
    package static let pinned = StripeAPIVersion(known: "2026-09-30.endive")

    package let text: String

    /// Refuses what is not a date, alone or with a release name after a dot.
    ///
    /// Whether Stripe ever released that version is Stripe's to say.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let date = parts.first, date.count == 10 else { return nil }
        let isDate = date.enumerated().allSatisfy { index, byte in
            index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
        }
        let name = parts.count == 2 ? parts[1] : nil
        let isNamed = name.map { !$0.isEmpty && $0.allSatisfy { (0x61...0x7A).contains($0) } } ?? true
        guard isDate, isNamed, 1...12 ~= Self.number(date, 5), 1...31 ~= Self.number(date, 8) else {
            return nil
        }
        self.text = text
    }

    init(known: String) { text = known }

    /// By date alone: releases follow each other, so their names say nothing more.
    package func isOlder(than other: StripeAPIVersion) -> Bool {
        text.utf8.prefix(10).lexicographicallyPrecedes(other.text.utf8.prefix(10))
    }

    private static func number(_ date: Substring.UTF8View, _ offset: Int) -> Int {
        Int(String(decoding: date.dropFirst(offset).prefix(2), as: UTF8.self)) ?? 0
    }

    package var description: String { text }
}
