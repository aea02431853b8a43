import Billing
import Storage

/// A customer's links, for operators, in the API and in the terminal.
package struct CustomerResponse: Codable, Sendable {
    package let object: String
    package let id: String
    /// `nil` for a customer of the platform account.
    package let account: String?
    package let users: [Link]
    package let organizations: [Link]
    /// `nil` in a list of customers.
    package let addresses: [Address]?

    package struct Link: Codable, Sendable {
        package let id: String
        /// `api`, `console` or `stripe`.
        package let origin: String
        /// Whether the link counts: no origin with a higher trust states links of this kind.
        package let in_force: Bool
    }

    package struct Address: Codable, Sendable {
        package let address: String
        /// The first day, and the first day on which the address is no longer the customer's; `nil` if
        /// unlimited.
        package let valid_from: String?
        package let valid_to: String?
        package let origin: String
    }

    init(_ customer: CustomerLinks, addresses: [AccountPeriod]? = nil) {
        func links(_ kind: Identity.Kind) -> [Link] {
            customer.links.filter { $0.identity.kind == kind }.map {
                Link(id: $0.identity.id, origin: $0.origin.rawValue, in_force: $0.isInForce)
            }
        }
        object = "customer"
        id = customer.key.customer
        account = customer.key.account
        users = links(.user)
        organizations = links(.organization)
        self.addresses = addresses?.map {
            Address(
                address: $0.address,
                valid_from: $0.from?.text,
                valid_to: $0.through?.adding(days: 1).text,
                origin: LinkOrigin.api.rawValue
            )
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(object, forKey: .object)
        try container.encode(id, forKey: .id)
        // `account` is null, not omitted, for the platform account.
        try container.encode(account, forKey: .account)
        try container.encode(users, forKey: .users)
        try container.encode(organizations, forKey: .organizations)
        try container.encodeIfPresent(addresses, forKey: .addresses)
    }
}
