/// A key for Stripe's API: secret (`sk_…`) or restricted (`rk_…`).
package struct StripeSecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let text: String

    /// Refuses what no key can be: nothing, or anything that holds white space or is not printable ASCII.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        self.text = text
    }

    /// Whether the key is for real money, as far as its prefix says.
    package var livemode: Bool? {
        if text.hasPrefix("sk_live_") || text.hasPrefix("rk_live_") { return true }
        if text.hasPrefix("sk_test_") || text.hasPrefix("rk_test_") { return false }
        return nil
    }

    package var description: String { "sk_…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    package func withText<Result>(_ body: (String) -> Result) -> Result { body(text) }
}
