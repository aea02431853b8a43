/// A link to a receipt to which we redirect a customer.
///
/// The link is a bearer capability: it shows the receipt without a login, so it must not be logged.
package struct ReceiptURL: Sendable, Equatable, CustomStringConvertible {
    package let text: String

    /// Accepts an https link to one of the hosts, without user or password; otherwise `nil`.
    ///
    /// Plain http is accepted only for a local host, such as a stand-in for Stripe in development.
    ///
    /// - Parameters:
    ///   - text: The link from Stripe.
    ///   - hosts: The exact allowed hosts, each `host` or `host:port`.
    package init?(_ text: String, allowing hosts: ReceiptHosts) {
        guard text.utf8.count <= 8192, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let isSecure: Bool
        if text.hasPrefix("https://") {
            isSecure = true
        } else if text.hasPrefix("http://") {
            isSecure = false
        } else {
            return nil
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = String(rest.prefix { !"/?#".contains($0) })
        guard hosts.contains(authority, secure: isSecure) else { return nil }
        self.text = text
    }

    package var description: String { "a receipt link" }
}

/// The exact hosts that a receipt link may have.
package struct ReceiptHosts: Sendable, Equatable {
    package static let stripe = ReceiptHosts(["pay.stripe.com", "invoice.stripe.com"])

    private let names: Set<String>

    package init(_ names: [String]) { self.names = Set(names.map { $0.lowercased() }) }

    func contains(_ authority: String, secure: Bool) -> Bool {
        let name = authority.lowercased()
        guard names.contains(name) else { return false }
        guard !secure else { return true }
        let host = name.split(separator: ":").first.map(String.init) ?? name
        return host == "127.0.0.1" || host == "localhost"
    }
}
