import JSON

/// The body `{"email":"…"}`.
struct EmailBody: ObjectBody {
    let email: String?

    static let names = ["email"]
    static let example = "{\"email\":\"customer@example.com\"}, or nothing"

    init(_ json: JSONValue) throws(APIError) {
        email = try json.optionalText("email", "Give the address as text, or leave it out.")
    }
}
