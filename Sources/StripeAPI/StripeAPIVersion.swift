/// A version of Stripe's API, which determines the shape of responses, such as `2026-09-30.endive`.
package struct StripeAPIVersion: Sendable, Equatable, CustomStringConvertible {
    /// The version that this code was written for.
    ///
    /// Changing it changes the shape of the objects that are read.
    package static let pinned = StripeAPIVersion(known: "2026-09-30.endive")

    package let text: String

    /// Accepts a date, alone or with a release name after a dot.
    ///
    /// Stripe itself refuses a version that was never released.
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

    /// Compares the dates only: release names follow the dates.
    package func isOlder(than other: StripeAPIVersion) -> Bool {
        text.utf8.prefix(10).lexicographicallyPrecedes(other.text.utf8.prefix(10))
    }

    private static func number(_ date: Substring.UTF8View, _ offset: Int) -> Int {
        Int(String(decoding: date.dropFirst(offset).prefix(2), as: UTF8.self)) ?? 0
    }

    package var description: String { text }
}
