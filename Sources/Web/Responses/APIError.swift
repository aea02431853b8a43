package import HTTPTypes
import Hummingbird
import JSON
import Storage

/// An error as all routes answer it: in Stripe's format, with an accurate HTTP status.
package struct APIError: Error, Equatable, Sendable {
    package let status: HTTPResponse.Status
    package let code: String
    /// A sentence that tells a person what to do.
    ///
    /// The message repeats no id and no text of the request.
    package let message: String
    package var parameter: String?
    package var headers: HTTPFields = [:]

    init(
        _ status: HTTPResponse.Status,
        _ code: String,
        _ message: String,
        parameter: String? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.parameter = parameter
        self.headers = headers
    }

    /// Stripe's type of error, which follows from the status.
    package var type: String {
        switch status.code {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_error"
        // A request for what this deployment does not have.
        case 501: "invalid_request_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}

extension APIError {
    /// The error for a missing object and for another customer's object; the two must not be distinguishable.
    static func notFound(_ what: String) -> APIError {
        APIError(.notFound, "resource_missing", "There is no such \(what), or it is not yours to see.")
    }

    static func invalid(_ parameter: String, _ message: String) -> APIError {
        APIError(.badRequest, "parameter_invalid", message, parameter: parameter)
    }

    static func cursorMissing(_ what: String, _ parameter: String?) -> APIError {
        APIError(
            .badRequest,
            "resource_missing",
            "The \(what) of the cursor does not exist.",
            parameter: parameter
        )
    }

    /// A fault of this service, with status 503, which Stripe and other clients retry.
    static func unavailable(_ message: String) -> APIError {
        APIError(.serviceUnavailable, "store_unavailable", message, headers: [.retryAfter: "5"])
    }

    init(_ refusal: UsageRefusal) {
        self =
            switch refusal {
            case .foreignAddress: .notFound("address")
            case .tooManyLines(let most):
                .invalid("from", "Ask for fewer days: there are more than \(most) lines.")
            }
    }

    /// A failed store: the event of a delivery was not stored, and a 503 makes Stripe send it again.
    static let storeUnavailable = unavailable(
        "The store cannot take the request now. Try again in a few seconds."
    )
}

extension APIError {
    func response(requestID: String) -> Response {
        Response(status: status, headers: fields, body: .init(byteBuffer: bytes(requestID: requestID)))
    }

    /// The header fields of the answer.
    var fields: HTTPFields {
        var fields = headers
        fields.append(contentsOf: JSONBody.fields)
        return fields
    }

    /// The error as bytes, also for a request that HTTP parsing rejected and no route can answer.
    func bytes(requestID: String) -> ByteBuffer {
        ByteBuffer(
            bytes: JSONWriter.object { json in
                json.object("error") { json in
                    json.member("code", code)
                    json.member("message", message)
                    json.member("param", parameter)
                    json.member("request_id", requestID)
                    json.member("type", type)
                }
                // Console's page reads it here.
                json.member("message", message)
            }
        )
    }
}

/// JSON in the format of all answers.
enum JSONBody {
    /// The header fields of every answer in JSON.
    static let fields: HTTPFields = [
        .contentType: "application/json; charset=utf-8", .cacheControl: "no-store",
    ]

    static func encode(_ value: some JSONEncodable) -> ByteBuffer {
        ByteBuffer(bytes: JSONWriter.bytes(of: value))
    }

    static func response(_ value: some JSONEncodable, status: HTTPResponse.Status = .ok) -> Response {
        response(encode(value), status)
    }

    /// Answers with a page of a list.
    static func list(_ url: String, _ data: [some JSONEncodable], hasMore: Bool) -> Response {
        response(ListResponse(url: url, hasMore: hasMore, data: data))
    }

    /// Answers with an object whose members the closure writes, sorted by name.
    static func response(_ members: (inout JSONWriter) -> Void) -> Response {
        response(ByteBuffer(bytes: JSONWriter.object(members)), .ok)
    }

    private static func response(_ body: ByteBuffer, _ status: HTTPResponse.Status) -> Response {
        Response(status: status, headers: fields, body: .init(byteBuffer: body))
    }
}
