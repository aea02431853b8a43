/// A version of Stripe's API, such as `2025-03-31.basil`, ordered by its date.
///
/// Versions have names since `2024-09-30.acacia`, which do not affect the order
/// (<https://docs.stripe.com/sdks/versioning>).
package struct APIVersion: Hashable, Sendable {
    /// The date as a number, such as 20250331.
    private let date: Int32

    /// Reads the date at the start of the text; `nil` if there is none.
    package init?(_ text: String) {
        var date: Int32 = 0
        var length = 0
        for byte in text.utf8.prefix(10) {
            if length == 4 || length == 7 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard 0x30...0x39 ~= byte else { return nil }
                date = date * 10 + Int32(byte - 0x30)
            }
            length += 1
        }
        guard length == 10 else { return nil }
        self.date = date
    }

    /// The date, such as `2025-03-31`.
    package var text: String {
        let digits = String(100_000_000 + date).dropFirst()
        return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    }
}

extension APIVersion: Comparable {
    package static func < (left: APIVersion, right: APIVersion) -> Bool { left.date < right.date }
}

extension APIVersion {
    init(known text: StaticString) {
        guard let version = APIVersion(text.description) else {
            preconditionFailure("\(text) is a literal of ours")
        }
        self = version
    }

    /// From this version on, a PaymentIntent has no `charges`, and a charge has no `refunds`.
    static let latestCharge = APIVersion(known: "2022-11-15")
    package static let basil = APIVersion(known: "2025-03-31.basil")
    static let refundPendingReason = APIVersion(known: "2025-04-30.basil")
    static let refundCustomer = APIVersion(known: "2026-07-29.dahlia")
}
