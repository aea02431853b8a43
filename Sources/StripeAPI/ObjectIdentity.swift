import JSON

/// The two fields that identify a Stripe object.
struct ObjectIdentity {
    let id: String
    let object: String

    /// Nil unless the value is an object with both.
    init?(_ json: JSONValue) {
        guard let id = json.string("id"), let object = json.string("object") else { return nil }
        self.id = id
        self.object = object
    }
}

extension String {
    var isVisibleASCII: Bool { utf8.allSatisfy { 0x21...0x7E ~= $0 } }

    /// Whether the text is a possible Stripe id.
    var isObjectID: Bool { (1...255).contains(utf8.count) && isVisibleASCII }
}
