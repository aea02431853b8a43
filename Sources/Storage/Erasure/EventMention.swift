package import Billing

/// Whom an event is about, as far as its bytes say, whether or not we read its kind.
package struct EventMention: Sendable {
    /// The customers that it says it is of.
    package let customers: Set<String>
    /// Every text in it, which an id may be.
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

    package init(_ logged: LoggedEvent) {
        // Bytes that today's code refuses may name somebody all the same.
        let unread = Event(
            id: logged.entry.id,
            type: logged.entry.type,
            created: nil,
            livemode: logged.entry.livemode,
            account: logged.entry.account,
            apiVersion: nil,
            content: .other
        )
        self.init(logged.event ?? unread, payload: logged.payload)
    }

    /// Whether the event is about a customer.
    ///
    /// One that says of whom it is is of nobody else, whatever else it names; of the others, such as disputes and
    /// what we do not read, it is enough that they name something of the customer's.
    ///
    /// - Parameters:
    ///   - customer: The customer.
    ///   - ids: Of the customer, and of what is known to be the customer's.
    /// - Returns: Whether it is.
    package func isAbout(_ customer: String, ids: Set<String>) -> Bool {
        customers.isEmpty ? !texts.isDisjoint(with: ids) : customers.contains(customer)
    }

    /// The erased customer that the event is about.
    ///
    /// - Parameter marked: The ids that are marked, and whose they are.
    /// - Returns: `nil` when it is about nobody who was erased.
    package func owner(in marked: [String: String]) -> String? {
        if customers.isEmpty { return texts.lazy.compactMap { marked[$0] }.first }
        return customers.first { marked[$0] == $0 }
    }

    /// The ids in an event of a customer's of things that are the customer's as well.
    package var belongings: Set<String> {
        texts.filter { text in
            guard let underscore = text.firstIndex(of: "_") else { return false }
            return Self.ownedPrefixes.contains(String(text[..<underscore])) && StripeID.isValid(text)
        }
    }

    /// What begins with these is never shared by two customers; plans, prices and payouts are.
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
