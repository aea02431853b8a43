import JSON

/// The action that a customer must take before a payment continues: `next_action` of a PaymentIntent.
///
/// <https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action>
package struct NextAction: Sendable, Equatable {
    /// In Stripe's spelling, such as `verify_with_microdeposits`.
    package let type: String
    /// The page of Stripe for the action; `nil` if there is none.
    package let url: String?

    package init(type: String, url: String?) {
        self.type = type
        self.url = url.flatMap { StripeHost.isPage($0) ? $0 : nil }
    }

    /// The members with a page's address, for the types that have one.
    private static let names: [String] = [
        "hosted_voucher_url", "hosted_instructions_url", "hosted_verification_url", "url",
    ]

    /// Reads an action as Stripe sends it, or in its stored form; any other value gives `nil` and does not
    /// affect the row.
    init?(_ json: JSONValue) {
        guard let type = json.text("type") else { return nil }
        // Until 2018-11 the details were under `value`
        // (https://docs.stripe.com/changelog/2018-11-08/several-changes-payment-intents-private-beta).
        let details = json[named: type] ?? json["value"]
        let url = Self.names.lazy.compactMap { details?[named: $0]?.string }.first
        self.init(type: type, url: url ?? json.string("url"))
    }

    func write(to json: inout JSONWriter) {
        json.member("type", type)
        json.member("url", url)
    }
}

/// The hosts of Stripe.
package enum StripeHost {
    /// Whether the text is an https address at `stripe.com` or a subdomain, without a user, password or port.
    package static func isPage(_ text: String) -> Bool {
        guard text.utf8.count <= 4096, text.hasPrefix("https://"),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") })
        else { return false }
        let host = text.dropFirst(8).prefix { !"/?#".contains($0) }.lowercased()
        let isPlain = host.utf8.allSatisfy { byte in
            0x61...0x7A ~= byte || 0x30...0x39 ~= byte || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "-")
        }
        return isPlain && (host == "stripe.com" || host.hasSuffix(".stripe.com"))
    }
}
