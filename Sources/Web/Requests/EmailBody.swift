import FoundationEssentials

/// The body `{"email":"…"}`.
struct EmailBody: Decodable {
    let email: String?

    private enum Fault: Error {
        case unknown(String)
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init?(intValue: Int) { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init(_ text: String) { stringValue = text }
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: AnyKey.self)
        if let unknown = members.allKeys.map(\.stringValue).filter({ $0 != "email" }).min() {
            throw Fault.unknown(unknown)
        }
        email = try members.decodeIfPresent(String.self, forKey: AnyKey("email"))
    }

    /// Parses the body; an empty body has no address.
    ///
    /// - Throws: ``APIError`` that says which bodies are valid.
    init(_ bytes: [UInt8]) throws(APIError) {
        guard !bytes.isEmpty else {
            email = nil
            return
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch Fault.unknown(let name) {
            throw APIError(
                .badRequest,
                .invalidRequest,
                code: "parameter_unknown",
                "This route accepts only email.",
                parameter: String(name.prefix(64))
            )
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            throw .invalid("email", "Give the address as text, or leave it out.")
        } catch {
            throw .invalid(
                "body",
                "Send a JSON object such as {\"email\":\"customer@example.com\"}, or nothing."
            )
        }
    }
}
