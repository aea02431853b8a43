/// A key for Stripe's API: secret (`sk_…`), restricted (`rk_…`) or an organisation's (`sk_org_…`).
package struct StripeSecretKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let text: String

    /// Fails for an empty text, and for one with white space or non-ASCII characters.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        self.text = text
    }

    /// Whether the key is for live mode; `nil` if its prefix does not show it.
    package var livemode: Bool? {
        if text.hasPrefix("sk_live_") || text.hasPrefix("rk_live_") { return true }
        if text.hasPrefix("sk_test_") || text.hasPrefix("rk_test_") { return false }
        return nil
    }

    /// Whether the key is an organisation's: each request then acts on behalf of one of its accounts.
    ///
    /// Its documented prefix shows neither its permissions nor its mode
    /// (https://docs.stripe.com/keys/organization-api-keys).
    package var isOrganization: Bool { text.hasPrefix("sk_org_") }

    package var description: String { "sk_…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    package func withText<Result>(_ body: (String) -> Result) -> Result { body(text) }
}
