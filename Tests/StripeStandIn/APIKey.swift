/// A key the stand-in accepts.
package struct APIKey: Sendable, Equatable {
    package let text: String
    /// The permissions of a restricted key, such as `rak_charge_read`; nil for everything.
    ///
    /// Writing includes reading.
    package let permissions: Set<String>?

    package init(_ text: String, permissions: Set<String>? = nil) {
        self.text = text
        self.permissions = permissions
    }

    /// Objects of the other mode do not exist for it; nil for a key that does not say, which sees both.
    var livemode: Bool? {
        if text.hasPrefix("sk_live_") || text.hasPrefix("rk_live_") { return true }
        if text.hasPrefix("sk_test_") || text.hasPrefix("rk_test_") { return false }
        return nil
    }

    /// Whether the key is an organisation's (https://docs.stripe.com/keys/organization-api-keys).
    var isOrganization: Bool { text.hasPrefix("sk_org_") }

    func sees(_ entry: Shelf.Entry) -> Bool {
        guard let livemode, let theirs = entry.livemode else { return true }
        return livemode == theirs
    }

    func allows(_ permission: String, writing: Bool) -> Bool {
        guard let permissions else { return true }
        return permissions.contains(permission + "_write")
            || (!writing && permissions.contains(permission + "_read"))
    }
}
