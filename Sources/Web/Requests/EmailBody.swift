import JSON

/// The body `{"email":"…"}`.
struct EmailBody {
    let email: String?

    /// Parses the body; an empty body has no address.
    ///
    /// - Throws: ``APIError`` that says which bodies are valid.
    init(_ bytes: [UInt8]) throws(APIError) {
        guard !bytes.isEmpty else {
            email = nil
            return
        }
        let example = "{\"email\":\"customer@example.com\"}, or nothing"
        email = try ObjectBody.read(bytes, taking: ["email"], example: example) { json throws(APIError) in
            try json.optionalText("email", "Give the address as text, or leave it out.")
        }
    }
}
