import FoundationEssentials
import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// The raw bytes of the body, whatever the content type says.
    ///
    /// - Parameters:
    ///   - limit: In bytes.
    ///   - setting: The setting that the limit comes from, to be named when it is exceeded.
    /// - Returns: All of it.
    /// - Throws: ``APIError``: 413 for a body over the limit, as soon as that is known, and 400 for one cut off.
    func bytes(upTo limit: Int, setting: String? = nil) async throws -> [UInt8] {
        let tooLarge = APIError(
            .contentTooLarge,
            .invalidRequest,
            code: "body_too_large",
            "The body is over the limit of \(limit) bytes\(setting.map { " (\($0))" } ?? "").",
            headers: [.connection: "close"]
        )
        // A length that is no Int is one beyond 2^63: the parser lets nothing else through.
        if let length = headers[.contentLength], Int(length).map({ $0 > limit }) ?? true { throw tooLarge }
        do {
            let buffer = try await body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch is HTTPParserError {
            throw APIError.malformed
        }
    }
}

/// What a body of `{"email":"…"}` asks for.
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

    /// Reads a body; an empty one asks for nothing in particular.
    ///
    /// - Throws: ``APIError`` that says what a body may be.
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
                "This route takes nothing but email.",
                parameter: String(name.prefix(64))
            )
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            throw .invalid("email", "Give the address as text, or leave it out.")
        } catch {
            throw .invalid(
                "body",
                "Send a JSON object such as {\"email\":\"somebody@example.com\"}, or nothing."
            )
        }
    }
}
