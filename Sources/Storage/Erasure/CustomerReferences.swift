package import Billing
import JSON

/// The customers and ids that an event contains, read from its bytes whether or not we know its type.
package struct CustomerReferences: Sendable {
    /// The customers that the event's object names as its own.
    package let customers: Set<String>
    /// Every string in the event, any of which may be an id.
    private let texts: Set<String>

    package init(_ event: Event, payload: [UInt8]?) {
        var customers = Set(event.shown.compactMap(\.object.customer))
        var texts = Set(
            event.shown.flatMap { [$0.object.reference.id] + $0.links.map(\.id) }
        )
        if case .thin(let thin) = event.content { texts.insert(thin.object.id) }
        payload?.withUnsafeBufferPointer { bytes in
            try? JSONValue.read(bytes) { json in
                if let owner = Self.owner(of: json) { customers.insert(owner) }
                Self.collect(json, into: &texts)
            }
        }
        self.customers = customers
        self.texts = texts
    }

    package init(_ stored: StoredEvent) {
        // Bytes that the current code refuses may still contain personal data.
        self.init(stored.event ?? stored.envelope(.other), payload: stored.payload)
    }

    /// Whether the event is about a customer.
    ///
    /// If the event names a customer, only that customer matches. Otherwise, as for disputes and types that
    /// we do not read, an id that belongs to the customer is enough.
    ///
    /// - Parameters:
    ///   - customer: The customer.
    ///   - ids: The ids of the customer and of the customer's objects.
    /// - Returns: Whether it is.
    func isAbout(_ customer: String, ids: Set<String>) -> Bool {
        customers.isEmpty ? !texts.isDisjoint(with: ids) : customers.contains(customer)
    }

    /// The erased customer that the event is about.
    ///
    /// - Parameter marked: The customer of each marked id.
    /// - Returns: `nil` if the event is about no erased customer.
    package func owner(in marked: [String: String]) -> String? {
        if customers.isEmpty { return texts.lazy.compactMap { marked[$0] }.first }
        return customers.first { marked[$0] == $0 }
    }

    /// The ids in the event that belong to its customer.
    var ownedIDs: Set<String> {
        texts.filter { text in
            guard let underscore = text.firstIndex(of: "_") else { return false }
            return Self.ownedPrefixes.contains(String(text[..<underscore])) && StripeID.isValid(text)
        }
    }

    /// Objects with these prefixes are never shared by two customers, unlike plans, prices and payouts.
    private static let ownedPrefixes: Set<String> = [
        "ba", "card", "ch", "cn", "cs", "dp", "du", "ii", "il", "in", "inpay", "issfr", "mandate", "pi", "pm",
        "prv",
        "py", "pyr", "re", "seti", "si", "src", "sub",
    ]

    private static func owner(of event: JSONValue) -> String? {
        guard let object = event["data"]?["object"] else { return nil }
        if object["object"]?.string == "customer" { return object["id"]?.string }
        guard let customer = object["customer"] else { return nil }
        return customer.string ?? customer["id"]?.string
    }

    private static func collect(_ json: JSONValue, into texts: inout Set<String>) {
        if let members = json.members {
            for (_, value) in members { collect(value, into: &texts) }
        } else if let elements = json.elements {
            for element in elements { collect(element, into: &texts) }
        } else if let text = json.string, text.utf8.count <= StripeID.maximumLength {
            texts.insert(text)
        }
    }
}
