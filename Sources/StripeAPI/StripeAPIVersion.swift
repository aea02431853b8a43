/// The version of Stripe's API that answers are shaped by, such as `2026-09-30.endive`.
package struct StripeAPIVersion: Sendable, Equatable, CustomStringConvertible {
    /// What this code was written against.
    ///
    /// Changing it changes the shape of what is read.
    package static let pinned = StripeAPIVersion(known: "2026-09-30.endive")

    package let text: String

    /// Refuses what is not a date, alone or with a release name after a dot.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let date = parts.first, date.count == 10 else { return nil }
        let isDate = date.enumerated().allSatisfy { index, byte in
            index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
        }
        let name = parts.count == 2 ? parts[1] : nil
        let isNamed = name.map { !$0.isEmpty && $0.allSatisfy { (0x61...0x7A).contains($0) } } ?? true
        guard isDate, isNamed else { return nil }
        self.text = text
    }

    private init(known: String) { text = known }

    package var description: String { text }
}
