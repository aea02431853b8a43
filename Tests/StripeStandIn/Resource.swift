/// A kind of object that Stripe's API serves under a path of its own.
struct Resource: Sendable {
    /// The segment after `/v1`.
    let path: String
    /// What the objects call themselves.
    let object: String
    /// The references that `expand[]` may turn into the objects they name, and the kind of those.
    let expandable: [String: String]
    /// What Stripe calls the parameter when there is no such object.
    let idParameter: String

    static let all = [
        Resource(path: "charges", object: "charge", expandable: [:], idParameter: "id"),
        Resource(
            path: "payment_intents",
            object: "payment_intent",
            expandable: ["latest_charge": "charge"],
            idParameter: "intent"
        ),
        Resource(path: "invoices", object: "invoice", expandable: [:], idParameter: "id"),
    ]

    var retrieveRoute: String { "GET /v1/\(path)/:id" }

    /// References that Stripe sends as ids unless it is asked to expand them, whatever the object.
    static let references = ["latest_charge", "charge", "payment_intent", "invoice"]
}
