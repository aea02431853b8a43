/// A key for Stripe's API: secret (`sk_…`), restricted (`rk_…`) or an organisation's (`sk_org_…`).
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

    /// Whether the key is an organisation's: it then asks on behalf of one of the organisation's accounts, each time.
    ///
    /// Its documented prefix says neither its permissions nor its mode
    /// (https://docs.stripe.com/keys/organization-api-keys).
    package var isOrganization: Bool { text.hasPrefix("sk_org_") }

    package var description: String { "sk_…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    package func withText<Result>(_ body: (String) -> Result) -> Result { body(text) }
}
