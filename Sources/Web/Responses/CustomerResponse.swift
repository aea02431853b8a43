import Billing
package import JSON
import Storage

/// A customer's links, for operators, in the API and in the terminal.
package struct CustomerResponse: JSONObject, JSONDecodable, Sendable {
    package let object: String
    package let id: String
    /// `nil` for a customer of the platform account.
    package let account: String?
    package let users: [Link]
    package let organizations: [Link]
    /// `nil` in a list of customers.
    package let addresses: [Address]?

    package struct Link: JSONObject, JSONDecodable, Sendable {
        package let id: String
        /// `api`, `console` or `stripe`.
        package let origin: String
        /// Whether the link counts: no origin with a higher trust states links of this kind.
        package let in_force: Bool

        init(_ link: IdentityLink) {
            id = link.identity.id
            origin = link.origin.rawValue
            in_force = link.isInForce
        }

        package init(_ json: JSONValue) throws(JSONFieldError) {
            id = try json.decode("id")
            origin = try json.decode("origin")
            in_force = try json.decode("in_force")
        }

        package func write(to json: inout JSONWriter) {
            json.member("id", id)
            json.member("in_force", in_force)
            json.member("origin", origin)
        }
    }

    package struct Address: JSONObject, JSONDecodable, Sendable {
        package let address: String
        /// The first day, and the first day on which the address is no longer the customer's; `nil` if
        /// unlimited.
        package let valid_from: String?
        package let valid_to: String?
        package let origin: String

        init(_ period: AccountPeriod) {
            address = period.address
            valid_from = period.from?.text
            valid_to = period.through?.adding(days: 1).text
            origin = LinkOrigin.api.rawValue
        }

        package init(_ json: JSONValue) throws(JSONFieldError) {
            address = try json.decode("address")
            valid_from = try json.decodeIfPresent("valid_from")
            valid_to = try json.decodeIfPresent("valid_to")
            origin = try json.decode("origin")
        }

        package func write(to json: inout JSONWriter) {
            json.member("address", address)
            json.member("origin", origin)
            json.member("valid_from", valid_from)
            json.member("valid_to", valid_to)
        }
    }

    init(_ customer: CustomerLinks, addresses: [AccountPeriod]? = nil) {
        func links(_ kind: Identity.Kind) -> [Link] {
            customer.links.filter { $0.identity.kind == kind }.map(Link.init)
        }
        object = "customer"
        id = customer.key.customer
        account = customer.key.account
        users = links(.user)
        organizations = links(.organization)
        self.addresses = addresses?.map(Address.init)
    }

    package init(_ json: JSONValue) throws(JSONFieldError) {
        object = try json.decode("object")
        id = try json.decode("id")
        account = try json.decodeIfPresent("account")
        users = try json.decode("users")
        organizations = try json.decode("organizations")
        addresses = try json.decodeIfPresent("addresses")
    }

    package func write(to json: inout JSONWriter) {
        // `account` is null, not omitted, for the platform account.
        json.nullable("account", account)
        json.member("addresses", addresses)
        json.member("id", id)
        json.member("object", object)
        json.member("organizations", organizations)
        json.member("users", users)
    }
}
