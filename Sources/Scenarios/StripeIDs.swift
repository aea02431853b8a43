/// Makes ids that look like Stripe's.
///
/// The ids of one payment have a common part, like Stripe's: `pi_3SAbcDEf…` and `ch_3SAbcDEf…`.
struct StripeIDs: Sendable {
    private var random: SeededRandom
    private let account: String
    private let payment: String

    init(using random: inout SeededRandom) {
        self.random = SeededRandom(seed: random.next())
        account = self.random.letters(10)
        payment = "3S" + self.random.letters(4) + account
    }

    /// An id of an object of the payment: an intent, a charge or an event about them.
    mutating func ofPayment(_ prefix: String) -> String { "\(prefix)_\(payment)0\(random.letters(7))" }

    /// An id of an object of the account: a payment method, an invoice or a dispute.
    mutating func ofAccount(_ prefix: String) -> String {
        "\(prefix)_1S\(random.letters(4))\(account)\(random.letters(8))"
    }

    /// An id of another form, such as `cus_…`, `req_…` or `cs_test_…`.
    mutating func make(_ prefix: String, length: Int = 14) -> String { "\(prefix)_\(random.letters(length))" }

    mutating func idempotencyKey() -> String {
        let digits = (0..<32).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { digits[$0].joined() }.joined(separator: "-")
    }

    mutating func digits(_ count: Int) -> String {
        String((0..<count).map { _ in Character(String(Int.random(in: 0...9, using: &random))) })
    }

    /// The receipt link of a charge; a new one each time.
    mutating func receiptURL() -> String {
        "https://pay.stripe.com/receipts/payment/CAcaFwoVYWNjdF8x\(random.letters(48))"
    }
}

extension SeededRandom {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    mutating func letters(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            text.append(Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &self)])
        }
        return text
    }
}
