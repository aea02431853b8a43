import FoundationEssentials
package import HTTPTypes
import Hummingbird

/// An error as all routes answer it: in Stripe's format, with an accurate HTTP status.
package struct APIError: Error, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case invalidRequest = "invalid_request_error"
        case authentication = "authentication_error"
        case permission = "permission_error"
        case rateLimit = "rate_limit_error"
        case api = "api_error"
    }

    package let status: HTTPResponse.Status
    package let kind: Kind
    package let code: String
    /// A sentence that tells a person what to do.
    ///
    /// The message repeats no id and no text of the request.
    package let message: String
    package var parameter: String?
    package var headers: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status,
        _ kind: Kind,
        code: String,
        _ message: String,
        parameter: String? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.parameter = parameter
        self.headers = headers
    }
}

extension APIError {
    /// The error for a missing object and for another customer's object; the two must not be distinguishable.
    static func noSuch(_ what: String) -> APIError {
        APIError(
            .notFound,
            .invalidRequest,
            code: "resource_missing",
            "There is no such \(what), or it is not yours to see."
        )
    }

    static func invalid(_ parameter: String, _ message: String) -> APIError {
        APIError(.badRequest, .invalidRequest, code: "parameter_invalid", message, parameter: parameter)
    }

    /// A fault of this service, with status 503, which Stripe and other clients retry.
    static func unavailable(_ message: String) -> APIError {
        APIError(
            .serviceUnavailable,
            .api,
            code: "store_unavailable",
            message,
            headers: [.retryAfter: "5"]
        )
    }
}

private struct ErrorBody: Encodable {
    struct Inner: Encodable {
        let type: APIError.Kind
        let code: String
        let message: String
        let param: String?
        let request_id: String
    }
    let error: Inner
}

extension APIError {
    func response(requestID: String) -> Response {
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.cacheControl] = "no-store"
        let body = ErrorBody(
            error: .init(type: kind, code: code, message: message, param: parameter, request_id: requestID)
        )
        return Response(status: status, headers: fields, body: .init(byteBuffer: JSONBody.encode(body)))
    }

    /// The error as bytes, for a request that HTTP parsing rejected and no route can answer.
    func bytes(requestID: String) -> ByteBuffer {
        JSONBody.encode(
            ErrorBody(
                error: .init(
                    type: kind,
                    code: code,
                    message: message,
                    param: parameter,
                    request_id: requestID
                )
            )
        )
    }
}

/// JSON in the format of all answers.
enum JSONBody {
    static func encode(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Encoding cannot fail: answers consist of texts, finite numbers, booleans, lists and objects.
        return ByteBuffer(bytes: (try? encoder.encode(value)) ?? Data("{}".utf8))
    }

    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: encode(value))
        )
    }
}
